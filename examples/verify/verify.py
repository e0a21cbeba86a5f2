"""Verifies an export of Pointsman's sealed log. It shares no code with Pointsman: trust only what you have read.

    pip install cryptography
    python verify.py main.audit.gz --key NAME+ID+KEY [--checkpoint kept.txt] [--witness NAME+ID+KEY]

An export is JSON, a line each: first a header, then the leaves of the Merkle tree, then the log's entries, at last a
signature of all lines before. A leaf is 48 bytes: the two numbers of the entry's id, and the SHA-256 of its line.
"""

import argparse
import base64
import gzip
import hashlib
import json
import re
import struct
import sys
from collections.abc import Iterator
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

WITNESS = 4


def sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def roots(leaves: list[bytes], sizes: set[int]) -> dict[int, bytes]:
    """The roots of the first n leaves, for each n of sizes (RFC 9162, section 2.1.1): a stack of complete subtrees."""
    stack: list[tuple[int, bytes]] = []
    found = {}
    for number, leaf in enumerate([*leaves, b""]):
        if number in sizes:
            root = stack[-1][1] if stack else sha256(b"")
            for _, left in reversed(stack[:-1]):
                root = sha256(b"\x01" + left + root)
            found[number] = root
        stack.append((1, sha256(b"\x00" + leaf)))
        while len(stack) > 1 and stack[-1][0] == stack[-2][0]:
            (size, right), (_, left) = stack.pop(), stack.pop()
            stack.append((2 * size, sha256(b"\x01" + left + right)))
    return found


def is_signed(note: str, keys: list[str]) -> bool:
    """Whether one of the keys signed the note (c2sp.org/signed-note), and no signature by one of them is forged."""
    text, _, lines = note.rpartition("\n\n")
    valid = []
    for verifier_key in keys:
        name, key_id, encoded = verifier_key.strip().split("+", 2)
        key = base64.b64decode(encoded)
        for _, signer, signature in map(str.split, lines.splitlines()):
            value, message = base64.b64decode(signature), f"{text}\n".encode()
            if (signer, value[:4].hex()) != (name, key_id):
                continue
            value = value[4:]
            if key[0] == WITNESS:  # signs the instant, too: c2sp.org/tlog-cosignature
                at, value = struct.unpack(">Q64s", value)
                message = f"cosignature/v1\ntime {at}\n".encode() + message
            try:
                Ed25519PublicKey.from_public_bytes(key[1:]).verify(value, message)
                valid.append(True)
            except InvalidSignature:
                valid.append(False)
    return bool(valid) and all(valid)


def checkpoint(note: str) -> tuple[str, int, bytes]:
    """The name of the log, the number of its entries, and their root."""
    origin, size, root, *_ = note.split("\n")
    return origin, int(size), base64.b64decode(root)


def problems(path: Path, keys: list[str], kept: list[str], witnesses: list[str]) -> Iterator[str]:  # noqa: C901, PLR0912
    """A sentence for everything that is not as it was sealed."""
    data = path.read_bytes()
    lines = (gzip.decompress(data) if path.suffix == ".gz" else data).splitlines(keepends=True)
    header, last = json.loads(lines[0]), json.loads(lines[-1]).get("signed", "\n\n\n")
    leaves, entries = [], []
    for line in lines[1:-1]:
        value = json.loads(line)
        if "leaves" in value:
            leaves += [leaf for (leaf,) in struct.iter_unpack("48s", base64.b64decode(value["leaves"]))]
        else:
            entries.append(struct.pack(">QQ", *map(int, value["id"].split("-"))) + sha256(line.removesuffix(b"\n")))
    origin, size, root = checkpoint(header["checkpoint"])
    if not is_signed(header["checkpoint"], keys):
        yield "the checkpoint is not signed by a key that you trust"
    if witnesses and not is_signed(header["checkpoint"], witnesses):
        yield "the checkpoint is not cosigned by a witness that you trust"
    if not is_signed(last, keys) or last.split("\n")[1].encode() != base64.b64encode(sha256(b"".join(lines[:-1]))):
        yield "the file is not as it was signed"
    of_it = [(note, *checkpoint(note)[1:]) for note in kept if checkpoint(note)[0] == origin]
    if len(of_it) < len(kept):
        print(f"kept checkpoints of other logs than {origin}, left out: {len(kept) - len(of_it)}")
    if kept and not of_it:
        yield f"no kept checkpoint is of this log, {origin}"
    found = roots(leaves, {size, *(known for _, known, _ in of_it)})
    if len(leaves) != size or found[size] != root:
        yield "the leaves of the tree were altered: they do not give the root of the checkpoint"
    for note, known, known_root in of_it:
        if not is_signed(note, keys):
            yield "a kept checkpoint is not signed by a key that you trust"
        elif known > size:
            yield f"the log had {known} entries and has {size}: it was cut off, or an older copy put in its place"
        elif found.get(known) != known_root:
            yield f"the log shows another history than the kept checkpoint of {known} entries"
    yield from compare(entries, leaves[header["archived"] :])


def compare(entries: list[bytes], leaves: list[bytes]) -> Iterator[str]:
    """What differs between the entries and what was sealed of them."""
    there, sealed = {leaf[:16]: leaf for leaf in entries}, {leaf[:16]: leaf for leaf in leaves}
    for name in {**sealed, **there} if entries != leaves else ():
        shown = "entry {}-{}".format(*struct.unpack(">QQ", name))
        if name not in there:
            yield f"{shown} was deleted"
        elif name not in sealed:
            yield f"{shown} was inserted"
        elif there[name] != sealed[name]:
            yield f"{shown} was altered"
    if entries != leaves and (there == sealed or len(there) < len(entries)):
        yield "entries are out of order, or there are some twice"


def main() -> None:
    parser = argparse.ArgumentParser(description="Verify an export of Pointsman's sealed log.")
    parser.add_argument("export", type=Path)
    parser.add_argument("--key", action="append", required=True, help="a public key that you trust")
    parser.add_argument("--checkpoint", action="append", default=[], type=Path, help="checkpoints that you kept")
    parser.add_argument("--witness", action="append", default=[], help="the key of a witness that you trust")
    given = parser.parse_args()
    text = "\n".join(path.read_text(encoding="utf-8") for path in given.checkpoint)
    kept = re.findall(r"[^\n]+\n\d+\n[^\n]+\n\n(?:— [^\n]+\n)+", text)
    if given.checkpoint and not kept:
        parser.error("there is no checkpoint in what --checkpoint names")
    try:
        found = list(problems(given.export, given.key, kept, given.witness))
    except (ValueError, KeyError, TypeError, IndexError, OSError, EOFError, struct.error) as error:
        found = [f"the file can't be read: {error!r}"]
    print("\n".join(found[:100]) or "every entry is as it was sealed")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
