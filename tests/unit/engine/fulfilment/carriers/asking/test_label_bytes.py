"""Labels are known by their bytes, and only whole ones."""

import base64

import pytest

from engine.fulfilment.carriers.asking.label_bytes import decoded, format_of
from tests.support.fake_carriers.fake_server import LABELS


@pytest.mark.parametrize("label_format", LABELS)
def test_a_whole_label_is_of_its_format_and_no_part_of_it_is(label_format):
    label = LABELS[label_format]
    assert format_of(label) == label_format
    assert format_of(label + b"\n") == label_format
    for end in range(len(label) - 2):
        assert format_of(label[:end]) is None
    assert format_of(b"<html>Please sign in</html>") is None


def test_a_pdf_may_have_some_bytes_behind_its_end():
    assert format_of(LABELS["pdf"] + b"\x00" * 64) == "pdf"
    assert format_of(LABELS["pdf"] + b"\x00" * 2_000) is None


def test_what_is_no_base64_is_no_label():
    assert decoded(base64.b64encode(b"^XA^XZ").decode()) == b"^XA^XZ"
    assert decoded("==apodifjoefr") == decoded("é") == b""
