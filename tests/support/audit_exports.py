"""Exports of sealed logs, made without a store, as somebody who has a key could forge them."""

import base64
import hashlib

import orjson

from engine.audit.export import FORMAT, signed_text
from engine.audit.sealing.checkpoint import Checkpoint
from engine.audit.sealing.leaf import leaf_of_canonical, parse_id
from engine.audit.sealing.signing import signed, verifier_key
from engine.audit.sealing.tiles import Edge


def forge(path, forms, keys, origin="shop/main/1", witnesses=()):
    """Write an export of entries in their canonical form, sealed and signed by these keys; returns the checkpoint."""
    leaves = [leaf_of_canonical(parse_id(orjson.loads(form)["id"]), form) for form in forms]
    edge = Edge()
    edge.add(leaves)
    checkpoint = Checkpoint(origin=origin, size=edge.size, root=edge.head)
    note = str(signed(checkpoint.text, keys, name=origin)) + "".join(witness(checkpoint.text) for witness in witnesses)
    header = {
        "format": FORMAT,
        "log": origin,
        "network": "main",
        "release": "1",
        "exported_at": 1,
        "by": "eve",
        "size": edge.size,
        "archived": 0,
        "checkpoint": note,
        "keys": [str(verifier_key(key, name=origin)) for key in keys],
    }
    data = b"".join(leaf.data for leaf in leaves)
    lines = [orjson.dumps(header), orjson.dumps({"first": 0, "leaves": base64.b64encode(data).decode()}), *forms]
    write_signed(path, lines, keys, origin)
    return note


def write_signed(path, lines, keys, origin):
    """Write lines, and behind them the signature of them all."""
    text = b"".join(line + b"\n" for line in lines)
    trailer = str(signed(signed_text(hashlib.sha256(text).digest()), keys, name=origin))
    path.write_bytes(text + orjson.dumps({"signed": trailer}) + b"\n")
