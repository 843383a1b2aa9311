// What a run has shown: the living figure, the picture, the table, the words, and what was printed.
//
// Messages come from a program that may be hostile. Texts stay texts, a picture is an image (whose scripts never run),
// and a living page is shown in a frame that reaches nothing of this page.

import { byId, make } from "./dom.js";

const VIEWS = ["living", "picture", "table", "words"];
const TALLEST = 4000; // pixels of the living figure

export class Results {
  #words;
  #chosen = VIEWS[0];
  #has = new Set();
  #fresh = new Set();
  #picture = null;
  #shelf = null;
  #page = null;

  /** Takes a function that gives the words of the page's language. */
  constructor(words) {
    this.#words = words;
    for (const view of VIEWS) {
      const tab = byId(`tab-${view}`);
      tab.addEventListener("click", () => this.#choose(view));
      tab.addEventListener("keydown", (event) => this.#step(event, view));
    }
    addEventListener("message", ({ source, data, origin }) => {
      if (source === byId("living").contentWindow && origin === location.origin) this.#fromShelf(data);
    });
    byId("living").src = "living.html"; // once there is somebody to hear it
  }

  /** A run begins: what the last one has shown stays, until there is something else. */
  begin() {
    this.#fresh.clear();
    byId("output").textContent = "";
    byId("output-box").hidden = true;
    byId("views").setAttribute("aria-busy", true);
    this.fail(null);
  }

  /** A run has ended: what it has not shown goes. */
  end() {
    this.#has = new Set(this.#fresh);
    byId("views").setAttribute("aria-busy", false);
    this.#offer();
  }

  get isEmpty() {
    return this.#fresh.size === 0 && !byId("output").textContent && !byId("failure").textContent;
  }

  /** Show one message of a run. */
  show(message) {
    this[`_${message.kind}`]?.(message);
  }

  /** Say what went wrong. */
  fail(text) {
    byId("failure").textContent = text ?? "";
    byId("failure").hidden = !text;
  }

  _output({ text }) {
    byId("output").append(String(text));
    byId("output-box").hidden = false;
  }

  _picture({ svg, text }) {
    if (this.#picture) URL.revokeObjectURL(this.#picture);
    this.#picture = URL.createObjectURL(new Blob([String(svg)], { type: "image/svg+xml" }));
    Object.assign(byId("picture"), { src: this.#picture, alt: String(text) });
    byId("save").href = this.#picture;
    this.#offer("picture");
  }

  _page({ html }) {
    this.#page = String(html);
    this.#offer("living");
    this.#hand();
  }

  _table({ rows }) {
    const row = (tag, cells) => make("tr", {}, ...Array.from(cells, (cell) => make(tag, { textContent: String(cell) })));
    const head = row("th", this.#words().columns);
    for (const cell of head.cells) cell.scope = "col";
    byId("table").replaceChildren(make("thead", {}, head), make("tbody", {}, ...Array.from(rows, (cells) => row("td", cells))));
    this.#offer("table");
  }

  _words({ text }) {
    byId("words").textContent = String(text);
    this.#offer("words");
  }

  // ── The living figure ───────────────────────────────────────────────────────────────────────────────

  #fromShelf({ isReady, height }) {
    if (isReady) {
      this.#shelf = byId("living").contentWindow;
      this.#hand();
    } else if (height > 0) byId("living").style.height = `${Math.min(height, TALLEST)}px`;
  }

  #hand() {
    if (this.#shelf && this.#page !== null) this.#shelf.postMessage({ html: this.#page, ...this.#manner() }, location.origin);
  }

  /** Have the living figure speak the page's language. */
  speak() {
    this.#shelf?.postMessage(this.#manner(), location.origin);
  }

  #manner() {
    return { language: document.documentElement.lang, name: this.#words().living };
  }

  // ── Tabs ────────────────────────────────────────────────────────────────────────────────────────────

  #offer(view) {
    if (view) {
      this.#has.add(view);
      this.#fresh.add(view);
    }
    for (const each of VIEWS) byId(`tab-${each}`).hidden = !this.#has.has(each);
    byId("views").hidden = this.#has.size === 0;
    const first = VIEWS.find((each) => this.#has.has(each));
    this.#lay(this.#has.has(this.#chosen) ? this.#chosen : first);
  }

  #choose(view) {
    this.#chosen = view;
    this.#lay(view);
  }

  #lay(view) {
    for (const each of VIEWS) {
      const tab = byId(`tab-${each}`);
      tab.setAttribute("aria-selected", each === view);
      tab.tabIndex = each === view ? 0 : -1;
      byId(`view-${each}`).hidden = each !== view;
    }
  }

  #step(event, view) {
    const there = VIEWS.filter((each) => this.#has.has(each));
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!by) return;
    event.preventDefault();
    const next = there[(there.indexOf(view) + by + there.length) % there.length];
    this.#choose(next);
    byId(`tab-${next}`).focus();
  }
}
