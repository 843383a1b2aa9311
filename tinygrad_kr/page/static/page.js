// The page: what the reader has chosen, and how everything on it follows.

import { evaluate, isKink, pieces, prepare } from "./engine.js";
import { numeral as written, read } from "./numerals.js";
import { WORDS } from "./words.js";
import { byId, choices, inscribe, make, write } from "./dom.js";
import { drawn, unpacked } from "./packed.js";
import { Picture } from "./picture.js";
import { Stage, bringIntoSight } from "./stage.js";
import { Dials } from "./dials.js";
import { knowledge, litAt, stepsOf, tell } from "./steps.js";
import { names } from "./names.js";
import { Transport } from "./transport.js";
import { wireName } from "./routes.js";
import { Pointing, TYPING } from "./pointing.js";
import { Leaf, inOrder } from "./leaves.js";
import { Examination } from "./examination.js";
import { Table } from "./table.js";
import { framed } from "./framed.js";
import { Tools } from "./tools.js";
import { Wiggle } from "./wiggle.js";
import { Lens } from "./lens.js";
import { Learning } from "./learn.js";
import { Paths } from "./paths.js";
import { Prediction } from "./predict.js";

const graph = prepare(JSON.parse(byId("graph").textContent));
const { variants } = graph; // the first one only, until the others are unpacked
const pictures = new Map(); // by variant
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
};
let numbers = null;
let first = null; // the values that the page began with
let picture = null;
let steps = [];
let known = null;

const stage = new Stage(byId("stage"), byId("sheet"), ({ isSmallest, isLargest, isFitted }) => {
  byId("smaller").disabled = isSmallest;
  byId("larger").disabled = isLargest;
  byId("fit").setAttribute("aria-pressed", isFitted);
});

// ── The page as it is, for its parts ──────────────────────────────────────────────────────────────────

const words = () => WORDS[state.language];
const numeral = (number) => written(number, graph.digits, graph.grouping);
const called = () => names({ graph, variables, numbers, words: words(), numeral });

/** What labels are made from: the numbers that stand in them, and in symbols the pieces of formulas in pieces. */
function basis(values) {
  const isSymbols = state.variant.labels === "symbols";
  const isNumber = (leaf) => leaf.constant || (isSymbols && !leaf.name);
  const standing = leafPlaces.filter((place) => isNumber(graph.nodes[place])).map((place) => values[place]);
  return [...standing, isSymbols && pieces(graph, values, state.variant.closed)].join();
}

/** What is known at this step, of nodes by their places, and of what wires pass back. */
const isKnown = {
  value: (place) => state.step >= known.value(place),
  back: (place) => state.step >= known.back(place),
  passed: (wire) => state.step >= known.wire(wire).back,
};

const numbersOfLeaves = () => new Map([...leaves].map(([place, leaf]) => [place, leaf.number]));

const context = () => ({
  graph,
  numbers,
  picture,
  variables,
  ...called(),
  numeral,
  isKnown,
  leaves: numbersOfLeaves(),
  words: words(),
  isQuiz: examination.isOn,
  isAsked: examination.isOn || prediction.isAsking,
  keepInSight: (part, behavior) => stage.keepInSight(part, behavior),
  isAllSeen: stage.isFitted,
  isStale: state.variant.labels !== "numbers" && basis(numbers.values) !== basis(first),
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
  dials.get(picture).speak((place) => words().dial(called().leafName(place)), numeral);
  examination.update(numbers);
  prediction.update(numbers);
  showStep();
}

function showStep() {
  const step = examination.isOn ? { kind: "end" } : prediction.isAsking ? prediction.step : steps[state.step];
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
  transport.show(state.step, steps.length - 1, head);
  pointing.show();
}

/** Write what is known at this step, and nothing more: on the wires, at the inputs, in the table. */
function showKnown() {
  const here = context();
  const isSaid = (wire) => {
    const { value, back } = known.wire(wire);
    return { value: here.isQuiz || state.step >= value, back: here.isQuiz || state.step >= back };
  };
  picture.reveal(isSaid);
  for (const wire of picture.wires) {
    const { value, back } = isSaid(wire);
    const [number, slope] = [value ? wire.says.value : null, back && !here.isQuiz ? wire.says.derivative : null];
    const text = words().wireNumbers(wireName(picture, wire, here), number, slope);
    if (wire.group.getAttribute("aria-label") !== text) wire.group.setAttribute("aria-label", text);
  }
  const isBent = (place) => (here.isQuiz || isKnown.value(place)) && isKink(graph, numbers.values, place);
  const bent = picture.variant.units.filter((unit) => unit.nodes.some(isBent));
  picture.bend(
    bent.map(({ id }) => id),
    words().kink,
  );
  for (const [place, leaf] of leaves) {
    const isHidden = graph.nodes[place].constant || here.isQuiz || !isKnown.back(place);
    leaf.write(words(), here.leafName(place), isHidden ? null : numeral(numbers.upstream[place]));
  }
  if (byId("all").open) table.update(numbers, here);
  tools.follow(here);
}

/** Write everything that depends on the language. */
function speak() {
  document.documentElement.lang = state.language;
  const { name } = called();
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
  write(byId("problem"), "");
  examination.speak();
  transport.speak(words());
  follow();
}

function speakIn(language) {
  if (!Object.hasOwn(WORDS, language)) return;
  state.language = language;
  speak();
}

// ── Steps ─────────────────────────────────────────────────────────────────────────────────────────────

/** One step on, which the reader may be asked about first; whether it is shown. */
function goOn() {
  const next = steps[state.step + 1];
  const wasAsking = prediction.isAsking;
  prediction.stop();
  if (wasAsking || !next || !prediction.ask(next)) {
    goTo(state.step + 1);
    return true;
  }
  showStep();
  stage.bringIntoView(prediction.quiz.blanks[0].holder, 1); // the box is as large as fingers need it
  return false;
}

function goTo(place) {
  prediction.stop();
  state.step = Math.min(Math.max(place, 0), steps.length - 1);
  const { unit } = steps[state.step];
  if (unit) lens.at(unit.id);
  showStep();
  if (unit) stage.bringIntoView(picture.find(unit.id));
}

const toEnd = () => goTo(steps.length - 1);

// ── Views ─────────────────────────────────────────────────────────────────────────────────────────────

/** Of the variants that will do, the one that differs least from what is shown; if there is none, that itself. */
function nearest(willDo) {
  const { labels, closed } = state.variant;
  const away = (variant) => graph.blocks.filter((_, k) => variant.closed.includes(k) !== closed.includes(k)).length;
  const distance = (variant) => 2 * away(variant) + (variant.labels === labels ? 0 : 1);
  const [some = state.variant, ...others] = variants.filter(willDo);
  return others.reduce((best, variant) => (distance(variant) < distance(best) ? variant : best), some);
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
  const svg = () => (variant.picture ? drawn(variant.picture) : byId("sheet").querySelector("svg"));
  if (!pictures.has(variant)) pictures.set(variant, new Picture(svg(), variant));
  picture = pictures.get(variant);
  if (!dials.has(picture)) dials.set(picture, new Dials(picture, variant.labels === "numbers" ? leaves : new Map()));
  stage.put(picture);
  pointing.begin(picture);
  setDirection(state.direction);
  showChosen();
}

function showChosen() {
  const { labels, closed } = state.variant;
  for (const radio of document.querySelectorAll("#labels input")) radio.checked = radio.value === labels;
  for (const box of document.querySelectorAll("#blocks input")) box.checked = !closed.includes(Number(box.value));
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

function setQuiz(on) {
  transport.rest();
  tools.show(null);
  prediction.stop();
  examination.end();
  if (on) {
    showLabels("numbers");
    setDirection("both");
    stage.enlarge(1); // the blanks are as large as fingers need them
    stage.keepInSight(examination.begin().at(-1).holder); // the backward pass starts at the right
  }
  for (const id of ["stepping", "more", "all"]) byId(id).hidden = on;
  byId("quizzing").hidden = !on;
  for (const id of ["direction", "labels", "blocks"]) byId(id).disabled = on;
  for (const radio of document.querySelectorAll("#direction input")) radio.checked = radio.value === state.direction;
  byId("sheet").classList.toggle("quiz", on);
  speak();
}

// ── Inputs ────────────────────────────────────────────────────────────────────────────────────────────

function changed(place, number) {
  write(byId("problem"), number === null ? words().badNumber(called().leafName(place)) : "");
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

function makeInputs() {
  for (const place of leafPlaces) {
    const node = graph.nodes[place];
    const leaf = new Leaf(place, read(String(node.value)), changed);
    leaves.set(place, leaf);
    byId(node.constant && !node.name ? "constants" : "variables").append(leaf.element);
  }
  byId("fixed").hidden = byId("constants").childElementCount === 0;
}

function makeViews() {
  choices(byId("direction"), "direction", ["forward", "both", "backward"], state.direction, setDirection);
  const labels = ["numbers", "symbols", "fractions"].filter((way) =>
    variants.some((variant) => variant.labels === way),
  );
  choices(byId("labels"), "labels", labels, variants[0].labels, showLabels);
  graph.blocks.forEach((block, k) => {
    const box = make("input", { type: "checkbox", value: k, checked: !state.variant.closed.includes(k) });
    box.addEventListener("change", () => toggleBlock(k));
    byId("blocks").append(make("label", {}, box, make("bdi", { textContent: block })));
  });
  byId("blocks").hidden = graph.blocks.length === 0;
  showChosen();
}

// ── Hands and keys ────────────────────────────────────────────────────────────────────────────────────

/** What is pressed in the picture: a wire, a block, an operator, or a leaf's name, which is held. */
function listenToPicture(sheet) {
  const held = ({ target }) => (examination.isOn ? null : picture.leafAt(target, variables));
  sheet.addEventListener("pointerdown", (event) => {
    if (event.button === 0 && held(event) !== null) wiggle.hold(held(event), event);
  });
  const still = (event) => held(event) !== null && event.preventDefault(); // a finger that holds does not scroll
  sheet.addEventListener("touchstart", still, { passive: false });
  sheet.addEventListener("click", ({ target }) => {
    const wire = picture.wireAt(target);
    const block = picture.blockAt(target);
    if (wire) pointing.pin(wire);
    else if (examination.isOn) return;
    else if (block !== null) toggleBlock(block);
    else look(picture.operatorAt(target));
  });
}

function key(event) {
  if (event.altKey || event.ctrlKey || event.metaKey) return;
  if (event.key === "Escape") pointing.pin(pointing.pinned);
  const isTyping = event.target.closest(TYPING);
  const wire = isTyping ? null : picture.wireAt(event.target);
  const isElsewhere = isTyping || event.target.closest("#stage, .scroll") || examination.isOn;
  if (wire ? pointing.key(event, wire) : !isElsewhere && transport.key(event)) event.preventDefault();
}

function listen() {
  const on = (id, act, event = "click") => byId(id).addEventListener(event, act);
  on("smaller", () => stage.by(0.8));
  on("larger", () => stage.by(1.25));
  on("fit", () => stage.fit());
  on(
    "quiz",
    () => {
      setQuiz(byId("quiz").checked);
      bringIntoSight(byId("quizzing"));
    },
    "change",
  );
  on("all", follow, "toggle");
  for (const button of document.querySelectorAll("[data-language]")) {
    button.addEventListener("click", () => speakIn(button.dataset.language));
  }
  listenToPicture(byId("sheet"));
  document.addEventListener("keydown", key);
}

const examination = new Examination(context);
const prediction = new Prediction(context, { goOn: () => goTo(state.step + 1), changed: showStep });
const transport = new Transport({ goTo, goOn });
const pointing = new Pointing(byId("sheet"), context);
const wiggle = new Wiggle(variables, context, (tool) => tools.show(tool));
const lens = new Lens(context);
const learning = new Learning(variables, context, setLeaves, toEnd);
const walking = new Paths(variables, context, toEnd);
const tools = new Tools(byId("tools"), byId("panels"), [wiggle, lens, learning, walking], {
  prepare: lookAtNumbers,
  changed: () => speak(),
});

/** Until the other pictures are unpacked, the first one can be used. */
async function begin() {
  document.body.setAttribute("aria-busy", true);
  makeInputs();
  compute();
  first = numbers.values;
  show(variants[0]);
  speak();
  listen();
  framed(speakIn);
  variants.push(...(await unpacked(byId("others").content.textContent)));
  makeViews();
  byId("quiz").checked = graph.quiz;
  setQuiz(graph.quiz);
  document.body.removeAttribute("aria-busy");
}

begin();
