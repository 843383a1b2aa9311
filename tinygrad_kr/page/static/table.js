// Every value and derivative in a table: the whole graph for those who read rather than look, to the last bit.

import { exact, numeral } from "./numerals.js";
import { inscribe, make } from "./dom.js";

export class Table {
  constructor(element, graph) {
    this.heads = ["name", "how", "value", "derivative"].map((key) => make("th", { scope: "col", "data-text": key }));
    this.rows = graph.nodes.map((node, place) => {
      const [value, derivative] = [make("data"), make("data")];
      const [name, how] = [make("bdi"), make("td")];
      const row = make(
        "tr",
        {},
        make("th", { scope: "row" }, name),
        how,
        make("td", {}, value),
        make("td", {}, derivative),
      );
      return { row, place, node, name, how, value, derivative };
    });
    element.append(
      make("thead", {}, make("tr", {}, ...this.heads)),
      make("tbody", {}, ...this.rows.map(({ row }) => row)),
    );
  }

  /** Write what is known: isKnown.value(place) and isKnown.back(place). */
  update(numbers, { name, formula, isKnown }) {
    for (const { place, node, name: heading, how, value, derivative } of this.rows) {
      inscribe(heading, name(place));
      inscribe(how, node.op && isKnown.value(place) ? formula(place) : "");
      put(value, isKnown.value(place) ? numbers.values[place] : null);
      if (!node.constant) put(derivative, isKnown.back(place) ? numbers.upstream[place] : null);
    }
  }
}

function put(data, number) {
  data.value = number === null ? "" : exact(number);
  inscribe(data, number === null ? "" : numeral(number, 12));
}
