"""An address of a node as it is stored beside what it was printed on."""

from dataclasses import asdict
from typing import Self

from engine.decide.order_record import Record
from engine.model.postal_address import PostalAddress


class StoredAddressRecord(Record, frozen=True, kw_only=True, omit_defaults=True):
    """As `PostalAddress` has it."""

    name: str = ""
    company: str = ""
    lines: tuple[str, ...]
    postcode: str = ""
    town: str
    region: str = ""
    country: str
    phone: str = ""
    email: str = ""

    @classmethod
    def of(cls, address: PostalAddress) -> Self:
        return cls(**asdict(address))

    @property
    def address(self) -> PostalAddress:
        return PostalAddress(**{name: getattr(self, name) for name in self.__struct_fields__})
