"""Checks policies against the network they decide for: the attributes they compare, their currency, their words.

What has no meaning in the network is an error. A word that the network does not have may be there tomorrow, so it is a
warning.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from engine.model.facts import Network
from rules.conditions import PAIRED, Compare, Operator, comparisons, glob
from rules.errors import Finding
from rules.gate import GATE, Gate
from rules.policy import PolicySet
from rules.policy_documents import read_document
from rules.syntax import literals
from rules.syntax.close_words import closest, same_but_for_spelling
from rules.syntax.effect_parser import RANGES
from rules.syntax.references import Reference, references
from rules.vocabulary import VOCABULARY, Fact, Kind, is_attribute

_MONEY_EFFECTS = frozenset(name for name, amount in RANGES.items() if amount.kind is Kind.MONEY)
_COMPARED = frozenset({Operator.EQUALS, Operator.HAS, Operator.HAS_ANY, Operator.HAS_ALL})
CHANNEL_SUBJECTS = ("order.channel", "protect.channel", "allocate.channel", "cap.channel")
SKU_FACTS = ("product.sku", "line.sku", "as_sku")
_UNKNOWN_WORD = {
    **dict.fromkeys(CHANNEL_SUBJECTS, "no channel goes by the name"),
    **dict.fromkeys(SKU_FACTS, "no product has the SKU"),
    "return.reason": "the network has no reason of returns",
    "return.grade": "the network has no grade of returned units",
    "return.node": "no node goes by the id",
    "order.segment": "the network lists no customer segment",
    "order.tags": "the network lists no order tag",
    "order.region": "no order goes to the region",
    "node.id": "no node goes by the id",
    "node.type": "no node is of the type",
    "node.country": "no node lies in the country",
    "node.region": "no node lies in the region",
    "node.tags": "no node is tagged",
    "service.id": "no service goes by the id",
    "service.mode": "no service goes by",
    "service.carrier": "no service has the carrier",
    "product.category": "no product is of the category",
    "product.brand": "no product is of the brand",
    "product.season": "no product is of the season",
    "product.tags": "no product is tagged",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    errors: tuple[Finding, ...] = ()
    warnings: tuple[Finding, ...] = ()


def fit(policies: PolicySet, network: Network, product_words: Mapping[str, Collection[str]]) -> Fit:
    """What does not fit. `product_words` are the words of the network's products, by fact; facts not in it aren't
    checked. SKUs are there as `product.sku`.
    """
    mentions = _mentions_in(policies)
    network_words = words_of(network, product_words)
    return Fit(
        errors=tuple(
            sorted(
                [
                    *_attributes(policies, network, mentions),
                    *_currencies(mentions, network.currency),
                    *_gate_currencies(policies.gate, network.currency),
                ]
            )
        ),
        warnings=tuple(sorted(_strange_words(mentions, network_words))),
    )


def mentions_skus(policies: PolicySet) -> bool:
    """Whether any condition compares SKUs, which are many, and so need not be read otherwise."""
    return any(mention.subject in SKU_FACTS for mention in _mentions_in(policies))


def _mentions_in(policies: PolicySet) -> list[Reference]:
    return [
        mention for name, text in sorted(policies.texts.items()) for mention in references(read_document(name, text))
    ]


def words_of(network: Network, product_words: Mapping[str, Collection[str]]) -> dict[str, Collection[str]]:
    """The words of the network and of its products, by the fact or effect that names them."""
    words = _words_of(network) | dict(product_words)
    if "product.sku" in words:
        words |= dict.fromkeys(SKU_FACTS, words["product.sku"])
    return words


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribute:
    """An extra attribute that a network declares: of which kind it is and, of places, the words that it has there."""

    kind: Kind
    words: Collection[str] = ()


def attributes_of(network: Network) -> dict[str, Attribute]:
    """By the path of their fact, as product.attributes.hazmat."""
    return {
        path: Attribute(kind=kind, words=_attribute_words(network, path)) for path, kind in network.attributes.items()
    }


def _attribute_words(network: Network, path: str) -> set[str]:
    group, _, name = path.partition(".attributes.")
    values = [node.attributes.get(name) for node in network.nodes.values()] if group == "node" else []
    words = {value for value in values if isinstance(value, str)}
    return words.union(*(value for value in values if isinstance(value, frozenset)))


def _words_of(network: Network) -> dict[str, Collection[str]]:
    nodes, services = network.nodes.values(), network.services.values()
    words: dict[str, Collection[str]] = {
        "node.id": network.nodes.keys(),
        "return.node": network.nodes.keys(),
        "return.reason": network.returns.reasons.keys(),
        "return.grade": network.returns.grades.keys(),
        "node.type": {node.type for node in nodes},
        "node.country": {node.country for node in nodes},
        "node.region": {node.region for node in nodes if node.region},
        "node.tags": {tag for node in nodes for tag in node.tags},
        "service.id": network.services.keys(),
        "service.mode": {service.mode for service in services},
        "service.carrier": {service.carrier for service in services if service.carrier},
        **network.order_words,
    }
    if network.channels:  # without a list, any channel may be meant
        words |= dict.fromkeys(CHANNEL_SUBJECTS, network.channels)
    return words


def _strange_words(mentions: list[Reference], network_words: Mapping[str, Collection[str]]) -> Iterator[Finding]:
    for mention in mentions:
        words = network_words.get(mention.subject)
        if words is None:
            yield from _other_spelling(mention, network_words)
        elif _is_strange(mention, words):
            is_glob = mention.operator is Operator.MATCHES
            phrase = "the network has nothing like" if is_glob else _UNKNOWN_WORD[mention.subject]
            hint = f"; write {{matches: '{mention.text}'}}" if not is_glob and _begins_some(mention.text, words) else ""
            meant = "" if is_glob or hint else closest(mention.text, words)
            yield mention.finding("unknown-to-network", f"{mention.subject}: {phrase} '{mention.text}'{hint}", meant)


def _other_spelling(mention: Reference, network_words: Mapping[str, Collection[str]]) -> Iterator[Finding]:
    """If the network lists no regions of orders, any may be meant; but none that is a place's, spelt otherwise."""
    if mention.subject == "order.region" and mention.operator in _COMPARED:
        regions = network_words["node.region"]
        meant = same_but_for_spelling(mention.text, regions)
        if meant and mention.text not in regions:
            message = f"order.region: places of the network spell the region '{mention.text}' otherwise"
            yield mention.finding("unknown-to-network", message, meant)


def _begins_some(text: str, words: Collection[str]) -> bool:
    """Whether the text is a glob that some word matches, written where words are compared whole."""
    return "*" in text and any(glob(text).fullmatch(word) for word in words)


def _is_strange(mention: Reference, words: Collection[str]) -> bool:
    if mention.operator is Operator.MATCHES:
        return not any(glob(mention.text).fullmatch(word) for word in words)
    return mention.operator in _COMPARED and mention.text not in words


def _currencies(mentions: list[Reference], currency: str) -> Iterator[Finding]:
    for mention in mentions:
        fact = VOCABULARY.get(mention.subject)
        is_money = mention.subject in _MONEY_EFFECTS or (fact is not None and fact.kind is Kind.MONEY)
        if is_money and mention.operator not in (Operator.KNOWN, *PAIRED):
            written = literals.currency(mention.text)
            if written not in ("", currency):
                message = f"'{mention.text}' is in {written}, the network counts in {currency}"
                yield mention.finding("other-currency", message)


def _gate_currencies(gate: Gate | None, currency: str) -> Iterator[Finding]:
    for bound in gate.bounds if gate else ():
        if bound.currency not in ("", currency):
            message = f"'{bound.text}' is in {bound.currency}, the network counts in {currency}"
            yield read_document(GATE, gate.text if gate else "").finding(
                (bound.figure, "at_most"), "other-currency", message
            )


def _attributes(policies: PolicySet, network: Network, mentions: list[Reference]) -> Iterator[Finding]:
    """Rules that compare an extra attribute that the network does not declare, or declares as another kind; the finding
    is where the rule, or else a term, first mentions the attribute.
    """
    for rule in policies.rules.values():
        compared = list(comparisons(rule.condition))
        mistakes = {fact: _attribute_mistake(fact, network.attributes) for item in compared for fact in item.facts}
        for item in compared:
            if not any(mistakes[fact] for fact in item.facts):
                mistakes[item.fact] = _pair_mistake(item, network.attributes)
        for fact, mistake in mistakes.items():
            if mistake:
                places = [mention for mention in mentions if _mentions(mention, fact.path)]
                place = next((mention for mention in places if _is_in_rule(mention, rule.id)), places[0])
                yield place.finding("wrong-attribute", f"{rule.id}: {fact.path}: {mistake}")


def _mentions(mention: Reference, path: str) -> bool:
    """Whether the fact at `path` is compared here, or another with it."""
    return path == mention.subject or (mention.operator in PAIRED and path == mention.text)


def _pair_mistake(compared: Compare, attributes: Mapping[str, Kind]) -> str:
    """What is wrong with comparing two extra attributes of the network; empty if nothing is."""
    kinds = [attributes.get(fact.path) for fact in compared.facts]
    if compared.other is None or None in kinds or kinds[0] is kinds[1]:
        return ""
    declared = " and ".join(kind.value for kind in kinds if kind)
    return f"the network declares it and {compared.other.path} as {declared}, which are never the same"


def _is_in_rule(mention: Reference, rule: str) -> bool:
    root = mention.document.root
    if mention.path[0] != "rules" or not isinstance(root, dict):
        return False
    rules = root["rules"]
    raw = rules[int(mention.path[1])] if isinstance(rules, list) else None
    return isinstance(raw, dict) and f"{root['policy']}/{raw['id']}" == rule


def _attribute_mistake(fact: Fact, attributes: Mapping[str, Kind]) -> str:
    """What is wrong with comparing the extra attribute as the rule does; empty if nothing is."""
    if not is_attribute(fact.path):
        return ""
    declared = attributes.get(fact.path)
    if declared is None:
        meant = closest(fact.path, attributes)
        hint = f"; did you mean '{meant}'?" if meant else ""
        return f"the network declares no such attribute{hint}"
    if fact.kind not in (declared, Kind.ANY):
        return f"the network declares it as {declared.value}, the rule compares it as {fact.kind.value}"
    return ""
