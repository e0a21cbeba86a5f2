"""Whatever was done to the files of an archive, `ledger check --whole` names it; a plain check says what it did not
read and notices what is missing.
"""

import msgspec
import pyarrow
import pyarrow.parquet
import pytest

from engine.audit.sealing.leaf import parse_id
from engine.errors import SealBroken
from tests.support.aged_log import DAY


@pytest.fixture
def archived(shop, network, tmp_path):
    """The folder of the files: of a shop whose log but for a few days is in the archive."""
    assert shop.archive(tmp_path / "archive", older_than=3 * DAY).entries
    shop.sealer.seal()
    return tmp_path / "archive" / network / "entries"


def rewrite(path, change):
    """Put what `change` makes of the rows, a list of dicts, in the place of the file's."""
    table = pyarrow.parquet.read_table(path)
    rows = table.to_pylist()
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(change(rows) or rows, schema=table.schema), path)


def day_with_a_decision(folder):
    """The first file that has a decision, and the number of its row."""
    for path in sorted(folder.glob("*.parquet")):
        for number, row in enumerate(pyarrow.parquet.read_table(path).to_pylist()):
            if row["kind"] == "decided":
                return path, number, f"{row['millis']}-{row['number']}"
    raise AssertionError("there is none")


def found(shop, *, whole=True):
    return [(one.kind, one.entry) for one in shop.check(whole=whole).seal.findings]


def test_an_untouched_archive_has_no_findings_and_a_check_says_whether_it_was_read(shop, archived):
    for whole in (True, False):
        audit = shop.check(whole=whole)
        assert audit.clean, audit
        assert audit.seal.archive_read == whole
        assert audit.seal.archived > 0


@pytest.mark.parametrize("what", ["altered", "deleted", "twice", "status", "nodes", "kind", "swapped"])
def test_what_was_done_to_a_row_is_found_and_named(shop, archived, what):
    path, number, entry = day_with_a_decision(archived)

    def change(rows):
        row = rows[number]
        match what:
            case "altered":
                field = next(part for part in row["fields"] if part["name"] == b"at")
                field["value"] = b"1" + field["value"][1:-1] + b"7"
            case "deleted":
                del rows[number]
            case "twice":
                rows.insert(number, row)
            case "status":
                row["status"] = "rejected"
            case "nodes":
                row["nodes"] = ["nowhere"]
            case "kind":
                row["kind"] = "counted"
            case "swapped":
                row["number"] += 1
        return rows

    rewrite(path, change)
    kinds = dict(reversed(found(shop)))
    expected = {"altered": "altered", "deleted": "deleted", "twice": "inserted", "swapped": "deleted"}
    assert kinds[expected.get(what, "columns_altered")] == entry
    checked = shop.check(whole=True)
    assert not checked.clean
    if what == "deleted":
        place = shop.proofs.log.index_of(parse_id(entry), size=checked.seal.sealed)
        assert checked.seal.findings[0].message.endswith(f"sealed as number {place}")
    assert found(shop, whole=False) == []
    with pytest.raises(SealBroken, match=entry):
        shop.repair(who="ada")


def test_a_file_that_is_missing_is_noticed_without_reading_any(shop, archived):
    path, *_ = day_with_a_decision(archived)
    path.rename(path.with_name("elsewhere"))
    for whole in (True, False):
        audit = shop.check(whole=whole)
        (finding,) = audit.seal.findings
        assert (finding.kind, str(path) in finding.message, audit.clean) == ("archive_unreadable", True, False)
    path.with_name("elsewhere").rename(path)
    assert shop.check(whole=True).clean


def test_a_file_that_is_no_parquet_file_is_named(shop, archived):
    path, *_ = day_with_a_decision(archived)
    path.write_bytes(path.read_bytes()[:-100])
    (finding,) = shop.check(whole=True).seal.findings
    assert (finding.kind, str(path) in finding.message) == ("archive_unreadable", True)


def test_a_copy_on_the_server_of_an_archived_entry_is_compared_each_time(shop, archived, redis_client, key):
    name, packed = next(iter(redis_client.hgetall(key("archived:kept")).items()))
    fields = [(part, b"1" if part == b"at" else value) for part, value in msgspec.msgpack.decode(packed)]
    redis_client.hset(key("archived:kept"), name, msgspec.msgpack.encode(fields))
    assert found(shop, whole=False) == [("altered", name.decode())]


def test_entries_that_were_forgotten_are_not_missed(shop, settings, clock, archived):
    path, number, _ = day_with_a_decision(archived)
    with type(shop)(settings, clock=clock) as other:
        other._client.redis.hset(other._keys.archived_days, path.stem, f"{number + 1} {'9' * 13}-0 counted")
    rewrite(path, lambda rows: [row for row in rows if row["kind"] == "decided"])
    assert "deleted" not in dict(found(shop))
    shop.sealer.export(archived / "log", by="ada", on_altered=pytest.fail)
    assert shop.evidence.report(0, 1 << 34).not_as_sealed == []
