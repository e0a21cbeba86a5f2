"""From how many units more on a channel's feed says that there are more."""

from dataclasses import dataclass

from rules.reserves import share_of


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedStep:
    """Units, or a share in basis points of what the feed says so far, rounded up; the larger of them."""

    units: int = 1
    share: int = 0

    def of(self, published: int) -> int:
        """In units, at least 1."""
        return max(self.units, share_of(published, self.share))


EVERY_RISE = FeedStep()
