"""Weights of parcels as they are typed."""

from engine.errors import InputInvalid, Mistake
from rules.errors import LiteralInvalid
from rules.syntax import literals


def grams(word: str) -> int:
    """Of --weight; raises InputInvalid."""
    try:
        return literals.weight(word)
    except LiteralInvalid as error:
        raise InputInvalid([Mistake(field="--weight", message=str(error))]) from None
