"""Files of connectors that name an order are found wherever they lie, and files of other orders are not."""

from pathlib import Path

import pytest

from api.connectors.language.loader import load_connectors
from api.connectors.running.files_naming import files_naming, folders_of
from tests.support.connectors import COUNTS


@pytest.mark.parametrize(
    ("content", "is_named"),
    [
        (b'{"id": "W-1", "name": "Zaphod"}', True),
        (b"W-1", True),
        (b"UNH+1'BGM+220+W-1+9'", True),
        ("\ufeffid;name\nW-1;Zaphod\n".encode("utf-16-le"), True),
        (b'{"id": "W-10"}', False),
        (b'{"id": "NEW-1"}', False),
        (b'{"id": "W-1-2"}', False),
        (b"", False),
    ],
)
def test_an_order_is_named_by_its_whole_id(tmp_path: Path, content: bytes, is_named: bool) -> None:  # noqa: FBT001  # a case
    kept = tmp_path / "orders" / "done" / "orders.json"
    kept.parent.mkdir(parents=True)
    kept.write_bytes(content)
    found = files_naming(["W-1", "W-2"], [tmp_path, tmp_path / "nowhere"])
    assert found.files == {"W-1": [kept] if is_named else [], "W-2": []}
    assert found.unread == []


def test_folders_elsewhere_are_looked_into_too_and_each_once(tmp_path: Path) -> None:
    root, away = tmp_path / "files", tmp_path / "away"
    texts = {
        f"{name}.yaml": COUNTS.replace("connector: warehouse", f"connector: {name}").replace(
            "folder: in,", f"folder: {path},"
        )
        for name, path in (("near", "in"), ("far", str(away)))
    }
    connectors = load_connectors({name: text.encode() for name, text in texts.items()})
    assert folders_of(connectors, root) == [root, away]
