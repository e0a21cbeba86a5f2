"""Policy versions on real servers: which is active when, rolling back, and a history with each change once."""

import dataclasses
import subprocess
import sys

import pytest

from api.files.inventory_folder import load_inventory
from api.files.policy_tests.reader import make_test_runner
from engine.errors import InputInvalid, KeyReused, NotActivated, NotFound, NotReady, TestsFailed
from engine.service import Pointsman
from engine.store import policy_versions as store
from engine.store.log import decision_log
from engine.store.outcomes import TimelineChanged
from engine.store.policy_versions import HistoryEntry, PastChange
from rules.errors import PolicyInvalid
from rules.vocabulary import Kind
from tests.conftest import SMALL
from tests.support.decision_json import json_of
from tests.support.facts import NOW, order, policy_file
from tests.support.facts import policies as policy_set

HOUR = 3_600
WHO = {"who": "a test", "note": ""}


@pytest.fixture
def versions(pointsman):
    return pointsman.versions


@pytest.fixture
def publish(pointsman):
    """Publish a version of its own for each name; the version."""
    return lambda hours: pointsman.publish(policy_file(f"then: {{hold: {hours} h}}"), **WHO).version


def decided_by(pointsman: Pointsman, **more) -> str:
    return json_of(pointsman.decide(order(("SHIRT", 1)), dry_run=True, **more))["policy_version"]


def changes(versions):
    return [change.kind for change in versions.history()]


def test_a_scheduled_version_decides_from_its_instant_on_in_every_worker(pointsman, opened, versions, publish, clock):
    first, other = decided_by(pointsman), opened()
    sale = publish(1)
    versions.activate(sale, since=NOW + HOUR, **WHO)
    assert versions.timeline().scheduled == ((NOW + HOUR, sale),)
    clock.now += HOUR - 1
    assert {decided_by(pointsman), decided_by(other), other.ready()["policy_version"]} == {first}
    clock.now += 1
    assert {decided_by(pointsman), decided_by(other), other.ready()["policy_version"]} == {sale}
    assert other.stock.availability(["SHIRT"], "web").policy_version == sale
    assert (versions.timeline().active, versions.timeline().scheduled) == (sale, ())
    made = json_of(other.decide(order(("SHIRT", 1))))
    assert (made["policy_version"], made["status"]) == (sale, "filled")


def test_an_order_as_of_a_later_instant_is_decided_by_what_is_scheduled_then_and_an_earlier_one_by_todays(
    pointsman, versions, publish
):
    first, sale = decided_by(pointsman), publish(1)
    versions.activate(sale, since=NOW + HOUR, **WHO)
    assert decided_by(pointsman, now=NOW + HOUR) == sale
    assert decided_by(pointsman, now=NOW + HOUR - 1) == first
    versions.activate(sale, **WHO)
    assert decided_by(pointsman, now=NOW - HOUR) == sale
    assert json_of(pointsman.decide(order(("SHIRT", 1)), now=NOW + 2 * HOUR))["status"] == "filled"


def test_a_version_activated_at_once_is_active_until_the_next_scheduled_instant(pointsman, versions, publish, clock):
    sale, fix = publish(1), publish(2)
    versions.activate(sale, since=NOW + HOUR, **WHO)
    versions.activate(fix, **WHO)
    assert decided_by(pointsman) == fix
    clock.now += HOUR
    assert decided_by(pointsman) == sale
    versions.activate(fix, **WHO)  # the scheduled one has had its turn
    clock.now += HOUR
    assert decided_by(pointsman) == fix


def test_of_two_versions_scheduled_for_one_instant_the_one_scheduled_last_decides(pointsman, versions, publish, clock):
    first, sale, better = decided_by(pointsman), publish(1), publish(2)
    versions.activate(sale, since=NOW + HOUR, **WHO)
    versions.activate(better, since=NOW + HOUR, **WHO)
    versions.activate(sale, since=NOW + 2 * HOUR, **WHO)
    versions.activate(first, since=NOW + 2 * HOUR, **WHO)  # the sale is called off
    assert versions.timeline().scheduled == ((NOW + HOUR, better), (NOW + 2 * HOUR, first))
    clock.now += HOUR
    assert decided_by(pointsman) == better
    clock.now += HOUR
    assert decided_by(pointsman) == first


def test_rolling_back_twice_goes_one_further_back_and_never_forward(pointsman, versions, publish):
    first = decided_by(pointsman)
    monday, friday = publish(1), publish(2)
    versions.activate(monday, **WHO)
    assert versions.activate(friday, **WHO)
    before = changes(versions), list(decision_log.entries(versions._client, versions._keys))
    for operation in (None, "o", "o"):  # the version active already is not one to roll back to
        versions.activate(friday, operation=operation, **WHO)
    assert not versions.activate(friday, **WHO)
    assert (changes(versions), list(decision_log.entries(versions._client, versions._keys))) == before
    assert [versions.roll_back(**WHO), decided_by(pointsman)] == [monday, monday]
    assert [versions.roll_back(**WHO), decided_by(pointsman)] == [first, first]
    with pytest.raises(NotActivated, match="by its name"):
        versions.roll_back(**WHO)
    versions.activate(friday, **WHO)
    assert versions.roll_back(**WHO) == first


def test_one_rolls_back_from_a_version_that_was_scheduled_to_the_one_active_before_it(
    pointsman, versions, publish, clock
):
    first, sale, later = decided_by(pointsman), publish(1), publish(2)
    for hours, version in enumerate((sale, later), start=1):
        versions.activate(version, since=NOW + hours * HOUR, **WHO)
    clock.now += 3 * HOUR
    assert (decided_by(pointsman), versions.timeline().before) == (later, sale)
    assert [versions.roll_back(**WHO), decided_by(pointsman)] == [sale, sale]
    assert [versions.roll_back(**WHO), decided_by(pointsman)] == [first, first]


def test_a_scheduled_version_still_becomes_active_after_a_roll_back(pointsman, versions, publish, clock):
    first, sale, friday = decided_by(pointsman), publish(1), publish(2)
    versions.activate(friday, **WHO)
    versions.activate(sale, since=NOW + HOUR, **WHO)
    assert versions.roll_back(**WHO) == first
    clock.now += HOUR
    assert decided_by(pointsman) == sale
    assert versions.roll_back(**WHO) == first


def test_two_who_roll_back_at_once_do_not_roll_back_twice(pointsman, versions, publish, client, keys):
    first = decided_by(pointsman)
    monday, friday = publish(1), publish(2)
    versions.activate(monday, **WHO)
    versions.activate(friday, **WHO)
    entry, loaded = HistoryEntry(operation="the other's", who="the other", at=NOW, note=""), pointsman.network().version
    outcome = store.roll_back(client, keys, active=friday, version=monday, entry=entry, network=loaded)
    assert outcome == TimelineChanged()
    mine = HistoryEntry(operation="mine", who="me", at=NOW, note="")
    for active, version in ((friday, monday), (friday, first), (monday, friday)):
        with pytest.raises(NotActivated, match="somebody else"):
            store.roll_back(client, keys, active=active, version=version, entry=mine, network=loaded)
    assert decided_by(pointsman) == monday


def test_who_says_which_version_they_leave_rolls_back_from_no_other(pointsman, versions, publish, monkeypatch):
    first = decided_by(pointsman)
    monday, friday = publish(1), publish(2)
    versions.activate(monday, **WHO)
    versions.activate(friday, **WHO)
    seen = versions.timeline()
    assert versions.roll_back(leaving=friday, to=monday, operation="mine", **WHO) == monday
    assert versions.roll_back(leaving=friday, to=monday, operation="mine", **WHO) == monday  # answered again
    for since in (None, NOW + HOUR):
        with pytest.raises(NotActivated, match=f"{monday[:12]} decides already"):
            versions.roll_back(leaving=friday, to=monday, since=since, **WHO)
        with pytest.raises(NotActivated, match=f"{monday[:12]} decides by now"):
            versions.roll_back(leaving=friday, since=since, **WHO)
        with pytest.raises(NotActivated, match=f"{first[:12]} is the one before"):
            versions.roll_back(leaving=monday, to=friday, since=since, **WHO)
    # somebody else comes between the look and the change
    before = changes(versions)
    for since in (None, NOW + HOUR):
        looks = iter([seen])
        with monkeypatch.context() as patch:
            look = versions.timeline
            patch.setattr(versions, "timeline", lambda looks=looks, look=look: next(looks, None) or look())
            with pytest.raises(NotActivated, match=f"{monday[:12]} decides already"):
                versions.roll_back(leaving=friday, to=monday, since=since, **WHO)
    assert changes(versions) == before
    assert versions.timeline().scheduled == ()


def test_a_write_whose_answer_was_lost_and_that_is_sent_again_is_one_entry(pointsman, versions, publish, client, keys):
    version, before, loaded = publish(1), len(changes(versions)), pointsman.network().version

    def entry(operation):
        return HistoryEntry(operation=operation, who="a", at=NOW, note="")

    policies = policy_set("then: {hold: 2 h}")
    writes = [
        lambda: store.publish(client, keys, policies, entry("p")),
        lambda: store.activate(client, keys, version, entry("a"), network=loaded),
        lambda: store.activate(client, keys, policies.version, entry("b"), network=loaded),
        lambda: store.schedule(client, keys, version, entry("s"), since=NOW + 1, network=loaded),
        lambda: store.roll_back(
            client, keys, active=policies.version, version=version, entry=entry("r"), network=loaded
        ),
    ]
    for write, outcome in zip(writes, [True, *[TimelineChanged()] * 4], strict=True):
        assert write() == outcome
        assert write() == outcome
    assert changes(versions)[before:] == ["published", "activated", "activated", "scheduled", "rolled_back"]
    assert versions.timeline().active == version


def test_an_operation_that_comes_again_for_something_else_is_refused(versions, publish, contents):
    one, other = publish(1), publish(2)
    versions.activate(one, operation="k", **WHO)
    before = contents()
    for wrong in (
        lambda: versions.activate(other, operation="k", **WHO),
        lambda: versions.activate(one, operation="k", since=NOW + 1, **WHO),
        lambda: versions.publish(policy_file(), operation="k", **WHO),
    ):
        with pytest.raises(KeyReused):
            wrong()
    assert contents() == before


def test_the_history_has_who_when_and_why_of_each_change(versions, publish, clock):
    first = versions.timeline().active
    before, version = len(versions.history()), publish(1)
    clock.now += 5
    versions.activate(version, who="anna", note="été", since=NOW + HOUR)
    clock.now += 2 * HOUR
    versions.roll_back(who="ben", note="too dear")
    _, scheduled, back = versions.history()[before:]
    assert scheduled == PastChange(
        kind="scheduled", version=version, who="anna", at=NOW + 5, note="été", since=NOW + HOUR
    )
    assert back == PastChange(
        kind="rolled_back", version=first, who="ben", at=NOW + 5 + 2 * HOUR, note="too dear", before=version
    )


def test_the_list_of_versions_says_how_many_rules_who_when_why_and_whether_each_is_active(versions, pointsman, clock):
    clock.now += 60
    two = pointsman.publish(policy_file("then: {hold: 1 h}", "then: {tier: 2}"), who="anna", note="two").version
    pointsman.publish(policy_file("then: {hold: 1 h}", "then: {tier: 2}"), who="ben", note="again")
    versions.activate(two, since=NOW + HOUR, **WHO)
    first, second = versions.published()
    assert (first.rules, first.active, first.scheduled) == (0, True, ())
    assert (second.version, second.rules, second.who, second.at, second.note) == (two, 2, "anna", NOW + 60, "two")
    assert (second.active, second.scheduled) == (False, (NOW + HOUR,))


def test_a_version_is_found_by_a_start_of_four_letters_that_only_it_has(versions, redis_client, keys):
    for name in ("abcd" + "0" * 60, "abcd" + "1" * 60, "abce" + "0" * 60):
        redis_client.hset(keys.policies, name, b"{}")
    assert versions.find("abce") == "abce" + "0" * 60
    assert versions.find("active") == versions.timeline().active
    for start, message in (("abc", "names no"), ("abcd", "^2 published"), ("abcf", "^no published"), ("*", "names no")):
        with pytest.raises(NotFound, match=message):
            versions.find(start)


OLD = b'{"old.yaml": "policy: old\\nrules:\\n  - {id: r, because: x, then: {teleport: true}}\\n"}'


@pytest.fixture
def old(redis_client, keys):
    """A version that an older release published, with an effect that this release does not have."""
    redis_client.hset(keys.policies, "f" * 64, OLD)
    return "f" * 64


def test_activating_a_version_that_can_not_be_read_any_more_says_so_and_the_active_one_stays(
    pointsman, versions, old, contents
):
    active, before = decided_by(pointsman), contents()
    for since in (None, NOW + HOUR):
        with pytest.raises(NotActivated, match=r"(?s)old.yaml:3:.*unknown effect 'teleport'.*stays so"):
            versions.activate(old, since=since, **WHO)
    assert contents() == before
    assert decided_by(pointsman) == active
    assert versions.texts(old)["old.yaml"].startswith("policy: old")


def test_there_is_no_rolling_back_to_a_version_that_can_not_be_read_any_more(
    pointsman, versions, old, redis_client, keys
):
    active = decided_by(pointsman)
    redis_client.rpush(keys.policies_before, old)
    with pytest.raises(NotActivated, match="teleport"):
        versions.roll_back(**WHO)
    assert decided_by(pointsman) == active


def test_a_version_that_was_altered_where_it_is_stored_is_not_activated(versions, publish, redis_client, keys):
    version = publish(1)
    redis_client.hset(keys.policies, version, b'{"test.yaml": "policy: test\\nrules: []\\n"}')
    with pytest.raises(NotActivated, match="altered"):
        versions.activate(version, **WHO)


def test_a_scheduled_version_that_can_not_be_read_any_more_is_skipped_and_noted_once(
    pointsman, versions, old, redis_client, keys
):
    first = decided_by(pointsman)
    redis_client.zadd(keys.scheduled_policies, {f"{NOW}:{old}": NOW})
    assert [decided_by(pointsman), decided_by(pointsman)] == [first, first]
    assert changes(versions).count("refused") == 1
    assert "teleport" in versions.history()[-1].note
    assert versions.timeline().scheduled == ()


def test_with_an_active_version_that_can_not_be_read_any_more_the_service_is_not_ready_and_says_so(
    pointsman, old, redis_client, keys
):
    redis_client.set(keys.active_policy, old)
    with pytest.raises(NotReady, match="teleport"):
        pointsman.ready()


def test_an_unpublished_version_or_a_past_instant_can_not_be_scheduled(versions, publish, contents):
    version = publish(1)
    before = contents()
    with pytest.raises(NotFound):
        versions.activate("0" * 64, since=NOW + HOUR, **WHO)
    for since in (NOW, NOW - 1):
        with pytest.raises(InputInvalid, match="over"):
            versions.activate(version, since=since, **WHO)
    assert contents() == before


def test_existence_is_checked_where_the_version_is_made_active(client, keys, contents):
    before = contents()
    with pytest.raises(NotFound):
        store.activate(client, keys, "0" * 64, HistoryEntry(operation="x", who="a", at=NOW, note=""), network="")
    assert contents() == before


def test_a_set_whose_own_tests_fail_is_not_published(versions, contents):
    test = b"tests:\n- {test: A shirt is first class, order: {lines: {SHIRT: 1}}, expect: {priority: 80}}\n"
    head = b"products: {SHIRT: {}}\nstock: {usual: {SHIRT: {warehouse: 1}}}\n"
    run_tests, before = make_test_runner({"p_test.yaml": head + test}), contents()
    with pytest.raises(
        TestsFailed,
        match=r"1 of 1 tests of these policies fails, .*\n  p_test.yaml:4  A shirt is first class\n.*policy test",
    ):
        versions.publish(policy_file(), run_tests=run_tests, **WHO)
    assert contents() == before
    made = versions.publish(policy_file("then: {priority: 80}"), run_tests=run_tests, **WHO)
    versions.activate(made.version, **WHO)
    rules = ["then: {priority: 80}", "then: {priority: 90}", "when: {order.units: 9}, then: {tier: 1}"]
    with pytest.raises(TestsFailed, match=r"New, and fires in all of them: test/r2\. A test is"):
        versions.publish(policy_file(*rules), run_tests=run_tests, **WHO)
    with pytest.raises(TestsFailed) as caught:
        versions.publish(policy_file("then: {priority: 70}"), run_tests=run_tests, **WHO)
    assert "New, and" not in str(caught.value)
    made = versions.publish(policy_file("then: {priority: 80}"), run_tests=run_tests, **WHO)
    assert (made.tests_passed, made.new) == (1, False)
    assert versions.tests(made.version) == {}


def test_a_version_has_the_tests_that_it_was_published_with_last(versions):
    version = versions.publish(policy_file(), tests={"p_test.yaml": b"tests: []\n"}, **WHO).version
    assert versions.tests(version) == {"p_test.yaml": "tests: []\n"}
    versions.publish(policy_file(), **WHO)
    assert versions.tests(version) == {"p_test.yaml": "tests: []\n"}
    versions.publish(policy_file(), tests={"q_test.yaml": b"tests: [] # none\n"}, **WHO)
    assert versions.tests(version) == {"q_test.yaml": "tests: [] # none\n"}


def test_policies_that_do_not_fit_the_network_are_not_published_and_unknown_values_are_warnings(versions, contents):
    before = contents()
    with pytest.raises(PolicyInvalid) as caught:
        versions.publish(
            policy_file("then: {prefer: 4.00 USD}", "when: {node.attributes.x: 1}, then: {tier: 1}"), **WHO
        )
    assert [finding.code for finding in caught.value.findings] == ["other-currency", "wrong-attribute"]
    assert contents() == before
    made = versions.publish(policy_file("when: {order.channel: weeb}, then: {hold: 1 h}"), **WHO)
    assert [(item.code, item.meant) for item in made.warnings] == [("unknown-to-network", "web")]


def test_policies_can_be_published_before_there_is_a_network(bare):
    assert bare.versions.publish(policy_file("then: {prefer: 4.00 USD}"), **WHO).new


def test_policies_published_before_the_network_that_they_do_not_fit_was_loaded_are_not_activated(bare, contents):
    version = bare.versions.publish(policy_file("then: {prefer: 4.00 USD}"), **WHO).version
    bare.load(load_inventory(SMALL))
    before = contents()
    for since in (None, NOW + HOUR):
        with pytest.raises(NotActivated, match=r"(?s)does not fit.*test.yaml:3:.*other-currency.*stays so"):
            bare.versions.activate(version, since=since, **WHO)
    assert contents() == before


@pytest.mark.parametrize("since", [None, NOW + HOUR])
def test_a_network_that_the_active_or_scheduled_policies_do_not_fit_is_not_loaded(pointsman, versions, contents, since):
    rule = "when: {product.attributes.shelf_life: {more_than: 3}}, then: {tier: 1}"
    version = versions.publish(policy_file(rule), **WHO).version
    versions.activate(version, since=since, **WHO)
    small, before = load_inventory(SMALL), contents()
    kinds = {**small.network.attributes, "product.attributes.shelf_life": Kind.WORD}
    changed = dataclasses.replace(small, network=dataclasses.replace(small.network, attributes=kinds))
    with pytest.raises(InputInvalid, match=rf"{version[:12]}: does not fit this network.*wrong-attribute"):
        pointsman.load(changed)
    assert contents() == before


ANOTHER_PROCESS = """
import sys
from engine.service import Pointsman
from engine.settings import Settings
from tests.support.facts import order
with Pointsman(Settings(redis_url=sys.argv[1], network=sys.argv[2]), clock=lambda: int(sys.argv[3])) as pointsman:
    for _ in sys.stdin:
        print(pointsman.decide(order(("SHIRT", 1)), dry_run=True).record.policy_version, flush=True)
"""


@pytest.mark.slow
def test_another_process_decides_by_a_version_as_soon_as_it_is_activated(
    pointsman, versions, publish, server_url, network
):
    command = [sys.executable, "-c", ANOTHER_PROCESS, server_url, network, str(NOW)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1) as other:

        def decided() -> str:
            other.stdin.write("\n")
            return other.stdout.readline().strip()

        assert decided() == decided_by(pointsman)
        for hours in (1, 2, 3):
            version = publish(hours)
            versions.activate(version, **WHO)
            assert decided() == version
        back = versions.roll_back(**WHO)
        assert decided() == back
        other.stdin.close()
        assert other.wait() == 0


def test_facts_that_an_earlier_release_stored_without_their_values_are_read(bare, redis_client, keys):
    bare.load(load_inventory(SMALL))
    redis_client.hdel(keys.facts, "words")
    made = bare.versions.publish(policy_file("when: {product.category: nothing}, then: {tier: 2}"), **WHO)
    assert made.warnings == ()


def test_a_version_is_taken_off_the_schedule_and_never_takes_over(pointsman, versions, publish, clock):
    first, sale = decided_by(pointsman), publish(1)
    versions.activate(sale, since=NOW + HOUR, **WHO)
    versions.activate(sale, since=NOW + 2 * HOUR, **WHO)
    assert versions.cancel_schedule(sale, **WHO) == (NOW + HOUR, NOW + 2 * HOUR)
    clock.now += 3 * HOUR
    assert (decided_by(pointsman), versions.timeline().scheduled) == (first, ())
    assert changes(versions)[-2:] == ["unscheduled", "unscheduled"]
    with pytest.raises(NotFound, match="is not scheduled"):
        versions.cancel_schedule(sale, **WHO)


def test_a_version_that_has_taken_over_is_not_taken_off_the_schedule(pointsman, versions, publish, clock):
    sale = publish(1)
    versions.activate(sale, since=NOW + HOUR, **WHO)
    entry = HistoryEntry(operation="x", who="a test", at=NOW + HOUR, note="")
    assert store.unschedule(pointsman._client, pointsman._keys, sale, entry) == ()
    clock.now += HOUR
    with pytest.raises(NotFound):
        versions.cancel_schedule(sale, **WHO)
    assert decided_by(pointsman) == sale
    assert "unscheduled" not in changes(versions)


def test_it_is_known_which_rules_go_when_a_scheduled_version_takes_over(pointsman, versions):
    rules = ["then: {hold: 1 h}", "then: {priority: 1}", "then: {tier: 1}"]
    sale, new = (pointsman.publish(policy_file(*rules[:count]), **WHO).version for count in (1, 3))
    versions.activate(sale, since=NOW + HOUR, **WHO)
    versions.activate(new, since=NOW + 2 * HOUR, **WHO)
    assert [(item.since, item.gone) for item in versions.takeovers()] == [(NOW + HOUR, ()), (NOW + 2 * HOUR, ())]
    versions.activate(new, **WHO)
    assert [item.gone for item in versions.takeovers()] == [("test/r2", "test/r3"), ()]
    versions.activate(sale, since=NOW + 3 * HOUR, **WHO)
    versions.activate(sale, **WHO)
    assert [item.gone for item in versions.takeovers()] == [(), (), ("test/r2", "test/r3")]


def test_a_rollback_may_be_scheduled(pointsman, versions, publish, clock):
    first, sale = decided_by(pointsman), publish(1)
    versions.activate(sale, **WHO)
    assert versions.roll_back(since=NOW + HOUR, **WHO) == first
    assert decided_by(pointsman) == sale
    clock.now += HOUR
    assert decided_by(pointsman) == first
    with pytest.raises(InputInvalid, match="this instant is over"):
        versions.roll_back(since=NOW, **WHO)
