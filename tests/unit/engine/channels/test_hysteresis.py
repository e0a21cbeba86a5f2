"""What a feed says does not flap, and is never more than there is."""

from hypothesis import given
from hypothesis import strategies as st

from engine.channels.hysteresis import published
from engine.model.feed_steps import EVERY_RISE, FeedStep

STEPS = st.builds(FeedStep, units=st.integers(1, 9)) | st.builds(FeedStep, share=st.integers(0, 10_000))


def said(*units, step):
    """What the feed says after each of these, one after another."""
    so_far, before = [], None
    for count in units:
        before = published(before, count, step)
        so_far.append(before)
    return so_far


def test_a_fall_is_said_at_once_and_a_rise_from_its_step_on():
    assert said(10, 9, 10, 11, 12, 13, 12, step=FeedStep(units=3)) == [10, 9, 9, 9, 12, 12, 12]


def test_a_step_of_a_share_is_of_what_the_feed_says_rounded_up():
    assert said(20, 21, 22, 24, 27, step=FeedStep(share=1_000)) == [20, 20, 22, 22, 27]


def test_to_nothing_and_from_nothing_is_said_at_once():
    assert said(5, 0, 1, 2, 1, 0, step=FeedStep(units=4)) == [5, 0, 1, 1, 1, 0]


def test_without_a_step_every_change_is_said():
    assert said(5, 6, 5, 7, step=EVERY_RISE) == [5, 6, 5, 7]
    assert FeedStep(share=0).of(5) == 1


@given(units=st.lists(st.integers(0, 40), min_size=1), step=STEPS)
def test_a_feed_never_says_more_than_there_is_and_is_less_than_a_step_behind(units, step):
    for count, shown in zip(units, said(*units, step=step), strict=True):
        assert 0 <= count - shown < step.of(shown)
        assert (count == 0) == (shown == 0)
