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
