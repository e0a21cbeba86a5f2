"""Which products and nodes are listed, and how a page of products says where it ends."""

from dataclasses import dataclass
from typing import Any, Final

from marshmallow import ValidationError, fields, post_load, validate

from api.shapes.base import Strict
from api.shapes.fields import Flag, QueryNumber, Word
from api.shapes.limits import MOST_LISTED_NODES, MOST_PRODUCTS
from engine.model.facts import Node
from engine.store.network.product_words import OF_A_SKU, OF_A_WORD, SEPARATOR, folded, sku_of
from rules.vocabulary import NODE_TYPES

_LONGEST_SEARCH: Final = 200


def products_cursor(entry: str | None) -> str | None:
    """The text that ProductsCursor reads; None: there is no further page."""
    if entry is None:
        return None
    if entry.startswith(OF_A_SKU):
        return f"{OF_A_SKU}:{sku_of(entry)}"
    return entry.replace(OF_A_WORD, f"{OF_A_WORD}:", 1).replace(SEPARATOR, ":", 1)


class ProductsCursor(fields.String):
    """An entry of the index of products: by an SKU, `s:TXT-0059`, or by a word, `w:shirt:TXT-0059`."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> Any:
        kind, _, rest = value.partition(":") if isinstance(value, str) else ("", "", "")
        if kind == OF_A_SKU and rest:
            return f"{OF_A_SKU}{folded(rest)}{SEPARATOR}{rest}"
        word, _, sku = rest.partition(":")
        if kind == OF_A_WORD and word and sku:
            return f"{OF_A_WORD}{word}{SEPARATOR}{sku}"
        raise ValidationError("this is no 'next' of a page before")


class ProductsQuery(Strict):
    search = fields.String(
        load_default=None,
        validate=validate.Length(max=_LONGEST_SEARCH),
        metadata={"description": "how their SKU begins, or words of their name; capitals and accents don't count"},
    )
    limit = QueryNumber(1, MOST_PRODUCTS, load_default=100)
    after = ProductsCursor(load_default=None, metadata={"description": "`next` of the page before"})


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeFilter:
    """Which nodes are listed: those with each of these, where it is not None. An id begins as `search` says."""

    search: str | None
    type: str | None
    tag: str | None
    country: str | None
    region: str | None
    group: str | None
    service: str | None
    resting: bool | None

    def passes(self, node: Node, *, rests: bool) -> bool:
        return (
            all(
                wanted in (None, has)
                for wanted, has in (
                    (self.type, node.type),
                    (self.country, node.country),
                    (self.region, node.region),
                    (self.group, node.group),
                    (self.resting, rests),
                )
            )
            and (self.tag is None or self.tag in node.tags)
            and (self.service is None or self.service in node.services)
            and (self.search is None or folded(node.id).startswith(folded(self.search)))
        )


class NodesQuery(Strict):
    """Nodes with all that is asked for; read as `filtered`."""

    search = Word(load_default=None, metadata={"description": "how their id begins; capitals and accents don't count"})
    type = fields.String(load_default=None, validate=validate.OneOf(NODE_TYPES), metadata={"description": "what it is"})
    tag = Word(load_default=None, metadata={"description": "one of its tags"})
    country = Word(load_default=None, metadata={"description": "as ISO 3166-1 has it, such as FR"})
    region = Word(load_default=None, metadata={"description": "as the network names it"})
    group = Word(load_default=None, metadata={"description": "as the network names it"})
    service = Word(load_default=None, metadata={"description": "that it ships by"})
    resting = Flag(load_default=None, metadata={"description": "whether it rests after a rejection"})
    limit = QueryNumber(1, MOST_LISTED_NODES, load_default=100)
    after = Word(load_default=None, metadata={"description": "`next` of the page before: nodes whose ids follow it"})

    @post_load
    def _filter(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        page = {name: data.pop(name) for name in ("limit", "after")}
        return {"filtered": NodeFilter(**data), **page}
