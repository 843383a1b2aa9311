// What else can be done with the picture: a button for each tool, and one panel open at a time.
// A tool has a key among the words, an element, open(), close() and follow(page); it is followed only while it is open.

import { make, write } from "./dom.js";
import { bringIntoSight } from "./stage.js";

export class Tools {
  /** prepare(tool) is called before a tool opens, changed() after every change. */
  constructor(buttons, panels, tools, { prepare, changed }) {
    Object.assign(this, { current: null, prepare, changed });
    this.buttons = new Map(tools.map((tool) => [tool, this.#button(tool)]));
    for (const [tool, button] of this.buttons) {
      tool.element.id = `tool-${tool.key}`;
      tool.element.hidden = true;
      tool.element.setAttribute("data-label", tool.key);
      buttons.append(button);
      panels.append(tool.element);
    }
  }

  #button(tool) {
    const button = make("button", { type: "button", "aria-expanded": "false", "aria-controls": `tool-${tool.key}` });
    button.id = `open-${tool.key}`;
    button.setAttribute("data-text", tool.key);
    button.addEventListener("click", () => this.show(tool === this.current ? null : tool));
    return button;
  }

  /** Open a tool instead of the one that is open; null closes that. */
  show(tool) {
    if (tool === this.current) return;
    this.current?.close();
    this.current = null;
    if (tool) this.prepare(tool);
    this.current = tool;
    for (const [other, button] of this.buttons) {
      button.setAttribute("aria-expanded", other === tool);
      other.element.hidden = other !== tool;
    }
    tool?.open();
    this.changed();
    if (tool) bringIntoSight(tool.element);
  }

  follow(page) {
    this.current?.follow(page);
  }
}

/** A box for a number with its name before it, for the tools' own numbers; set(text) is told what is typed. */
export function numberBox(id, set) {
  const name = make("span", { "data-text": id });
  const box = make("input", { type: "text", id, autocomplete: "off", spellcheck: false, size: 7 });
  box.addEventListener("input", () => set(box.value));
  return { box, element: make("label", { className: "number", htmlFor: id }, name, box) };
}

/** Lines of text in an element, of which only those that change are written. */
export function writeLines(element, lines, inscribe = write) {
  while (element.childElementCount > lines.length) element.lastElementChild.remove();
  while (element.childElementCount < lines.length) element.append(make("p", {}, make("bdi")));
  lines.forEach((line, k) => inscribe(element.children[k].firstElementChild, line));
}
