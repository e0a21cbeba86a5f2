"""The OpenAPI document, made when somebody first asks for it, as most workers are never asked."""

import threading
from collections.abc import Callable, Iterable
from typing import Any, Generic, TypeVar

from flask_smorest import Api

from api.http.blueprint import Blueprint, components
from api.records.problems import ProblemRecord
from engine.decide.order_record import Record

_T = TypeVar("_T")


def document_of(api: Api, blueprints: Iterable[Blueprint]) -> dict[str, Any]:
    """The document of blueprints that are registered with `api`. To be called once: what is described again stands
    there twice.
    """
    records: set[type[Record]] = {ProblemRecord}
    for blueprint in blueprints:
        blueprint.describe()
        records |= blueprint.records
    for name, schema in components(records).items():
        api.spec.components.schema(name, schema)
    return api.spec.to_dict()


class MadeOnce(Generic[_T]):
    """A value that the first call makes, in whichever thread. If that fails, so does each call: nothing is made anew
    from what was half made.
    """

    def __init__(self, make: Callable[[], _T]) -> None:
        self._make = make
        self._made: list[_T] = []
        self._error: Exception | None = None
        self._making = threading.Lock()

    def __call__(self) -> _T:
        with self._making:
            if self._error is None and not self._made:
                try:
                    self._made.append(self._make())
                except Exception as error:  # noqa: BLE001  # raised below, now and at each call to come
                    self._error = error
            if self._error is not None:
                raise RuntimeError("the description of the operations can't be made") from self._error
            return self._made[0]
