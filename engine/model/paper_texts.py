"""What stands on papers and comes from the network: kept when a shipment is packed, so that a reprint is the same paper
whatever is loaded later.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from engine.model.postal_address import PostalAddress


class ArticleText(NamedTuple):
    """What an article was called then, and how its units are written (see `Product`)."""

    name: str
    decimals: int
    unit: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperTexts:
    """The address of the node that packs, and its time zone; that of the place where it is collected, if it is; the day
    until which articles may go back; the articles of the order, by SKU; and what the carrier and the service are
    called, empty where a release packed it that did not keep it.
    """

    sender: PostalAddress
    zone: str
    goal: PostalAddress | None
    back_until: date
    articles: Mapping[str, ArticleText]
    carrier: str = ""
    service: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ManifestTexts:
    """The address of the node that hands over, and its time zone; and what the carrier is called, as `PaperTexts`."""

    sender: PostalAddress
    zone: str
    carrier: str = ""
