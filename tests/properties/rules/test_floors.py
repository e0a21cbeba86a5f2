"""What a floor leaves, whatever rules keep and protect."""

from hypothesis import given
from hypothesis import strategies as st

from rules.effects import PositionOutcome
from rules.reserves import Protection, Reserve

CHANNELS = ("app", "marketplace", "store", "web")
RESERVES = st.builds(Reserve, units=st.integers(0, 6)) | st.builds(Reserve, share=st.integers(0, 10_000))
OUTCOMES = st.builds(
    PositionOutcome,
    keep=RESERVES,
    protect=st.dictionaries(st.sampled_from(CHANNELS), RESERVES).map(
        lambda of: tuple(Protection(channel=channel, reserve=of[channel]) for channel in sorted(of))
    ),
)


@given(outcome=OUTCOMES, on_hand=st.integers(0, 20))
def test_while_units_beyond_those_kept_are_on_hand_some_channel_may_take_them(outcome, on_hand):
    free = [on_hand - outcome.floor(channel).of(on_hand) for channel in CHANNELS]
    assert (max(free) > 0) == (on_hand > outcome.keep.of(on_hand))


@given(outcome=OUTCOMES, on_hand=st.integers(0, 20), channel=st.sampled_from(CHANNELS))
def test_a_channel_may_take_what_is_protected_for_it_as_far_as_it_is_there(outcome, on_hand, channel):
    own = sum(item.reserve.of(on_hand) for item in outcome.protect if item.channel == channel)
    beyond = max(0, on_hand - outcome.keep.of(on_hand))
    assert max(0, on_hand - outcome.floor(channel).of(on_hand)) >= min(own, beyond)


@given(outcome=OUTCOMES, on_hand=st.integers(0, 40), channel=st.sampled_from(CHANNELS))
def test_where_there_is_enough_for_all_everything_protected_for_others_stays(outcome, on_hand, channel):
    kept, of_all = outcome.keep.of(on_hand), sum(item.reserve.of(on_hand) for item in outcome.protect)
    others = sum(item.reserve.of(on_hand) for item in outcome.protect if item.channel != channel)
    if kept + of_all <= on_hand:
        assert outcome.floor(channel).of(on_hand) == kept + others
