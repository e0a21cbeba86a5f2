"""A draft whose tests fail: what was expected and what came, in the reader's words, and what to do next."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.console.difference_words import in_words
from api.language.current import speaking
from tests.conftest import examples

POLICY = """\
policy: green
owner: Zoé
description: A test of the console
rules:
  - {id: near, because: {en: Near, fr: Proche}, when: {node.id: lyon}, then: {prefer: 0.05}}
  - {id: heavy, because: {en: Heavy, fr: Lourd}, when: {order.weight: {more_than: 90 kg}}, then: {hold: 3 d}}
"""
TESTS = """\
now: 2026-06-02 10:00
products: {SCARF: {}}
nodes: {lyon: {type: store, away: 1 km}, lille: {type: store, away: 9 km}}
stock: {usual: {SCARF: {lyon: 5}}}
tests:
- test: Lille ships
  order: {lines: {SCARF: 1}}
  expect: {shipments: [{node: lille, lines: {SCARF: 1}, rules: [green/near], cost: {at_most: 1.50 EUR}}],
           fired: [green/heavy], unfilled: {SCARF: {units: 2, reason: no_stock}}}
"""


@pytest.mark.parametrize("step", ["check", "publish"])
def test_the_pages_of_a_draft_say_what_differs_and_what_to_do(site, step):
    files = {"green.yaml": POLICY, "green_test.yaml": TESTS}
    name = f"failing at {step}"
    site.pointsman.policy_drafts.save(name, files, base=None, before="", who="Zoé")
    path = f"/console/policies/drafts/{name}/{step}"
    page = site.client("merchandiser").get(path, headers={"Accept-Language": "fr"}).text.replace("\xa0", " ")
    for sentence in (
        "attendu : 1 × SCARF depuis lille · coût : au plus 1,50 EUR · à cause des règles green/near",
        "obtenu : 1 × SCARF depuis lyon",
        "attendu : la règle green/heavy s’applique",
        "obtenu : la règle green/heavy ne s’est pas appliquée",
        "attendu : 2 × SCARF · aucun lieu n&#39;en a",
        "Changez la règle",
        "/text?file=green_test.yaml#line-6",
    ):
        assert sentence in page, sentence
    assert "did not fire" not in page


@pytest.mark.parametrize(
    ("what", "expected", "came", "said"),
    [
        (
            "shipments",
            "none",
            "{node: a, service: s, lines: {X: 2}, late: true}",
            ("What is sent, and from where", ["nothing"], ["2 × X from a by s · late: yes"]),
        ),
        ("status", "unfilled", "filled", ("What becomes of the order", ["unfilled"], ["filled"])),
        (
            "not_fired",
            "p/r",
            "p/r fired and was silenced",
            (
                "Rules that are not to apply",
                ["rule p/r does not apply"],
                ["rule p/r applied, and was set aside by another"],
            ),
        ),
        (
            "excluded",
            "{node: a, by: [r], unless_needed: false}",
            "none",
            ("Where goods are not to be sent from", ["goods from a · because of the rules r · in any case"], ["none"]),
        ),
        (
            "levels.A.B.lyon.min",
            "{between: [2, 4]}",
            "1",
            ("Stock of A.B that there should be at lyon (least stock)", ["between 2 and 4"], ["1"]),
        ),
        ("kept.A.B.lyon", "2", "nothing is there", ("Units of A.B that are kept at lyon", ["2"], ["nothing is there"])),
        ("totals.units", "2", "1", ("In all: units sent", ["2"], ["1"])),
        ("shipments", "{node: *x}", "{node: [", ("What is sent, and from where", ["{node: *x}"], ["{node: ["])),
    ],
)
def test_each_difference_is_said_in_words(what, expected, came, said):
    words = in_words({"what": what, "expected": expected, "got": came})
    assert (words.heading, list(words.expected), list(words.came)) == said


@examples(50)
@given(
    st.sampled_from(
        ["shipments", "unfilled", "fired", "excluded", "kept.A.b", "levels.", "totals.x", "status", "hold"]
    ),
    st.one_of(st.text(max_size=40), st.text(alphabet="{}[]:, ab1&*'\"", max_size=30)),
)
def test_whatever_a_test_says_is_put_into_words(what, line):
    for language in ("en", "fr"):
        with speaking(language):
            words = in_words({"what": what, "expected": line, "got": line})
            assert words.heading
            assert len(words.expected) == line.count("\n") + 1
