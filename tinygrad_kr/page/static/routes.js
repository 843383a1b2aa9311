// From a wire to the output: the wires on the way, and the product of the local derivatives along it.

import { downstream, local, paths } from "./engine.js";
import { derivative } from "./picture.js";
import { signed } from "./steps.js";

const MOST_PATHS = 4;
const MOST_FACTORS = 10;

/** The node from which a wire's ways to the output start: the one it enters, or the one whose value it is. */
const startsOf = (wire) => (wire.passes ? [...new Set(wire.passes.map(([place]) => place))] : [wire.carries]);

/** The wires that light up for a wire: itself, and all that lead on from it. */
export function route(graph, picture, wire) {
  const reached = downstream(graph, startsOf(wire));
  const carried = picture.wires.filter(({ carries }) => reached.has(carries));
  const parts = picture.variant.units.filter((unit) => unit.nodes.some((place) => reached.has(place)));
  return { wires: [...new Set([wire, ...carried])], parts: parts.map((unit) => unit.id) };
}

/** What is said of a wire: where it leads, how many paths there are, and, once it is known, the product along them. */
export function account(wire, isKnown, { graph, numbers, picture, words, name, numeral }) {
  const label = wireName(picture, wire, { words, name });
  if (!wire.derivative) return words.unmoved(label);
  const output = graph.outputs.length === 1 ? name(graph.outputs[0].place) : "L";
  const count = (wire.passes ?? [[wire.carries]]).reduce((total, [place]) => total + graph.nodes[place].paths, 0);
  const heading = `${label} · ${words.paths(numeral(count))}`;
  if (!isKnown) return heading;
  const total = numeral(derivative(wire, numbers));
  const sides = [`∂${output}/∂${name(wire.carries)}`, total];
  if (count <= MOST_PATHS) sides.splice(1, 0, products(wire, graph, numbers, numeral).join(" + "));
  else sides.splice(1, 0, words.manyPaths(numeral(count)));
  return `${heading}: ${sides.filter((side, k) => side !== sides[k - 1]).join(" = ")}`;
}

/** For each path the product written out, the seed first: 1 × 1.1 × 2. */
function products(wire, graph, numbers, numeral) {
  const seeds = new Map(graph.outputs.map(({ place, seed }) => [place, seed]));
  const starts = wire.passes ?? [[wire.carries, null]];
  return starts.flatMap(([place, operand]) =>
    paths(graph, place).map((uses) => {
      const own = operand === null ? [] : [{ place, operand }];
      const end = uses.length > 0 ? uses[0].place : place;
      const factors = [seeds.get(end), ...[...uses, ...own].map((use) => local(graph, numbers, use))];
      const texts = factors.map((factor, k) => (k ? signed : String)(numeral(factor)));
      return (texts.length > MOST_FACTORS ? [...texts.slice(0, 5), "…", ...texts.slice(-3)] : texts).join(" × ");
    }),
  );
}

/** A wire by the names of its ends: 사과 → ×. */
export function wireName(picture, wire, { words, name }) {
  const { parts } = picture.variant;
  return words.wire(
    parts[wire.source] || name(wire.carries),
    parts[wire.target] || (wire.target.startsWith("out-") ? words.output : words.branches),
  );
}

/** The wire that an arrow key leads to from a wire, or itself: on, back, or the one above or below in the list. */
export function neighbour(picture, wire, key) {
  const { wires } = picture;
  const next = {
    ArrowRight: wires.find((other) => other.source === wire.target),
    ArrowLeft: wires.find((other) => other.target === wire.source),
  };
  const step = { ArrowDown: 1, ArrowUp: -1 }[key];
  return (step ? wires[wires.indexOf(wire) + step] : next[key]) ?? wire;
}
