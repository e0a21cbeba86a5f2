"""Labels as carriers send them: whole, and of which format, or nothing is said bought."""

import base64
import binascii

from engine.model.parcels import LabelFormat

_PNG = b"\x89PNG\r\n\x1a\n"
_PNG_END = b"IEND\xaeB`\x82"
"""The last chunk, which is empty, with its checksum."""

_PDF_TAIL = 1_024
"""Bytes at the end of a PDF that its last line may stand in, as readers of PDF take it (ISO 32000, appendix H)."""


def format_of(label: bytes) -> LabelFormat | None:
    """What the bytes are; None: no whole label of a known format."""
    ending = label.rstrip()
    if label.startswith(b"%PDF-") and b"%%EOF" in label[-_PDF_TAIL:]:
        return "pdf"
    if label.startswith(_PNG) and ending.endswith(_PNG_END):
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
