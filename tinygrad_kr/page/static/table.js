// Every value and derivative in a table: the whole graph for those who read rather than look, to the last bit.

import { exact, numeral } from "./numerals.js";
import { make, write } from "./dom.js";

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

  update(numbers, { name, formula }) {
    for (const { place, node, name: heading, how, value, derivative } of this.rows) {
      write(heading, name(place));
      write(how, node.op ? formula(place) : "");
      put(value, numbers.values[place]);
      if (!node.constant) put(derivative, numbers.upstream[place]);
    }
  }
}

function put(data, number) {
  data.value = exact(number);
  write(data, numeral(number, 12));
}
