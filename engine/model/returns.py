"""What a network says of returns: why goods come back, in which conditions they may be, and how long that may take."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

Words: TypeAlias = Mapping[str, str]
"""How people say it, by language."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grade:
    """A condition in which a returned unit may be found, and whether one in it may be sold again as it is."""

    restock: bool
    words: Words = field(default_factory=dict)


REASONS: Mapping[str, Words] = {
    "changed_mind": {},
    "wrong_size": {},
    "not_as_described": {},
    "wrong_article": {},
    "damaged": {},
    "defective": {},
    "late": {},
    "other": {},
}
GRADES: Mapping[str, Grade] = {
    "as_new": Grade(restock=True),
    "opened": Grade(restock=False),
    "worn": Grade(restock=False),
    "damaged": Grade(restock=False),
    "defective": Grade(restock=False),
}
"""These and the usual reasons are said in the words of the program's own catalogues."""
WINDOW_DAYS = 30
EXPIRES_DAYS = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnTerms:
    """`reasons` and `grades` by the word that requests and rules use. Goods may come back for `window` days after they
    were delivered; a return that was authorised is waited for `expires` days. `carrier` is the one of the network's
    carriers that brings them back, and `carrier_product` its own name of the service, if it sells labels; without one,
    customers send goods back as they like.
    """

    reasons: Mapping[str, Words] = field(default_factory=lambda: REASONS)
    grades: Mapping[str, Grade] = field(default_factory=lambda: GRADES)
    window: int = WINDOW_DAYS
    expires: int = EXPIRES_DAYS
    carrier: str = ""
    carrier_product: str = ""
