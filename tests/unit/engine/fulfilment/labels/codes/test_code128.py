"""Code 128 is what scanners read, in as few symbols as the standard's rules give."""

import pytest
import zxingcpp
from biip.gs1_messages import GS1Message
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from engine.fulfilment.labels.codes.code128 import bars, code128, encodable, gs1_128, modules

ASCII = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), min_size=1, max_size=30)


def picture(symbols, *, size=2):
    """Bars on white, with their quiet zones."""
    drawn = Image.new("L", ((modules(symbols) + 20) * size, 40), 255)
    for left, width in bars(symbols):
        drawn.paste(0, ((left + 10) * size, 0, (left + width + 10) * size, 40))
    return drawn


def scanned(symbols):
    (code,) = zxingcpp.read_barcodes(picture(symbols), text_mode=zxingcpp.TextMode.Plain)
    return code.text, code.symbology_identifier


@given(ASCII | st.text("0123456789A", min_size=1, max_size=30))
def test_a_scanner_reads_any_text(text):
    assert scanned(code128(text)) == (text, "]C0")


@pytest.mark.parametrize(
    ("text", "symbols"),
    [
        ("12", (105, 12)),
        ("1", (104, 17)),
        ("123", (104, 17, 18, 19)),
        ("1234", (105, 12, 34)),
        ("12345", (105, 12, 34, 100, 21)),
        ("A1234", (104, 33, 99, 12, 34)),
        ("A12345", (104, 33, 17, 99, 23, 45)),
        ("A1234B", (104, 33, 17, 18, 19, 20, 34)),
        ("A123456B", (104, 33, 99, 12, 34, 56, 100, 34)),
    ],
)
def test_runs_of_digits_are_in_set_c(text, symbols):
    assert code128(text)[:-2] == symbols


@given(st.from_regex(r"[0-9]{18}", fullmatch=True))
def test_an_sscc_is_read_as_gs1_128_without_brackets(sscc):
    assert scanned(gs1_128(f"00{sscc}")) == (f"00{sscc}", "]C1")
    assert modules(gs1_128(f"00{sscc}")) == 156


def test_biip_takes_it_apart():
    text, _ = scanned(gs1_128("00334567890000012341"))
    (element,) = GS1Message.parse(text).element_strings
    assert (element.ai.ai, element.value) == ("00", "334567890000012341")


def test_only_printable_ascii_can_be_encoded():
    assert [encodable(text) for text in ("A-1 ~", "é", "", "\t")] == [True, False, False, False]
