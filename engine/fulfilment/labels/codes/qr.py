"""QR codes (ISO/IEC 18004), made by segno."""

from engine.errors import Mistake, NotPrintable

QUIET = 4
"""Squares that stay white around a code."""


def qr_rows(content: str, *, field: str) -> tuple[bytes, ...]:
    """Its squares, black (1) or white (0), that are read even if 15 % of them are damaged. Raises NotPrintable for
    `field` if there is too much of it.
    """
    import segno  # noqa: PLC0415  # imported where a code is drawn: most processes draw none

    try:
        code = segno.make_qr(content, error="m", boost_error=False)
    except segno.DataOverflowError:
        raise NotPrintable([Mistake(field=field, message="it is too long for a QR code; shorten it")]) from None
    return tuple(bytes(row) for row in code.matrix)
