"""Names under which messages are kept: bounded, and apart from each other."""

import io

from api.connectors.language.loader import load_connector
from api.connectors.running.quarantine import Keeping
from api.connectors.sources.message import Message
from api.connectors.sources.names import instant_and_name, kept_name
from tests.support.connectors import COUNTS

AT = 1_795_768_111


def message(name):
    return Message(id=name, name=name, received_at=AT, open=lambda: None)


def test_a_name_that_a_file_system_takes_is_kept_whole():
    name = "stock-" + "x" * 180 + ".csv"
    assert instant_and_name(kept_name(message(name))) == (AT, name)


def test_a_long_name_is_bounded_whatever_its_letters_are():
    for letter in ("x", "é", "中", "\U0001d49c"):
        kept = kept_name(message(f"stock-{letter * 250}.csv"))
        assert len(f".{kept}-999.problems.txt.tmp".encode()) <= 255
        assert (kept[:22], kept[-4:]) == ("20261127T082831_stock-", ".csv")


def test_long_names_that_differ_in_their_middle_are_kept_apart():
    names = {kept_name(message(f"{'x' * 120}{middle}{'y' * 120}.csv")) for middle in ("a", "b", " ", "_")}
    assert len(names) == 4


def keeping(files, root):
    text = COUNTS.replace('["*.csv", "*.json", "*.ndjson"]', files)
    return Keeping(load_connector("connector.yaml", text.encode()), root)


def test_a_long_name_is_of_the_connector_whose_files_begin_and_end_so(tmp_path):
    path = tmp_path / kept_name(message(f"stock-{'x' * 240}.csv"))
    assert [keeping(files, tmp_path).is_of(path) for files in ("stock-*.csv", "'*[x].csv'", "st?ck*", "'*'")] == [
        True
    ] * 4
    assert [keeping(files, tmp_path).is_of(path) for files in ("orders-*.csv", "stock-*.json", "s*.txt")] == [False] * 3
    assert keeping("stock-*.csv", tmp_path).is_of(path.with_name(f"{path.stem}-2.csv.problems.txt"))


def test_messages_of_one_name_and_instant_are_kept_apart_and_the_same_one_once(tmp_path):
    text = f"{COUNTS}keep: 30d\n".replace("reads: {folder: in, ", "reads: {push: key}\n").replace(
        'files: ["*.csv", "*.json", "*.ndjson"], settled: 0s}\n', ""
    )
    keeping = Keeping(load_connector("connector.yaml", text.encode()), tmp_path)
    for content in (b"one", b"two", b"one", b"two"):
        keeping.keep(Message(id="a", name="a.csv", received_at=AT, open=lambda content=content: io.BytesIO(content)))
    assert sorted((path.name[16:], path.read_bytes()) for path in keeping.done.iterdir()) == [
        ("a-2.csv", b"two"),
        ("a.csv", b"one"),
    ]
