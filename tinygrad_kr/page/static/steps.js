// The pass, one operator at a time: which steps there are, what is known at each, and what each does.

import { isKink, local, sweep } from "./engine.js";
import { derivative } from "./picture.js";

const MOST_LINES = 6;

/** The steps over a picture: the start, operators forward, the seed, operators backward, the end. */
export function stepsOf(picture, direction) {
  const units = picture.variant.units;
  const active = units.filter((unit) => picture.wires.some((wire) => wire.target === unit.id && wire.derivative));
  const forth = direction === "backward" ? [] : units.map((unit) => ({ kind: "forward", unit }));
  const back = active.toReversed().map((unit) => ({ kind: "backward", unit }));
  if (direction === "forward") return [{ kind: "start" }, ...forth, { kind: "end" }];
  return [{ kind: "start" }, ...forth, { kind: "seed" }, ...back, { kind: "end" }];
}

/** The first steps at which things are known: value(place) and back(place) of a node, wire(wire) of what a wire shows. */
export function knowledge(graph, picture, steps) {
  const unitOf = new Map(picture.variant.units.flatMap((unit) => unit.nodes.map((place) => [place, unit.id])));
  const first = (kind) => new Map(steps.flatMap((step, k) => (step.kind === kind ? [[step.unit?.id, k]] : [])));
  const [forthAt, backAt] = [first("forward"), first("backward")];
  const seedAt = steps.findIndex((step) => step.kind === "seed");
  const after = (units) => (seedAt < 0 ? Infinity : Math.max(seedAt, ...units.map((id) => backAt.get(id) ?? seedAt)));
  const value = (place) => forthAt.get(unitOf.get(place)) ?? 0;
  const back = (place) => after(graph.nodes[place].uses.map((use) => unitOf.get(use.place)));
  const ofWires = new Map(
    picture.wires.map((wire) => {
      const known = { value: value(wire.carries), back: wire.passes ? after([wire.target]) : back(wire.carries) };
      return [wire, known];
    }),
  );
  return { value, back, wire: (wire) => ofWires.get(wire) };
}

/** The wires and parts that a step lights up. */
export function litAt(step, picture) {
  if (step.kind === "seed") return { wires: picture.wires.filter((wire) => wire.id.endsWith("-out")), parts: [] };
  if (!step.unit) return { wires: [], parts: [] };
  const { id } = step.unit;
  const leaving = (wire) => wire.source === id && step.unit.nodes.includes(wire.carries);
  return { wires: picture.wires.filter((wire) => wire.target === id || leaving(wire)), parts: [id] };
}

/** What a step says: a heading and lines of text. */
export function tell(step, page) {
  const { words, name, numeral, numbers } = page;
  switch (step.kind) {
    case "start":
      return { head: words.start, lines: [words.startSentence, words.startInvitation] };
    case "seed":
      return { head: words.seed, lines: page.graph.outputs.map(({ place, seed }) => seedLine(place, seed, page)) };
    case "end":
      return { head: words.end, lines: [ending(page)] };
    case "forward":
      return { head: words.forwardStep(page.unitName(step.unit)), lines: forwardLines(step.unit, page) };
    default:
      return {
        head: words.backwardStep(page.unitName(step.unit)),
        caption: words.rule,
        lines: shortened(backwardLines(step.unit, page), words),
        sums: [...shortened(sums(step.unit, page), words), ...conventions(step.unit, page)],
      };
  }

  function ending() {
    if (page.direction === "forward") {
      return page.graph.outputs
        .map(({ place }) => words.endForward(name(place), numeral(numbers.values[place])))
        .join(" · ");
    }
    const output = page.graph.outputs.length === 1 ? name(page.graph.outputs[0].place) : "L";
    return words.endSentence(
      page.variables.map((place) => `∂${output}/∂${name(place)} = ${numeral(numbers.upstream[place])}`),
    );
  }
}

function seedLine(place, seed, { words, name, numeral }) {
  return seed === 1 ? words.seedSentence(name(place), numeral(seed)) : words.seedGiven(name(place), numeral(seed));
}

const shortened = (lines, words) =>
  lines.length > MOST_LINES ? [...lines.slice(0, MOST_LINES), words.more(lines.length - MOST_LINES)] : lines;

/** 사과 × 소비세 = 100 × 1.1 = 110, for an operator; the outputs' values, for a closed block. */
function forwardLines(unit, page) {
  const { graph, numbers, name, numeral } = page;
  const last = unit.nodes.at(-1);
  if (unit.name !== undefined)
    return shortened(
      unit.outputs.map((place) => `${name(place)} = ${numeral(numbers.values[place])}`),
      page.words,
    );
  const node = graph.nodes[last];
  const operands = node.of.map((place) => signed(numeral(numbers.values[place])));
  const named = node.of.some((place) => graph.nodes[place].name);
  const names = node.of.map((place, k) => graph.nodes[place].name ?? operands[k]);
  const row = graph.rows[node.op];
  const sides = [...(named ? [expression(row, names)] : []), expression(row, operands), numeral(numbers.values[last])];
  return [sides.join(" = ")];
}

/** A row with its operands written in: 100 × 1.1, or exp(0.5). */
export function expression(row, operands) {
  if (row.infix && operands.length <= 2) return row.infix.replace(/\{(\d)\}/g, (_, place) => operands[place]);
  const shown = operands.length > 6 ? [...operands.slice(0, 5), "…"] : operands;
  return `${row.symbol}(${shown.join(", ")})`;
}

export const signed = (text) => (text.startsWith("-") ? `(${text})` : text);

/** upstream × local = contribution, a line for each wire that the unit passes a derivative to. */
function backwardLines(unit, page) {
  const { numbers, picture, name, numeral } = page;
  const wires = picture.wires.filter((wire) => wire.target === unit.id && wire.passes && wire.derivative);
  return wires.map((wire) => {
    const factors = unit.outputs.map((place) => [arriving(place, unit, page), slope(place, wire, unit, page)]);
    const products = factors.map(([first, second]) => `${numeral(first)} × ${signed(numeral(second))}`);
    return `${products.join(" + ")} = ${numeral(derivative(wire, numbers))} → ${name(wire.carries)}`;
  });
}

/** The derivative that reaches an output of a unit from outside it. */
export function arriving(place, unit, { graph, numbers }) {
  const outside = graph.nodes[place].uses.filter((use) => !unit.nodes.includes(use.place));
  const seeds = graph.outputs.filter((output) => output.place === place).map((output) => output.seed);
  return [...seeds, ...outside.map((use) => numbers.passed[use.place][use.operand])].reduce(
    (total, number) => total + number,
    0,
  );
}

/** The local derivative of an output of a unit by a wire that enters it; through all of it where it is a block. */
export function slope(place, wire, unit, { graph, numbers }) {
  const [[node, operand]] = wire.passes;
  if (unit.name === undefined) return local(graph, numbers, { place: node, operand });
  return derivative(wire, sweep(graph, numbers.values, [{ place, seed: 1 }]));
}

/** At a kink: that there is no derivative, and a convention was used. */
function conventions(unit, { graph, numbers, words }) {
  if (!unit.nodes.some((place) => isKink(graph, numbers.values, place))) return [];
  return [unit.name === undefined ? words.kink : words.kinkInside];
}

/** The wires before a fork to whose other ends a unit is the last to bring something back. */
export function stems(unit, picture) {
  const users = (stem) => picture.wires.filter((wire) => wire.source === stem.target).map((wire) => wire.target);
  const last = (stem) => picture.variant.units.find(({ id }) => users(stem).includes(id));
  return picture.wires.filter((wire) => wire.target.startsWith("join-") && wire.derivative && last(wire) === unit);
}

/** Where the last of several branches comes back: the sum of what all of them bring. */
function sums(unit, { picture, numbers, name, numeral, words }) {
  return stems(unit, picture).map((stem) => {
    const branches = picture.wires.filter((wire) => wire.source === stem.target);
    const terms = branches.map((wire, k) => (k ? signed : String)(numeral(derivative(wire, numbers))));
    const shown = terms.length > MOST_LINES ? [...terms.slice(0, MOST_LINES), "…"] : terms;
    return words.sum(name(stem.carries), shown, numeral(derivative(stem, numbers)));
  });
}
