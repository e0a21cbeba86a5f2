"""What a network says of returns: why goods come back, in which conditions they may be, and how long that may take."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

Words: TypeAlias = Mapping[str, str]
"""How people say it, by language: en and fr."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grade:
    """A condition in which a returned unit may be found, and whether one in it may be sold again as it is."""

    restock: bool
    words: Words = field(default_factory=dict)


def _words(en: str, fr: str) -> Words:
    return {"en": en, "fr": fr}


REASONS: Mapping[str, Words] = {
    "changed_mind": _words("changed their mind", "a changé d'avis"),
    "wrong_size": _words("wrong size", "mauvaise taille"),
    "not_as_described": _words("not as described", "pas conforme à la description"),
    "wrong_article": _words("wrong article sent", "mauvais article envoyé"),
    "damaged": _words("arrived damaged", "arrivé abîmé"),
    "defective": _words("does not work", "ne fonctionne pas"),
    "late": _words("arrived too late", "arrivé trop tard"),
    "other": _words("other", "autre"),
}
GRADES: Mapping[str, Grade] = {
    "as_new": Grade(restock=True, words=_words("as new", "comme neuf")),
    "opened": Grade(restock=False, words=_words("opened", "ouvert")),
    "worn": Grade(restock=False, words=_words("worn", "porté")),
    "damaged": Grade(restock=False, words=_words("damaged", "abîmé")),
    "defective": Grade(restock=False, words=_words("defective", "défectueux")),
}
WINDOW_DAYS = 30
EXPIRES_DAYS = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnTerms:
    """`reasons` and `grades` by the word that requests and rules use. Goods may come back for `window` days after they
    were delivered; a return that was authorised is waited for `expires` days.
    """

    reasons: Mapping[str, Words] = field(default_factory=lambda: REASONS)
    grades: Mapping[str, Grade] = field(default_factory=lambda: GRADES)
    window: int = WINDOW_DAYS
    expires: int = EXPIRES_DAYS
