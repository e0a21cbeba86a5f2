"""How papers are asked for: as what, and in which language."""

from marshmallow import fields, validate

from rules.wording.catalogue import available_languages

FORMATS = ("pdf", "zpl")


def paper_format_field() -> fields.String:
    return fields.String(
        load_default="pdf", validate=validate.OneOf(FORMATS), metadata={"description": "ZPL is for label printers"}
    )


def paper_language_field(otherwise: str) -> fields.String:
    """`otherwise` says in which language it is without."""
    return fields.String(
        load_default=None, validate=validate.OneOf(available_languages()), metadata={"description": otherwise}
    )
