// Verifies an export of the sealed log in the browser: as examples/verify/verify.py does, by what docs/audit.md says.
// The file is read here and sent nowhere.
import {
  Heads,
  bytesOrNone,
  checkpointOf,
  hex,
  keyOf,
  leavesOf,
  leafOfEntry,
  linesOf,
  sha256,
  signing,
  text,
  type Checkpoint,
  type Key,
} from "./sealed_log";

const MOST_FINDINGS = 100;

// `findings` are alterations; `doubts` say that what was given does not vouch for the file, be it altered or not.
interface Report {
  checked: string[];
  findings: string[];
  doubts: string[];
}

// What was given can't be checked, so that nothing is said of the file.
class NotJudged extends Error {}

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

async function headerOf(lines: AsyncGenerator<Uint8Array>, words: Words): Promise<[Uint8Array, Header]> {
  try {
    const line = (await lines.next()).value as Uint8Array;
    const header = JSON.parse(text(line)) as Header;
    if (header.format === "pointsman-audit-export/1") return [line, header];
  } catch {
    // neither packed as it should be nor JSON
  }
  throw new NotJudged(words.say("noExport"));
}

async function verify(file: File, keys: Key[], kept: string[], words: Words, advance: (share: number) => void): Promise<Report> {
  const checked: string[] = [];
  const findings: string[] = [];
  const doubts: string[] = [];
  const doubt = (name: string, values = {}) => doubts.push(words.say(name, values));
  const find = (name: string, values = {}) => {
    if (findings.length < MOST_FINDINGS) findings.push(words.say(name, values));
  };
  const lines = linesOf(file, advance);
  const [first, header] = await headerOf(lines, words);
  const sealed = checkpointOf(header.checkpoint);
  if (sealed.origin !== header.log || sealed.size !== header.size) find("otherLog");

  const whole: Uint8Array[] = [];
  const heads = new Heads(new Set([sealed.size, ...kept.map((note) => checkpointOf(note).size)]));
  const leaves: string[] = [];
  const entries: string[] = [];
  let trailer: string | undefined;
  whole.push(first);
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

  const own = (await Promise.all(header.keys.map(keyOf))).filter((key) => key !== undefined);
  const trusted = keys.length > 0 ? keys : own;
  const signature = await signing(header.checkpoint, trusted);
  if (signature === "unknown") checked.push(words.say("noEd25519"));
  else if (signature === "signed") checked.push(words.say(keys.length > 0 ? "signedByYours" : "signedByItsOwn"));
  else if (signature === "by others" && keys.length > 0) doubt("signedByOthers");
  else find("notSigned");
  await compareTrailer(trailer, whole, trusted, keys.length > 0, find, checked, words);
  await compareKept(kept, sealed, roots, trusted, find, doubt, checked, words);
  return { checked, findings, doubts };
}

async function compareTrailer(
  trailer: string | undefined,
  whole: Uint8Array[],
  keys: Key[],
  given: boolean,
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
  const signature = await signing(trailer, keys);
  const forged = signature === "forged" || (signature === "by others" && !given);
  if (named !== btoa(String.fromCharCode(...digest)) || forged) find("fileAltered");
  else if (signature === "signed") checked.push(words.say("fileSigned"));
  else if (signature === "by others") checked.push(words.say("fileSignedByOthers"));
}

async function compareKept(
  kept: string[],
  sealed: Checkpoint,
  roots: Map<number, string>,
  keys: Key[],
  find: (name: string, values?: Record<string, number>) => void,
  doubt: (name: string, values?: Record<string, number>) => void,
  checked: string[],
  words: Words,
): Promise<void> {
  const ofIt = kept.filter((note) => checkpointOf(note).origin === sealed.origin);
  if (kept.length > 0 && ofIt.length === 0) doubt("keptOfOtherLog");
  for (const note of ofIt) {
    const known = checkpointOf(note);
    const signature = await signing(note, keys);
    if (signature === "by others") doubt("keptNotSigned", { size: known.size });
    else if (signature === "forged") find("keptForged", { size: known.size });
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

// The keys that were given, each on a line of its own.
async function keysOf(told: string, words: Words): Promise<Key[]> {
  const lines = told.split("\n").map((line) => line.trim()).filter(Boolean);
  const keys = await Promise.all(lines.map(keyOf));
  return keys.map((key, number) => {
    if (key === undefined) throw new NotJudged(words.say("noKey", { line: lines[number] as string }));
    return key;
  });
}

// The checkpoints that were pasted.
function notesOf(told: string, words: Words): string[] {
  const found = [...told.matchAll(/[^\n]+\n\d+\n[^\n]+\n\n(?:— [^\n]+\n?)+/g)];
  const notes = found.map(([note]) => (note.endsWith("\n") ? note : `${note}\n`));
  const isReadable = (note: string) => bytesOrNone(note.split("\n")[2] as string)?.length === 32;
  if (told.trim() !== "" && (notes.length === 0 || !notes.every(isReadable))) throw new NotJudged(words.say("noCheckpoint"));
  return notes;
}

const listOf = (items: string[]) => {
  const element = document.createElement("ul");
  for (const item of items) element.append(Object.assign(document.createElement("li"), { textContent: item }));
  return element;
};

function headed(words: Words, verdict: string, tone: string): HTMLElement {
  return Object.assign(document.createElement("p"), { className: `message ${tone}`, textContent: words.say(verdict) });
}

function tell(out: HTMLElement, words: Words, { checked, findings, doubts }: Report): void {
  const [verdict, tone] =
    findings.length > 0 ? ["notIntact", "bad"] : doubts.length > 0 ? ["notVouchedFor", "warn"] : ["intact", "good"];
  const heading = Object.assign(document.createElement("h3"), { textContent: words.say("whatWasChecked") });
  const parts: HTMLElement[] = [headed(words, verdict, tone), listOf([...findings, ...doubts])];
  out.replaceChildren(...parts, ...(checked.length > 0 ? [heading, listOf(checked)] : []));
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
    out.textContent = words.say("reading");
    try {
      const keys = await keysOf(String(fields.get("keys") ?? ""), words);
      const kept = notesOf(String(fields.get("kept") ?? "").replaceAll("\r", ""), words);
      const report = await verify(file, keys, kept, words, (share) => {
        out.textContent = `${words.say("reading")} ${Math.floor(100 * share)} %`;
      });
      tell(out, words, report);
    } catch (error) {
      if (error instanceof NotJudged) out.replaceChildren(headed(words, "notJudged", "warn"), listOf([error.message]));
      else tell(out, words, { checked: [], findings: [words.say("unreadableFile", { error: String(error) })], doubts: [] });
    }
  };
}
