// Wires that are pointed at, pressed, or gone along by keys: their ways to the output light up, and the caption tells of them.

import { byId, inscribe } from "./dom.js";
import { labelOf } from "./picture.js";
import { account, neighbour, route } from "./routes.js";

export const TYPING = "input, textarea, select, [contenteditable]";

export class Pointing {
  /** now() is the page as it is. */
  constructor(sheet, now) {
    Object.assign(this, { now, pointed: null, pinned: null });
    const on = (name, act) => sheet.addEventListener(name, act);
    const at = ({ target }) => this.#point(now().picture.wireAt(target));
    on("pointerover", at);
    on("focusin", (event) => {
      at(event);
      const wire = now().picture.wireAt(event.target);
      if (event.target.matches("svg :focus-visible")) now().keepInSight(wire ? labelOf(wire) : event.target);
    });
    on("focusout", () => this.#point(null));
    // A finger leaves when it is lifted: what is typed into is still pointed at.
    on("pointerleave", () => at({ target: document.activeElement.closest(TYPING) ?? sheet }));
  }

  #point(wire) {
    if (wire === this.pointed) return;
    this.pointed = wire;
    this.show();
  }

  /** Keep a wire lit until it is pressed again. */
  pin(wire) {
    this.pinned = wire === this.pinned ? null : wire;
    this.show();
  }

  /** Another picture: nothing in it is pointed at, and Tab reaches its first wire. */
  begin(picture) {
    this.pinned = this.pointed = null;
    this.#reachable(picture.wires[0], picture);
  }

  #reachable(wire, picture) {
    for (const other of picture.wires) other.group.setAttribute("tabindex", other === wire ? "0" : "-1");
  }

  show() {
    const page = this.now();
    const { graph, picture, words, isStale, isAsked } = page;
    const wire = isAsked ? null : (this.pointed ?? this.pinned);
    const { wires, parts } = wire ? route(graph, picture, wire) : { wires: [], parts: [] };
    picture.light("on-route", wires, parts);
    for (const other of picture.wires) other.group.setAttribute("aria-pressed", other === this.pinned);
    byId("stage").parentElement.classList.toggle("stale", isStale);
    const said = () => (wire ? account(wire, page.isKnown.passed(wire), page) : page.isQuiz ? "" : words.prompt);
    inscribe(byId("caption"), isStale ? words.stale : said());
  }

  /** A key at a wire; whether it is one of those that do something there. */
  key({ key }, wire) {
    const { picture } = this.now();
    if (key === "Enter" || key === " ") this.pin(wire);
    else if (key.startsWith("Arrow")) {
      const next = neighbour(picture, wire, key);
      this.#reachable(next, picture);
      next.group.focus();
    } else return false;
    return true;
  }
}
