"""What each release logged is replayed by this one: byte for byte, or it is said which rule of meaning changed."""

from collections import Counter

import pytest

from engine.audit.comparison.comparison import compare, is_whole
from engine.audit.comparison.meanings import MEANINGS, changes_since
from engine.audit.replay import replay
from engine.decide.record import facts_of
from engine.version import MEANING, VERSION
from tests.support.recorded_entries import FOLDER, RecordedEntries

FILES = sorted(FOLDER.glob("*.json"))


def replayed(path):
    """Of each entry, its record, its facts, and what a replay finds to differ."""
    recorded = RecordedEntries(path)
    matchers = {
        version: recorded.matcher(version) for version in {item.policy_version for item, _, _ in recorded.entries}
    }
    for record, body, logged in recorded.entries:
        facts = recorded.facts(body, logged)
        again = replay(
            record,
            facts,
            caches=recorded.network(record.network_version),
            products=recorded.products(record.network_version),
            matcher=matchers[record.policy_version],
        )
        yield record, facts, compare(body, facts_of(body, logged), again)
    for matcher in matchers.values():
        matcher.close()


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_entries_of_every_release_come_out_as_they_were_logged(path):
    for record, facts, found in replayed(path):
        if is_whole(facts) and not changes_since(facts.meaning):
            assert found == (), record.id


def test_entries_of_former_forms_are_compared_in_their_form():
    outcomes = Counter((record.schema, bool(found)) for record, _, found in replayed(FOLDER / "former-forms.json"))
    for schema in (0, 1, 2):
        assert outcomes[schema, False] >= 3
        assert outcomes[schema, True] >= 1, "some were decided on what was not kept then"


def test_this_release_has_entries_of_every_kind():
    recorded = RecordedEntries(FOLDER / f"{VERSION}-meaning-{MEANING}.json")
    records = [record for record, _, _ in recorded.entries]
    assert {record.because for record in records} == {None, "rejected", "amended"}
    assert {"filled", "partial"} <= {record.status for record in records}
    assert any(record.lacked for record in records)
    assert any(item.lots for record in records for shipment in record.shipments for item in shipment.lines)
    facts = [recorded.facts(body, logged) for _, body, logged in recorded.entries]
    assert any(item.remainder and item.remainder.barred for item in facts)
    assert any(item.loads and item.loads.hourly for item in facts)
    assert any(columns.taken for item in facts for columns in item.stock.values())


def test_every_meaning_up_to_that_of_this_release_is_told():
    assert sorted(MEANINGS) == list(range(1, MEANING + 1))
    assert changes_since(0) == [f"meaning {number}: {change}" for number, change in sorted(MEANINGS.items())]
    assert changes_since(MEANING) == []
