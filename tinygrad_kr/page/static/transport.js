// From step to step: the buttons, the slider, the arrow keys, and playing.

import { byId, write } from "./dom.js";

const PACE = 1600; // of playing, in milliseconds a step

export class Transport {
  /** goTo(place) shows a step; goOn() the next one, and says whether it is shown or asked about first. */
  constructor({ goTo, goOn }) {
    Object.assign(this, { goTo, goOn, at: 0, last: 0, timer: null });
    this.ways = {
      first: () => goTo(0),
      back: () => goTo(this.at - 1),
      forth: goOn,
      last: () => goTo(this.last),
    };
    for (const id of Object.keys(this.ways)) byId(id).addEventListener("click", () => this.#go(id));
    byId("step").addEventListener("input", ({ target }) => {
      this.rest();
      goTo(Number(target.value));
    });
    byId("play").addEventListener("click", () => (this.timer ? this.rest() : this.#play()));
  }

  #go(way) {
    this.rest();
    this.ways[way]();
  }

  /** Go where a key says; whether it is one that says so. */
  key({ key }) {
    const way = { ArrowRight: "forth", ArrowLeft: "back", Home: "first", End: "last" }[key];
    if (way) this.#go(way);
    return way !== undefined;
  }

  /** Show where in the steps the page is, and what that step is called. */
  show(at, last, head) {
    Object.assign(this, { at, last });
    const slider = byId("step");
    Object.assign(slider, { max: last, value: at });
    slider.setAttribute("aria-valuetext", head);
    write(byId("place"), `${at} / ${last}`);
    for (const id of ["first", "back"]) byId(id).disabled = at === 0;
    for (const id of ["forth", "last"]) byId(id).disabled = at === last;
  }

  speak(words) {
    this.words = words;
    write(byId("playing"), this.timer ? words.pause : words.play);
    byId("play").setAttribute("aria-pressed", this.timer !== null);
  }

  #play() {
    if (this.at === this.last) this.goTo(0);
    this.timer = setInterval(() => {
      if (!this.goOn() || this.at === this.last) this.rest();
    }, PACE);
    this.speak(this.words);
  }

  /** Play no more. */
  rest() {
    if (this.timer === null) return;
    clearInterval(this.timer);
    this.timer = null;
    this.speak(this.words);
  }
}
