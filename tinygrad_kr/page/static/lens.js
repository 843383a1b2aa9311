// The lens: one operator as a function of each of its operands, at the present number, with the slope it passes back.

import { along, isKink } from "./engine.js";
import { inscribe, make } from "./dom.js";
import { curve, rectangle } from "./plot.js";
import { signed, slope } from "./steps.js";

const MOST = 4; // operands that are shown
const SHARPER = 1e-6; // how far beside a kink its two slopes are taken

/** The slopes on both sides of a kink; infinite where the function jumps. */
function sides(f, x) {
  const step = SHARPER * Math.max(1, Math.abs(x));
  return [-1, 1].map((side) => {
    const rise = (f(x + side * step) - f(x)) / (side * step);
    return { side, slope: Math.abs(rise) < 1 / Math.sqrt(SHARPER) ? Number(rise.toPrecision(5)) : rise * Infinity };
  });
}

export class Lens {
  key = "lens";

  constructor(now) {
    Object.assign(this, { now, unit: null });
    this.choice = make("select", { id: "looked" });
    this.choice.addEventListener("change", () => {
      this.unit = this.choice.value;
      this.#look();
    });
    this.views = make("div", { className: "views-of-one", "aria-live": "polite" });
    this.element = make(
      "section",
      { className: "panel" },
      make("p", { className: "rule", "data-text": "lensSentence" }),
      make("label", { className: "number", htmlFor: "looked" }, make("span", { "data-text": "node" }), this.choice),
      this.views,
    );
  }

  /** Look at a unit of the picture, by its id. */
  at(unit) {
    this.unit = unit;
  }

  open() {
    this.#look();
  }

  #look() {
    const page = this.now();
    this.follow(page);
    if (this.unit) page.keepInSight(page.picture.find(this.unit));
  }

  close() {
    this.now().picture.light("looked-at", []);
  }

  follow(page) {
    const { picture } = page;
    const { units } = picture.variant;
    if (units.length === 0) return;
    const unit = units.find(({ id }) => id === this.unit) ?? units[0];
    this.unit = unit.id;
    const options = units.map((other, k) =>
      make("option", { value: other.id, textContent: `${k + 1}. ${page.unitName(other)}`, selected: other === unit }),
    );
    this.choice.replaceChildren(...options);
    picture.light("looked-at", [], [unit.id]);
    this.views.replaceChildren(...this.#views(unit, page));
  }

  #views(unit, page) {
    const { graph, picture, words, numeral } = page;
    const wires = picture.wires.filter((wire) => wire.target === unit.id && wire.passes && wire.derivative);
    if (wires.length === 0) return [make("p", { textContent: words.onlyConstants })];
    const [last] = unit.nodes.slice(-1);
    const row = graph.rows[graph.nodes[last].op];
    if (unit.name === undefined && row.isArea) return [this.#area(graph.nodes[last].of, last, page)];
    const views = wires.slice(0, MOST).map((wire) => this.#view(unit, wire, page));
    return wires.length > MOST
      ? [...views, make("p", { textContent: words.more(numeral(wires.length - MOST)) })]
      : views;
  }

  /** A product, as an area. */
  #area(operands, place, { graph, numbers, words, numeral }) {
    const [x, y, z] = [...operands, place].map((operand) => numbers.values[operand]);
    const [across, up, area] = [x, y, z].map((number) => signed(numeral(number)));
    const [a, b] = operands.map((operand, k) => graph.nodes[operand].name ?? [across, up][k]);
    const said = words.area(
      [`${a} × ${b}`, `${across} × ${up}`, numeral(z)].filter((side, k, all) => side !== all[k - 1]).join(" = "),
      across,
      up,
    );
    return figure(rectangle(x, y, [across, up, area], said[0]), said);
  }

  /** What leaves a unit, as a function of what comes in over one wire. */
  #view(unit, wire, page) {
    const { graph, numbers, words, numeral, name } = page;
    const [output] = unit.outputs;
    const f = along(graph, numbers.values, { nodes: unit.nodes, edges: wire.passes, output });
    const x = numbers.values[wire.carries];
    const local = slope(output, wire, unit, page);
    const isBent = unit.nodes.some((place) => isKink(graph, numbers.values, place));
    const two = isBent ? sides(f, x) : [];
    const isCorner = isBent && two[0].slope !== two[1].slope;
    const said = [
      words.seen(name(wire.carries), numeral(x), numeral(f(x))),
      isCorner ? words.corner(...two.map((side) => numeral(side.slope)), numeral(local)) : words.slope(numeral(local)),
    ];
    const drawn = curve(f, x, isCorner ? two : [{ slope: local }], said.join(" "));
    return figure(drawn ?? make("p", { textContent: words.noCurve }), said);
  }
}

const figure = (drawn, lines) =>
  make("div", { className: "view" }, drawn, make("div", {}, ...lines.map((line) => inscribe(make("p"), line))));
