"""How many requests are taken in a time, as settings write it."""

import re
from dataclasses import dataclass
from typing import Self

from engine.errors import BadSetting

_WRITTEN = re.compile(r"([1-9][0-9]{0,8})/(second|minute|hour)", re.ASCII)
_PERIODS = {"second": 1, "minute": 60, "hour": 60 * 60}


@dataclass(frozen=True, slots=True, kw_only=True)
class RateLimit:
    """At most so many requests in so many seconds."""

    requests: int
    seconds: int

    @classmethod
    def of_setting(cls, name: str, value: str) -> Self:
        """As it is written, such as `600/minute`. Raises BadSetting."""
        rate = _WRITTEN.fullmatch(value)
        if rate is None:
            raise BadSetting(
                name=name, value=value, allowed="a number of requests a second, minute or hour: 600/minute"
            )
        return cls(requests=int(rate[1]), seconds=_PERIODS[rate[2]])
