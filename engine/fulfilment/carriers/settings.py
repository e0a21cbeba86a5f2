"""The keys of carriers, read from environment variables: they stand in no file, and are shown to nobody."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

_PREFIX = "POINTSMAN_CARRIER_"


@dataclass(frozen=True, slots=True, kw_only=True)
class CarrierKeys:
    """Of one carrier. `secret` is the second half of keys that have two; `webhook_secret` is what its calls are signed
    with. Empty: not set.
    """

    key: str = field(default="", repr=False)
    secret: str = field(default="", repr=False)
    webhook_secret: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class CarrierSettings:
    """`variables` are POINTSMAN_CARRIER_<ID>_KEY, _SECRET and _WEBHOOK_SECRET, with the carrier's id in capitals and
    hyphens as underscores.
    """

    variables: Mapping[str, str] = field(default_factory=dict, repr=False)

    @classmethod
    def from_environment(cls, variables: Mapping[str, str]) -> Self:
        """Of the variables that are set and not empty."""
        return cls(variables={name: value for name, value in variables.items() if name.startswith(_PREFIX)})

    def keys_of(self, carrier: str) -> CarrierKeys:
        secret = self._value(carrier, "SECRET")
        return CarrierKeys(
            key=self._value(carrier, "KEY"),
            secret=secret,
            webhook_secret=self._value(carrier, "WEBHOOK_SECRET") or secret,
        )

    def _value(self, carrier: str, word: str) -> str:
        return self.variables.get(setting_name(carrier, word), "")


EVERYDAY_CARRIERS = CarrierSettings()


def setting_name(carrier: str, word: str) -> str:
    """The variable of a carrier that ends in `word`: KEY, SECRET or WEBHOOK_SECRET."""
    return f"{_PREFIX}{carrier.upper().replace('-', '_')}_{word}"
