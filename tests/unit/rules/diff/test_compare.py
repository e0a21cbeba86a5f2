"""Differences in meaning between two policy sets."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from rules.diff.compare import Changes, compare
from rules.loader import load_policies

FILE = """
policy: sale
terms:
  heavy: {product.weight: {at_least: 15 kg}}
rules:
  - id: near
    because: {en: near, fr: près}
    when: {is: heavy, node.type: [store, warehouse], route.distance: {more_than: 300 km}}
    then: {avoid: 8.00, tier: 6}
    from: 2026-03-01
  - id: far
    because: far
    when: {is: heavy, route.distance: {more_than: 900 km}}
    then: {exclude: true}
    overrides: [sale/near]
"""
OTHER = "policy: green\nrules:\n  - {id: carbon, because: x, then: {carbon_price: 0.25}}\n"


def between(old: Mapping[str, str], new: Mapping[str, str]) -> Changes:
    return compare(*(load_policies({name: text.encode() for name, text in files.items()}) for files in (old, new)))


def edited(*edits: tuple[str, str]) -> Changes:
    text = FILE
    for before, after in edits:
        assert before in text
        text = text.replace(before, after)
    return between({"sale.yaml": FILE}, {"sale.yaml": text})


def aspects_of(changes: Changes) -> dict[str, tuple[tuple[str, ...], tuple[str, ...]]]:
    (change,) = changes.changes
    assert change.kind == "changed"
    return {item.aspect: (item.gone, item.added) for item in change.differences}


@pytest.mark.parametrize(
    "edits",
    [
        [("heavy", "weighty")],
        [("{is: heavy, node.type: [store, warehouse], ", "{node.type: [warehouse, store], is: heavy, ")],
        [("{at_least: 15 kg}", "{more_than: 14999 g}")],
        [("is: heavy, node", "product.weight: {at_least: 15.000 kg}, node")],
        [("node.type: [store, warehouse]", "any: [{node.type: store}, {node.type: warehouse}]")],
        [("from: 2026-03-01", "# nothing\n    from: 2026-03-01 00:00")],
        [("{more_than: 300 km}", "{not: {not: {more_than: 300000 m}}}")],
        [("avoid: 8.00, tier: 6", "tier: 6, avoid: 8.000 EUR")],
        [("policy: sale", "policy: sale\nowner: someone\ndescription: else")],
    ],
)
def test_another_way_of_writing_the_same_meaning_is_no_difference(edits):
    changes = edited(*edits)
    assert changes.changes == ()
    assert str(changes) == "the same meaning"


@pytest.mark.parametrize(
    ("edit", "aspects"),
    [
        (("{more_than: 300 km}", "{more_than: 200 km}"), {"condition": (300, 200)}),
        (("{more_than: 300 km}", "{at_least: 300 km}"), None),
        (("avoid: 8.00", "avoid: 8.50"), {"effects": (("avoid: 8.00",), ("avoid: 8.50",))}),
        (("2026-03-01", "2026-04-01"), {"window": None}),
        (("{en: near, fr: près}", "nearby"), {"because": (("en: near", "fr: près"), ("en: nearby",))}),
        (("    overrides: [sale/near]\n", ""), {"overrides": (("sale/near",), ())}),
    ],
)
def test_a_changed_rule_lists_its_changed_aspects(edit, aspects):
    differences = aspects_of(edited(edit))
    match aspects:
        case None:
            assert differences == {
                "condition": (("route.distance: {more_than: 300 km}",), ("route.distance: {at_least: 300 km}",))
            }
        case {"condition": (before, after)}:
            texts = [(f"route.distance: {{more_than: {km} km}}",) for km in (before, after)]
            assert differences == {"condition": tuple(texts)}
        case {"window": None}:
            days = [(f"from: {day}",) for day in ("2026-03-01", "2026-04-01")]
            assert differences == {"window": tuple(days)}
        case _:
            assert differences == aspects


def test_a_term_that_changes_its_meaning_changes_every_rule_that_uses_it():
    changes = edited(("15 kg", "20 kg"))
    assert [(change.kind, change.rule) for change in changes.changes] == [
        ("changed", "sale/far"),
        ("changed", "sale/near"),
    ]
    for change in changes.changes:
        (difference,) = change.differences
        assert difference.gone == ("product.weight: {at_least: 15 kg}",)
        assert difference.added == ("product.weight: {at_least: 20 kg}",)


def test_the_rules_of_a_new_file_are_added_and_those_of_a_deleted_file_gone():
    changes = between({"sale.yaml": FILE}, {"green.yaml": OTHER})
    assert [(change.kind, change.rule, change.file) for change in changes.changes] == [
        ("added", "green/carbon", "green.yaml"),
        ("gone", "sale/far", "sale.yaml"),
        ("gone", "sale/near", "sale.yaml"),
    ]
    assert str(changes) == "1 added, 2 gone"


def test_a_rule_in_another_policy_or_file_has_moved():
    moved = between(
        {"a.yaml": FILE}, {"a.yaml": FILE.replace("policy: sale", "policy: sales").replace("sale/", "sales/")}
    )
    assert [(change.kind, change.before, change.rule) for change in moved.changes] == [
        ("moved", "sale/far", "sales/far"),
        ("moved", "sale/near", "sales/near"),
    ]
    # that it overrides the same rule by its new name is no difference
    assert all(not change.differences for change in moved.changes)
    renamed = between({"a.yaml": FILE}, {"b/c.yaml": FILE})
    assert [(item.kind, item.rule, item.file_before, item.file) for item in renamed.changes] == [
        ("moved", "sale/far", "a.yaml", "b/c.yaml"),
        ("moved", "sale/near", "a.yaml", "b/c.yaml"),
    ]


def test_of_several_rules_that_mean_the_same_each_has_moved_from_its_namesake():
    def file(policy, *names):
        rules = "".join(f"  - {{id: {name}, because: x, then: {{tier: 2}}}}\n" for name in names)
        return f"policy: {policy}\nrules:\n{rules}"

    changes = between({"p.yaml": file("p", "a", "b", "c")}, {"q.yaml": file("q", "c", "b", "d")})
    assert [(change.before, change.rule) for change in changes.changes] == [
        ("p/b", "q/b"),
        ("p/c", "q/c"),
        ("p/a", "q/d"),
    ]


def test_a_rule_that_changed_and_whose_file_was_renamed_is_reported_as_both():
    text = FILE.replace("tier: 6", "tier: 7")
    changes = between({"a.yaml": FILE}, {"b.yaml": text})
    assert [(change.kind, change.rule) for change in changes.changes] == [
        ("changed", "sale/near"),
        ("moved", "sale/far"),
        ("moved", "sale/near"),
    ]


def test_the_shipped_policies_do_not_differ_from_themselves_in_another_order_of_files():
    files = {path.name: path.read_text() for path in Path("policies").glob("*.yaml") if "_test" not in path.name}
    assert between(files, dict(reversed(files.items()))).changes == ()


def test_every_effect_is_shown_as_authors_write_it():
    effects = (
        "exclude: unless_needed, prefer: 4.00, tier: 2, keep: 10%, protect: [{channel: web, units: 5}, "
        '{channel: "a b", share: 12.5%}], keep_together: true, hold: 90 min, daily_orders: 40, priority: 80, '
        "rest_after_rejection: 120 min"
    )
    file = f"policy: p\nrules:\n  - {{id: r, because: x, then: {{{effects}}}}}\n"
    changes = between({"p.yaml": "policy: p\nrules:\n  - {id: r, because: x, then: {keep: 3}}\n"}, {"p.yaml": file})
    assert aspects_of(changes)["effects"] == (
        ("keep: 3",),
        (
            "daily_orders: 40",
            "exclude: unless_needed",
            "hold: 90 min",
            "keep: 10%",
            "keep_together: true",
            "prefer: 4.00",
            "priority: 80",
            'protect: {channel: "a b", share: 12.5%}',
            "protect: {channel: web, units: 5}",
            "rest_after_rejection: 2 h",
            "tier: 2",
        ),
    )


def test_it_makes_no_difference_which_of_two_facts_is_compared_with_which():
    one, other, third = (
        {"p.yaml": f"policy: p\nrules:\n  - {{id: r, because: x, when: {{{when}}}, then: {{tier: 1}}}}\n"}
        for when in (
            "node.country: {same_as: order.country}",
            "order.country: {same_as: node.country}",
            "order.country: {not_same_as: node.country}",
        )
    )
    assert between(one, other).changes == ()
    assert str(between(one, third)) == "1 changed"
