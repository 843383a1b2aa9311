// The picture on the stage: one prepared SVG at a time, its labels, and what of it is lit or not shown yet.

import { fitting, raised } from "./numerals.js";
import { make, shape, write } from "./dom.js";

/** The derivative that a wire carries back: a sum of contributions, or all that reached its value. */
export function derivative(wire, numbers) {
  if (!wire.passes) return numbers.upstream[wire.carries];
  return wire.passes.reduce((total, [place, operand]) => total + numbers.passed[place][operand], 0);
}

/** What shows where a wire is: its value, or where it has none, its arrows. */
export const labelOf = ({ value, group }) => value ?? group;

/** Write a number into a label (if there is one); where the name before it is set as mathematics, into the label's last letters. */
function relabel(label, prefix, text) {
  const letters = label?.lastElementChild?.lastElementChild;
  if (letters) write(letters, ` = ${text}`);
  else if (label) write(label, prefix + text);
}

/** A label as plain text, for a screen reader. */
const spoken = (label) => label && (label.getAttribute("aria-label") ?? label.textContent);

function silence(label) {
  label.setAttribute("aria-hidden", "true");
  label.removeAttribute("aria-label");
}

export class Picture {
  constructor(svg, variant) {
    this.svg = svg;
    this.variant = variant;
    this.instead = new Map(); // texts by wire, for a while
    this.size = [svg.viewBox.baseVal.width, svg.viewBox.baseVal.height];
    svg.setAttribute("role", "group"); // inside an image, a screen reader would find no wires
    this.wires = variant.wires.map((wire) => this.#wired(wire));
    this.byId = new Map(this.wires.map((wire) => [wire.id, wire]));
    for (const label of svg.querySelectorAll("text, g[aria-label]:not(.wire, .note)")) silence(label); // wires say it
    for (const note of svg.querySelectorAll(".note")) note.setAttribute("role", "img"); // what a letter of a label means
  }

  /** A wire with its elements. Its group can be pointed at, pressed and focused. */
  #wired(wire) {
    const group = this.find(wire.id);
    group.setAttribute("role", "button");
    group.setAttribute("tabindex", "-1");
    group.prepend(shape("path", { class: "broad", d: group.querySelector("path").getAttribute("d") })); // easy to hit
    const [value, back] = [this.find(`${wire.id}-value`), this.find(`${wire.id}-derivative`)];
    return { ...wire, group, value, derivative: back, says: { value: spoken(value), derivative: spoken(back) } };
  }

  /** Put the picture on the sheet, where it is the only content. */
  show(sheet) {
    sheet.replaceChildren(this.svg);
  }

  find(id) {
    return this.svg.getElementById(id);
  }

  /** The wire that an element belongs to: one of its arrows, or a label. */
  wireAt(element) {
    for (let here = element; here && here !== this.svg; here = here.parentElement) {
      const wire = this.byId.get(here.dataset.wire ?? here.id.replace(/-(value|derivative)$/, ""));
      if (wire) return wire;
    }
    return null;
  }

  /** The name of the block that an element belongs to: a closed block, or the name of an open one. */
  blockAt(element) {
    for (let here = element; here && here !== this.svg; here = here.parentElement) {
      const id = here.id.replace(/-text$/, "");
      if (Object.hasOwn(this.variant.blocks, id)) return this.variant.blocks[id];
    }
    return null;
  }

  /** The id of the operator that an element belongs to; null where it is another part. */
  operatorAt(element) {
    return element.closest(".operator[id]")?.id ?? null;
  }

  /** The leaf, of some, whose name an element belongs to; null where it is another. */
  leafAt(element, places) {
    const id = element.closest(".leaf[id]")?.id;
    return this.wires.find(({ source, carries }) => source === id && places.includes(carries))?.carries ?? null;
  }

  /** Write the numbers over and under the wires. */
  label(numbers, { digits, grouping }) {
    if (this.variant.labels !== "numbers") return;
    for (const wire of this.wires) {
      const text = (number) => fitting(number, wire.room, digits, grouping);
      wire.says = {
        value: text(numbers.values[wire.carries]),
        derivative: wire.derivative && text(derivative(wire, numbers)),
      };
      const instead = this.instead.get(wire);
      relabel(wire.value, wire.prefix, raised(instead ?? wire.says.value));
      wire.value?.classList.toggle("changed", instead !== undefined);
      relabel(wire.derivative, "", wire.says.derivative && raised(wire.says.derivative));
    }
  }

  /** Let some wires show other texts than their values, until others are given; with none, all values are back. */
  overwrite(texts, numbers, formats) {
    this.instead = texts;
    this.label(numbers, formats);
  }

  /** Tell the arrows of negative derivatives and of zeros from the others. */
  sign(numbers) {
    for (const wire of this.wires) {
      const arrow = wire.group.querySelector(".backward");
      arrow?.classList.toggle("negative", derivative(wire, numbers) < 0);
      arrow?.classList.toggle("zero", derivative(wire, numbers) === 0);
    }
  }

  /** Put a small corner on those operators and blocks that are at a kink, and on no others. */
  bend(ids, title) {
    for (const mark of this.svg.querySelectorAll(".kink")) mark.remove();
    for (const id of ids) {
      const part = this.find(id);
      const { x, y, width } = part.querySelector("path").getBBox();
      const words = shape("title");
      words.textContent = title;
      const move = `translate(${x + width - 5} ${y + 5})`;
      part.append(shape("g", { class: "kink", transform: move }, words, shape("path", { d: "M-8,-6 L0,7 L8,-6Z" })));
    }
  }

  /** Hide what is not known yet: of each wire, its value or its derivative. */
  reveal(known) {
    for (const wire of this.wires) {
      const { value, back } = known(wire);
      wire.group.classList.toggle("no-value", !value);
      wire.group.classList.toggle("no-derivative", !back);
      wire.value?.classList.toggle("unknown", !value);
      wire.derivative?.classList.toggle("unknown", !back);
    }
  }

  /** Light up some wires and parts, and nothing else. */
  light(name, wires, parts = []) {
    for (const lit of this.svg.querySelectorAll(`.${name}`)) lit.classList.remove(name);
    for (const wire of wires)
      for (const element of [wire.group, wire.value, wire.derivative]) element?.classList.add(name);
    for (const id of parts) this.find(id)?.classList.add(name);
    this.svg.classList.toggle(`has-${name}`, wires.length > 0);
  }

  /** Put an HTML element over the picture, centred where a label stands. */
  over(label, element) {
    const box = label.getBBox();
    const [width, height] = this.size;
    const holder = make("div", { className: "over" }, element);
    holder.style.left = `${((box.x + box.width / 2) / width) * 100}%`;
    holder.style.top = `${((box.y + box.height / 2) / height) * 100}%`;
    this.svg.parentElement.append(holder);
    return holder;
  }
}
