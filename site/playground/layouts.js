// Who asks for layouts: one worker, which is ended at the limit and replaced by a new one.

export class Layouts {
  #make;
  #worker = null;

  /** Takes a function that makes a worker. */
  constructor(make) {
    this.#make = make;
  }

  /** Start the worker before it is needed. */
  ready() {
    this.#worker ??= this.#make();
  }

  /** ["plain", text], ["failed", why], or ["late", ""] where it takes more seconds than the limit. */
  layOut(source, limit) {
    this.ready();
    const worker = this.#worker;
    return new Promise((resolve) => {
      const give = (outcome) => {
        clearTimeout(timer);
        resolve(outcome);
      };
      const end = (outcome) => {
        worker.terminate();
        this.#worker = null;
        give(outcome);
      };
      const timer = setTimeout(() => end(["late", ""]), 1000 * limit);
      worker.onmessage = ({ data }) => give(data);
      worker.onerror = (event) => end(["failed", event.message ?? "the layout engine could not be loaded"]);
      worker.postMessage(source);
    });
  }
}
