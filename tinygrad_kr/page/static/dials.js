// Numbers that are changed where they stand: at a leaf's wire, by dragging, by arrow keys, or by typing.

import { exact, read } from "./numerals.js";
import { make, shape } from "./dom.js";

const PULL = 4; // pixels of dragging for one step
const [WIDE, TALL] = [52, 34]; // of what a finger has to hit, in the picture
const TURNS = { ArrowUp: 1, ArrowDown: -1, PageUp: 10, PageDown: -10 };
const MOVES = { ArrowRight: 1, ArrowLeft: -1 };

/** The numbers in a picture that are leaves' own, each a spin button; Tab reaches one, and ← → the others. */
export class Dials {
  constructor(picture, leaves) {
    this.picture = picture;
    this.all = picture.wires
      .filter((wire) => wire.source.startsWith("leaf-") && wire.value && leaves.has(wire.carries))
      .map((wire, place) => this.#dial(wire, leaves.get(wire.carries), place));
  }

  #dial(wire, leaf, place) {
    const { value, carries } = wire;
    const [x, y] = ["x", "y"].map((name) => Number(value.getAttribute(name)));
    const target = shape("rect", { x: x - WIDE / 2, y: y + 6 - TALL, width: WIDE, height: TALL, rx: 6 });
    const tabindex = place ? "-1" : "0";
    const group = shape("g", { class: "dial", id: `dial-${carries}`, role: "spinbutton", tabindex }, target);
    value.replaceWith(group);
    group.append(value);
    const dial = { group, wire, leaf };
    group.addEventListener("touchstart", (event) => event.preventDefault(), { passive: false }); // nothing scrolls
    group.addEventListener("pointerdown", (event) => this.#pull(dial, event));
    group.addEventListener("click", (event) => event.stopPropagation()); // a press types, and pins no wire
    group.addEventListener("keydown", (event) => this.#key(dial, event));
    return dial;
  }

  /** Say what each is and how much. */
  speak(name, numeral) {
    for (const { group, leaf } of this.all) {
      group.setAttribute("aria-label", name(leaf.place));
      group.setAttribute("aria-valuetext", numeral(leaf.number));
      if (Number.isFinite(leaf.number)) group.setAttribute("aria-valuenow", leaf.number);
      else group.removeAttribute("aria-valuenow");
    }
  }

  #pull(dial, start) {
    if (start.button !== 0) return;
    start.preventDefault(); // the stage is not pulled, too
    const { group, leaf } = dial;
    const before = leaf.number;
    const end = new AbortController();
    let isMoved = false;
    const on = (name, act) => group.addEventListener(name, act, { signal: end.signal });
    group.setPointerCapture(start.pointerId);
    group.classList.add("turned");
    on("pointermove", (move) => {
      const steps = Math.round((move.clientX - start.clientX) / PULL);
      if (!isMoved && steps === 0) return;
      isMoved = true;
      leaf.turn(before, steps, move.shiftKey);
    });
    const finish = (isPress) => {
      end.abort();
      group.classList.remove("turned");
      if (isPress && !isMoved) this.#type(dial);
    };
    const second = () => {
      if (isMoved) leaf.typed(before); // two fingers zoom
      finish(false);
    };
    document.addEventListener("pointerdown", second, { signal: end.signal, capture: true });
    on("pointerup", () => finish(true));
    on("pointercancel", () => finish(false));
  }

  #key(dial, event) {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const { leaf } = dial;
    const { key } = event;
    if (key in TURNS) leaf.turn(leaf.number, TURNS[key], event.shiftKey);
    else if (key in MOVES) this.#reach(this.all[this.all.indexOf(dial) + MOVES[key]] ?? dial);
    else if (key === "Enter" || key === " ") this.#type(dial);
    else if (/^[\d.+-]$/.test(key)) this.#type(dial, key);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** Make a dial the one that Tab reaches, and go there. */
  #reach(dial) {
    for (const { group } of this.all) group.setAttribute("tabindex", group === dial.group ? "0" : "-1");
    dial.group.focus();
  }

  /** Open a box over the number, with what was typed already. */
  #type(dial, typed) {
    const { leaf, wire, group } = dial;
    const before = leaf.number;
    const box = make("input", {
      type: "text",
      className: "blank",
      autocomplete: "off",
      spellcheck: false,
      value: typed ?? exact(before),
      "aria-label": group.getAttribute("aria-label"),
      "data-wire": wire.id,
    });
    const holder = this.picture.over(wire.value, box);
    holder.classList.add("typed");
    const set = () => {
      const number = read(box.value);
      box.setAttribute("aria-invalid", number === null);
      leaf.typed(number);
    };
    let isOpen = true;
    const close = () => {
      if (!isOpen) return;
      isOpen = false; // removing a box that has the focus is a blur, too
      leaf.show(leaf.number);
      leaf.typed(leaf.number); // an unreadable rest is forgotten
      holder.remove();
    };
    box.addEventListener("input", set);
    box.addEventListener("blur", close);
    box.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== "Escape") return;
      if (event.key === "Escape") leaf.typed(before);
      close();
      this.#reach(dial);
    });
    box.focus();
    if (typed === undefined) box.select();
    else set();
  }
}
