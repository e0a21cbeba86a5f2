"""In which language an answer is said, as a query asks for it."""

from marshmallow import fields, validate

from rules.wording.catalogue import available_languages


def language_field(words: str) -> fields.String:
    """That of `words` of the answer, as its description says them."""
    return fields.String(
        load_default=None,
        validate=validate.OneOf(available_languages()),
        metadata={"description": f"of the {words}; if it is left out, Accept-Language says it, and else it is English"},
    )
