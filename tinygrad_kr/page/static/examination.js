// The quiz as a way of seeing the page: blanks over the picture, the score, hints, answers.

import { byId, write } from "./dom.js";
import { Quiz, hint } from "./quiz.js";
import { wireName } from "./routes.js";

export class Examination {
  /** now() is the page as it is. */
  constructor(now) {
    Object.assign(this, { now, quiz: null });
    const on = (id, act) => byId(id).addEventListener("click", act);
    on("ask", () => this.#hint());
    on("reveal", () => {
      this.quiz.reveal();
      this.#tell("shown");
    });
    on("again", () => {
      this.quiz.clear();
      this.#tell("fill");
    });
  }

  get isOn() {
    return this.quiz !== null;
  }

  /** Put blanks over all derivatives of the picture. */
  begin() {
    const { picture, numeral } = this.now();
    const wires = picture.wires.filter((wire) => wire.derivative);
    this.quiz = new Quiz(picture, wires, {
      judged: (blank) => this.#judged(blank),
      looked: () => write(byId("hint"), ""),
    });
    this.quiz.write = numeral;
    return this.quiz.blanks;
  }

  end() {
    this.quiz?.remove();
    this.quiz = null;
  }

  update(numbers) {
    if (!this.isOn) return;
    this.quiz.update(numbers);
    this.#showScore();
  }

  speak() {
    const page = this.now();
    for (const { input, wire } of this.quiz?.blanks ?? [])
      input.setAttribute("aria-label", page.words.blank(wireName(page.picture, wire, page)));
    write(byId("hint"), "");
    write(byId("verdict"), this.isOn ? page.words.fill : "");
  }

  #tell(word) {
    write(byId("verdict"), word ? this.now().words[word] : "");
    this.#showScore();
  }

  #showScore() {
    write(byId("score"), this.now().words.score(this.quiz.score, this.quiz.blanks.length));
  }

  #judged({ state }) {
    write(byId("hint"), "");
    const isDone = this.quiz.score === this.quiz.blanks.length;
    this.#tell(state === "open" ? null : isDone ? "done" : state);
  }

  #hint() {
    const { blanks, current } = this.quiz;
    const blank = current ?? blanks.find((other) => other.state !== "right") ?? blanks[0];
    const text = hint(blank, this.now());
    blank.input.focus();
    write(byId("hint"), text);
  }
}
