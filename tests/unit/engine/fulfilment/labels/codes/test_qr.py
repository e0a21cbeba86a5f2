import pytest

from engine.errors import NotPrintable
from engine.fulfilment.labels.codes.qr import qr_rows


def test_a_code_is_square_and_of_black_and_white():
    rows = qr_rows("https://track.example.com/track/6A12345678901", field="qr")
    assert {len(row) for row in rows} == {len(rows)} == {33}
    assert set().union(*rows) == {0, 1}


def test_more_than_a_code_holds_is_refused():
    with pytest.raises(NotPrintable, match="qr: it is too long for a QR code"):
        qr_rows("x" * 3_000, field="qr")
