// Wiggle: a leaf moves by Δ, the change runs along the wires, and it comes out as derivative × Δ, nearly.

import { downstream, evaluate } from "./engine.js";
import { fitting, numeral as plain, read } from "./numerals.js";
import { inscribe, make } from "./dom.js";
import { labelOf } from "./picture.js";
import { Pulses } from "./pulses.js";
import { bringIntoSight } from "./stage.js";
import { numberBox, writeLines } from "./tools.js";

const TAP = 350; // milliseconds: a leaf that is held longer goes back when it is let go
const gained = (text) => (/^[-−]/.test(text) ? text : `+${text}`);

export class Wiggle {
  key = "wiggle";

  /** now() is the page as it is; opened() asks that this tool be the open one. */
  constructor(variables, now, opened) {
    Object.assign(this, { now, opened, delta: 0.1, place: null, pulses: null, shown: new Set() });
    this.chips = new Map(variables.map((place) => [place, this.#chip(place)]));
    const { box, element } = numberBox("delta", (text) => this.#setDelta(text));
    this.box = box;
    box.value = "0.1";
    const scale = (key, factor) => {
      const button = make("button", {
        type: "button",
        "data-label": key,
        textContent: key === "finer" ? "÷10" : "×10",
      });
      button.addEventListener("click", () => this.#setDelta(plain(this.delta * factor, 12), true));
      return button;
    };
    this.lines = make("div", { className: "lines", "aria-live": "polite" });
    this.element = make(
      "section",
      { className: "panel" },
      make("p", { className: "rule", "data-text": "wiggleSentence" }),
      make(
        "div",
        { className: "row" },
        make("div", { className: "chips", role: "group", "data-label": "inputs" }, ...this.chips.values()),
        make("div", { className: "row" }, element, scale("finer", 0.1), scale("coarser", 10)),
      ),
      this.lines,
    );
  }

  #chip(place) {
    const chip = make("button", { type: "button", className: "chip", "aria-pressed": "false" });
    chip.addEventListener("click", () => this.#run(place === this.place ? null : place));
    return chip;
  }

  #setDelta(text, isWritten = false) {
    const delta = read(text);
    const isGood = Number.isFinite(delta) && delta !== 0;
    this.box.setAttribute("aria-invalid", !isGood);
    if (isWritten) this.box.value = text;
    if (!isGood) return;
    this.delta = delta;
    this.follow(this.now());
  }

  /** A leaf's name in the picture is held: it stays moved as long as that, or after a short tap until the next one. */
  hold(place, start) {
    start.preventDefault();
    const wasOn = place === this.place;
    this.opened(this);
    this.#run(wasOn ? null : place);
    const end = new AbortController();
    const release = (event) => {
      end.abort();
      if (event.timeStamp - start.timeStamp > TAP) this.#run(null);
    };
    for (const name of ["pointerup", "pointercancel"]) document.addEventListener(name, release, { signal: end.signal });
  }

  open() {}

  close() {
    this.#run(null);
  }

  /** Start the change of a leaf from its beginning; null takes it back. */
  #run(place) {
    this.pulses?.stop();
    this.shown.clear();
    this.place = place;
    this.pulses = null;
    const page = this.now();
    if (place !== null) {
      const { wires, changes } = this.#changed(page);
      const texts = new Map(wires.map((wire) => [wire, gained(page.numeral(changes[wire.carries]))]));
      bringIntoSight(this.lines);
      page.keepInSight(labelOf(wires.find(({ carries }) => carries === place)), "instant");
      this.pulses = new Pulses(page.picture, texts, page.isAllSeen, (wire) => this.#show(wire));
    }
    this.follow(page);
  }

  /** The nodes' changes, and the wires that carry one. */
  #changed({ graph, numbers, picture, leaves }) {
    const moved = new Map(leaves).set(this.place, leaves.get(this.place) + this.delta);
    const { values } = evaluate(graph, moved);
    const changes = values.map((value, place) => (value === numbers.values[place] ? 0 : value - numbers.values[place]));
    const reached = downstream(graph, [this.place]);
    return { changes, wires: picture.wires.filter((wire) => reached.has(wire.carries)) };
  }

  #show(wire) {
    const page = this.now();
    this.shown.add(wire);
    page.keepInSight(labelOf(wire));
    this.follow(page);
  }

  follow(page) {
    const { graph, numbers, picture, words, name, numeral } = page;
    this.chips.forEach((chip, place) => {
      inscribe(chip, `${name(place)} ${gained(numeral(this.delta))}`);
      chip.setAttribute("aria-pressed", place === this.place);
    });
    const { changes } = this.place === null ? {} : this.#changed(page);
    const text = ({ carries, room }) => gained(fitting(changes[carries], room - 1, graph.digits));
    picture.overwrite(new Map([...this.shown].map((wire) => [wire, text(wire)])), numbers, graph);
    if (this.place === null) return writeLines(this.lines, []);
    return writeLines(this.lines, this.#told(page, changes, words), inscribe);
  }

  /** What came of it: the change of the output, derivative × Δ beside it, and what is between them. */
  #told({ graph, numbers, leaves, isKnown, name, numeral }, changes, words) {
    const whole = graph.outputs.reduce((total, { place, seed }) => total + seed * changes[place], 0);
    const [end] = graph.outputs;
    const output = graph.outputs.length === 1 && end.seed === 1 ? name(end.place) : "L";
    const [from, to] = [leaves.get(this.place), leaves.get(this.place) + this.delta].map(numeral);
    const happened = words.happened(`${name(this.place)} ${from} → ${to}`, output, gained(numeral(whole)));
    if (!isKnown.back(this.place))
      return [happened, words.measured(numeral(whole), numeral(this.delta), numeral(whole / this.delta))];
    const slope = numbers.upstream[this.place];
    const product = slope * this.delta;
    const told = words.promised(numeral(slope), numeral(this.delta), numeral(product));
    const off = whole - product;
    const isOff = Math.abs(off) > 1e-6 * Math.abs(product) && numeral(whole) !== numeral(product);
    return [happened, told, isOff ? words.off(plain(off, 2)) : words.exact];
  }
}
