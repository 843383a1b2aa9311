// The page: what the reader has chosen, and how everything on it follows.

import { evaluate, isKink, pieces, prepare } from "./engine.js";
import { numeral as written, read } from "./numerals.js";
import { WORDS } from "./words.js";
import { byId, choices, inscribe, make, write } from "./dom.js";
import { Picture } from "./picture.js";
import { Stage } from "./stage.js";
import { Dials } from "./dials.js";
import { expression, knowledge, litAt, signed, stepsOf, tell } from "./steps.js";
import { account, neighbour, route, wireName } from "./routes.js";
import { Leaf, inOrder } from "./leaves.js";
import { Quiz, hint } from "./quiz.js";
import { Table } from "./table.js";
import { framed } from "./framed.js";
import { Tools } from "./tools.js";
import { Wiggle } from "./wiggle.js";
import { Lens } from "./lens.js";
import { Learning } from "./learn.js";
import { Paths } from "./paths.js";
import { Prediction } from "./predict.js";

const PACE = 1600; // of playing, in milliseconds a step

const graph = prepare(JSON.parse(byId("graph").textContent));
const { variants } = graph;
const svgs = variants.map((_, k) => (k === 0 ? byId("sheet") : byId(`variant-${k}`).content).querySelector("svg"));
const pictures = new Map();
const leaves = new Map();
const dials = new Map(); // by picture
const leafPlaces = inOrder(
  graph.nodes.flatMap((node, place) => (node.op ? [] : [place])),
  (place) => graph.nodes[place].name ?? "",
);
const variables = leafPlaces.filter((place) => !graph.nodes[place].constant);
const table = new Table(byId("table"), graph);

const state = {
  language: navigator.language.startsWith("ko") ? "ko" : "en",
  direction: graph.direction,
  variant: variants[0],
  step: 0,
  timer: null,
  quiz: null,
  pinned: null,
  pointed: null,
  first: null,
};
let numbers = null;
let picture = null;
let steps = [];
let known = null;
const stage = new Stage(byId("stage"), byId("sheet"), ({ isSmallest, isLargest, isFitted }) => {
  byId("smaller").disabled = isSmallest;
  byId("larger").disabled = isLargest;
  byId("fit").setAttribute("aria-pressed", isFitted);
});

// ── What things are called ────────────────────────────────────────────────────────────────────────────

const words = () => WORDS[state.language];
const numeral = (number) => written(number, graph.digits, graph.grouping);

/** What a node is called: by its name, a constant by its number, an operator by its symbol. */
function name(place) {
  const node = graph.nodes[place];
  if (node.name) return node.name;
  if (node.constant) return numeral(numbers.values[place]);
  if (!node.op) return words().input(variables.indexOf(place) + 1);
  return graph.outputs.some((output) => output.place === place) ? words().output : `(${graph.rows[node.op].symbol})`;
}

const unitName = (unit) => unit.name ?? words().operation(graph.rows[graph.nodes[unit.nodes[0]].op]);

const formula = (place) =>
  expression(
    graph.rows[graph.nodes[place].op],
    graph.nodes[place].of.map((parent) => graph.nodes[parent].name ?? signed(numeral(numbers.values[parent]))),
  );

/** A leaf's name in the list of inputs. */
function leafName(place) {
  const node = graph.nodes[place];
  if (!node.constant || node.name) return name(place);
  const user = node.uses[0] ? graph.rows[graph.nodes[node.uses[0].place].op].symbol : "";
  return words().constant(numeral(numbers.values[place]), user);
}

/** What labels are made from: the numbers that stand in them, and in symbols the pieces of formulas in pieces. */
function basis(values) {
  const isSymbols = state.variant.labels === "symbols";
  const isNumber = (leaf) => leaf.constant || (isSymbols && !leaf.name);
  const standing = leafPlaces.filter((place) => isNumber(graph.nodes[place])).map((place) => values[place]);
  return [...standing, isSymbols && pieces(graph, values, state.variant.closed)].join();
}

/** What is known at this step, of nodes by their places. */
const isKnown = {
  value: (place) => state.step >= known.value(place),
  back: (place) => state.step >= known.back(place),
};

const numbersOfLeaves = () => new Map([...leaves].map(([place, leaf]) => [place, leaf.number]));

const context = () => ({
  graph,
  numbers,
  picture,
  variables,
  name,
  numeral,
  unitName,
  isKnown,
  leaves: numbersOfLeaves(),
  words: words(),
  ...state,
});

// ── Following ─────────────────────────────────────────────────────────────────────────────────────────

function compute() {
  numbers = evaluate(graph, numbersOfLeaves());
}

/** Write everything that depends on numbers. */
function follow() {
  picture.label(numbers, graph);
  picture.sign(numbers);
  const bent = picture.variant.units.filter((unit) => unit.nodes.some((place) => isKink(graph, numbers.values, place)));
  picture.bend(
    bent.map(({ id }) => id),
    words().kink,
  );
  dials.get(picture).speak((place) => words().dial(leafName(place)), numeral);
  state.quiz?.update(numbers);
  prediction.update(numbers);
  showStep();
  showRoute();
  if (state.quiz) showScore();
}

/** Write what is known at this step, and nothing more: on the wires, at the inputs, in the table. */
function showKnown() {
  const now = state.step;
  picture.reveal((wire) => {
    const { value, back } = known.wire(wire);
    return state.quiz ? { value: true, back: true } : { value: now >= value, back: now >= back };
  });
  const here = context();
  for (const wire of picture.wires) {
    const { value, back } = known.wire(wire);
    const isSaid = { value: state.quiz || now >= value, back: !state.quiz && now >= back };
    const [number, slope] = [isSaid.value ? wire.says.value : null, isSaid.back ? wire.says.derivative : null];
    const text = words().wireNumbers(wireName(picture, wire, here), number, slope);
    if (wire.group.getAttribute("aria-label") !== text) wire.group.setAttribute("aria-label", text);
  }
  for (const [place, leaf] of leaves) {
    const isHidden = graph.nodes[place].constant || state.quiz || !isKnown.back(place);
    leaf.write(words(), leafName(place), isHidden ? null : numeral(numbers.upstream[place]));
  }
  if (byId("all").open) table.update(numbers, { name, formula, isKnown });
  tools.follow(context());
}

/** Write everything that depends on the language. */
function speak() {
  document.documentElement.lang = state.language;
  inscribe(
    byId("about"),
    words().about(
      variables.map(name),
      graph.outputs.map(({ place }) => name(place)),
    ),
  );
  for (const element of document.querySelectorAll("[data-text]")) write(element, words()[element.dataset.text]);
  document.title = document.querySelector("h1").textContent;
  for (const element of document.querySelectorAll("[data-label]"))
    element.setAttribute("aria-label", words()[element.dataset.label]);
  for (const button of document.querySelectorAll("[data-language]")) {
    button.setAttribute("aria-pressed", button.dataset.language === state.language);
  }
  for (const blank of state.quiz?.blanks ?? [])
    blank.input.setAttribute("aria-label", words().blank(wireName(picture, blank.wire, context())));
  write(byId("hint"), "");
  write(byId("verdict"), state.quiz ? words().fill : "");
  write(byId("problem"), "");
  showPlaying();
  follow();
}

function speakIn(language) {
  if (!Object.hasOwn(WORDS, language)) return;
  state.language = language;
  speak();
}

// ── Steps ─────────────────────────────────────────────────────────────────────────────────────────────

function showStep() {
  const step = state.quiz ? { kind: "end" } : prediction.isAsking ? prediction.step : steps[state.step];
  showKnown();
  const { wires, parts } = litAt(step, picture);
  picture.light("lit", wires, parts);
  const here = context();
  const { head, caption, lines, sums = [] } = prediction.isAsking ? prediction.tell(here) : tell(step, here);
  byId("sentence").replaceChildren(
    make("h2", { textContent: head }),
    ...(caption ? [make("p", { className: "rule", textContent: caption })] : []),
    ...[...lines, ...sums].map((line) => make("p", {}, inscribe(make("bdi"), line))),
  );
  const slider = byId("step");
  Object.assign(slider, { max: steps.length - 1, value: state.step });
  slider.setAttribute("aria-valuetext", head);
  write(byId("place"), `${state.step} / ${steps.length - 1}`);
  for (const [id, end] of [
    ["first", 0],
    ["back", 0],
    ["forth", steps.length - 1],
    ["last", steps.length - 1],
  ]) {
    byId(id).disabled = state.step === end;
  }
}

/** One step on; the reader may be asked about it first. */
function goOn() {
  const next = steps[state.step + 1];
  const wasAsking = prediction.isAsking;
  prediction.stop();
  if (wasAsking || !next || !prediction.ask(next)) return goTo(state.step + 1);
  showStep();
  showRoute();
  return stage.bringIntoView(prediction.quiz.blanks[0].wire.group, 1); // the box is as large as fingers need it
}

function goTo(place) {
  prediction.stop();
  state.step = Math.min(Math.max(place, 0), steps.length - 1);
  const { unit } = steps[state.step];
  if (unit) lens.at(unit.id);
  showStep();
  if (unit) stage.bringIntoView(picture.find(unit.id));
  showRoute();
}

function showPlaying() {
  write(byId("playing"), state.timer ? words().pause : words().play);
  byId("play").setAttribute("aria-pressed", state.timer !== null);
}

function play() {
  if (state.step === steps.length - 1) goTo(0);
  state.timer = setInterval(() => {
    goOn();
    if (state.step === steps.length - 1 || prediction.isAsking) pause();
  }, PACE);
  showPlaying();
}

function pause() {
  clearInterval(state.timer);
  state.timer = null;
  showPlaying();
}

// ── Pointing at wires ─────────────────────────────────────────────────────────────────────────────────

function showRoute() {
  const wire = state.quiz || prediction.isAsking ? null : (state.pointed ?? state.pinned);
  const { wires, parts } = wire ? route(graph, picture, wire) : { wires: [], parts: [] };
  picture.light("on-route", wires, parts);
  for (const other of picture.wires) other.group.setAttribute("aria-pressed", other === state.pinned);
  const isStale = state.variant.labels !== "numbers" && basis(numbers.values) !== basis(state.first);
  byId("stage").parentElement.classList.toggle("stale", isStale);
  const said = () => account(wire, state.step >= known.wire(wire).back, context());
  inscribe(byId("caption"), isStale ? words().stale : wire ? said() : state.quiz ? "" : words().prompt);
}

function point(wire) {
  if (wire === state.pointed) return;
  state.pointed = wire;
  showRoute();
}

function pin(wire) {
  state.pinned = wire === state.pinned ? null : wire;
  showRoute();
}

/** Make a wire the one that Tab reaches. */
function reachable(wire) {
  for (const other of picture.wires) other.group.setAttribute("tabindex", other === wire ? "0" : "-1");
}

// ── Views ─────────────────────────────────────────────────────────────────────────────────────────────

/** Of the variants that will do, the one that differs least from what is shown; if there is none, that itself. */
function nearest(willDo) {
  const { labels, closed } = state.variant;
  const away = (variant) => graph.blocks.filter((_, k) => variant.closed.includes(k) !== closed.includes(k)).length;
  const distance = (variant) => 2 * away(variant) + (variant.labels === labels ? 0 : 1);
  const [first = state.variant, ...others] = variants.filter(willDo);
  return others.reduce((best, variant) => (distance(variant) < distance(best) ? variant : best), first);
}

const showLabels = (labels) => show(nearest((variant) => variant.labels === labels));

/** What the tools speak of: numbers, and the forward pass at least. */
function lookAtNumbers() {
  if (state.variant.labels !== "numbers") showLabels("numbers");
  if (state.direction === "backward") byId("direction-both").click();
}

/** Look closely at an operator. */
function look(operator) {
  if (operator === null) return;
  lens.at(operator);
  tools.show(lens);
  tools.follow(context());
}

/** Show a variant of the picture. */
function show(variant) {
  tools.show(null);
  prediction.stop();
  state.variant = variant;
  const place = variants.indexOf(variant);
  if (!pictures.has(place)) pictures.set(place, new Picture(svgs[place], variant));
  picture = pictures.get(place);
  if (!dials.has(picture)) dials.set(picture, new Dials(picture, variant.labels === "numbers" ? leaves : new Map()));
  stage.put(picture);
  state.pinned = state.pointed = null;
  reachable(picture.wires[0]);
  setDirection(state.direction);
  for (const radio of document.querySelectorAll("#labels input")) radio.checked = radio.value === variant.labels;
  for (const box of document.querySelectorAll("#blocks input"))
    box.checked = !variant.closed.includes(Number(box.value));
}

function setDirection(direction) {
  prediction.stop();
  const wasAtEnd = steps.length > 0 && state.step >= steps.length - 1;
  state.direction = direction;
  byId("sheet").className = `only-${direction}`;
  steps = stepsOf(picture, direction);
  known = knowledge(graph, picture, steps);
  state.step = wasAtEnd ? steps.length - 1 : Math.min(state.step, steps.length - 1);
  follow();
}

function toggleBlock(block) {
  const isClosed = state.variant.closed.includes(block);
  show(nearest((variant) => variant.closed.includes(block) !== isClosed));
}

// ── Quiz ──────────────────────────────────────────────────────────────────────────────────────────────

function setQuiz(on) {
  pause();
  tools.show(null);
  prediction.stop();
  state.quiz?.remove();
  state.quiz = null;
  if (on) {
    showLabels("numbers");
    setDirection("both");
    if (stage.zoom < 1) stage.set(1); // the blanks are as large as fingers need them
    const wires = picture.wires.filter((wire) => wire.derivative);
    state.quiz = new Quiz(picture, wires, { judged, looked: () => write(byId("hint"), "") });
    state.quiz.write = numeral;
  }
  for (const [id, hidden] of [
    ["stepping", on],
    ["more", on],
    ["quizzing", !on],
    ["all", on],
  ])
    byId(id).hidden = hidden;
  for (const id of ["direction", "labels", "blocks"]) byId(id).disabled = on;
  for (const radio of document.querySelectorAll("#direction input")) radio.checked = radio.value === state.direction;
  byId("sheet").classList.toggle("quiz", on);
  speak();
}

function judged(blank) {
  write(byId("hint"), "");
  const all = state.quiz.score === state.quiz.blanks.length;
  write(byId("verdict"), blank.state === "open" ? "" : all ? words().done : words()[blank.state]);
  showScore();
}

function showScore() {
  write(byId("score"), words().score(state.quiz.score, state.quiz.blanks.length));
}

function askHint() {
  const blank =
    state.quiz.current ?? state.quiz.blanks.find((other) => other.state !== "right") ?? state.quiz.blanks[0];
  const text = hint(blank, context());
  blank.input.focus();
  write(byId("hint"), text);
}

// ── Wiring ────────────────────────────────────────────────────────────────────────────────────────────

function makeInputs() {
  for (const place of leafPlaces) {
    const node = graph.nodes[place];
    const leaf = new Leaf(place, read(String(node.value)), changed);
    leaves.set(place, leaf);
    byId(node.constant && !node.name ? "constants" : "variables").append(leaf.element);
  }
  byId("fixed").hidden = byId("constants").childElementCount === 0;
}

function changed(place, number) {
  write(byId("problem"), number === null ? words().badNumber(leafName(place)) : "");
  if (number === null) return;
  compute();
  follow();
}

/** Give leaves new numbers, by their places. */
function setLeaves(given) {
  for (const [place, number] of given) leaves.get(place).show(number);
  compute();
  follow();
}

function makeViews() {
  choices(byId("direction"), "direction", ["forward", "both", "backward"], state.direction, setDirection);
  const labels = ["numbers", "symbols", "fractions"].filter((way) =>
    variants.some((variant) => variant.labels === way),
  );
  choices(byId("labels"), "labels", labels, variants[0].labels, showLabels);
  graph.blocks.forEach((block, k) => {
    const box = make("input", { type: "checkbox", value: k });
    box.addEventListener("change", () => toggleBlock(k));
    byId("blocks").append(make("label", {}, box, make("bdi", { textContent: block })));
  });
  byId("blocks").hidden = graph.blocks.length === 0;
}

const TYPING = "input, textarea, select, [contenteditable]";

function key(event) {
  if (event.altKey || event.ctrlKey || event.metaKey) return;
  if (event.key === "Escape") pin(state.pinned);
  const isTyping = event.target.closest(TYPING);
  const wire = picture.wireAt(event.target);
  if (wire && !isTyping) return wireKey(event, wire);
  if (isTyping || event.target.closest("#stage, .scroll") || state.quiz) return;
  const ways = {
    ArrowRight: goOn,
    ArrowLeft: () => goTo(state.step - 1),
    Home: () => goTo(0),
    End: () => goTo(steps.length - 1),
  };
  if (!(event.key in ways)) return;
  event.preventDefault();
  pause();
  ways[event.key]();
}

function wireKey(event, wire) {
  if (event.key === "Enter" || event.key === " ") pin(wire);
  else if (event.key.startsWith("Arrow")) {
    const next = neighbour(picture, wire, event.key);
    reachable(next);
    next.group.focus();
  } else return;
  event.preventDefault();
}

function listen() {
  const on = (id, act, event = "click") => byId(id).addEventListener(event, act);
  const walk = (place) => () => {
    pause();
    goTo(place());
  };
  on(
    "first",
    walk(() => 0),
  );
  on(
    "back",
    walk(() => state.step - 1),
  );
  on("forth", () => {
    pause();
    goOn();
  });
  on(
    "last",
    walk(() => steps.length - 1),
  );
  on(
    "step",
    walk(() => Number(byId("step").value)),
    "input",
  );
  on("play", () => (state.timer ? pause() : play()));
  on("smaller", () => stage.by(0.8));
  on("larger", () => stage.by(1.25));
  on("fit", () => stage.fit());
  on(
    "predict",
    () => {
      prediction.stop();
      write(byId("streak"), "");
      showStep();
    },
    "change",
  );
  on("quiz", () => setQuiz(byId("quiz").checked), "change");
  on("ask", askHint);
  on("reveal", () => {
    state.quiz.reveal();
    write(byId("verdict"), words().shown);
    showScore();
  });
  on("again", () => {
    state.quiz.clear();
    write(byId("verdict"), words().fill);
    showScore();
  });
  on("all", follow, "toggle");
  const held = ({ target }) => (state.quiz ? null : picture.leafAt(target, variables));
  byId("sheet").addEventListener("pointerdown", (event) => {
    if (event.button === 0 && held(event) !== null) wiggle.hold(held(event), event);
  });
  const still = (event) => held(event) !== null && event.preventDefault(); // a finger that holds does not scroll
  byId("sheet").addEventListener("touchstart", still, { passive: false });
  for (const button of document.querySelectorAll("[data-language]")) {
    button.addEventListener("click", () => speakIn(button.dataset.language));
  }
  const sheet = byId("sheet");
  sheet.addEventListener("pointerover", (event) => point(picture.wireAt(event.target)));
  const typedAt = () => document.activeElement.closest(TYPING) ?? sheet; // a finger leaves when it is lifted
  sheet.addEventListener("pointerleave", () => point(picture.wireAt(typedAt())));
  sheet.addEventListener("focusin", (event) => point(picture.wireAt(event.target)));
  sheet.addEventListener("focusout", () => point(null));
  sheet.addEventListener("click", (event) => {
    const wire = picture.wireAt(event.target);
    const block = picture.blockAt(event.target);
    if (wire) pin(wire);
    else if (state.quiz) return;
    else if (block !== null) toggleBlock(block);
    else look(picture.operatorAt(event.target));
  });
  document.addEventListener("keydown", key);
}

const wiggle = new Wiggle(variables, context, (tool) => tools.show(tool));
const lens = new Lens(context);
const prediction = new Prediction(context, () => goTo(state.step + 1));
const toEnd = () => goTo(steps.length - 1);
const learning = new Learning(variables, context, setLeaves, toEnd);
const walking = new Paths(variables, context, toEnd);
const tools = new Tools(byId("tools"), byId("panels"), [wiggle, lens, learning, walking], {
  prepare: lookAtNumbers,
  changed: () => speak(),
});

makeInputs();
compute();
state.first = numbers.values;
makeViews();
show(variants[0]);
stage.fit();
listen();
byId("quiz").checked = graph.quiz;
setQuiz(graph.quiz);
framed(speakIn);
