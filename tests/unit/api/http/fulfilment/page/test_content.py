"""What the page about a parcel shows is easy to read and to compare with a label."""

import pytest

from api.http.fulfilment.page.content import spaced


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        ("CB000000005FR", "CB 000 000 005 FR"),
        ("334567890000000427", "3345 6789 0000 0004 27"),
        ("1Z999AA10123456784", "1Z99 9AA1 0123 4567 84"),
    ],
)
def test_a_number_is_shown_in_groups_as_its_carrier_writes_it(number, shown):
    assert spaced(number) == shown
