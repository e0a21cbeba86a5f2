"""Which of the nodes of a SKU are told: large networks have thousands."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from marshmallow import post_load

from api.shapes.base import Strict
from api.shapes.fields import QueryNumber, Word
from api.shapes.limits import MOST_NODES


class _OfANode(Protocol):
    @property
    def node(self) -> str: ...


_Item = TypeVar("_Item", bound=_OfANode)


@dataclass(frozen=True, slots=True, kw_only=True)
class NodePage:
    """At most `limit` nodes whose ids follow `after`, or `node` alone; without any of these, all."""

    node: str | None = None
    after: str | None = None
    limit: int | None = None

    def of(self, items: Iterable[_Item]) -> tuple[list[_Item], str | None]:
        """Those of the page, by id, and the `after` of the page that follows; None if none does."""
        wanted = sorted(
            (item for item in items if self.node in (None, item.node) and item.node > (self.after or "")),
            key=lambda item: item.node,
        )
        page = wanted[: self.limit]
        return page, page[-1].node if len(wanted) > len(page) else None


WHOLE = NodePage()


class NodePageQuery(Strict):
    """Read as `page`."""

    node = Word(load_default=None, metadata={"description": "this node alone"})
    limit = QueryNumber(
        1, MOST_NODES, load_default=None, metadata={"description": "at most so many nodes; by default all"}
    )
    after = Word(load_default=None, metadata={"description": "`next` of the page before: nodes whose ids follow it"})

    @post_load
    def _page(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        paging = {name: data.pop(name) for name in ("node", "limit", "after")}
        return {**data, "page": NodePage(**paging)}
