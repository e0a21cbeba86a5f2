"""What check returns: a policy set or errors, and warnings."""

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
