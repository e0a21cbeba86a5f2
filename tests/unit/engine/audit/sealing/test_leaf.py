"""What is sealed of an entry: everything that is stored of it, in one form.

tests/data/canonical_json.json is https://github.com/cyberphone/json-canonicalization's testdata (Apache-2.0, Copyright
2018 Anders Rundgren).
"""

import hashlib
import json
from pathlib import Path

import pytest
import rfc8785
from hypothesis import example, given
from hypothesis import strategies as st

from engine.audit.sealing.leaf import Leaf, canonical, leaf_of, leaves_in, parse_id, parsed

CASES = json.loads(Path("tests/data/canonical_json.json").read_text(encoding="utf-8"))
FIELDS = st.dictionaries(st.binary(max_size=12), st.binary(max_size=40) | st.text(max_size=20).map(str.encode))
NUMBERS = st.integers(0, 2**64 - 1)


@pytest.mark.parametrize("name", CASES)
def test_canonical_json_is_that_of_the_public_test_data(name):
    assert rfc8785.dumps(json.loads(CASES[name]["input"])).decode() == CASES[name]["canonical"]


def test_an_entrys_canonical_form_and_leaf_are_these():
    fields = {b"kind": "décidé".encode(), b"at": b"1795770000", b"body": b"\xff\x00"}
    form = '{"fields":{"at":"1795770000","body":{"base64":"/wA="},"kind":"décidé"},"id":"1795770000000-0"}'.encode()
    assert canonical(b"1795770000000-0", fields) == form
    leaf = leaf_of(b"1795770000000-0", fields)
    assert leaf == Leaf((1_795_770_000_000, 0), hashlib.sha256(form).digest())
    assert leaf.data == (1_795_770_000_000).to_bytes(8, "big") + bytes(8) + leaf.digest
    assert leaf.entry_id == "1795770000000-0"


@given(NUMBERS, NUMBERS, FIELDS)
@example(1, 2, {b"\xff": b"", "\U0001f600".encode(): b"a", "\uffee".encode(): b"b", b'"\\\x7f\x01\n': b'"\\\x7f\x01\n'})
def test_the_form_is_canonical_json_and_is_read_back(millis, number, fields):
    entry_id = b"%d-%d" % (millis, number)
    form = canonical(entry_id, fields)
    assert form == rfc8785.dumps(json.loads(form))
    assert parsed(form) == (entry_id, fields)
    leaf = leaf_of(entry_id, fields)
    assert list(leaves_in(leaf.data + leaf.data)) == [leaf, leaf]


@given(FIELDS, FIELDS)
def test_other_fields_have_another_leaf(fields, others):
    assert (leaf_of(b"1-0", fields) == leaf_of(b"1-0", others)) == (fields == others)


def test_the_order_of_fields_does_not_matter_and_the_id_does():
    assert leaf_of(b"1-0", {b"a": b"1", b"b": b"2"}) == leaf_of(b"1-0", {b"b": b"2", b"a": b"1"})
    assert leaf_of(b"1-0", {}).data != leaf_of(b"1-1", {}).data


@pytest.mark.parametrize(
    "text", ["", "1", "1-", "-1", "01-0", "1-0-0", "1-\u0660", "18446744073709551616-0", "1-0\n", "+1-0"]
)
def test_what_is_no_id_of_an_entry_is_refused(text):
    with pytest.raises(ValueError, match="is no id of an entry"):
        parse_id(text)


@pytest.mark.parametrize(
    "form",
    [
        *(b"", b"[]", b"{}", b"null", b'{"fields":{},"id":1}', b'{"fields":[],"id":"1-0"}', b'{"fields":{},"id":"x"}'),
        *(b'{"id":"1-0","fields":{}}', b'{"fields":{}, "id":"1-0"}', b'{"fields":{"a":1},"id":"1-0"}'),
        *(b'{"fields":{"a":{"base64":"YQ=="}},"id":"1-0"}', b'{"fields":{"a":{"base64":"?"}},"id":"1-0"}', b"\xff"),
    ],
)
def test_what_is_no_canonical_form_is_refused(form):
    with pytest.raises(ValueError, match=r"\w"):
        parsed(form)


def test_what_is_no_leaf_is_refused():
    with pytest.raises(ValueError, match="a leaf has 48 bytes, not 47"):
        list(leaves_in(bytes(48 + 47)))
