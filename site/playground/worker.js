// Python: Pyodide with the package, in a worker that has no page to touch.

import { loadPyodide } from "./pyodide/pyodide.mjs";
import { confine } from "./confine.js";
import { Layouts } from "./layouts.js";

const here = (name) => new URL(name, import.meta.url).href;
const post = postMessage.bind(self);
const LayoutWorker = Worker;

/** Count the bytes that arrive while Python loads. */
function fetchCounted() {
  const original = fetch;
  let bytes = 0;
  self.fetch = async (...request) => {
    const response = await original(...request);
    count(response.clone()); // of itself, the browser keeps what it has compiled
    return response;
  };
  async function count({ body }) {
    const reader = body.getReader();
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      bytes += part.value.byteLength;
      post({ kind: "loading", bytes });
    }
  }
}

/** Whether Python can wait for what JavaScript does elsewhere. */
const waits = "Suspending" in WebAssembly;

/** Layouts in another worker, where Python can wait for it; elsewhere in this one, and only the reader can end them. */
async function layoutBy() {
  if (!waits) return (await import("./layout.js")).engine;
  const layouts = new Layouts(() => new LayoutWorker(here("layout.js"), { type: "module" }));
  layouts.ready();
  return (source, limit) => layouts.layOut(source, limit);
}

async function start() {
  fetchCounted();
  const packages = fetch(here("packages.zip")).then((response) => response.arrayBuffer());
  const pyodide = await loadPyodide({ indexURL: here("pyodide/") });
  pyodide.unpackArchive(await packages, "zip", { extractDir: "/lib/playground" });
  pyodide.runPython("import sys; sys.path.append('/lib/playground')");
  const playground = pyodide.pyimport("playground");
  pyodide.pyimport("browser").use_layouts(await layoutBy());
  const tell = (kind, data) => post({ kind, ...data.toJs({ dict_converter: Object.fromEntries }) });
  const call = (act, ...given) => (waits ? act.callPromising(...given, tell) : act(...given, tell));
  const acts = {
    run: ({ program, language }) => call(playground.run, program, language),
    calculate: ({ text, numbers, language }) => call(playground.calculate, text, pyodide.toPy(numbers), language),
  };
  onmessage = async ({ data }) => {
    try {
      await acts[data.act](data);
      post({ kind: "done" });
    } catch (error) {
      post({ kind: "broken", text: String(error.message ?? error) });
    }
  };
  confine();
  post({ kind: "ready" });
}

start().catch((error) => post({ kind: "broken", text: String(error.message ?? error) }));
