// The stage: how large the picture on the sheet is, and which part of it is in sight.

const [SMALLEST, LARGEST] = [0.02, 4];
const READABLE = 0.7; // smaller letters are hard to read
const HITTABLE = 0.4; // smaller parts are hard to hit with a finger
const COMFORTABLE = 1.35; // a small picture is not blown up beyond this
const PAPER = 720; // pixels across an upright page
const SLACK = 4; // pixels that a hand may move while it presses

const between = (low, number, high) => Math.min(Math.max(number, low), high);

/** What is scrolled to, by Tab or otherwise, stops below a figure that stays where it is above all else. */
function keepClear(figure) {
  const isAbove = figure.offsetWidth > figure.parentElement.clientWidth / 2;
  const isSticky = getComputedStyle(figure).position === "sticky";
  document.documentElement.style.scrollPaddingTop = isSticky && isAbove ? `${figure.offsetHeight + 8}px` : "";
}

/** Scroll as little as it takes to see something, now: the figure may have grown, and is told so only later. */
export function bringIntoSight(element) {
  keepClear(document.querySelector("figure"));
  element.scrollIntoView({ block: "nearest" });
}

export class Stage {
  /** changed() is told after every change of the size. */
  constructor(element, sheet, changed) {
    Object.assign(this, { element, sheet, changed, zoom: 1, isFitted: true, isChosen: false });
    element.addEventListener("wheel", (event) => this.#wheel(event), { passive: false });
    element.addEventListener("pointerdown", (event) => this.#grab(event));
    element.addEventListener("click", (event) => this.#tap(event), { capture: true });
    element.addEventListener("touchstart", (event) => this.#pinch(event), { passive: false });
    new ResizeObserver(() => this.#resized()).observe(element);
    new ResizeObserver(([{ target }]) => keepClear(target)).observe(element.parentElement);
  }

  /** Show another picture in the size that the reader chose, or fitted anew. */
  put(picture) {
    this.picture = picture;
    picture.show(this.sheet);
    this.sheet.style.setProperty("--wide", picture.size[0]); // paper has sizes of its own
    document.body.classList.toggle("broad", picture.size[0] > PAPER && picture.size[0] > picture.size[1]);
    if (this.isChosen) this.set(this.zoom);
    else this.fit();
  }

  set(zoom) {
    const [width, height] = this.picture.size;
    this.zoom = between(SMALLEST, zoom, LARGEST);
    this.isFitted = false;
    this.picture.svg.setAttribute("width", width * this.zoom);
    this.picture.svg.setAttribute("height", height * this.zoom);
    this.sheet.style.fontSize = `${14 * this.zoom}px`; // of what is typed over the picture
    this.changed(this);
  }

  /** The whole width in sight; the whole height too, as long as it stays readable. From then on, no size is chosen. */
  fit() {
    const [width, height] = this.picture.size;
    this.#choose(false);
    this.element.style.removeProperty("--tall");
    const { maxHeight, paddingLeft } = getComputedStyle(this.element);
    const margins = 2 * parseFloat(paddingLeft) + 2;
    const wide = (this.element.clientWidth - margins) / width;
    const tall = (parseFloat(maxHeight) - margins) / height || wide;
    const zoom = Math.min(wide, Math.max(tall, READABLE), COMFORTABLE);
    this.#reserve(Math.max(zoom, READABLE));
    this.set(zoom);
    this.isFitted = true;
    this.changed(this);
  }

  /** At least so large, with room for all of it. */
  enlarge(zoom) {
    if (this.zoom >= zoom) return;
    this.#reserve(zoom);
    this.set(zoom);
  }

  /** Room for the picture's height in a size: it stays as it is while steps zoom, so that no button moves away. */
  #reserve(zoom) {
    this.element.style.setProperty("--tall", `${this.picture.size[1] * zoom}px`);
  }

  #choose(isChosen) {
    this.isChosen = isChosen;
    this.element.classList.toggle("chosen", isChosen);
  }

  get isSmallest() {
    return this.zoom <= SMALLEST;
  }

  get isLargest() {
    return this.zoom >= LARGEST;
  }

  /** A size that the reader chose, which nothing else changes from then on; the point (x, y) of the window stays. */
  by(factor, x, y) {
    this.#choose(true);
    this.#zoomAbout(factor, x, y);
  }

  #zoomAbout(factor, x, y) {
    const before = this.sheet.getBoundingClientRect();
    const room = this.element.getBoundingClientRect();
    const [left, top] = [x ?? room.left + room.width / 2, y ?? room.top + room.height / 2];
    this.set(this.zoom * factor);
    const after = this.sheet.getBoundingClientRect();
    this.element.scrollBy({
      left: after.left + ((left - before.left) / before.width) * after.width - left,
      top: after.top + ((top - before.top) / before.height) * after.height - top,
      behavior: "instant",
    });
  }

  /** Move the stage, not the page, so that a part is in its middle, and of some size unless the reader chose another. */
  bringIntoView(part, size = READABLE) {
    if (!this.isChosen && this.zoom < size) this.set(size);
    this.#centre(part);
  }

  /** Move the stage only if a part of the picture is not all in sight. */
  keepInSight(part, behavior) {
    const [inner, outer] = [part.getBoundingClientRect(), this.element.getBoundingClientRect()];
    const isAcross = inner.left >= outer.left && inner.right <= outer.right;
    if (!isAcross || inner.top < outer.top || inner.bottom > outer.bottom) this.#centre(part, behavior);
  }

  #centre(part, behavior = "smooth") {
    const [inner, outer] = [part.getBoundingClientRect(), this.element.getBoundingClientRect()];
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.element.scrollBy({
      left: inner.left + inner.width / 2 - outer.left - outer.width / 2,
      top: inner.top + inner.height / 2 - outer.top - outer.height / 2,
      behavior: calm ? "instant" : behavior,
    });
  }

  #resized() {
    const { clientWidth } = this.element;
    if (clientWidth === this.width) return;
    this.width = clientWidth;
    if (this.isFitted && this.picture) this.fit();
  }

  #wheel(event) {
    if (!event.ctrlKey && !event.metaKey) return; // two fingers on a touchpad come as Ctrl and the wheel, too
    event.preventDefault();
    this.by(2 ** (-event.deltaY / 200), event.clientX, event.clientY);
  }

  /** A mouse pulls the picture; fingers scroll it by themselves. */
  #grab(event) {
    if (event.pointerType !== "mouse" || event.button !== 0 || event.defaultPrevented) return;
    let [x, y, isMoving] = [event.clientX, event.clientY, false];
    const end = new AbortController();
    const on = (name, act) => this.element.addEventListener(name, act, { signal: end.signal });
    on("pointermove", (move) => {
      if (!isMoving && Math.hypot(move.clientX - x, move.clientY - y) < SLACK) return;
      if (!isMoving) this.element.setPointerCapture(move.pointerId); // and so nothing is pressed where it ends
      isMoving = true;
      this.element.classList.add("pulled");
      this.element.scrollBy({ left: x - move.clientX, top: y - move.clientY, behavior: "instant" });
      [x, y] = [move.clientX, move.clientY];
    });
    for (const name of ["pointerup", "pointercancel"]) {
      on(name, () => {
        end.abort();
        this.element.classList.remove("pulled");
      });
    }
  }

  /** A finger that presses what is too small to be hit enlarges it. */
  #tap(event) {
    if (event.pointerType !== "touch" || this.zoom >= HITTABLE) return;
    event.stopPropagation();
    this.#zoomAbout(READABLE / this.zoom, event.clientX, event.clientY);
  }

  #pinch(start) {
    if (start.touches.length !== 2) return;
    start.preventDefault();
    const apart = ({ touches: [a, b] }) => Math.hypot(a.clientX - b.clientX, a.clientY - b.clientY);
    let before = apart(start);
    const end = new AbortController();
    const on = (name, act) => this.element.addEventListener(name, act, { signal: end.signal, passive: false });
    on("touchmove", (move) => {
      if (move.touches.length !== 2) return;
      if (move.cancelable) move.preventDefault();
      const [a, b] = move.touches;
      this.by(apart(move) / before, (a.clientX + b.clientX) / 2, (a.clientY + b.clientY) / 2);
      before = apart(move);
    });
    for (const name of ["touchend", "touchcancel"]) on(name, () => end.abort());
  }
}
