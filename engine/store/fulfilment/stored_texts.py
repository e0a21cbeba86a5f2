"""What stands on papers and comes from the network, as it is stored with packings and manifests."""

import datetime
from typing import Self

import msgspec

from engine.decide.order_record import Record
from engine.model.paper_texts import ArticleText, ManifestTexts, PaperTexts
from engine.store.fulfilment.stored_address import StoredAddressRecord


class StoredPaperTexts(Record, frozen=True, kw_only=True, omit_defaults=True):
    """As `PaperTexts` has it. `articles` are, by SKU, name, decimals and unit (empty: none)."""

    sender: StoredAddressRecord
    zone: str
    goal: StoredAddressRecord | None = None
    until: datetime.date
    articles: dict[str, tuple[str, int, str]] = msgspec.field(default_factory=dict)
    carrier: str = ""
    service: str = ""

    @classmethod
    def of(cls, texts: PaperTexts) -> Self:
        return cls(
            sender=StoredAddressRecord.of(texts.sender),
            zone=texts.zone,
            goal=None if texts.goal is None else StoredAddressRecord.of(texts.goal),
            until=texts.back_until,
            articles={sku: (text.name, text.decimals, text.unit or "") for sku, text in sorted(texts.articles.items())},
            carrier=texts.carrier,
            service=texts.service,
        )

    @property
    def texts(self) -> PaperTexts:
        return PaperTexts(
            sender=self.sender.address,
            zone=self.zone,
            goal=None if self.goal is None else self.goal.address,
            back_until=self.until,
            articles={
                sku: ArticleText(name, decimals, unit or None) for sku, (name, decimals, unit) in self.articles.items()
            },
            carrier=self.carrier,
            service=self.service,
        )


class StoredManifestTexts(Record, frozen=True, omit_defaults=True):
    """As `ManifestTexts` has it."""

    sender: StoredAddressRecord
    zone: str
    carrier: str = ""

    @classmethod
    def of(cls, texts: ManifestTexts) -> Self:
        return cls(sender=StoredAddressRecord.of(texts.sender), zone=texts.zone, carrier=texts.carrier)

    @property
    def texts(self) -> ManifestTexts:
        return ManifestTexts(sender=self.sender.address, zone=self.zone, carrier=self.carrier)
