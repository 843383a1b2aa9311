// How much there is to multiply: along every path, forward for one input at a time, and backward once for all.
// One multiplication is one local derivative times what came along, at one edge into a node that a derivative reaches.

import { local } from "./engine.js";

/** The places of nodes that depend on an input: constants and what is made of them alone need no derivative. */
export function active(graph) {
  const found = graph.nodes.map((node) => !node.op && !node.constant);
  graph.nodes.forEach((node, place) => {
    if (node.op) found[place] = node.of.some((parent) => found[parent]);
  });
  return found;
}

/** The edges over which one sweep backward passes something: all into nodes that depend on an input. */
export function backwardEdges(graph) {
  const isActive = active(graph);
  return graph.nodes.flatMap((node, place) =>
    (node.of ?? []).flatMap((parent, operand) => (isActive[parent] ? [{ place, operand }] : [])),
  );
}

/** The edges over which one sweep forward from an input passes something. */
export function forwardEdges(graph, input) {
  const reached = new Set([input]);
  return graph.nodes.flatMap((node, place) =>
    (node.of ?? []).flatMap((parent, operand) => {
      if (!reached.has(parent)) return [];
      reached.add(place);
      return [{ place, operand }];
    }),
  );
}

/** How many edges all paths from an input to an output have together: a path of three edges takes three multiplications. */
export function pathEdges(graph, input) {
  const edges = graph.nodes.map(() => 0);
  for (let place = graph.nodes.length - 1; place >= input; place -= 1) {
    for (const use of graph.nodes[place].uses) edges[place] += edges[use.place] + graph.nodes[use.place].paths;
  }
  return edges[input];
}

/** The derivative of every node by one input, as forward mode finds them: 1 at the input, and on from there. */
export function tangents(graph, numbers, input) {
  const found = graph.nodes.map((_, place) => (place === input ? 1 : 0));
  for (const { place, operand } of forwardEdges(graph, input)) {
    found[place] += local(graph, numbers, { place, operand }) * found[graph.nodes[place].of[operand]];
  }
  return found;
}
