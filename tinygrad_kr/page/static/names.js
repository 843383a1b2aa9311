// What things are called: nodes, operators and blocks, formulas, inputs.

import { expression, signed } from "./steps.js";

/** Functions that name what is in a graph by its numbers, in the page's words. */
export function names({ graph, variables, numbers, words, numeral }) {
  /** What a node is called: by its name, a constant by its number, an operator by its symbol. */
  function name(place) {
    const node = graph.nodes[place];
    if (node.name) return node.name;
    if (node.constant) return numeral(numbers.values[place]);
    if (!node.op) return words.input(variables.indexOf(place) + 1);
    return graph.outputs.some((output) => output.place === place) ? words.output : `(${graph.rows[node.op].symbol})`;
  }

  const unitName = (unit) => unit.name ?? words.operation(graph.rows[graph.nodes[unit.nodes[0]].op]);

  const formula = (place) =>
    expression(
      graph.rows[graph.nodes[place].op],
      graph.nodes[place].of.map((parent) => graph.nodes[parent].name ?? signed(numeral(numbers.values[parent]))),
    );

  /** A leaf's name in the list of inputs. */
  function leafName(place) {
    const node = graph.nodes[place];
    if (!node.constant || node.name) return name(place);
    const user = node.uses[0] ? graph.rows[graph.nodes[node.uses[0].place].op].symbol : "";
    return words.constant(numeral(numbers.values[place]), user);
  }

  return { name, unitName, formula, leafName };
}
