// Small helpers over the document. Text reaches it as text only.

import { raised } from "./numerals.js";

export const byId = (id) => document.getElementById(id);

/** A new element with attributes (properties such as textContent and disabled among them) and children. */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name in element) element[name] = value;
    else element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

const SVG = "http://www.w3.org/2000/svg";

/** An SVG element with attributes and children. */
export function shape(name, attributes = {}, ...children) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

/** Set an element's text, unless it is there already: most labels stay as they are when one input changes. */
export function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

const SMALL = { sub: "₀₁₂₃₄₅₆₇₈₉₊₋₍₎ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ", sup: "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁽⁾ⁿⁱˣʸᵀ" };
const RUNS = new RegExp(`[${SMALL.sub}]+|(?<![\\d${SMALL.sup}])[${SMALL.sup}]+`, "g");

/** A text with the small letters of names as <sub> and <sup>, which one font sets alike; 10⁵ is read aloud as it is. */
function marked(text) {
  const found = [...text.matchAll(RUNS)];
  const starts = [0, ...found.map((run) => run.index + run[0].length)];
  const between = starts.map((start, k) => text.slice(start, found[k]?.index));
  const small = ([run]) => make(SMALL.sub.includes(run[0]) ? "sub" : "sup", { textContent: run.normalize("NFKC") });
  return between.flatMap((plain, k) => (found[k] ? [plain, small(found[k])] : [plain])).filter((part) => part !== "");
}

const inscribed = new WeakMap();

/** Set an element's text as mathematics is set, unless it is there already. */
export function inscribe(element, text) {
  if (inscribed.get(element) === text) return element;
  inscribed.set(element, text);
  element.replaceChildren(...marked(raised(text)));
  return element;
}

/** Buttons of which one is chosen: a radio button for each choice, in a fieldset that is there. */
export function choices(fieldset, name, options, chosen, choose) {
  for (const option of options) {
    const radio = make("input", {
      type: "radio",
      name,
      value: option,
      id: `${name}-${option}`,
      checked: option === chosen,
    });
    radio.addEventListener("change", () => choose(option));
    fieldset.append(make("label", {}, radio, make("span", { "data-text": option })));
  }
  fieldset.hidden = options.length < 2;
}
