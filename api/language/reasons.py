"""The reasons for which units stay unfilled, in the current language."""

from api.language.current import sentence_language
from engine.decide.reasons import REASON_CODES, reason_texts


def reason_text(code: str) -> str:
    """What a reason code says; the code itself if there is none of that name."""
    return reason_texts(code)[sentence_language()] if code in REASON_CODES else code
