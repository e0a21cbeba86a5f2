"""The wording of problem files of connectors, in a reader's language."""

from functools import partial

from api.connectors.running.wording import ENGLISH_WORDING, Wording
from api.language.catalogue import texts_of
from api.language.messages import message_book
from rules.wording.catalogue import ENGLISH


def connector_wording(language: str) -> Wording:
    if language == ENGLISH:
        return ENGLISH_WORDING
    signs = texts_of(language).number_signs
    return Wording(
        language=language,
        message=message_book(language).translate,
        number=partial(_number, signs),
    )


def _number(signs: dict[int, str], number: str) -> str:
    return number.translate(signs)
