// The playground: what the reader asks for, and how the page follows.

import { byId, make } from "./dom.js";
import { Editor } from "./editor.js";
import { Expression } from "./expression.js";
import { Machine } from "./machine.js";
import { Results } from "./results.js";
import { read, written } from "./share.js";
import { WORDS } from "./words.js";

let language = navigator.language.startsWith("ko") ? "ko" : "en";
let hasRun = false;
let bytes = 0;
let examples = [];
let prepared = null;

const words = () => WORDS[language];
const results = new Results(words);
const machine = new Machine(hear);
const editor = new Editor(byId("editor"), run);
const expression = new Expression(words, (text, numbers) => begin({ act: "calculate", text, numbers, language }));

// ── Running ───────────────────────────────────────────────────────────────────────────────────────────

function begin(request) {
  hasRun = true;
  machine.ask(request);
}

function run() {
  begin({ act: "run", program: editor.text, language });
}

function stop() {
  const wasBusy = machine.state === "busy";
  machine.stop();
  results.end();
  note(wasBusy ? words().stopped : "");
}

function hear(message) {
  if (message.kind === "loading") bytes = message.bytes;
  else if (message.kind === "sent") {
    results.begin();
    editor.mark(null, "");
    note("");
  } else if (message.kind === "failure") fail(message);
  else if (message.kind === "broken") {
    results.fail(String(message.text));
    results.end();
  } else if (message.kind === "done") {
    if (results.isEmpty) note(words().nothing);
    results.end();
  } else results.show(message);
  showState();
}

function fail({ text, line }) {
  const place = Number.isInteger(line) ? `${words().line(line)}: ` : "";
  results.fail(place + String(text));
  if (place) editor.mark(line, String(text));
}

// ── What is said ──────────────────────────────────────────────────────────────────────────────────────

function note(text) {
  byId("note").textContent = text;
  byId("note").hidden = !text;
}

function showState() {
  const isBusy = machine.isWaiting;
  const size = `${(bytes / 1e6).toFixed(1)} MB`;
  const starting = isBusy ? words().queued : bytes ? words().loading(size) : words().starting;
  byId("state").textContent = { off: "", starting, ready: words().ready, busy: words().busy, broken: words().broken }[
    machine.state
  ];
  byId("state").dataset.state = machine.state;
  byId("stop").disabled = !isBusy;
}

function speak() {
  document.documentElement.lang = language;
  document.title = `tinygrad_kr · ${words().title}`;
  for (const element of document.querySelectorAll("[data-text]")) element.textContent = words()[element.dataset.text];
  for (const element of document.querySelectorAll("[data-label]"))
    element.setAttribute("aria-label", words()[element.dataset.label]);
  for (const button of document.querySelectorAll("[data-language]"))
    button.setAttribute("aria-pressed", button.dataset.language === language);
  byId("home").href = `../${language}/`;
  editor.name = words().editor;
  expression.ask();
  listExamples();
  showPrepared();
  results.speak();
  showState();
}

// ── What is there from the beginning ──────────────────────────────────────────────────────────────────

function listExamples() {
  const options = examples.map((example, k) => make("option", { value: k, textContent: example[language] }));
  byId("examples").replaceChildren(make("option", { value: "", textContent: words().examples }), ...options);
}

/** The apple, as the first program would show it: it is there before Python is. */
function showPrepared() {
  if (hasRun || !prepared) return;
  results.begin();
  prepared[language].forEach((message) => results.show(message));
  results.end();
}

/** A program that came with a link is shown, and run by the reader alone. */
async function open() {
  if (!location.hash) return;
  const program = await read(location.hash);
  if (program === null) return note(words().badLink);
  hasRun = true;
  results.begin();
  results.end();
  editor.text = program;
  note(words().fromLink);
}

async function share() {
  history.replaceState(null, "", `#${await written(editor.text)}`); // which is no new link to open
  try {
    await navigator.clipboard.writeText(location.href);
    note(words().shared);
  } catch {
    note(words().notShared);
  }
}

// ── Wiring ────────────────────────────────────────────────────────────────────────────────────────────

function listen() {
  byId("run").addEventListener("click", run);
  byId("stop").addEventListener("click", stop);
  byId("share").addEventListener("click", share);
  byId("examples").addEventListener("change", ({ target }) => {
    if (!target.value) return;
    editor.text = examples[target.value].program;
    run();
  });
  for (const button of document.querySelectorAll("[data-language]")) {
    button.addEventListener("click", () => {
      language = button.dataset.language;
      speak();
    });
  }
  addEventListener("hashchange", open);
}

async function begins() {
  listen();
  speak();
  const start = await (await fetch("start.json")).json();
  ({ examples, prepared } = start);
  if (!editor.text) editor.text = start.program;
  listExamples();
  showPrepared();
  await open();
  machine.start();
  navigator.serviceWorker?.register("offline.js");
}

begins();
