"""A property that is worked out when it is first asked for: functools.cached_property without the lock that it takes
before Python 3.12, which costs more than many a column of an order does. What has one belongs to one thread.
"""

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING or sys.version_info >= (3, 12):
    from functools import cached_property as made_once
else:

    class made_once:  # noqa: N801  # it is used as a decorator
        """See the module."""

        def __init__(self, make: Callable[[Any], Any]) -> None:
            self._make = make
            self.__doc__ = make.__doc__

        def __set_name__(self, _: type, name: str) -> None:
            self._name = name

        def __get__(self, its: Any, _: type | None = None) -> Any:
            if its is None:
                return self
            value = its.__dict__[self._name] = self._make(its)
            return value


__all__ = ["made_once"]
