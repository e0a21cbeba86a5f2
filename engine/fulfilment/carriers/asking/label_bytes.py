"""Labels as carriers send them: whole, and of which format, or nothing is said bought."""

import base64
import binascii

from engine.model.parcels import LabelFormat

_PNG = b"\x89PNG\r\n\x1a\n"


def format_of(label: bytes) -> LabelFormat | None:
    """What the bytes are; None: no whole label of a known format."""
    ending = label.rstrip()
    if label.startswith(b"%PDF-") and ending.endswith(b"%%EOF"):
        return "pdf"
    if label.startswith(_PNG) and b"IEND" in label[-12:]:
        return "png"
    if b"^XA" in label and ending.endswith(b"^XZ"):
        return "zpl"
    return None


def decoded(text: str) -> bytes:
    """Of base64; no bytes, if it is none."""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""
