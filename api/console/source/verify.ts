// Verifies an export of the sealed log in the browser: as examples/verify/verify.py does, by what docs/audit.md says.
// The file is read here and sent nowhere.
import { Heads, checkpointOf, hex, isSigned, leavesOf, leafOfEntry, linesOf, sha256, text, type Checkpoint } from "./sealed_log";

const MOST_FINDINGS = 100;

interface Report {
  checked: string[];
  findings: string[];
}

// What is told, in the reader's language: data attributes of the form, whose names are those of `said`.
class Words {
  constructor(private readonly from: DOMStringMap) {}

  say(name: string, values: Record<string, string | number> = {}): string {
    return Object.entries(values).reduce(
      (said, [place, value]) => said.replaceAll(`{${place}}`, String(value)),
      this.from[name] ?? name,
    );
  }
}

interface Header {
  format: string;
  log: string;
  size: number;
  archived: number;
  checkpoint: string;
  keys: string[];
}

async function verify(file: File, keys: string[], kept: string[], words: Words, advance: (share: number) => void): Promise<Report> {
  const checked: string[] = [];
  const findings: string[] = [];
  const find = (name: string, values = {}) => {
    if (findings.length < MOST_FINDINGS) findings.push(words.say(name, values));
  };
  const lines = linesOf(file, advance);
  const first = await lines.next();
  const header = JSON.parse(text(first.value ?? new Uint8Array())) as Header;
  if (header.format !== "pointsman-audit-export/1") throw new Error(words.say("noExport"));
  const sealed = checkpointOf(header.checkpoint);
  if (sealed.origin !== header.log || sealed.size !== header.size) find("otherLog");

  const whole: Uint8Array[] = [];
  const heads = new Heads(new Set([sealed.size, ...kept.map((note) => checkpointOf(note).size)]));
  const leaves: string[] = [];
  const entries: string[] = [];
  let trailer: string | undefined;
  whole.push(first.value as Uint8Array);
  for await (const line of lines) {
    if (trailer !== undefined) find("afterSignature");
    const beginning = text(line.subarray(0, 10));
    if (beginning.startsWith('{"signed":')) {
      trailer = (JSON.parse(text(line)) as { signed: string }).signed;
      continue;
    }
    whole.push(line);
    if (beginning.startsWith('{"first":')) {
      for (const leaf of leavesOf(line)) {
        await heads.add(leaf);
        leaves.push(hex(leaf));
      }
    } else {
      const leaf = await leafOfEntry(line);
      if (leaf === undefined) find("unreadable");
      else entries.push(hex(leaf));
    }
  }
  const roots = await heads.found();
  if (leaves.length !== sealed.size || roots.get(sealed.size) !== hex(sealed.root)) find("treeAltered");
  else checked.push(words.say("treeChecked", { size: sealed.size }));
  const before = findings.length;
  compare(entries, leaves.slice(header.archived), find);
  if (findings.length === before) checked.push(words.say("entriesChecked", { count: entries.length }));
  if (header.archived > 0) checked.push(words.say("archivedLeft", { count: header.archived }));

  const trusted = keys.length > 0 ? keys : header.keys;
  const signature = await isSigned(header.checkpoint, trusted);
  if (signature === undefined) checked.push(words.say("noEd25519"));
  else if (!signature) find("notSigned");
  else checked.push(words.say(keys.length > 0 ? "signedByYours" : "signedByItsOwn"));
  await compareTrailer(trailer, whole, trusted, find, checked, words);
  await compareKept(kept, sealed, roots, trusted, find, checked, words);
  return { checked, findings };
}

async function compareTrailer(
  trailer: string | undefined,
  whole: Uint8Array[],
  keys: string[],
  find: (name: string) => void,
  checked: string[],
  words: Words,
): Promise<void> {
  if (trailer === undefined) {
    checked.push(words.say("fileUnsigned"));
    return;
  }
  const ended = whole.flatMap((line) => [line, new Uint8Array([10])]);
  const digest = await sha256(new Uint8Array(await new Blob(ended as BlobPart[]).arrayBuffer()));
  const named = trailer.split("\n")[1];
  const signature = await isSigned(trailer, keys);
  if (named !== btoa(String.fromCharCode(...digest)) || signature === false) find("fileAltered");
  else if (signature) checked.push(words.say("fileSigned"));
}

async function compareKept(
  kept: string[],
  sealed: Checkpoint,
  roots: Map<number, string>,
  keys: string[],
  find: (name: string, values?: Record<string, number>) => void,
  checked: string[],
  words: Words,
): Promise<void> {
  const ofIt = kept.filter((note) => checkpointOf(note).origin === sealed.origin);
  if (kept.length > 0 && ofIt.length === 0) find("keptOfOtherLog");
  for (const note of ofIt) {
    const known = checkpointOf(note);
    if ((await isSigned(note, keys)) === false) find("keptNotSigned", { size: known.size });
    else if (known.size > sealed.size) find("logShorter", { size: known.size });
    else if (roots.get(known.size) !== hex(known.root)) find("otherHistory", { size: known.size });
    else checked.push(words.say("keptChecked", { size: known.size }));
  }
}

function compare(entries: string[], leaves: string[], find: (name: string, values?: Record<string, string>) => void): void {
  if (entries.length === leaves.length && entries.every((entry, number) => entry === leaves[number])) return;
  const idOf = (leaf: string) => leaf.slice(0, 32);
  const there = new Map(entries.map((entry) => [idOf(entry), entry]));
  const sealed = new Map(leaves.map((leaf) => [idOf(leaf), leaf]));
  let named = false;
  for (const id of new Set([...sealed.keys(), ...there.keys()])) {
    const what = !there.has(id) ? "deleted" : !sealed.has(id) ? "inserted" : there.get(id) === sealed.get(id) ? "" : "altered";
    if (what === "") continue;
    named = true;
    find(what, { entry: `${BigInt(`0x${id.slice(0, 16)}`)}-${BigInt(`0x${id.slice(16)}`)}` });
  }
  if (!named || there.size < entries.length) find("outOfOrder");
}

function tell(out: HTMLElement, words: Words, report: Report): void {
  const list = (items: string[]) => {
    const element = document.createElement("ul");
    for (const item of items) element.append(Object.assign(document.createElement("li"), { textContent: item }));
    return element;
  };
  const heading = document.createElement("p");
  heading.className = `message ${report.findings.length > 0 ? "bad" : "good"}`;
  heading.textContent = words.say(report.findings.length > 0 ? "notIntact" : "intact");
  const checked = Object.assign(document.createElement("h3"), { textContent: words.say("whatWasChecked") });
  out.replaceChildren(heading, list(report.findings), checked, list(report.checked));
}

const form = document.querySelector<HTMLFormElement>("form[data-verify-export]");
if (form !== null) {
  const out = document.querySelector<HTMLElement>("#verified") as HTMLElement;
  const words = new Words(form.dataset);
  form.hidden = false;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    event.stopImmediatePropagation();
    void run();
  });
  const run = async () => {
    const fields = new FormData(form);
    const file = fields.get("export") as File;
    const told = String(fields.get("kept") ?? "");
    const kept = [...told.matchAll(/[^\n]+\n\d+\n[^\n]+\n\n(?:— [^\n]+\n?)+/g)].map(([note]) => (note.endsWith("\n") ? note : `${note}\n`));
    const keys = String(fields.get("keys") ?? "").split(/\s+/).filter(Boolean);
    out.textContent = words.say("reading");
    try {
      const report = await verify(file, keys, kept, words, (share) => {
        out.textContent = `${words.say("reading")} ${Math.floor(100 * share)} %`;
      });
      if (told.trim() !== "" && kept.length === 0) report.findings.push(words.say("noCheckpoint"));
      tell(out, words, report);
    } catch (error) {
      tell(out, words, { checked: [], findings: [words.say("unreadableFile", { error: String(error) })] });
    }
  };
}
