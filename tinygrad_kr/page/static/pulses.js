// Changes that run along the wires from left to right: a tag with a number travels over each wire, and its number stays.

import { shape } from "./dom.js";

const SLOWEST = 550; // milliseconds for a wire
const [LONGEST, FOLLOWED] = [3600, 9000]; // milliseconds for all of it: seen at once, or followed from place to place

/** In which wave each wire is reached: after every wire that ends where it begins. */
export function waves(wires) {
  const wave = new Map();
  const isStem = (wire) => (wire.target.startsWith("join-") ? 0 : 1);
  const inOrder = wires.toSorted((a, b) => a.carries - b.carries || isStem(a) - isStem(b));
  for (const wire of inOrder) {
    const before = inOrder.filter((other) => other.target === wire.source && wave.has(other));
    wave.set(wire, Math.max(-1, ...before.map((other) => wave.get(other))) + 1);
  }
  return wave;
}

export class Pulses {
  /** Run texts (by wire) over a picture, all of which is seen or not; arrived(wire) is told when one has come through. */
  constructor(picture, texts, isAllSeen, arrived) {
    this.tags = new Map();
    const wires = [...texts.keys()];
    if (wires.length === 0) return;
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) {
      wires.forEach(arrived);
      return;
    }
    const wave = waves(wires);
    const pace = Math.min(SLOWEST, (isAllSeen ? LONGEST : FOLLOWED) / (Math.max(...wave.values()) + 1));
    const waiting = new Set(wires);
    let start = null;
    const frame = (now) => {
      start ??= now;
      for (const wire of waiting) {
        const part = (now - start) / pace - wave.get(wire);
        if (part >= 1) {
          waiting.delete(wire);
          this.#take(wire);
          arrived(wire);
        } else if (part >= 0) this.#move(picture, wire, texts.get(wire), part);
      }
      this.request = waiting.size > 0 ? requestAnimationFrame(frame) : null;
    };
    this.request = requestAnimationFrame(frame);
  }

  #move(picture, wire, text, part) {
    if (!this.tags.has(wire)) {
      const width = 8 * text.length + 12;
      const letters = shape("text", { class: "text", y: 4.6 }, text);
      const tag = shape(
        "g",
        { class: "pulse", "aria-hidden": "true" },
        shape("rect", { x: -width / 2, y: -10, width, height: 20, rx: 10 }),
        letters,
      );
      picture.svg.append(tag);
      this.tags.set(wire, tag);
    }
    const path = wire.group.querySelector(".forward path");
    const { x, y } = path.getPointAtLength(path.getTotalLength() * part);
    this.tags.get(wire).setAttribute("transform", `translate(${x} ${y})`);
  }

  #take(wire) {
    this.tags.get(wire)?.remove();
    this.tags.delete(wire);
  }

  stop() {
    if (this.request) cancelAnimationFrame(this.request);
    for (const wire of [...this.tags.keys()]) this.#take(wire);
  }
}
