"""Connectors that would take each other's files, or write over each other's, are told of before they do."""

import fnmatch
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.connectors.language.folder_checks import globs_meet
from api.connectors.language.loader import load_connectors
from rules.errors import PolicyInvalid
from tests.support.examples import examples

TEXT = """\
connector: NAME
owner: logistics
because: {en: The warehouse counts}
kind: counts
PLACE
format: csv
fields: {node: node, sku: sku, on_hand: units, at: at}
"""
SENT = """\
connector: NAME
owner: logistics
because: {en: Orders for the warehouse}
kind: shipment_orders
PLACE
format: json
fields: {order: order}
"""


def load(*connectors):
    """Of each its name, and where it reads or sends."""
    files = {}
    for name, place in connectors:
        text = SENT if place.startswith("sends") else TEXT
        files[f"{name}.yaml"] = text.replace("NAME", name).replace("PLACE", place).encode()
    return load_connectors(files)


def mistakes(*connectors):
    with pytest.raises(PolicyInvalid) as error:
        load(*connectors)
    return [str(finding) for finding in error.value.findings]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("reads: {folder: in}", "reads: {folder: in/}"),
        ("reads: {folder: in}", "reads: {folder: ./in, files: '*.csv'}"),
        ("reads: {folder: in, files: 'stock*'}", "reads: {folder: in, files: ['*.txt', '*.csv']}"),
    ],
)
def test_two_that_may_mean_the_same_file_of_a_folder_are_told(one, other):
    (mistake,) = mistakes(("a", one), ("b", other))
    assert mistake.startswith("b.yaml:5:1")
    assert "'a' watches this folder, too, and a file may fit '" in mistake


SFTP = "sftp: u@h.example/out, key: k, known_hosts: h"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (f"reads: {{{SFTP}, done: done}}", f"reads: {{{SFTP.replace('h.example/out', 'H.Example/out/')}, done: done}}"),
        (f"reads: {{{SFTP}, done: done, files: '*.csv'}}", f"reads: {{{SFTP}, files: 'stock*'}}"),
        (f"reads: {{{SFTP}, files: '*.csv'}}", f"reads: {{{SFTP}, delete: true}}"),
    ],
)
def test_two_that_fetch_the_same_file_and_of_which_one_takes_it_away_are_told(one, other):
    (mistake,) = mistakes(("a", one), ("b", other))
    assert "'a' watches this folder, too, and a file may fit '" in mistake


def test_two_that_fetch_other_files_or_leave_them_there_are_right():
    taking = f"reads: {{{SFTP}, done: done, files: 'FILES'}}"
    assert load(("a", taking.replace("FILES", "a*.csv")), ("b", taking.replace("FILES", "b*.csv")))
    assert load(("a", taking), ("b", taking.replace("/out", "/other")))
    assert load(("a", taking), ("b", taking.replace("u@", "v@")))
    assert load(("a", taking), ("b", taking.replace("h.example", "h.example:2222")))
    assert load(("a", f"reads: {{{SFTP}}}"), ("b", f"reads: {{{SFTP}}}"))
    assert load(("a", "reads: {folder: out}"), ("b", f"reads: {{{SFTP}, done: done}}"))


def test_a_folder_that_is_the_own_one_of_a_connector_that_fetches_is_told():
    (mistake,) = mistakes(("in", f"reads: {{{SFTP}, done: done}}"), ("x", "reads: {folder: in}"))
    assert "'in' keeps what is bad in its own folder 'in', which is watched here" in mistake


def test_those_that_mean_different_files_or_folders_are_right():
    files = "reads: {folder: in, files: 'FILES'}"
    assert load(("a", files.replace("FILES", "stock-*.csv")), ("b", files.replace("FILES", "orders-*.csv")))
    assert load(("a", "reads: {folder: in}"), ("b", "reads: {folder: in2}"))
    assert load(("a", "reads: {folder: a}"), ("b", "reads: {push: key}"))


@pytest.mark.parametrize("names", [("in", "x"), ("x", "in")])
def test_a_folder_that_is_another_connectors_own_is_told(names):
    own = "sends: {stream: orders}"
    (mistake,) = mistakes(*((name, own if name == "in" else "reads: {folder: in}") for name in names))
    assert "x.yaml" in mistake
    assert "'in' keeps what is bad in its own folder 'in', which is watched here" in mistake


def test_two_that_write_files_of_the_same_names_to_one_place_are_told():
    text = "sends: {PLACE, file: FILE}"
    for place in ("folder: out", "sftp: u@host/out, key: k, known_hosts: h"):
        to = text.replace("PLACE", place)
        (mistake,) = mistakes(*((name, to.replace("FILE", "$number.json")) for name in "ab"))
        assert "'a' writes files of the same names to the same place; write $connector into 'file'" in mistake
        assert load(*((name, to.replace("FILE", "$connector-$number.json")) for name in "ab"))
        assert load(*((name, to.replace("FILE", f"{name}-$number.json")) for name in "ab"))
    assert load(("a", "sends: {folder: out, file: $number.json}"), ("b", "sends: {folder: out2, file: $number.json}"))


def test_two_whose_settings_would_be_the_same_are_told():
    (mistake,) = mistakes(("a-b", "reads: {push: key}"), ("a_b", "reads: {push: key}"))
    assert "its settings are those of 'a-b', as - and _ are one in them" in mistake


NAMES = ["".join(letters) for size in range(5) for letters in itertools.product("abcd", repeat=size)]
globs = st.lists(st.sampled_from(["a", "b", "*", "?", "[a]", "[!a]", "[ab]", "[b-c]", "[!b-c]"]), max_size=4).map(
    "".join
)


@pytest.mark.parametrize(
    ("one", "other", "meet"),
    [
        ("[ab].csv", "[bc].csv", True),
        ("[a-m].csv", "[f-z].csv", True),
        ("[a-c].csv", "[e-z].csv", False),
        ("[!a].csv", "[!b].csv", True),
        ("[!a-y].csv", "[x-z].csv", True),
        ("[!a-z].csv", "[x-z].csv", False),
        ("[0-4].csv", "[5-9].csv", False),
    ],
)
def test_two_classes_meet_where_a_letter_fits_both(one, other, meet):
    assert globs_meet(one, other) is meet
    assert globs_meet(other, one) is meet


@examples(300)
@given(globs, globs)
def test_globs_meet_where_a_name_fits_both(one, other):
    fits = any(fnmatch.fnmatchcase(name, one) and fnmatch.fnmatchcase(name, other) for name in NAMES)
    if fits:
        assert globs_meet(one, other)
    elif one.count("*") + other.count("*") == 0 or len(one) + len(other) < 5:
        assert not globs_meet(one, other)
