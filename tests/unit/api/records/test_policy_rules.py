"""Policies in plain words are kept for files that are asked for again, and say what the files say."""

import datetime

from hypothesis import given
from hypothesis import strategies as st

from api.records import policy_rules
from api.records.policy_rules import PlainPoliciesRecord
from rules.loader import parse_files
from rules.wording.catalogue import load_catalogue
from tests.support.examples import examples

NOON = datetime.date(2026, 11, 27).toordinal() * 1_440 + 720
SHOPS = (
    "policy: shops\nrules:\n- {{id: near, because: it is near, overrides: ['others/*'], from: 2026-11-27, "
    "until: 2026-11-28, then: {{prefer: {amount}}}}}\n"
    "- {{id: far, because: far, disabled: true, then: {{avoid: 1.00}}}}\n"
)
OTHERS = "policy: others\n{language}rules:\n- {{id: {name}, because: so it is, then: {{avoid: 2.00}}}}\n"
MISTAKEN = "policy: mistaken\nrules:\n- {id: wrong, because: it is so, then: {prefer: much}}\n"


def plain(files, minute=NOON, language="en"):
    parsed = parse_files({name: text.encode() for name, text in files.items()})
    return PlainPoliciesRecord.of(parsed, load_catalogue(language), minute)


def afresh(monkeypatch, *given):
    with monkeypatch.context() as patch:
        patch.setattr(policy_rules, "_plain_policy", policy_rules._plain_policy.__wrapped__)
        return plain(*given)


def test_a_file_that_is_asked_for_again_is_not_put_into_words_again(monkeypatch):
    said, real = [], policy_rules.explain
    monkeypatch.setattr(policy_rules, "explain", lambda rule, catalogue: said.append(rule.id) or real(rule, catalogue))
    files = {"shops.yaml": SHOPS.format(amount="7.31"), "others.yaml": OTHERS.format(language="", name="one")}
    first = plain(files)
    assert sorted(said) == ["others/one", "shops/far", "shops/near"]
    assert plain(files) == first
    plain({**files, "others.yaml": OTHERS.format(language="", name="one") + "# a remark\n"})
    assert sorted(said) == ["others/one", "others/one", "shops/far", "shops/near"]


def test_whether_a_rule_counts_goes_by_the_clock_although_its_words_are_kept():
    files = {"shops.yaml": SHOPS.format(amount="4.00"), "mistaken.yaml": MISTAKEN}
    states = [
        [rule.state for policy in plain(files, NOON + days * 1_440).policies for rule in policy.rules]
        for days in (-1, 0, 2, 0)
    ]
    assert states == [["mistaken", state, "off"] for state in ("later", "on", "over", "on")]


def test_words_are_those_of_the_files_whatever_was_asked_for_before(monkeypatch):
    @given(
        st.lists(
            st.tuples(
                st.sampled_from(["1.00", "2.00", "x"]),
                st.sampled_from(["", "language: fr\n"]),
                st.sampled_from(["one", "two"]),
                st.sampled_from(["en", "fr"]),
                st.integers(-2, 2),
            ),
            min_size=2,
            max_size=5,
        )
    )
    @examples(40)
    def check(asked):
        for amount, its, name, language, days in asked:
            files = {"shops.yaml": SHOPS.format(amount=amount), "others.yaml": OTHERS.format(language=its, name=name)}
            given = files, NOON + days * 1_440, language
            assert plain(*given) == afresh(monkeypatch, *given)

    check()
