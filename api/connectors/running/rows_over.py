"""How many rows of the message that is being read are over, as the place of its connector says it."""

from collections.abc import Mapping
from typing import Self

import msgspec

_ROWS, _BAD, _TAKEN = "rows", "bad", "taken"
OF_NO_MESSAGE: Mapping[str, str] = {_ROWS: "", _BAD: "", _TAKEN: ""}
"""The fields of the place once the message is over."""


class RowsOver(msgspec.Struct, frozen=True, kw_only=True):
    """So many are over, of which so many are bad and so many stand, taken over now or before."""

    rows: int = 0
    bad: int = 0
    taken: int = 0

    @classmethod
    def of_place(cls, fields: Mapping[str, str]) -> Self:
        return cls(**{name: int(fields.get(name, "0")) for name in (_ROWS, _BAD, _TAKEN)})

    @property
    def fields(self) -> dict[str, str]:
        return {_ROWS: str(self.rows), _BAD: str(self.bad), _TAKEN: str(self.taken)}
