// The box for one expression: a field for the number of each name in it.

import { byId, make } from "./dom.js";

const CONSTANTS = ["pi", "π", "e"];

/** The names of an expression, in the order in which they are written; those before a ( are functions. */
export function names(text) {
  const found = text.normalize("NFKC").matchAll(/(?<![\p{L}\p{N}_.])([\p{L}_][\p{L}\p{M}\p{N}_]*)(?!\s*\()(?![\p{L}\p{N}_])/gu);
  return [...new Set(Array.from(found, ([, name]) => name))].filter((name) => !CONSTANTS.includes(name));
}

export class Expression {
  #words;
  #numbers = new Map([
    ["사과", "100"],
    ["개수", "2"],
    ["소비세", "1.1"],
  ]);

  /** Takes a function that gives the words of the page's language, and one that is called with text and numbers. */
  constructor(words, compute) {
    this.#words = words;
    byId("expression").addEventListener("input", () => this.ask());
    byId("expression-form").addEventListener("submit", (event) => {
      event.preventDefault();
      compute(byId("expression").value, Object.fromEntries(this.#given()));
    });
    this.ask();
  }

  /** Offer a field for each name. */
  ask() {
    const fields = names(byId("expression").value).map((name) => this.#field(name));
    byId("numbers").replaceChildren(...fields);
  }

  #given() {
    return names(byId("expression").value).map((name) => [name, this.#numbers.get(name) ?? "1"]);
  }

  #field(name) {
    const input = make("input", { type: "text", inputMode: "decimal", size: 6, value: this.#numbers.get(name) ?? "1" });
    input.addEventListener("input", () => this.#numbers.set(name, input.value));
    input.setAttribute("aria-label", this.#words().numberOf(name));
    return make("label", {}, make("span", { textContent: `${name} =` }), input);
  }
}
