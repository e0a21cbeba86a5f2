"""A witness of sealed logs (c2sp.org/tlog-witness): signs a log's checkpoint if it continues the one it signed before.

    pip install cryptography
    python witness.py --name witness.example --log NAME+ID+KEY [--log ...] [--port 8100]

Its key is made at the first start. Run it where nobody who can change the log has a say.
"""

import argparse
import base64
import hashlib
import json
import struct
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

MOST_BYTES = 65_536
Answer = tuple[int, str, str]


def sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def is_consistent(old: int, old_root: bytes, size: int, root: bytes, proof: list[bytes]) -> bool:
    """RFC 9162, section 2.1.4.2."""
    if old in (0, size):
        return not proof and (old == 0 or old_root == root)
    if old & (old - 1) == 0:
        proof = [old_root, *proof]
    at, last = old - 1, size - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    left = right = proof[0] if proof else b""
    for one in proof[1:]:
        if last == 0:
            return False
        if at & 1 or at == last:
            left, right = sha256(b"\x01" + one + left), sha256(b"\x01" + one + right)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            right = sha256(b"\x01" + right + one)
        at, last = at >> 1, last >> 1
    return (left, right, last) == (old_root, root, 0)


def is_signed(text: str, lines: list[str], verifier_key: str) -> bool:
    """Whether one of the signature lines is a valid one by the key (c2sp.org/signed-note)."""
    name, key_id, encoded = verifier_key.split("+", 2)
    for line in lines:
        _, signer, signature = line.split(" ")
        value = base64.b64decode(signature)
        if (signer, value[:4].hex()) == (name, key_id):
            try:
                Ed25519PublicKey.from_public_bytes(base64.b64decode(encoded)[1:]).verify(value[4:], text.encode())
            except InvalidSignature:
                continue
            return True
    return False


class Witness:
    """Remembers of each log the size and root that it signed last, in a file."""

    def __init__(self, name: str, key: Ed25519PrivateKey, logs: list[str], state: Path) -> None:
        self.name, self.key, self.logs, self.state = name, key, logs, state
        self.public = b"\x04" + key.public_key().public_bytes_raw()
        self.key_id = sha256(f"{name}\n".encode() + self.public)[:4]
        self.lock = threading.Lock()

    @property
    def verifier_key(self) -> str:
        return f"{self.name}+{self.key_id.hex()}+{base64.b64encode(self.public).decode()}"

    def add_checkpoint(self, body: str) -> Answer:
        """Status, content type and text of the answer."""
        head, _, note = body.partition("\n\n")
        text, _, signatures = note.rpartition("\n\n")
        (first, *proof), (origin, size_line, root_line, *_) = head.split("\n"), f"{text}\n".split("\n")
        old, size, root = int(first.removeprefix("old ")), int(size_line), base64.b64decode(root_line)
        keys = [key for key in self.logs if key.split("+")[0] == origin]
        if not keys:
            return 404, "text/plain", "this log is not known here\n"
        if not any(is_signed(f"{text}\n", signatures.splitlines(), key) for key in keys):
            return 403, "text/plain", "none of the log's keys signed this\n"
        if old > size:
            return 400, "text/plain", "the old size is the larger one\n"
        with self.lock:
            known = json.loads(self.state.read_text()) if self.state.exists() else {}
            last, last_root = known.get(origin, (0, ""))
            if old != last or (old == size and base64.b64decode(last_root) != root):
                return 409, "text/x.tlog.size", f"{last}\n"
            if not is_consistent(old, base64.b64decode(last_root), size, root, [*map(base64.b64decode, proof)]):
                return 422, "text/plain", "this is another history than the one that was signed here before\n"
            unfinished = self.state.with_suffix(".unfinished")
            unfinished.write_text(json.dumps({**known, origin: (size, root_line)}))
            unfinished.replace(self.state)
        at = time.time_ns() // 10**9
        value = self.key.sign(f"cosignature/v1\ntime {at}\n{text}\n".encode())
        line = base64.b64encode(self.key_id + struct.pack(">Q", at) + value).decode()
        return 200, "text/plain", f"— {self.name} {line}\n"


def handler(witness: Witness) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            try:
                body = self.rfile.read(min(length, MOST_BYTES)).decode()
                known = self.path.endswith("/add-checkpoint")
                status, kind, text = witness.add_checkpoint(body) if known else (404, "text/plain", "not here\n")
            except ValueError:
                status, kind, text = 400, "text/plain", "this is no request to add a checkpoint\n"
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(text.encode())))
            self.end_headers()
            self.wfile.write(text.encode())

    return Handler


def main() -> None:
    parser = argparse.ArgumentParser(description="Cosign checkpoints of sealed logs.")
    parser.add_argument("--name", required=True, help="of this witness, such as witness.example")
    parser.add_argument("--log", action="append", required=True, help="the public key of a log (pointsman audit keys)")
    parser.add_argument("--port", type=int, default=8100)
    parser.add_argument("--folder", type=Path, default=Path(), help="for the key and what was signed")
    given = parser.parse_args()
    path = given.folder / "witness.key"
    if not path.exists():
        path.touch(0o600)
        path.write_bytes(Ed25519PrivateKey.generate().private_bytes_raw())
    key = Ed25519PrivateKey.from_private_bytes(path.read_bytes())
    witness = Witness(given.name, key, given.log, given.folder / "witness.json")
    server = ThreadingHTTPServer(("127.0.0.1", given.port), handler(witness))
    print(f"POINTSMAN_WITNESSES='{witness.verifier_key} http://127.0.0.1:{server.server_port}'", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
