// Paths and sweeps: one derivative by all its paths, by a sweep forward and by the sweep backward, and what each multiplies.

import { backwardEdges, forwardEdges, pathEdges, tangents } from "./count.js";
import { fitting } from "./numerals.js";
import { inscribe, make, write } from "./dom.js";
import { stack } from "./plot.js";
import { signed } from "./steps.js";
import { writeLines } from "./tools.js";
import { WAYS, walksOf } from "./walks.js";

const MOST_TERMS = 6; // are written out
const [SLOWEST, LONGEST] = [1100, 15_000]; // milliseconds: for a walk, for all of them

export class Paths {
  key = "counting";

  /** now() is the page as it is; toEnd() shows all derivatives. */
  constructor(variables, now, toEnd) {
    Object.assign(this, { variables, now, toEnd, place: null, way: WAYS[0], at: 0, timer: null });
    const chip = (act) => {
      const made = make("button", { type: "button", className: "chip", "aria-pressed": "false" });
      made.addEventListener("click", act);
      return made;
    };
    this.chips = new Map(variables.map((place) => [place, chip(() => this.#choose({ place }))]));
    this.ways = new Map(WAYS.map((way) => [way, chip(() => this.#choose({ way }))]));
    this.ways.forEach((button, way) => button.setAttribute("data-text", way));
    this.playing = chip(() => (this.timer ? this.#rest() : this.#play()));
    this.playing.className = "";
    this.next = make("button", { type: "button", "data-text": "nextwalk" });
    this.next.addEventListener("click", () => this.#walk());
    this.counter = make("output", { className: "counter" });
    this.lines = make("div", { className: "lines", "aria-live": "polite" });
    this.plot = make("div", { className: "view" });
    this.cells = new Map(WAYS.map((way) => [way, ["one", "all"].map(() => make("td"))]));
    const head = (text) => make("th", { scope: "col", "data-text": text });
    this.one = head("");
    this.one.removeAttribute("data-text");
    const rows = WAYS.map((way) =>
      make("tr", {}, make("th", { scope: "row", "data-text": way }), ...this.cells.get(way)),
    );
    const table = make(
      "table",
      { className: "counts" },
      make("thead", {}, make("tr", {}, head("way"), this.one, head("forall"))),
      make("tbody", {}, ...rows),
    );
    this.element = make(
      "section",
      { className: "panel" },
      make("p", { className: "rule", "data-text": "countingSentence" }),
      make("div", { className: "chips", role: "group", "data-label": "inputs" }, ...this.chips.values()),
      make("div", { className: "chips", role: "group", "data-label": "way" }, ...this.ways.values()),
      make("div", { className: "row" }, this.playing, this.next, this.counter),
      this.plot,
      table,
    );
  }

  open() {
    this.toEnd();
    const { graph } = this.now();
    const most = Math.max(...this.variables.map((place) => graph.nodes[place].paths));
    this.place ??= this.variables.find((place) => graph.nodes[place].paths === most) ?? null;
    this.at = 0;
  }

  close() {
    this.#rest();
    const { graph, numbers, picture } = this.now();
    picture.light("walked", []);
    picture.overwrite(new Map(), numbers, graph);
  }

  /** Another input, or another way: from its beginning. */
  #choose(choice) {
    this.#rest();
    Object.assign(this, choice, { at: 0 });
    this.follow(this.now());
  }

  #play() {
    const walks = walksOf(this.way, this.place, this.now()).length;
    if (this.at >= walks) this.at = 0;
    this.timer = setInterval(() => this.#walk(), Math.min(SLOWEST, LONGEST / walks));
    this.#walk();
  }

  #rest() {
    clearInterval(this.timer);
    this.timer = null;
  }

  #walk() {
    const page = this.now();
    const { length } = walksOf(this.way, this.place, page);
    this.at = this.at >= length ? 1 : this.at + 1;
    if (this.at >= length) this.#rest();
    this.follow(page);
    const unit = walksOf(this.way, this.place, page)[this.at - 1]?.unit;
    if (unit) page.keepInSight(page.picture.find(unit.id));
  }

  /** The wires that some edges run over, with those before a fork. */
  #wires(edges, { graph, picture }, isToEnd) {
    const over = new Set(edges.map(({ place, operand }) => `${place}/${operand}`));
    const carried = new Set(edges.map(({ place, operand }) => graph.nodes[place].of[operand]));
    const isOver = (wire) => wire.passes?.some((edge) => over.has(edge.join("/")));
    const isStem = (wire) => wire.target.startsWith("join-") && carried.has(wire.carries);
    return picture.wires.filter((wire) => isOver(wire) || isStem(wire) || (isToEnd && wire.id.endsWith("-out")));
  }

  follow(page) {
    const { graph, numbers, picture, words, name, numeral } = page;
    if (this.place === null) return;
    const walks = walksOf(this.way, this.place, page);
    this.at = Math.min(this.at, walks.length);
    const done = walks.slice(0, this.at);
    const last = done.at(-1);
    picture.light(
      "walked",
      last ? this.#wires(last.edges, page, this.way === "bypaths") : [],
      last?.unit ? [last.unit.id] : [],
    );
    picture.overwrite(this.way === "byforward" && last ? this.#tangents(done, page) : new Map(), numbers, graph);
    this.chips.forEach((chip, place) => {
      inscribe(chip, name(place));
      chip.setAttribute("aria-pressed", place === this.place);
    });
    this.ways.forEach((button, way) => button.setAttribute("aria-pressed", way === this.way));
    write(this.playing, this.timer ? words.pause : words.play);
    write(this.counter, words.multiplications(numeral(done.reduce((total, { edges }) => total + edges.length, 0))));
    const lines = this.#told(done, walks, page);
    writeLines(this.lines, lines, inscribe);
    this.plot.replaceChildren(...this.#bars(walks, lines.join(" "), numeral), this.lines);
    this.#fill(graph, numeral, words, name);
  }

  /** The products of the paths so far, one upon another. */
  #bars(walks, said, numeral) {
    const terms = walks.map(({ term }) => term);
    if (this.way !== "bypaths" || this.at === 0 || !terms.every(Number.isFinite)) return [];
    const sum = terms.slice(0, this.at).reduce((total, term) => total + term, 0);
    return [stack(terms, this.at, [...terms.map(numeral), numeral(sum)], said)];
  }

  /** What stands at the wires that a sweep forward has come to: derivatives by the input. */
  #tangents(done, { graph, numbers, picture }) {
    const found = tangents(graph, numbers, this.place);
    const reached = new Set([this.place, ...done.flatMap(({ edges }) => edges.map(({ place }) => place))]);
    const wires = picture.wires.filter(({ carries }) => reached.has(carries));
    return new Map(wires.map((wire) => [wire, fitting(found[wire.carries], wire.room, graph.digits)]));
  }

  /** What the walks so far come to. */
  #told(done, walks, { graph, numbers, words, name, numeral }) {
    const last = done.at(-1);
    if (!last) return [words[`${this.way}Sentence`]];
    const output = graph.outputs.length === 1 ? name(graph.outputs[0].place) : "L";
    const derivative = `∂${output}/∂${name(this.place)} = ${numeral(numbers.upstream[this.place])}`;
    const isDone = done.length === walks.length;
    if (this.way !== "bypaths")
      return [last.text, ...(isDone ? [this.way === "byforward" ? derivative : words.allAtOnce] : [])];
    const all = graph.nodes[this.place].paths;
    const terms = done.map(({ term }, k) => (k ? signed : String)(numeral(term)));
    const shown = terms.length > MOST_TERMS ? ["…", ...terms.slice(-MOST_TERMS)] : terms;
    const sum = `${shown.join(" + ")} = ${numeral(done.reduce((total, { term }) => total + term, 0))}`;
    const end = isDone
      ? [all > walks.length ? words.tooManyPaths(numeral(all), numeral(walks.length)) : derivative]
      : [];
    return [`${words.pathOf(done.length, numeral(all))}: ${last.text}`, ...(done.length > 1 ? [sum] : []), ...end];
  }

  /** The table: for this input alone, and for all of them. */
  #fill(graph, numeral, words, name) {
    const total = (count) => this.variables.reduce((sum, place) => sum + count(graph, place), 0);
    const back = backwardEdges(graph).length;
    const counts = {
      bypaths: [pathEdges(graph, this.place), total(pathEdges)],
      byforward: [forwardEdges(graph, this.place).length, total((_, place) => forwardEdges(graph, place).length)],
      bybackward: [back, back],
    };
    inscribe(this.one, words.forone(name(this.place)));
    this.cells.forEach((cells, way) => {
      cells.forEach((cell, k) => inscribe(cell, numeral(counts[way][k])));
      cells[0].parentElement.classList.toggle("chosen", way === this.way);
    });
  }
}
