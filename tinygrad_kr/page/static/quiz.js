// The quiz: a blank under every backward arrow, judged as soon as it is filled in.

import { derivative } from "./picture.js";
import { plain, read } from "./numerals.js";
import { make } from "./dom.js";

/**
 * Whether an answer is right: as exact as it was written, with at least two digits that count, or to one part
 * in a thousand. 0.33 is right for a third, 0.3 is not; 2.2 is right for 2.2000000000000002.
 */
export function isRight(text, truth) {
  const answer = read(text);
  if (answer === null) return false;
  if (Object.is(answer, truth) || answer === truth) return true;
  if (!Number.isFinite(answer) || !Number.isFinite(truth)) return false;
  if (Math.abs(answer - truth) <= Math.abs(truth) / 1000) return true;
  const [mantissa, exponent] = plain(text).split("e");
  const digits = mantissa.replace(/[^\d]/g, "").replace(/^0+/, "").length;
  const decimals = (mantissa.split(".")[1] ?? "").length - Number(exponent ?? 0);
  return digits >= 2 && !/[/*]/.test(mantissa) && Math.abs(answer - truth) <= 0.5 * 10 ** -decimals * (1 + 1e-9);
}

export class Quiz {
  /** Blanks over some wires of a picture. judged() is told after every answer, looked() when another blank is looked at. */
  constructor(picture, wires, { judged, looked }) {
    this.judged = judged;
    this.blanks = wires.map((wire, k) => this.#blank(picture, wire, k + 1, looked));
    this.current = null;
  }

  #blank(picture, wire, number, looked) {
    const input = make("input", {
      type: "text",
      className: "blank",
      autocomplete: "off",
      spellcheck: false,
      placeholder: `(${number})`, // as on paper
      "data-wire": wire.id,
    });
    const blank = { wire, input, state: "open" };
    blank.holder = picture.over(wire.derivative, input);
    input.addEventListener("focus", () => {
      this.current = blank;
      looked(blank);
    });
    input.addEventListener("change", () => this.#judge(blank, true));
    return blank;
  }

  /** Whether the blanks are right for these numbers. */
  update(numbers) {
    for (const blank of this.blanks) {
      blank.truth = derivative(blank.wire, numbers);
      if (blank.state === "shown") this.#fill(blank);
      else if (blank.input.value.trim() !== "") this.#judge(blank, false);
    }
  }

  #judge(blank, aloud) {
    const text = blank.input.value;
    blank.state =
      text.trim() === "" ? "open" : read(text) === null ? "unreadable" : isRight(text, blank.truth) ? "right" : "wrong";
    this.#mark(blank);
    if (aloud) this.judged(blank);
  }

  #mark({ holder, input, state }) {
    holder.dataset.state = state;
    input.setAttribute("aria-invalid", state === "wrong" || state === "unreadable");
  }

  #fill(blank) {
    blank.input.value = this.write(blank.truth);
    this.#mark(blank);
  }

  /** Fill in every blank that is not right yet. */
  reveal() {
    for (const blank of this.blanks.filter((other) => other.state !== "right")) {
      blank.state = "shown";
      this.#fill(blank);
    }
  }

  clear() {
    for (const blank of this.blanks) {
      blank.state = "open";
      blank.input.value = "";
      this.#mark(blank);
    }
  }

  get score() {
    return this.blanks.filter((blank) => blank.state === "right").length;
  }

  remove() {
    for (const blank of this.blanks) blank.holder.remove();
  }
}

/** The rule behind a blank, in words. */
export function hint({ wire }, { graph, picture, words, language, numeral }) {
  if (wire.id.endsWith("-out"))
    return words.outHint(numeral(graph.outputs.find(({ place }) => place === wire.carries).seed));
  if (!wire.passes) return words.stemHint(picture.wires.filter((other) => other.source === wire.target).length);
  const unit = picture.variant.units.find(({ id }) => id === wire.target);
  if (unit.name !== undefined) return words.blockHint(unit.name);
  const [[place, operand]] = wire.passes;
  const row = graph.rows[graph.nodes[place].op];
  const input = row.families ? Math.floor(operand / (graph.nodes[place].of.length / row.families)) : operand;
  return `${words.operation(row)}: ${row.hints[input][language]}`;
}
