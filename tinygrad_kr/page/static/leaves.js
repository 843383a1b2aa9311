// The inputs: a number box and a slider for every leaf. Whatever is set there, set(place, number) is told.

import { exact, numeral, read } from "./numerals.js";
import { inscribe, make } from "./dom.js";

const FINEST = 100; // steps of a slider to each side of zero

/** The end of a slider's scale: the next of 1, 2, 5, 10, 20 … above twice the number. */
export function reach(number) {
  const size = Math.abs(number) * 2;
  if (!(size > 1e-300 && size < 1e300)) return size >= 1e300 ? 1e308 : 1;
  const power = 10 ** Math.floor(Math.log10(size));
  return [1, 2, 5, 10].map((digit) => Number((digit * power).toPrecision(1))).find((end) => end >= size) ?? 10 * power;
}

/** Names with one letter and several indices stand together, by their index: a₁ t₁ a₂ t₂ become a₁ a₂ t₁ t₂. */
export function inOrder(places, name) {
  const parts = new Map(
    places.map((place) => {
      const [, family, index] = /^(.*?)(\d*)$/s.exec(name(place).normalize("NFKC"));
      return [place, { family, index: index === "" ? -1 : Number(index) }];
    }),
  );
  const families = [...new Set([...parts.values()].map(({ family }) => family))];
  const rank = (place) => families.indexOf(parts.get(place).family);
  return places.toSorted((a, b) => rank(a) - rank(b) || parts.get(a).index - parts.get(b).index || a - b);
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
    if (number !== null) this.#take(number);
    this.set(this.place, number);
  }

  #take(number) {
    this.number = number;
    this.#slide(number);
  }

  /** Take a number that was typed elsewhere; null where it could not be read. */
  typed(number) {
    if (number !== null) this.show(number);
    this.set(this.place, number);
  }

  /** Go so many steps from a number on: steps of 5 from 100 to 999, of 0.05 from 1 to 9; fine ones are a tenth of that. */
  turn(from, steps, isFine = false) {
    const size = Math.abs(from);
    const step = (size > 1e-300 && size < 1e300 ? 10 ** Math.floor(Math.log10(size)) : 1) / (isFine ? 200 : 20);
    this.typed(Number((from + steps * step).toPrecision(12)));
  }

  #moved() {
    this.number = Number(this.slider.value);
    this.box.value = exact(this.number);
    this.box.removeAttribute("aria-invalid");
    this.slider.setAttribute("aria-valuetext", numeral(this.number));
    this.set(this.place, this.number);
  }

  /** Write the leaf's name, and its derivative (null where it has none, or none is known). */
  write(words, name, derivative) {
    inscribe(this.name, name);
    this.slider.setAttribute("aria-label", words.slider(name));
    this.derivative.hidden = derivative === null;
    if (derivative !== null) inscribe(this.derivative, `${words.derivative} ${derivative}`);
  }
}
