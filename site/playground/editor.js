// The editor: CodeMirror in a shadow root, whose style sheets a strict policy lets it make.

import { basicSetup } from "codemirror";
import { python } from "@codemirror/lang-python";
import { HighlightStyle, syntaxHighlighting } from "@codemirror/language";
import { linter, setDiagnostics } from "@codemirror/lint";
import { EditorView, keymap } from "@codemirror/view";
import { Prec } from "@codemirror/state";
import { tags } from "@lezer/highlight";

const LOOK = EditorView.theme({
  "&": { backgroundColor: "var(--paper)", color: "var(--text)", fontSize: "14px" },
  "&.cm-focused": { outline: "2px solid var(--accent)", outlineOffset: "1px" },
  ".cm-scroller": { fontFamily: "var(--mono)", lineHeight: "1.6", maxHeight: "22em" },
  ".cm-content": { minHeight: "8em", padding: "8px 0", caretColor: "var(--text)" },
  ".cm-cursor": { borderLeftColor: "var(--text)" },
  ".cm-gutters": { backgroundColor: "var(--back)", color: "var(--soft)", borderRight: "1px solid var(--line)" },
  ".cm-activeLine, .cm-activeLineGutter": { backgroundColor: "var(--tint)" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": {
    backgroundColor: "var(--chosen)",
  },
  ".cm-tooltip": { backgroundColor: "var(--paper)", color: "var(--text)", border: "1px solid var(--edge)" },
});

const COLOURS = HighlightStyle.define([
  { tag: [tags.keyword, tags.operatorKeyword], color: "var(--keyword)" },
  { tag: [tags.string, tags.special(tags.string)], color: "var(--string)" },
  { tag: tags.number, color: "var(--number)" },
  { tag: tags.comment, color: "var(--soft)", fontStyle: "italic" },
  { tag: tags.function(tags.variableName), color: "var(--function)" },
]);

export class Editor {
  #view;

  /** In an element, with a function to call at Ctrl+Enter. */
  constructor(parent, run) {
    const root = parent.attachShadow({ mode: "open" });
    const go = () => {
      run();
      return true;
    };
    this.#view = new EditorView({
      parent: root,
      root,
      extensions: [
        Prec.highest(keymap.of([{ key: "Mod-Enter", run: go }])),
        basicSetup,
        python(),
        LOOK,
        syntaxHighlighting(COLOURS),
        linter(null),
        EditorView.lineWrapping,
      ],
    });
  }

  get text() {
    return this.#view.state.doc.toString();
  }

  set text(text) {
    this.#view.dispatch({ changes: { from: 0, to: this.#view.state.doc.length, insert: text } });
    this.mark(null, "");
  }

  /** What a screen reader calls it. */
  set name(name) {
    this.#view.contentDOM.setAttribute("aria-label", name);
  }

  /** Mark a line as the one that an error is about; no line where it is null. */
  mark(number, message) {
    const { doc } = this.#view.state;
    const line = number === null || number > doc.lines ? null : doc.line(number);
    const diagnostics = line ? [{ from: line.from, to: line.to, severity: "error", message }] : [];
    this.#view.dispatch(setDiagnostics(this.#view.state, diagnostics));
  }
}
