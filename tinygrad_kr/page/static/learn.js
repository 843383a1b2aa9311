// Learning: every input goes a step against its derivative, x ← x − η · derivative, and the output falls.

import { numeral as plain, read } from "./numerals.js";
import { inscribe, make, write } from "./dom.js";
import { trace } from "./plot.js";
import { signed } from "./steps.js";
import { numberBox, writeLines } from "./tools.js";

const PACE = 220; // of going on and on, in milliseconds a step
const MOST_STEPS = 200; // without a rest
const SHARE = 0.1; // the first step is to take so much of the output away
const MOST_LINES = 6;

/** The sum of the outputs, each times its seed: what the derivatives are of. */
export const whole = ({ graph, numbers }) =>
  graph.outputs.reduce((total, { place, seed }) => total + seed * numbers.values[place], 0);

/** A rate with which a step takes about a tenth of the output away where it is straight: 0.0004, and never 0. */
export function firstRate(output, slopes) {
  const rate = (SHARE * Math.abs(output)) / slopes.reduce((total, slope) => total + slope * slope, 0);
  return rate > 1e-300 && rate < 1e300 ? Number(rate.toPrecision(1)) : 0.1;
}

export class Learning {
  key = "learn";

  /** now() is the page as it is; set(numbers) gives leaves new numbers, by their places; toEnd() shows all derivatives. */
  constructor(variables, now, set, toEnd) {
    Object.assign(this, { variables, now, set, toEnd, rate: null, history: [], moves: [], timer: null, start: null });
    this.chips = new Map(variables.map((place) => [place, this.#chip()]));
    const { box, element } = numberBox("rate", (text) => this.#setRate(text));
    this.box = box;
    const button = (id, act) => {
      const made = make("button", { type: "button", id, "data-text": id });
      made.addEventListener("click", act);
      return made;
    };
    this.going = make("button", { type: "button", id: "keepgoing", "aria-pressed": "false" });
    this.going.addEventListener("click", () => (this.timer ? this.#rest() : this.#go()));
    this.lines = make("div", { className: "lines", "aria-live": "polite" });
    this.plot = make("div", { className: "view" });
    this.element = make(
      "section",
      { className: "panel" },
      make("p", { className: "rule", "data-text": "learnSentence" }),
      make(
        "div",
        { className: "row" },
        element,
        button("onestep", () => this.#step()),
        this.going,
        button("startagain", () => this.#again()),
      ),
      make("div", { className: "chips", role: "group", "data-label": "learners" }, ...this.chips.values()),
      this.plot,
    );
  }

  #chip() {
    const chip = make("button", { type: "button", className: "chip", "aria-pressed": "true" });
    chip.addEventListener("click", () =>
      chip.setAttribute("aria-pressed", chip.getAttribute("aria-pressed") !== "true"),
    );
    return chip;
  }

  #setRate(text) {
    const rate = read(text);
    this.box.setAttribute("aria-invalid", !Number.isFinite(rate));
    if (Number.isFinite(rate)) this.rate = rate;
  }

  open() {
    const page = this.now();
    this.toEnd();
    this.start = page.leaves;
    if (this.rate === null) {
      this.rate = firstRate(
        whole(page),
        this.variables.map((place) => page.numbers.upstream[place]),
      );
      this.box.value = plain(this.rate, 12);
    }
  }

  close() {
    this.#rest();
  }

  #step() {
    const page = this.now();
    this.toEnd();
    const learners = this.variables.filter((place) => this.chips.get(place).getAttribute("aria-pressed") === "true");
    const moves = learners.map((place) => {
      const [from, slope] = [page.leaves.get(place), page.numbers.upstream[place]];
      return { place, from, slope, to: from - this.rate * slope };
    });
    this.history.push(null); // to be filled in by what follows
    this.moves = moves;
    this.set(new Map(moves.map(({ place, to }) => [place, to])));
  }

  #go() {
    let left = MOST_STEPS;
    this.timer = setInterval(() => {
      this.#step();
      left -= 1;
      const [before, now] = this.history.slice(-2);
      if (left === 0 || !Number.isFinite(now) || Math.abs(now - before) <= 1e-12 * Math.abs(now)) this.#rest();
    }, PACE);
    this.follow(this.now());
  }

  #rest() {
    clearInterval(this.timer);
    this.timer = null;
    this.follow(this.now());
  }

  #again() {
    this.#rest();
    this.moves = [];
    this.history = [];
    this.set(this.start);
  }

  follow(page) {
    const { words, name, numeral } = page;
    const output = whole(page);
    if (this.history.at(-1) === null) this.history[this.history.length - 1] = output;
    else if (this.history.at(-1) !== output) [this.history, this.moves] = [[output], []]; // moved by hand: a new beginning
    this.chips.forEach((chip, place) => inscribe(chip, name(place)));
    write(this.going, this.timer ? words.pause : words.keepgoing);
    this.going.setAttribute("aria-pressed", this.timer !== null);
    const called = page.graph.outputs.length === 1 ? name(page.graph.outputs[0].place) : "L";
    const steps = this.history.length - 1;
    const fell = words.fell(called, numeral(this.history[0]), numeral(output), steps);
    const moved = this.moves.slice(0, MOST_LINES).map(({ place, from, slope, to }) => {
      const sides = `${numeral(from)} − ${signed(numeral(this.rate))} × ${signed(numeral(slope))} = ${numeral(to)}`;
      return `${name(place)} ← ${sides}`;
    });
    const more = this.moves.length > MOST_LINES ? [words.more(this.moves.length - MOST_LINES)] : [];
    const isWorse = steps > 0 && !(output <= this.history.at(-2));
    writeLines(this.lines, [fell, ...moved, ...more, ...(isWorse ? [words.grew] : [])], inscribe);
    this.plot.replaceChildren(trace(this.history, fell), this.lines);
  }
}
