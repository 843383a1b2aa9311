// Graphviz, in a worker of its own: what takes too long can be ended only together with its worker.

import { instance } from "@viz-js/viz";

/** Comes to a function that lays a graph out: ["plain", text], or ["failed", why]. */
export const engine = instance().then((viz) => (source) => {
  try {
    return ["plain", viz.renderString(source, { engine: "dot", format: "plain" })];
  } catch (error) {
    return ["failed", String(error.message ?? error)];
  }
});

onmessage = async ({ data }) => postMessage((await engine)(data));
