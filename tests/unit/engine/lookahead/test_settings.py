"""How often prices are learnt and for how long they count, from environment variables."""

import pytest

from engine.errors import BadSetting
from engine.lookahead.settings import LookaheadSettings

HOUR = 3_600


def read(**variables):
    return LookaheadSettings.from_environment({f"POINTSMAN_LOOKAHEAD{name}": text for name, text in variables.items()})


def test_nobody_learns_by_itself_and_a_table_counts_for_two_days_unless_said_otherwise():
    assert read() == LookaheadSettings(every=None, use_for=48 * HOUR, jump=50)
    assert read(**{"": "1 h", "_USE": "3 h", "_JUMP": "20%"}) == LookaheadSettings(
        every=HOUR, use_for=3 * HOUR, jump=20
    )


@pytest.mark.parametrize(
    ("name", "text"),
    [("", "daily"), ("", "0"), ("", "31 d"), ("_USE", "manual"), ("_JUMP", "0%"), ("_JUMP", "50"), ("_JUMP", "1001%")],
)
def test_a_bad_value_is_named(name, text):
    with pytest.raises(BadSetting, match=f"POINTSMAN_LOOKAHEAD{name} is '{text}'; it must be "):
        read(**{name: text})


@pytest.mark.parametrize("variables", [{"": "2 d"}, {"": "1 d", "_USE": "24 h"}, {"": "1 d", "_USE": "6 h"}])
def test_a_table_counts_for_longer_than_from_one_to_the_next(variables):
    with pytest.raises(BadSetting, match=r"POINTSMAN_LOOKAHEAD_USE is .* longer than POINTSMAN_LOOKAHEAD, "):
        read(**variables)
