"""Policies checked against the network they decide for: currency, attributes, and words it does not have."""

from pathlib import Path

import pytest

from engine.decide.network_fit import Fit, fit
from engine.store.network.serialization import product_values_record
from rules.loader import load_policies
from rules.policy_documents import is_policy_file
from rules.vocabulary import Kind
from tests.support.facts import network, node, policy_file, product, service
from tests.support.hexagone import hexagone

WORDS = product_values_record([product(category="shoes", brand="Acme", season="winter", tags=frozenset({"fragile"}))])
NODES = [
    node("lyon", region="Rhône", tags=frozenset({"outlet"})),
    node("lille", type="store", attributes={"franchise": True}),
]
NETWORK = network(
    NODES,
    [service("parcel"), service("courier", mode="van")],
    channels=frozenset({"web", "app"}),
    attributes={"node.attributes.franchise": Kind.FLAG},
)


def fitted(*rules: str, against=NETWORK, words=WORDS) -> Fit:
    return fit(load_policies(policy_file(*rules)), against, words)


@pytest.mark.parametrize(
    ("rule", "column", "message"),
    [
        ("then: {prefer: 4.00 USD}", 49, "'4.00 USD' is in USD, the network counts in EUR"),
        ("when: {order.value: {at_least: 5 GBP}}, then: {tier: 1}", 63, "'5 GBP' is in GBP, the network counts in EUR"),
        ("when: {line.value: {between: [1 EUR, 2 CHF]}}, then: {tier: 1}", 79, "'2 CHF' is in CHF, "),
        ("when: {none: [{route.cost: {not: {more_than: 9 SEK}}}]}, then: {tier: 1}", 77, "'9 SEK' is in SEK, "),
    ],
)
def test_an_amount_in_another_currency_is_an_error_where_it_stands(rule, column, message):
    (finding,) = fitted(rule).errors
    assert (finding.file, finding.line, finding.code) == ("test.yaml", 3, "other-currency")
    assert finding.message.startswith(message)
    text = policy_file(rule)["test.yaml"].decode().splitlines()[2]
    assert text[finding.column - 1 :].startswith(("prefer", "at_least", "2 CHF", "more_than"))


@pytest.mark.parametrize(
    "rule",
    [
        "then: {prefer: 4.00 EUR}",
        "then: {prefer: 4.00, split_penalty: 3}",
        'when: {product.brand: "4.00 USD"}, then: {tier: 1}',
        "when: {order.value: {known: true}}, then: {tier: 1}",
        "when: {product.weight: {more_than: 5 kg}}, then: {tier: 1}",
    ],
)
def test_what_is_no_amount_of_another_currency_is_no_error(rule):
    assert fitted(rule).errors == ()


def test_the_currency_of_a_term_is_looked_at_once():
    file = b"policy: p\nterms:\n  dear: {order.value: {more_than: 9 USD}}\nrules:\n"
    file += b"".join(b"  - {id: r%d, because: x, when: {is: dear}, then: {tier: 1}}\n" % number for number in (1, 2))
    (finding,) = fit(load_policies({"p.yaml": file}), NETWORK, WORDS).errors
    assert (finding.line, finding.column) == (3, 24)


def test_an_attribute_that_the_network_does_not_declare_so_is_an_error_where_it_is_mentioned():
    result = fitted(
        "when: {node.attributes.franchise: true}, then: {tier: 1}",
        "when: {node.attributes.franchize: true}, then: {tier: 1}",
        "when: {node.attributes.franchise: {at_least: 3}}, then: {tier: 1}",
    )
    assert [(item.line, item.code) for item in result.errors] == [(4, "wrong-attribute"), (5, "wrong-attribute")]
    assert "did you mean 'node.attributes.franchise'?" in result.errors[0].message
    assert "declares it as true or false" in result.errors[1].message


@pytest.mark.parametrize(
    ("rule", "meant"),
    [
        ("when: {order.channel: weeb}, then: {priority: 1}", "web"),
        ("when: {order.channel: {not: [web, ap]}}, then: {priority: 1}", "app"),
        ("then: {protect: {channel: store, units: 1}}", ""),
        ("then: {allocate: {channel: wep, units: 1, per: day}}", "web"),
        ("then: {cap: {channel: ap, units: 1}}", "app"),
        ("then: {protect: [{channel: web, units: 1}, {channel: wep, share: 1%}]}", "web"),
        ("when: {node.id: lile}, then: {tier: 1}", "lille"),
        ("when: {node.type: distributor}, then: {tier: 1}", ""),
        ("when: {node.region: Rhone}, then: {tier: 1}", "Rhône"),
        ("when: {node.tags: {has: outlett}}, then: {tier: 1}", "outlet"),
        ("when: {node.tags: {has_any: [outlet, outlets]}}, then: {tier: 1}", "outlet"),
        ("when: {return.reason: wrong_sizes}, then: {disposition: restock}", "wrong_size"),
        ("when: {return.grade: as_newer}, then: {disposition: restock}", "as_new"),
        ("when: {return.node: lile}, then: {disposition: restock}", "lille"),
        ("when: {service.id: [parcel, currier]}, then: {tier: 1}", "courier"),
        ("when: {service.mode: air}, then: {tier: 1}", ""),
        ("when: {product.category: shoe}, then: {tier: 1}", "shoes"),
        ("when: {product.brand: acme}, then: {tier: 1}", "Acme"),
        ("when: {product.season: winters}, then: {tier: 1}", "winter"),
        ("when: {product.tags: {has_all: [fragil]}}, then: {tier: 1}", "fragile"),
        ('when: {node.id: {matches: "par*"}}, then: {tier: 1}', ""),
    ],
)
def test_a_word_that_the_network_does_not_know_is_a_warning_with_the_one_that_may_be_meant(rule, meant):
    result = fitted(rule)
    (warning,) = result.warnings
    assert (result.errors, warning.code, warning.line, warning.meant) == ((), "unknown-to-network", 3, meant)


@pytest.mark.parametrize(
    "rule",
    [
        "when: {order.channel: [web, app], node.id: lyon, node.type: store, node.tags: {has: outlet}}, then: {tier: 1}",
        "when: {order.segment: anything, order.tags: {has: anything}, order.country: XX}, then: {priority: 1}",
        'when: {node.id: {matches: "l*"}, node.region: {known: true}}, then: {tier: 1}',
        "when: {product.category: shoes, product.tags: {has: fragile}}, then: {tier: 1}",
    ],
)
def test_a_word_that_the_network_knows_or_can_not_know_is_no_warning(rule):
    assert fitted(rule) == Fit()


LISTED = network(
    NODES,
    order_words={
        "order.segment": frozenset({"gold", "silver"}),
        "order.tags": frozenset({"gift"}),
        "order.region": frozenset({"Île-de-France"}),
    },
)


@pytest.mark.parametrize(
    ("rule", "meant"),
    [
        ("when: {order.segment: goold}, then: {priority: 1}", "gold"),
        ("when: {order.tags: {has: gifts}}, then: {priority: 1}", "gift"),
        ("when: {order.region: Ile de France}, then: {priority: 1}", "Île-de-France"),
        ("when: {order.region: Bretagne}, then: {priority: 1}", ""),
    ],
)
def test_words_of_orders_are_checked_where_the_network_lists_them(rule, meant):
    (warning,) = fitted(rule, against=LISTED).warnings
    assert (warning.code, warning.meant) == ("unknown-to-network", meant)
    assert fitted(rule.replace("Ile de France", "Île-de-France").replace("goold", "gold"), against=NETWORK) == Fit()


def test_a_region_of_orders_that_places_spell_otherwise_is_a_warning_though_no_regions_are_listed():
    (warning,) = fitted("when: {order.region: rhone}, then: {priority: 1}").warnings
    assert (warning.code, warning.meant) == ("unknown-to-network", "Rhône")
    for word in ("Rhône", "Bretagne", '{matches: "rh*"}'):
        assert fitted(f"when: {{order.region: {word}}}, then: {{priority: 1}}") == Fit()


@pytest.mark.parametrize("fact", ["product.sku", "line.sku"])
def test_skus_are_checked_where_they_are_known(fact):
    rules = [
        f"when: {{{fact}: {word}}}, then: {{tier: 1}}"
        for word in ("MAT-O1", "MAT-01", "MAT-*", '{matches: "MAT-*"}', '{matches: "X-*"}', "Z")
    ]
    found = fitted(*rules, words={**WORDS, "product.sku": ["MAT-01", "MAT-02"]}).warnings
    assert [(item.line - 2, item.meant) for item in found] == [(1, "MAT-01"), (3, ""), (5, ""), (6, "")]
    assert "write {matches: 'MAT-*'}" in found[1].message
    assert fitted(*rules) == Fit()


@pytest.mark.parametrize("effect", ["allocate: {channel: wep, units: 1, per: day}", "cap: {channel: wep, units: 1}"])
def test_channels_of_every_effect_are_checked(effect):
    (warning,) = fitted(f"then: {{{effect}}}").warnings
    assert warning.meant == "web"


def test_where_the_network_lists_no_channels_any_will_do_and_where_words_are_not_known_none_is_strange():
    rule = "when: {order.channel: pigeon, product.category: anything}, then: {priority: 1}"
    assert fitted("when: {order.channel: pigeon}, then: {priority: 1}", against=network(NODES)) == Fit()
    assert len(fitted(rule.replace("priority", "tier"), words={}).warnings) == 1


def test_the_shipped_policies_fit_the_example_network():
    inventory = hexagone()
    files = {path.name: path.read_bytes() for path in Path("policies").iterdir() if is_policy_file(path.name)}
    assert fit(load_policies(files), inventory.network, product_values_record(inventory.products.values())) == Fit()


def test_an_attribute_on_the_right_of_same_as_is_declared_too():
    (finding,) = fitted("when: {order.country: {same_as: node.attributes.home}}, then: {tier: 1}").errors
    assert finding.code == "wrong-attribute"
    assert finding.message.startswith("test/r1: node.attributes.home: the network declares no such attribute; ")


def test_attributes_of_two_kinds_are_never_the_same():
    declared = network(
        NODES, [], attributes={"node.attributes.franchise": Kind.FLAG, "product.attributes.line": Kind.WORD}
    )
    rule = "when: {node.attributes.franchise: {same_as: product.attributes.line}}, then: {tier: 1}"
    (finding,) = fitted(rule, against=declared).errors
    assert "declares it and product.attributes.line as true or false and word, which are never the same" in str(finding)


def test_a_fact_that_another_is_compared_with_is_no_word_of_the_network():
    fit = fitted("when: {node.country: {same_as: order.country}, order.value: {same_as: line.value}}, then: {tier: 1}")
    assert fit == Fit()
