// Predict, then see: before a step of the backward pass is shown, one of its numbers is asked for.

import { derivative } from "./picture.js";
import { arriving, stems } from "./steps.js";
import { Quiz, hint } from "./quiz.js";
import { byId, inscribe, write } from "./dom.js";

/** The wire whose derivative a step is asked for: a sum of branches, what goes to the first operand, or the seed. */
export function asked(step, picture) {
  if (step.kind === "seed") return picture.wires.find((wire) => wire.id.endsWith("-out") && wire.derivative) ?? null;
  if (step.kind !== "backward") return null;
  const [stem] = stems(step.unit, picture);
  return stem ?? picture.wires.find((wire) => wire.target === step.unit.id && wire.passes && wire.derivative) ?? null;
}

/** What is asked, in words: what is known stands there, and ? where the number belongs. */
function question(step, wire, page) {
  const { words, name, numeral, numbers, graph, picture } = page;
  const target = name(wire.carries);
  if (step.kind === "seed") return words.askSeed(target);
  if (wire.target.startsWith("join-")) {
    const branches = picture.wires.filter((other) => other.source === wire.target);
    const here = branches.map((branch) =>
      branch.target === step.unit.id ? "?" : numeral(derivative(branch, numbers)),
    );
    return words.askSum(target, here.join(" + "));
  }
  const [output] = step.unit.outputs;
  return words.askProduct(numeral(arriving(output, step.unit, { graph, numbers })), target);
}

export class Prediction {
  /** now() is the page as it is; goOn() shows the step that was asked about, changed() what is asked no more. */
  constructor(now, { goOn, changed }) {
    Object.assign(this, { now, goOn, quiz: null, step: null, right: 0, all: 0, streak: 0 });
    byId("predict").addEventListener("change", () => {
      this.stop();
      write(byId("streak"), "");
      changed();
    });
    byId("clue").addEventListener("click", () => {
      const [blank] = this.quiz.blanks;
      inscribe(byId("clued"), hint(blank, this.now()));
      blank.input.focus();
    });
    byId("tell").addEventListener("click", () => this.giveUp());
  }

  get isOn() {
    return byId("predict").checked;
  }

  get isAsking() {
    return this.quiz !== null;
  }

  /** Ask about a step, if it is one to ask about; whether it is. */
  ask(step) {
    const page = this.now();
    const wire = this.isOn ? asked(step, page.picture) : null;
    if (!wire) return false;
    this.step = step;
    this.isFirst = true;
    this.quiz = new Quiz(page.picture, [wire], { judged: (blank) => this.#judged(blank), looked: () => {} });
    this.quiz.blanks[0].input.setAttribute("aria-label", question(step, wire, page));
    byId("asking").hidden = false;
    write(byId("clued"), "");
    write(byId("streak"), "");
    this.quiz.update(page.numbers);
    this.quiz.blanks[0].input.focus({ preventScroll: true });
    return true;
  }

  /** What stands in place of the step's own text. */
  tell(page) {
    const [{ wire }] = this.quiz.blanks;
    const what = this.step.unit ? page.words.backwardStep(page.unitName(this.step.unit)) : page.words.seed;
    return { head: what, lines: [question(this.step, wire, page)] };
  }

  update(numbers) {
    this.quiz?.update(numbers);
  }

  #judged(blank) {
    const { words } = this.now();
    if (blank.state === "open") return;
    if (blank.state !== "right") {
      if (blank.state === "wrong") [this.isFirst, this.streak] = [false, 0];
      write(byId("clued"), words[blank.state]);
      return;
    }
    this.all += 1;
    if (this.isFirst) [this.right, this.streak] = [this.right + 1, this.streak + 1];
    this.#end(words.predicted(this.right, this.all, this.streak));
  }

  /** Show the number instead of asking on. */
  giveUp() {
    [this.all, this.streak] = [this.all + 1, 0];
    this.#end(this.now().words.predicted(this.right, this.all, 0));
  }

  #end(said) {
    this.stop();
    this.goOn();
    write(byId("streak"), said);
    byId("forth").focus({ preventScroll: true });
  }

  /** Ask no more. */
  stop() {
    this.quiz?.remove();
    this.quiz = null;
    byId("asking").hidden = true;
  }
}
