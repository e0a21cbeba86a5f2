// The editor of policies: it takes the place of each <textarea data-editor>, and keeps it in step, so that its form is
// sent as it would be without a script.
import { autocompletion, type CompletionContext, type CompletionResult } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { yaml } from "@codemirror/lang-yaml";
import { bracketMatching, HighlightStyle, indentOnInput, syntaxHighlighting } from "@codemirror/language";
import { type Diagnostic, lintGutter, setDiagnostics } from "@codemirror/lint";
import { highlightSelectionMatches, searchKeymap } from "@codemirror/search";
import { EditorState, type Extension, StateEffect, StateField } from "@codemirror/state";
import { tags } from "@lezer/highlight";
import {
  drawSelection,
  EditorView,
  highlightActiveLine,
  hoverTooltip,
  keymap,
  lineNumbers,
  showTooltip,
  type Tooltip,
} from "@codemirror/view";

// The colours of the page, light or dark, which are known within the shadow root as well.
const COLOURS = HighlightStyle.define([
  { tag: [tags.propertyName, tags.definition(tags.propertyName)], color: "var(--accent)" },
  { tag: tags.comment, color: "var(--soft)", fontStyle: "italic" },
  { tag: [tags.string, tags.special(tags.string)], color: "var(--good)" },
  { tag: [tags.number, tags.bool, tags.null], color: "var(--warn)" },
]);
const THEME = EditorView.theme({
  "&": { color: "var(--ink)", backgroundColor: "var(--raised)", fontSize: ".875rem" },
  "&.cm-focused": { outline: "3px solid var(--accent)" },
  ".cm-scroller": { fontFamily: "var(--mono)", minHeight: "20rem", maxHeight: "40rem" },
  ".cm-content": { caretColor: "var(--ink)" },
  ".cm-cursor": { borderLeftColor: "var(--ink)" },
  ".cm-gutters": { color: "var(--soft)", backgroundColor: "var(--faint)", borderRightColor: "var(--line)" },
  ".cm-activeLine, .cm-activeLineGutter": { backgroundColor: "var(--accent-tint)" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": {
    backgroundColor: "var(--line)",
  },
  ".cm-tooltip, .cm-panels": { color: "var(--ink)", backgroundColor: "var(--raised)", borderColor: "var(--edge)" },
  ".explained": { maxWidth: "28rem", padding: ".375rem .625rem" },
  ".cm-tooltip-autocomplete > ul > li[aria-selected]": { color: "var(--accent-ink)", backgroundColor: "var(--accent)" },
});

type Word = { word: string; means: string; values: string[]; written?: string };
type Vocabulary = { facts: Word[]; effects: Word[]; operators: Word[]; keys: Word[] };
type Ask = () => Promise<Vocabulary | null>;

// The words are asked for once, when they are first wanted.
function asking(address: string): Ask {
  let asked: Promise<Vocabulary | null> | undefined;
  return () => (asked ??= fetch(address).then((answer) => (answer.ok ? (answer.json() as Promise<Vocabulary>) : null)));
}

// What a word means, and how its value is written.
function meaning(word: Word): string {
  const sentences = [word.means, word.written ?? ""].filter((text) => text !== "");
  return sentences.map((text) => (text.endsWith(".") ? text : `${text}.`)).join(" ");
}

// Completes the words of the policy language and, behind a fact, those of the network.
function completion(ask: Ask): (context: CompletionContext) => Promise<CompletionResult | null> {
  return async (context) => {
    const word = context.matchBefore(/[\w.-]*/);
    if (word === null || (word.from === word.to && !context.explicit)) return null;
    const vocabulary = await ask();
    if (vocabulary === null) return null;
    const before = context.state.doc.lineAt(context.pos).text.slice(0, word.from - context.state.doc.lineAt(context.pos).from);
    const fact = /([\w.]+):[^:]*$/.exec(before)?.[1];
    const values = vocabulary.facts.find((each) => each.word === fact)?.values ?? [];
    const { facts, effects, operators, keys } = vocabulary;
    return {
      from: word.from,
      options: [
        ...values.map((value) => ({ label: value, type: "constant", boost: 2 })),
        ...facts.map((each) => ({ label: each.word, info: meaning(each), type: "variable" })),
        ...effects.map((each) => ({ label: each.word, info: meaning(each), type: "function" })),
        ...operators.map((each) => ({ label: each.word, info: each.means, type: "keyword" })),
        ...keys.map((each) => ({ label: each.word, info: each.means, type: "property" })),
      ],
      validFor: /^[\w.-]*$/,
    };
  };
}

// What is told of the word at a place of the text: a fact, what a rule does, an operator or a key.
async function explanation(ask: Ask, state: EditorState, place: number): Promise<(Tooltip & { text: string }) | null> {
  const line = state.doc.lineAt(place);
  const words = [...line.text.matchAll(/[A-Za-z_][\w.]*/g)];
  const found = words.find((each) => line.from + each.index <= place && place <= line.from + each.index + each[0].length);
  const vocabulary = found === undefined ? null : await ask();
  if (found === undefined || vocabulary === null) return null;
  const { facts, effects, operators, keys } = vocabulary;
  const word = [...facts, ...effects, ...operators, ...keys].find((each) => each.word === found[0]);
  if (word === undefined) return null;
  const text = `${word.word}: ${meaning(word)}`;
  const create = () => {
    const dom = Object.assign(document.createElement("div"), { className: "explained" });
    const name = Object.assign(document.createElement("strong"), { textContent: word.word });
    dom.append(name, ` ${meaning(word)}`);
    return { dom };
  };
  return { pos: line.from + found.index, end: line.from + found.index + found[0].length, above: true, create, text };
}

// The explanation of the word under the pointer; by F1, of the word at the cursor, which is read out as well. It goes
// away with the next key, and with Esc.
function explaining(ask: Ask): Extension {
  const shown = StateEffect.define<Tooltip | null>();
  const field = StateField.define<Tooltip | null>({
    create: () => null,
    update(tooltip, transaction) {
      for (const effect of transaction.effects) if (effect.is(shown)) return effect.value;
      return transaction.docChanged || transaction.selection !== undefined ? null : tooltip;
    },
    provide: (its) => showTooltip.from(its),
  });
  const tell = (view: EditorView): boolean => {
    const { head } = view.state.selection.main;
    void explanation(ask, view.state, head).then((tooltip) => {
      if (tooltip === null || view.state.selection.main.head !== head) return;
      view.dispatch({ effects: [shown.of(tooltip), EditorView.announce.of(tooltip.text)] });
    });
    return true;
  };
  const hide = (view: EditorView): boolean => {
    if (view.state.field(field) === null) return false;
    view.dispatch({ effects: shown.of(null) });
    return true;
  };
  return [
    hoverTooltip((view, place) => explanation(ask, view.state, place)),
    field,
    keymap.of([
      { key: "F1", run: tell, preventDefault: true },
      { key: "Escape", run: hide },
    ]),
  ];
}

// The findings that the page has of the file, at their places in the text.
function diagnostics(view: EditorView, file: string): Diagnostic[] {
  const found = [...document.querySelectorAll<HTMLElement>("[data-finding]")].filter((each) => each.dataset.file === file);
  return found.map((each) => {
    const line = view.state.doc.line(Math.min(Math.max(1, Number(each.dataset.line)), view.state.doc.lines));
    const from = Math.min(line.from + Number(each.dataset.column) - 1, line.to);
    const severity = each.dataset.severity === "error" ? "error" : "warning";
    return { from, to: line.to, severity, message: each.dataset.text ?? "" };
  });
}

// The editor stands in a shadow root: there its styles need no <style>, which the page's Content-Security-Policy forbids.
function edit(area: HTMLTextAreaElement): void {
  const ask = area.dataset.words ? asking(area.dataset.words) : null;
  const host = document.createElement("div");
  host.className = "editor";
  const root = host.attachShadow({ mode: "open" });
  const view = new EditorView({
    root,
    state: EditorState.create({
      doc: area.value,
      extensions: [
        lineNumbers(),
        lintGutter(),
        history(),
        drawSelection(),
        indentOnInput(),
        bracketMatching(),
        autocompletion(ask ? { override: [completion(ask)] } : {}),
        ask ? explaining(ask) : [],
        highlightActiveLine(),
        highlightSelectionMatches(),
        syntaxHighlighting(COLOURS),
        THEME,
        keymap.of([...defaultKeymap, ...historyKeymap, ...searchKeymap, indentWithTab]),
        yaml(),
        EditorView.lineWrapping,
        EditorView.contentAttributes.of({ "aria-label": area.getAttribute("aria-label") ?? area.name }),
        EditorView.updateListener.of((update) => {
          if (!update.docChanged) return;
          area.value = update.state.doc.toString();
          area.dispatchEvent(new Event("input", { bubbles: true }));
        }),
      ],
    }),
  });
  root.append(view.dom);
  area.hidden = true;
  area.after(host);
  const file = area.dataset.file ?? "";
  const mark = () => view.dispatch(setDiagnostics(view.state, diagnostics(view, file)));
  mark();
  document.addEventListener("htmx:after:swap", mark);
  jump(view);
  window.addEventListener("hashchange", () => jump(view));
}

// To the line that the address names: findings link to theirs as #line-12.
function jump(view: EditorView): void {
  const named = /^#line-(\d+)$/.exec(location.hash);
  if (named === null) return;
  const line = view.state.doc.line(Math.min(Math.max(Number(named[1]), 1), view.state.doc.lines));
  view.dispatch({ selection: { anchor: line.from }, effects: EditorView.scrollIntoView(line.from, { y: "center" }) });
  view.focus();
}

for (const area of document.querySelectorAll<HTMLTextAreaElement>("textarea[data-editor]")) edit(area);
