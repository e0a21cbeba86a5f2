"""What papers of parcels are answered as: PDF, ZPL or, where its carrier sold a label so, an image."""

from collections.abc import Mapping
from typing import Any

from engine.fulfilment.parcels.printed import CONTENT_TYPES
from engine.model.parcels import LabelFormat

_EXAMPLES: Mapping[LabelFormat, tuple[str, str]] = {
    "pdf": ("A page of 4 by 6 inches, or of A4", "%PDF-1.4 ... %%EOF"),
    "zpl": ("A label of 812 by 1,219 dots", "^XA^CI28^PW812^LL1219^FO32,24^A0N,24^FH^FDMaison Exemple^FS^XZ"),
    "png": ("A label that a carrier sold as an image", "PNG ... IEND"),
}
_LABEL: tuple[LabelFormat, ...] = ("pdf", "zpl", "png")
_SHEET: tuple[LabelFormat, ...] = ("pdf",)
PAPERS: Mapping[str, tuple[LabelFormat, ...]] = {
    "parcels_label": _LABEL,
    "parcels_note": _SHEET,
    "manifests_page": _SHEET,
    "return_labels_show": _LABEL,
}
"""By operation id."""
_HEADERS = {
    "Content-Disposition": {
        "description": "`inline`, with a name for a file of it",
        "schema": {"type": "string"},
        "example": 'inline; filename="label-334567890000000427.pdf"',
    },
    "Cache-Control": {"description": "Papers have addresses of people: `no-store`", "schema": {"type": "string"}},
}


def describe_paper(operation: dict[str, Any]) -> None:
    """Say what the operation answers, if that is a paper."""
    kinds = PAPERS.get(operation["operationId"])
    if kinds is None:
        return
    response = operation["responses"]["200"]
    response["content"] = {CONTENT_TYPES[kind]: _content(kind) for kind in kinds}
    response["headers"] = {**response.get("headers", {}), **_HEADERS}


def _content(kind: LabelFormat) -> dict[str, Any]:
    summary, value = _EXAMPLES[kind]
    schema = {"type": "string"} if kind == "zpl" else {"type": "string", "format": "binary"}
    return {"schema": schema, "examples": {kind: {"summary": summary, "value": value}}}
