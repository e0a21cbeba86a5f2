"""What a feed says of a SKU as its units change: so that it does not flap, and never says more than there is."""

from engine.model.feed_steps import FeedStep


def published(before: int | None, units: int, step: FeedStep) -> int:
    """The units that the feed says, where it said `before`; None: nothing yet. A fall is said at once, so that nothing
    is sold that is not there; a rise once it is as large as the step, or from 0.
    """
    if before is None or before == 0 or units <= before:
        return units
    return units if units - before >= step.of(before) else before
