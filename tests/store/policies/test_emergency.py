"""A rule that ends within days is published in an emergency, although tests of other policies fail because of it."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson
import pytest

from api.files.policy_tests.reader import make_test_runner
from engine.errors import InputInvalid, TestsFailed
from tests.support.facts import NOW

WHO = {"who": "Ada", "note": "the carrier's drivers strike"}
TODAY = datetime.fromtimestamp(NOW, UTC).date()
HEAD = """\
now: 2026-06-02 10:00
products: {SHIRT: {}}
nodes:
  lyon: {type: warehouse, away: 10 km, handling: 1.00}
  paris: {type: warehouse, away: 10 km, handling: 5.00}
stock: {usual: {SHIRT: {lyon: 5, paris: 5}}}
tests:
"""


def case(name, node):
    return f"- {{test: {name}, order: {{lines: {{SHIRT: 1}}}}, expect: {{shipments: [{{node: {node}}}]}}}}\n"


def strike(days, *more):
    """Until the end of the day so many days after today."""
    ends = "" if days is None else f"until: {TODAY + timedelta(days=days)}, "
    rule = f"  - {{id: lyon, because: They strike., {ends}when: {{node.id: lyon}}, then: {{exclude: true}}}}\n"
    return f"policy: strike\nrules:\n{rule}{''.join(more)}"


OTHERS = "policy: usual\nrules:\n  - {id: shirts, because: As ever., when: {order.units: 1}, then: {priority: 80}}\n"
OWN_TEST = HEAD + case("Paris helps out", "paris")
OTHER_TEST = HEAD + case("The nearest serves", "lyon") + case("It does so again", "lyon")


def publish(pointsman, policy, *, own=OWN_TEST, other=OTHER_TEST, others=OTHERS, **more):
    tests = {"usual_test.yaml": other.encode()} | ({"strike_test.yaml": own.encode()} if own else {})
    files = {"usual.yaml": others.encode(), "strike.yaml": policy.encode()}
    given = {"in_emergency": True, **WHO, **more}
    return pointsman.versions.publish(files, run_tests=make_test_runner(tests), **given)


def logged(client, keys):
    """What the log has of the version published last."""
    entries = [fields for _, fields in client.redis.xrange(keys.log) if fields[b"kind"] == b"published"]
    return orjson.loads(entries[-1][b"details"])


def test_a_rule_that_ends_within_a_week_is_published_and_the_history_says_with_how_many_failing_tests(
    pointsman, client, keys
):
    published = publish(pointsman, strike(7))
    assert (published.emergency.rules, published.emergency.failing_tests) == (("strike/lyon",), 2)
    assert published.tests_passed == 1
    change = pointsman.versions.history()[-1]
    assert (change.failing_tests, change.note) == (2, WHO["note"])
    assert logged(client, keys)["emergency"] == {"failing_tests": 2, "rules": ["strike/lyon"]}


def test_the_strike_on_the_page_of_the_lifecycle_is_published_beside_tests_that_count_on_express(pointsman):
    shown = re.findall(r"```yaml\n(.*?)```", Path("docs/policy-lifecycle.md").read_text(encoding="utf-8"), re.DOTALL)
    policy, own = (text for text in shown if "strike" in text)
    own = own.replace("2026-12-01", str(TODAY))
    express = HEAD.replace("lyon: {", "lyon: {services: [parcel, express], ").replace("2026-06-02", str(TODAY))
    order, expected = "{delivery: express, lines: {SHIRT: 1}}", "{shipments: [{service: express}]}"
    other = f"{express}- {{test: By express, order: {order}, expect: {expected}}}\n"
    rule = "{id: fast, because: Fast., when: {service.id: express}, then: {prefer: 99.00}}"
    others = f"policy: usual\nrules:\n  - {rule}\n"
    policy = policy.replace("2026-12-04", str(TODAY + timedelta(days=5)))
    published = publish(pointsman, policy, own=own, other=other, others=others)
    assert published.emergency.rules == ("strike/express",)
    assert (published.emergency.failing_tests, published.tests_passed) == (1, 1)


def test_without_an_emergency_the_same_is_not_published(pointsman, contents):
    before = contents()
    with pytest.raises(TestsFailed, match=r"(?s)2 of 3 tests.*\(strike/lyon\): in an emergency it can be published"):
        publish(pointsman, strike(7), in_emergency=False)
    with pytest.raises(TestsFailed) as caught:
        publish(pointsman, strike(8), in_emergency=False)
    assert "emergency" not in str(caught.value)
    assert contents() == before


def test_where_all_tests_pass_there_is_no_emergency(pointsman, client, keys):
    published = publish(pointsman, strike(7), other=HEAD + case("Paris does", "paris"), note="")
    assert (published.emergency, published.tests_passed) == (None, 2)
    assert "emergency" not in logged(client, keys)
    assert pointsman.versions.history()[-1].failing_tests == 0


def test_another_rule_that_ends_in_the_same_week_is_no_part_of_the_emergency(pointsman):
    ends = TODAY + timedelta(days=3)
    promotion = f"  - {{id: sale, because: This week., until: {ends}, when: {{order.units: 1}}, then: {{tier: 2}}}}\n"
    others = OTHERS + promotion
    published = publish(pointsman, strike(1), others=others)
    assert published.emergency.rules == ("strike/lyon",)


def test_a_rule_that_ended_long_ago_is_no_part_of_it(pointsman):
    with pytest.raises(TestsFailed, match="ends within 7 days: give the rule"):
        publish(pointsman, strike(-30))


@pytest.mark.parametrize("days", [8, None])
def test_a_rule_that_goes_on_for_longer_is_no_emergency(pointsman, contents, days):
    before = contents()
    with pytest.raises(
        TestsFailed, match=r"(?s)usual_test.*ends within 7 days: give the rule of the emergency an `until`"
    ):
        publish(pointsman, strike(days))
    assert contents() == before


def test_an_emergency_needs_a_note(pointsman):
    with pytest.raises(InputInvalid, match="note: publishing in an emergency needs a note that says why"):
        publish(pointsman, strike(1), note=" ")


def test_the_tests_beside_the_rule_must_pass(pointsman):
    with pytest.raises(
        TestsFailed, match=r"(?s)1 of 3 tests.*strike_test.yaml:8 .*the tests beside strike/lyon must pass"
    ):
        publish(pointsman, strike(1), own=HEAD + case("Lyon works on", "lyon"))


@pytest.mark.parametrize(
    "own", [None, OWN_TEST.replace("now: 2026-06-02", "now: 2030-06-02").replace("node: paris", "node: lyon")]
)
def test_a_rule_without_a_test_beside_it_in_which_it_acts_is_not_published(pointsman, own):
    with pytest.raises(TestsFailed, match="needs one in the test file beside its own, in which it acts: strike/lyon"):
        publish(pointsman, strike(1), own=own)


def test_tests_that_fail_without_the_rule_too_must_pass(pointsman):
    always = "  - {id: never-lyon, because: A mistake., when: {node.id: lyon}, then: {exclude: true}}\n"
    with pytest.raises(TestsFailed, match=r"(?s)2 of 3 tests.*usual_test.*These fail without strike/lyon, too"):
        publish(pointsman, strike(1, always))
