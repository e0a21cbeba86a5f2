"""What check returns: a policy set or errors, and warnings."""

import pytest

from rules.lint.check import check


def test_while_a_file_has_errors_rules_are_not_compared_but_other_warnings_are_given():
    shadowed = (
        b"policy: p\nterms: {t: {order.units: 1}}\nrules:\n"
        b"  - {id: r, because: x, then: {keep: 1}}\n"
        b"  - {id: s, because: x, then: {keep: 2}}\n"
        b"  - {id: t, because: x, when: {order.units: {at_least: 5, at_most: 3}}, then: {keep: 2}}\n"
    )
    broken = b"policy: q\nrules:\n  - {id: r, because: x, then: {keep: 1 EUR}, overrides: [p/s]}\n"
    checked = check({"p.yaml": shadowed, "q.yaml": broken})
    assert checked.policies is None
    assert [item.code for item in checked.findings] == ["unused-term", "never-fires", "bad-value"]


def test_without_files_the_policy_set_is_empty():
    checked = check({})
    assert (checked.findings, checked.errors, checked.warnings) == ((), (), ())
    assert checked.policies
    assert not checked.policies.rules


def test_the_path_of_a_fact_where_a_word_stands_is_a_warning():
    mistaken = (
        b"policy: p\nrules:\n"
        b"  - {id: r, because: x, when: {node.country: {not: order.country}}, then: {tier: 1}}\n"
        b"  - {id: s, because: x, when: {node.region: [order.region, Bretagne]}, then: {tier: 2}}\n"
        b"  - {id: t, because: x, when: {node.region: {not_same_as: order.region}}, then: {tier: 3}}\n"
    )
    assert [str(finding).partition("warning: ")[2] for finding in check({"p.yaml": mistaken}).warnings] == [
        "'order.country' is compared as a word; for the fact write {not_same_as: order.country}",
        "'order.region' is compared as a word; for the fact write {same_as: order.region}",
    ]


def test_a_rule_whose_two_facts_would_have_to_be_the_same_and_not_never_fires():
    contradiction = b"node.country: {same_as: order.country}, order.country: {not_same_as: node.country}"
    text = b"policy: p\nrules:\n  - {id: r, because: x, when: {%s}, then: {tier: 1}}\n" % contradiction
    (finding,) = check({"p.yaml": text}).warnings
    assert finding.message == (
        "'p/r' can never fire: nothing meets all that is asked of node.country and order.country"
    )


def test_of_two_rules_for_the_same_two_facts_the_weaker_is_shadowed():
    text = (
        b"policy: p\nrules:\n"
        b"  - {id: r, because: x, when: {node.country: {same_as: order.country}}, then: {tier: 3}}\n"
        b"  - {id: s, because: x, when: {order.country: {same_as: node.country}}, then: {tier: 2}}\n"
    )
    (finding,) = check({"p.yaml": text}).warnings
    assert (finding.code, finding.line) == ("shadowed", 3)


def warned(*rules: str, head: str = "") -> list[str]:
    """What the warnings about these rules say."""
    lines = [f"  - {{id: r{number}, because: x, {rule}}}\n" for number, rule in enumerate(rules)]
    text = f"policy: p\n{head}rules:\n{''.join(lines)}"
    return [str(finding).partition("  ")[2] for finding in check({"p.yaml": text.encode()}).warnings]


@pytest.mark.parametrize(
    ("effect", "several"),
    [
        ("keep: 0", "of several the largest counts"),
        ("keep: 0%", "of several the largest counts"),
        ("protect: {channel: web, units: 0}", "of several the largest counts"),
        ("prefer: 0.00", "amounts add up"),
        ("avoid: 0", "amounts add up"),
        ("carbon_price: 0 EUR/t", "of several the largest counts"),
        ("split_penalty: 0", "of several the largest counts"),
        ("multiple_of: 1", "of several the largest counts"),
    ],
)
def test_an_amount_of_nothing_changes_nothing_unless_it_overrides(effect, several):
    (warning,) = warned(f"then: {{{effect}}}")
    name = effect.partition(":")[0]
    assert warning.startswith(f"no-effect  warning: '{name}' of 'p/r0' changes nothing: {several}; ")
    other = f"then: {{{name}: {'{channel: web, units: 3}' if name == 'protect' else 2}}}"
    assert warned(f"then: {{{effect}}}, when: {{now.weekday: monday}}, overrides: [p/r1]", other) == []


def test_amounts_of_nothing_that_say_something_are_no_warning():
    assert warned("then: {priority: 0}", "when: {node.id: a}, then: {daily_orders: 0}", "then: {tier: 1}") == []


def test_a_least_above_the_most_is_a_warning_and_as_much_is_none():
    assert warned("then: {min: 40, max: 10}") == [
        "min-above-max  warning: 'max' of 'p/r0' never counts: its 'min' 40 is more than 10, and comes before it"
    ]
    assert warned("then: {min: 10, max: 10}") == warned("then: {min: 0, max: 1, alert_below: 2}")[1:] == []
    assert warned("when: {node.id: a}, then: {min: 40}", "when: {node.id: b}, then: {max: 10}") == []


@pytest.mark.parametrize(("effect", "value"), [("slack", "2 days"), ("haircut", "10%")])
def test_terms_of_promises_that_no_rule_makes_are_a_warning(effect, value):
    terms = f"then: {{{effect}: {value}}}"
    (warning,) = warned(terms)
    assert warning == (
        f"nothing-promised  warning: '{effect}' of 'p/r0' counts in estimates alone: no rule lets what is to come be"
        " promised (promise_from)"
    )
    assert len(warned(terms, "then: {promise_from: on_hand}")) == 1
    assert warned(terms, "when: {node.id: a}, then: {promise_from: planned}") == []
    (nothing,) = warned(f"then: {{{effect}: {'0 m' if effect == 'slack' else '0%'}}}")
    assert nothing.startswith("no-effect")


def test_terms_of_promises_are_no_warning_where_another_file_may_make_them():
    files = {"p.yaml": b"policy: p\nrules:\n  - {id: r, because: b, then: {slack: 2 days}}\n"}
    assert [item.code for item in check(files).warnings] == ["nothing-promised"]
    assert check(files, whole_set=False).warnings == ()


def test_a_price_of_carbon_far_beyond_any_is_taken_for_that_of_a_tonne():
    assert warned("then: {carbon_price: 120}") == [
        "large-carbon-price  warning: '120' counts for each kilogram of CO2e; for a tonne write 120 EUR/t"
    ]
    assert warned("then: {carbon_price: 120 EUR/t}") == warned("then: {carbon_price: 0.25}") == []


def test_a_comparison_that_is_taken_for_a_word_is_a_warning():
    assert warned("when: {node.region: not Bretagne}, then: {tier: 1}") == [
        "operator-as-word  warning: 'not Bretagne' is compared as a word; write {not: Bretagne}"
    ]


@pytest.mark.parametrize(
    "condition",
    [
        "product.brand: Pas de Deux",
        "product.brand: not your mother's",
        "product.category: non food",
        "order.segment: pas cher",
        "node.region: Pas de Calais",
        'order.channel: "<3"',
        "product.sku: nonpareil",
    ],
)
def test_a_name_that_begins_like_an_operator_is_no_warning(condition):
    assert warned(f"when: {{{condition}}}, then: {{tier: 1}}") == []


@pytest.mark.parametrize("negated", ['"!= web"', '"<> web"', '"! web"', "non web", "pas web", "sauf web"])
def test_a_channel_that_is_not_another_is_a_warning(negated):
    (warning,) = warned(f"when: {{order.channel: {negated}}}, then: {{tier: 1}}")
    assert warning.endswith("is compared as a word; write {not: web}")


def test_a_set_that_names_its_language_asks_for_reasons_in_no_other():
    both = "because: {en: y, fr: z}, then: {keep: 1}"
    text = f"policy: q\nrules:\n  - {{id: s, {both}}}\n"

    def missing(language: str) -> list[str]:
        french = f"policy: p\n{language}rules:\n  - {{id: r, because: x, when: {{node.id: a}}, then: {{keep: 2}}}}\n"
        found = check({"p.yaml": french.encode(), "q.yaml": text.encode()}).warnings
        return [str(finding) for finding in found if finding.code == "missing-language"]

    assert len(missing("")) == 1
    assert missing("language: fr\n") == []


def rows_together(*rows: str) -> list[str]:
    text = "policy,p\nhit_policy,unique\ngaps,allowed\n\nid,node.country,order.country,weekdays,keep,because\n"
    text += "".join(f"r{number},{row},1,x\n" for number, row in enumerate(rows))
    found = check({"p.csv": text.encode()}).warnings
    return [finding.message.partition(", for example ")[2] for finding in found if finding.code == "overlapping-rows"]


def test_rows_that_no_two_facts_can_meet_do_not_overlap():
    assert rows_together('"same_as: order.country, matches: F*",,', ",DE,") == []
    assert rows_together('"same_as: order.country, matches: F*",,', ",FR,") == [
        "where order.country: FR, node.country: FR"
    ]


def test_the_example_of_rows_that_overlap_has_no_more_than_authors_write():
    assert rows_together("FR,,monday", ",,monday") == ["where node.weekday: monday, node.country: FR"]
    assert rows_together('"not_same_as: order.country",,', '"matches: F*",F,') == [
        "where order.country: F, node.country: FX"
    ]
