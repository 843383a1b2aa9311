// Keeps the worker that runs Python: one at a time, which is ended to stop a program, and started anew.

/** A worker that has this page's policy: one made from an address would have none. */
function confinedWorker(name) {
  const source = `import ${JSON.stringify(new URL(name, import.meta.url).href)};`;
  const address = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
  return new Worker(address, { type: "module" });
}

export class Machine {
  #tell;
  #worker = null;
  #waiting = null;
  state = "off"; // then starting, ready, busy, or broken

  /** Takes a function that is told what the worker posts, and every change of state. */
  constructor(tell) {
    this.#tell = tell;
  }

  start() {
    this.#worker?.terminate();
    const worker = confinedWorker("worker.js");
    worker.onmessage = ({ data }) => worker === this.#worker && this.#hear(data);
    worker.onerror = (event) => worker === this.#worker && this.#hear({ kind: "broken", text: event.message ?? "" });
    this.#worker = worker;
    this.#become("starting");
  }

  /** Have something done, as soon as Python is there and has done what it does. */
  ask(request) {
    if (this.state === "broken") this.start();
    if (this.state === "ready") this.#send(request);
    else this.#waiting = request;
    this.#become(this.state);
  }

  /** End what runs; Python starts anew. */
  stop() {
    this.#waiting = null;
    if (this.state === "busy") this.start();
    else this.#become(this.state);
  }

  get isWaiting() {
    return this.state === "busy" || this.#waiting !== null;
  }

  #send(request) {
    this.#waiting = null;
    this.#tell({ kind: "sent" });
    this.#worker.postMessage(request);
    this.#become("busy");
  }

  #hear(message) {
    if (message.kind === "ready" || message.kind === "done") this.#become("ready");
    else if (message.kind === "broken") this.#become("broken");
    this.#tell(message);
    if (this.state === "ready" && this.#waiting) this.#send(this.#waiting);
  }

  #become(state) {
    this.state = state;
    this.#tell({ kind: "state" });
  }
}
