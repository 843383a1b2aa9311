// The inputs: a number box and a slider for every leaf. Whatever is set there, set(place, number) is told.

import { exact, numeral, read } from "./numerals.js";
import { make, write } from "./dom.js";

const FINEST = 100; // steps of a slider to each side of zero

/** The end of a slider's scale: the next of 1, 2, 5, 10, 20 … above twice the number. */
export function reach(number) {
  const size = Math.abs(number) * 2;
  if (!(size > 1e-300 && size < 1e300)) return size >= 1e300 ? 1e308 : 1;
  const power = 10 ** Math.floor(Math.log10(size));
  return [1, 2, 5, 10].map((digit) => Number((digit * power).toPrecision(1))).find((end) => end >= size) ?? 10 * power;
}

export class Leaf {
  constructor(place, number, set) {
    this.place = place;
    this.set = set;
    this.label = make("label", { htmlFor: `number-${place}` });
    this.name = this.label.appendChild(make("bdi"));
    this.box = make("input", {
      type: "text",
      id: `number-${place}`,
      autocomplete: "off",
      spellcheck: false,
      "data-place": place,
    });
    this.slider = make("input", { type: "range", id: `slider-${place}` });
    this.derivative = make("span", { className: "slope" });
    this.element = make("div", { className: "leaf" }, this.label, this.box, this.slider, this.derivative);
    this.box.addEventListener("input", () => this.#typed());
    this.box.addEventListener("blur", () => this.show(this.number));
    this.slider.addEventListener("input", () => this.#moved());
    this.show(number);
  }

  /** Show a number in the box and on the slider, whose scale grows where it has to. */
  show(number) {
    this.number = number;
    this.box.value = exact(number);
    this.box.removeAttribute("aria-invalid");
    this.#slide(number);
  }

  #slide(number) {
    const end = reach(number);
    if (!(end <= Number(this.slider.max)) || !this.slider.step) {
      Object.assign(this.slider, { min: -end, max: end, step: end / FINEST });
    }
    this.slider.value = number;
    this.slider.setAttribute("aria-valuetext", numeral(number));
  }

  #typed() {
    const number = read(this.box.value);
    this.box.setAttribute("aria-invalid", number === null);
    if (number !== null) {
      this.number = number;
      this.#slide(number);
    }
    this.set(this.place, number);
  }

  #moved() {
    this.number = Number(this.slider.value);
    this.box.value = exact(this.number);
    this.box.removeAttribute("aria-invalid");
    this.slider.setAttribute("aria-valuetext", numeral(this.number));
    this.set(this.place, this.number);
  }

  /** Write the leaf's name, and its derivative (null where it has none). */
  write(words, name, derivative, text) {
    write(this.name, name);
    this.label.title = name;
    this.slider.setAttribute("aria-label", words.slider(name));
    this.derivative.hidden = derivative === null;
    if (derivative !== null) write(this.derivative, `${words.derivative} ${text}`);
  }
}
