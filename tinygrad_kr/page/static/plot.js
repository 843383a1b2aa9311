// Small plots: a curve with tangents at a point, a rectangle with its strips, a line of points. Numbers in, SVG out.

import { raised } from "./numerals.js";
import { shape } from "./dom.js";

const [WIDTH, HEIGHT] = [280, 170];
const POINTS = 160;
const FLAT = 6; // a window in which a curve rises this many times as far as its tangent is too wide

const sheet = (label, ...shapes) => framed(WIDTH, label, ...shapes);

const framed = (width, label, ...shapes) =>
  shape("svg", { viewBox: `0 0 ${width} ${HEIGHT}`, class: "plot", role: "img", "aria-label": label }, ...shapes);

/** About how wide a text is. */
const extent = (text) => 8.5 * text.length;

const letters = (x, y, text, kind = "") => shape("text", { x, y, class: kind }, raised(text));

/** The numbers of a function around a point, in a window that is wide but shows how it bends there. */
function samples(f, x, slope) {
  let half = Math.max(1, Math.abs(x)) * 1.1;
  for (;;) {
    const xs = Array.from({ length: POINTS + 1 }, (_, k) => x - half + (2 * half * k) / POINTS);
    const ys = xs.map(f);
    const finite = ys.filter(Number.isFinite);
    const [low, high] = [Math.min(...finite), Math.max(...finite)];
    const isWide = high - low > FLAT * Math.abs(slope) * half * 2 && slope !== 0 && Number.isFinite(slope);
    if (!isWide || half < Math.abs(x) * 1e-3 || half < 1e-3) return { xs, ys, low, high, half };
    half /= 2;
  }
}

/** A function's curve around x, its point there, and lines through it: lines have a slope, and a side that they are of. */
export function curve(f, x, lines, label) {
  const z = f(x);
  if (![x, z].every(Number.isFinite)) return null;
  const { xs, ys, low, high, half } = samples(f, x, lines[0]?.slope ?? 0);
  const pad = (high - low) * 0.12 || Math.max(Math.abs(z), 1) / 2;
  const right = (number) => ((number - x + half) / (2 * half)) * WIDTH;
  const down = (number) => HEIGHT - ((number - low + pad) / (high - low + 2 * pad)) * HEIGHT;
  const jump = HEIGHT * 0.7; // between two neighbours: a step or a pole, not a line
  let path = "";
  let before = null;
  ys.forEach((y, k) => {
    const here = Number.isFinite(y) ? down(y) : null;
    if (here !== null)
      path += `${before === null || Math.abs(here - before) > jump ? "M" : "L"}${right(xs[k]).toFixed(1)},${here.toFixed(1)}`;
    before = here;
  });
  const tangents = lines
    .filter(({ slope }) => Number.isFinite(slope) && Math.abs(slope) < 1e5)
    .map(({ slope, side = 0 }) => {
      const [from, to] = [side > 0 ? x : x - half, side < 0 ? x : x + half];
      return shape("line", {
        class: "tangent",
        x1: right(from),
        y1: down(z + slope * (from - x)),
        x2: right(to),
        y2: down(z + slope * (to - x)),
      });
    });
  const axes = [
    ...(low - pad < 0 && high + pad > 0
      ? [shape("line", { class: "axis", x1: 0, y1: down(0), x2: WIDTH, y2: down(0) })]
      : []),
    ...(Math.abs(x) < half ? [shape("line", { class: "axis", x1: right(0), y1: 0, x2: right(0), y2: HEIGHT })] : []),
  ];
  return sheet(
    label,
    ...axes,
    shape("path", { class: "curve", d: path }),
    ...tangents,
    shape("circle", { cx: right(x), cy: down(z), r: 4.5 }),
  );
}

/** x × y as a rectangle; where a side grows by Δ, a strip as long as the other side is added. */
export function rectangle(x, y, [width, height, area], label) {
  const ratio = Math.min(Math.max(Math.abs(x / y) || 1, 0.45), 2.2);
  const tall = Math.min(96, 120 / ratio);
  const wide = Math.max(tall * ratio, extent(area) + 10); // its number fits in
  const strip = 14;
  const beside = Math.max(extent(height) + 16, (WIDTH - wide) / 2 - strip);
  const whole = Math.max(WIDTH, beside + wide + strip + extent(`${height} × Δ`) + 14); // and so do those beside it
  const [left, top] = [beside, (HEIGHT - tall) / 2 + 4];
  return framed(
    whole,
    label,
    shape("rect", { class: "area", x: left, y: top, width: wide, height: tall }),
    shape("rect", { class: "strip", x: left + wide, y: top, width: strip, height: tall }),
    shape("rect", { class: "strip", x: left, y: top - strip, width: wide, height: strip }),
    letters(left + wide / 2, top + tall / 2 + 5, area, "middle"),
    letters(left + wide / 2, top + tall + 20, width, "middle"),
    letters(left - 8, top + tall / 2 + 5, height, "end"),
    letters(left + wide + strip + 6, top + tall / 2 + 5, `${height} × Δ`, "strong"),
    letters(left + wide / 2, top - strip - 6, `${width} × Δ`, "middle strong"),
  );
}

/** Terms that add up: a bar each, which begins where the one before it ended, so many of them, and under them their sum. */
export function stack(terms, many, texts, label) {
  const ends = terms.reduce((sums, term) => [...sums, sums.at(-1) + term], [0]);
  const [low, high] = [Math.min(...ends), Math.max(...ends)];
  const right = (number) => 12 + ((WIDTH - 24) * (number - low)) / (high - low || 1);
  const tall = (HEIGHT - 24) / (terms.length + 1);
  const bar = (kind, from, to, k, text) => {
    const [x, width] = [Math.min(right(from), right(to)), Math.max(Math.abs(right(to) - right(from)), 1)];
    const box = shape("rect", { class: kind, x, y: 12 + k * tall, width, height: Math.max(tall - 3, 1) });
    const isRoomy = tall > 17 && width > 9 * text.length;
    return isRoomy ? [box, letters(x + width / 2, 15 + (k + 0.5) * tall, text, `middle on-${kind}`)] : [box];
  };
  return sheet(
    label,
    shape("line", { class: "axis", x1: right(0), y1: 4, x2: right(0), y2: HEIGHT - 4 }),
    ...terms.slice(0, many).flatMap((term, k) => bar("strip", ends[k], ends[k + 1], k, texts[k])),
    ...bar("sum", 0, ends[many], terms.length, texts.at(-1)),
  );
}

/** Numbers one after another as a line, from left to right. */
export function trace(numbers, label) {
  const finite = numbers.filter(Number.isFinite);
  const [low, high] = [Math.min(...finite), Math.max(...finite)];
  const pad = (high - low) * 0.1 || Math.max(Math.abs(low), 1) / 2;
  const right = (k) => 10 + ((WIDTH - 20) * k) / Math.max(numbers.length - 1, 1);
  const down = (number) => HEIGHT - ((number - low + pad) / (high - low + 2 * pad)) * HEIGHT;
  const points = numbers.flatMap((number, k) => (Number.isFinite(number) ? [[right(k), down(number)]] : []));
  const d = points.map(([x, y], k) => `${k ? "L" : "M"}${x.toFixed(1)},${y.toFixed(1)}`).join("");
  const [cx, cy] = points.at(-1) ?? [0, 0];
  return sheet(label, shape("path", { class: "curve", d }), shape("circle", { cx, cy, r: 4.5 }));
}
