// The forms of the sealed log: RFC 9162's tree, C2SP's checkpoints and signed notes, and lines of an export.
const LEAF_BYTES = 48;
const WITNESS = 4;
const ED25519 = 1;

export interface Checkpoint {
  origin: string;
  size: number;
  root: Uint8Array;
}

export interface Key {
  name: string;
  id: string;
  key: Uint8Array;
}

export type Signing = "signed" | "forged" | "by others" | "unknown";

export const text = (data: Uint8Array): string => new TextDecoder("utf-8", { fatal: false }).decode(data);
export const hex = (data: Uint8Array): string => Array.from(data, (byte) => byte.toString(16).padStart(2, "0")).join("");
export const bytes = (base64: string): Uint8Array => Uint8Array.from(atob(base64), (sign) => sign.charCodeAt(0));
export function bytesOrNone(base64: string): Uint8Array | undefined {
  try {
    return bytes(base64);
  } catch {
    return undefined;
  }
}
export const sha256 = async (data: Uint8Array): Promise<Uint8Array> =>
  new Uint8Array(await crypto.subtle.digest("SHA-256", data as BufferSource));

function joined(...parts: Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

// The lines of a file, without their ends; a name that ends with .gz, or the two bytes that gzip begins with, is unpacked.
export async function* linesOf(file: File, advance: (share: number) => void): AsyncGenerator<Uint8Array> {
  const head = new Uint8Array(await file.slice(0, 2).arrayBuffer());
  let read = 0;
  const counting = new TransformStream<Uint8Array, Uint8Array>({
    transform(part, controller) {
      read += part.length;
      advance(read / file.size);
      controller.enqueue(part);
    },
  });
  let stream: ReadableStream<Uint8Array> = file.stream().pipeThrough(counting as ReadableWritablePair<Uint8Array, Uint8Array>);
  if (head[0] === 0x1f && head[1] === 0x8b) {
    stream = stream.pipeThrough(new DecompressionStream("gzip") as ReadableWritablePair<Uint8Array, Uint8Array>);
  }
  const reader = stream.getReader();
  let rest: Uint8Array[] = [];
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    let begin = 0;
    for (let end = value.indexOf(10); end >= 0; end = value.indexOf(10, begin)) {
      yield joined(...rest, value.subarray(begin, end));
      rest = [];
      begin = end + 1;
    }
    rest.push(value.slice(begin));
  }
  const last = joined(...rest);
  if (last.length > 0) yield last;
}

export function* leavesOf(line: Uint8Array): Generator<Uint8Array> {
  const data = bytes((JSON.parse(text(line)) as { leaves: string }).leaves);
  for (let at = 0; at < data.length; at += LEAF_BYTES) yield data.slice(at, at + LEAF_BYTES);
}

// The two numbers of the entry's id, and the SHA-256 of its line; undefined if it has no such id.
export async function leafOfEntry(line: Uint8Array): Promise<Uint8Array | undefined> {
  const found = /"id":"(\d{1,19})-(\d{1,19})"\}$/.exec(text(line.subarray(-60)));
  if (found === null) return undefined;
  const id = new DataView(new ArrayBuffer(16));
  id.setBigUint64(0, BigInt(found[1] as string));
  id.setBigUint64(8, BigInt(found[2] as string));
  return joined(new Uint8Array(id.buffer), await sha256(line));
}

// The heads of the trees of the first n leaves, for each n of `sizes` (RFC 9162, section 2.1.1).
export class Heads {
  private readonly stack: { size: number; root: Uint8Array }[] = [];
  private readonly roots = new Map<number, string>();
  private count = 0;

  constructor(private readonly sizes: Set<number>) {}

  async add(leaf: Uint8Array): Promise<void> {
    await this.note();
    this.stack.push({ size: 1, root: await sha256(joined(new Uint8Array([0]), leaf)) });
    for (;;) {
      const [left, right] = this.stack.slice(-2);
      if (left === undefined || right === undefined || left.size !== right.size) break;
      this.stack.splice(-2, 2, { size: 2 * left.size, root: await sha256(joined(new Uint8Array([1]), left.root, right.root)) });
    }
    this.count += 1;
  }

  async found(): Promise<Map<number, string>> {
    await this.note();
    return this.roots;
  }

  private async note(): Promise<void> {
    if (!this.sizes.has(this.count)) return;
    let root = this.stack.at(-1)?.root ?? (await sha256(new Uint8Array()));
    for (const { root: left } of this.stack.slice(0, -1).reverse()) root = await sha256(joined(new Uint8Array([1]), left, root));
    this.roots.set(this.count, hex(root));
  }
}

export function checkpointOf(note: string): Checkpoint {
  const [origin, size, root] = note.split("\n");
  return { origin: origin ?? "", size: Number(size), root: bytes(root ?? "") };
}

// A key in the form of c2sp.org/signed-note, NAME+ID+KEY: its id is the beginning of the SHA-256 of its name and bytes, so
// that a letter that is mistyped shows. Undefined if it is none.
export async function keyOf(line: string): Promise<Key | undefined> {
  const [name, id, ...encoded] = line.trim().split("+");
  const key = bytesOrNone(encoded.join("+"));
  if (!name || id === undefined || key === undefined || key.length !== 33) return undefined;
  const digest = await sha256(joined(new TextEncoder().encode(`${name}\n`), key));
  return hex(digest.subarray(0, 4)) === id ? { name, id, key } : undefined;
}

// What the keys say of the note: one of them signed it, and no signature by one of them is forged; there are only
// signatures by other keys; or this browser can't tell.
export async function signing(note: string, keys: Key[]): Promise<Signing> {
  const parted = note.lastIndexOf("\n\n");
  const message = new TextEncoder().encode(note.slice(0, parted + 1));
  const valid: boolean[] = [];
  for (const { name, id, key } of keys) {
    for (const line of note.slice(parted + 2).split("\n").filter(Boolean)) {
      const [, signer, signature] = line.split(" ");
      const value = bytesOrNone(signature ?? "");
      if (value === undefined || signer !== name || hex(value.subarray(0, 4)) !== id) continue;
      const outcome = await verified(key, value.subarray(4), message);
      if (outcome === undefined) return "unknown";
      valid.push(outcome);
    }
  }
  if (valid.length === 0) return "by others";
  return valid.every(Boolean) ? "signed" : "forged";
}

async function verified(key: Uint8Array, signature: Uint8Array, message: Uint8Array): Promise<boolean | undefined> {
  if (key[0] !== ED25519 && key[0] !== WITNESS) return false;
  if (key[0] === WITNESS) {
    // it signs the instant, too: c2sp.org/tlog-cosignature
    const at = new DataView(signature.buffer, signature.byteOffset).getBigUint64(0);
    message = joined(new TextEncoder().encode(`cosignature/v1\ntime ${at}\n`), message);
    signature = signature.subarray(8);
  }
  let imported: CryptoKey;
  try {
    imported = await crypto.subtle.importKey("raw", key.slice(1) as BufferSource, "Ed25519", false, ["verify"]);
  } catch (error) {
    if ((error as DOMException).name === "NotSupportedError") return undefined;
    return false;
  }
  return crypto.subtle.verify("Ed25519", imported, signature.slice() as BufferSource, message.slice() as BufferSource);
}
