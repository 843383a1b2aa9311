// What is walked: path by path, forward from an input, or backward from the output. Each walk has the edges it multiplies at,
// and a text; the walk along a path also has the product that it comes to, and one through a node has that unit.

import { local, paths } from "./engine.js";
import { backwardEdges, forwardEdges, tangents } from "./count.js";
import { signed } from "./steps.js";

export const WAYS = ["bypaths", "byforward", "bybackward"];

const MOST_PATHS = 60; // are walked one by one
const [MOST_TERMS, MOST_FACTORS] = [6, 9]; // are written out

const few = (texts) => (texts.length > MOST_TERMS ? [...texts.slice(0, MOST_TERMS), "…"] : texts);

/** All walks of a way, in their order; by paths and forward they are an input's. */
export function walksOf(way, input, page) {
  if (way === "bypaths") return byPaths(input, page);
  return way === "byforward" ? byForward(input, page) : byBackward(page);
}

function byPaths(input, { graph, numbers, numeral }) {
  const seeds = new Map(graph.outputs.map(({ place, seed }) => [place, seed]));
  return paths(graph, input, MOST_PATHS).map((uses) => {
    const factors = [seeds.get(uses[0]?.place ?? input), ...uses.map((use) => local(graph, numbers, use))];
    const term = factors.reduce((total, factor) => total * factor, 1);
    const texts = factors.map((factor, k) => (k ? signed : String)(numeral(factor)));
    const shown = texts.length > MOST_FACTORS ? [...texts.slice(0, 5), "…", ...texts.slice(-3)] : texts;
    return { edges: uses, term, text: `${shown.join(" × ")} = ${numeral(term)}` };
  });
}

/** tangent × local derivative, added up over the operands. */
function byForward(input, page) {
  const { graph, numbers, picture, name, numeral } = page;
  const found = tangents(graph, numbers, input);
  return sweep(forwardEdges(graph, input), picture.variant.units, page, (edges, unit) => {
    const along = ({ place, operand }) => found[graph.nodes[place].of[operand]];
    const terms = few(edges.map((edge) => times(along(edge), local(graph, numbers, edge), numeral)));
    const [output] = unit.outputs;
    return `${terms.join(" + ")} = ${numeral(found[output])} → ${name(output)}`;
  });
}

/** upstream × local derivative, for each operand. */
function byBackward(page) {
  const { graph, numbers, picture, name, numeral } = page;
  return sweep(backwardEdges(graph), picture.variant.units.toReversed(), page, (edges) => {
    const said = edges.map((edge) => {
      const product = times(numbers.upstream[edge.place], local(graph, numbers, edge), numeral);
      return `${product} → ${name(graph.nodes[edge.place].of[edge.operand])}`;
    });
    return few(said).join(", ");
  });
}

const times = (first, second, numeral) => `${numeral(first)} × ${signed(numeral(second))}`;

/** A walk for every unit that some edges lead into; what happens inside a closed block is only counted. */
function sweep(edges, units, { words, unitName }, tell) {
  const walks = units.map((unit) => ({ unit, edges: edges.filter(({ place }) => unit.nodes.includes(place)) }));
  return walks
    .filter((walk) => walk.edges.length > 0)
    .map(({ unit, edges: own }) => {
      const isClosed = unit.name !== undefined;
      return { unit, edges: own, text: isClosed ? words.multiplied(unitName(unit), own.length) : tell(own, unit) };
    });
}
