// The engine in the page: values from the leaves to the outputs, derivatives back, and the paths between.
// The graph's nodes stand in topological order; a node's operands (of) are places in that list. What a row
// computes comes from the table (rows, written by tinygrad_kr/targets/javascript.py).

import { choices, rows } from "./rows.js";

/** A node's operands as its row takes them: one number each, or an array for each family. */
const inputs = (graph, node, values) =>
  asTaken(
    graph,
    node,
    node.of.map((parent) => values[parent]),
  );

function asTaken(graph, node, numbers) {
  const { families } = graph.rows[node.op];
  if (!families) return numbers;
  const size = numbers.length / families;
  return Array.from({ length: families }, (_, f) => numbers.slice(f * size, (f + 1) * size));
}

/** One contribution per operand: the upstream derivative times each local derivative. */
const contributions = (graph, node, values, z, upstream) =>
  rows[node.op].backward(upstream, ...inputs(graph, node, values), z, node.k);

/** Add to a graph what never changes: who uses each node, and how many paths lead from it to an output. */
export function prepare(graph) {
  const { nodes } = graph;
  for (const node of nodes) Object.assign(node, { uses: [], paths: 0 });
  for (const { place } of graph.outputs) nodes[place].paths = 1;
  for (let place = nodes.length - 1; place >= 0; place -= 1) {
    const node = nodes[place];
    node.of?.forEach((parent, operand) => {
      nodes[parent].uses.push({ place, operand });
      nodes[parent].paths += node.paths;
    });
  }
  return graph;
}

/** All numbers of the graph for one number a leaf: values, and what sweep() adds. */
export function evaluate(graph, leaves) {
  const values = graph.nodes.map((node, place) => leaves.get(place));
  graph.nodes.forEach((node, place) => {
    if (node.op) values[place] = rows[node.op].forward(...inputs(graph, node, values), node.k);
  });
  return { values, ...sweep(graph, values, graph.outputs) };
}

/** The backward pass: upstream, a derivative a node, and passed, what each node passes to each operand. */
export function sweep(graph, values, outputs) {
  const upstream = graph.nodes.map(() => 0);
  const passed = graph.nodes.map(() => []);
  for (const { place, seed } of outputs) upstream[place] += seed;
  for (let place = graph.nodes.length - 1; place >= 0; place -= 1) {
    const node = graph.nodes[place];
    if (!node.op) continue;
    passed[place] = contributions(graph, node, values, values[place], upstream[place]);
    passed[place].forEach((number, operand) => {
      upstream[node.of[operand]] += number;
    });
  }
  return { upstream, passed };
}

/** In which piece of its formula every operator and closed block is: as long as that stays, so do derivatives in symbols. */
export function pieces(graph, values, closed = []) {
  const conditions = graph.nodes.map((node, place) => {
    const test = node.op && rows[node.op].pieces;
    return test ? test(...inputs(graph, node, values), values[place], node.k) : [];
  });
  graph.choices.forEach(({ block, of }, k) => {
    if (closed.includes(block)) conditions.push(choices[k](...of.map((place) => values[place])));
  });
  return conditions.flat().join();
}

/** The local derivative of a node with respect to one operand. */
export function local(graph, numbers, { place, operand }) {
  return contributions(graph, graph.nodes[place], numbers.values, numbers.values[place], 1)[operand];
}

/** Whether a node is where its row has no derivative, so that a convention says what it passes back. */
export function isKink(graph, values, place) {
  const node = graph.nodes[place];
  const test = node.op && rows[node.op].isKink;
  return Boolean(test?.(...inputs(graph, node, values), values[place]));
}

/** What leaves some nodes (an operator, a closed block) as a function of what comes in over some edges, all else as it is. */
export function along(graph, values, { nodes, edges, output }) {
  const moved = new Set(edges.map((edge) => edge.join("/")));
  return (number) => {
    const now = [...values];
    for (const place of nodes) {
      const node = graph.nodes[place];
      if (!node.op) continue;
      const given = node.of.map((parent, operand) => (moved.has(`${place}/${operand}`) ? number : now[parent]));
      now[place] = rows[node.op].forward(...asTaken(graph, node, given), node.k);
    }
    return now[output];
  };
}

/** The nodes on the way from some nodes to the outputs, themselves among them. */
export function downstream(graph, places) {
  const found = new Set(places);
  for (const here of found) for (const use of graph.nodes[here].uses) found.add(use.place);
  return found;
}

/** The paths from a node to an output, each a list of uses from the output on, and no more than so many. */
export function paths(graph, place, most = Infinity) {
  const ends = new Set(graph.outputs.map((output) => output.place));
  const whole = [];
  const started = [{ place, uses: [] }];
  while (started.length > 0 && whole.length < most) {
    const { place: here, uses } = started.pop();
    if (ends.has(here)) whole.push([...uses].reverse());
    for (const use of graph.nodes[here].uses) started.push({ place: use.place, uses: [...uses, use] });
  }
  return whole;
}
