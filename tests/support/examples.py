"""How many examples a property is tried on: some in the suite, many times as many in `make fuzz`."""

import os
from typing import Any

from hypothesis import settings

TIMES = int(os.environ.get("TIMES_AS_MANY_EXAMPLES", "1"))


def examples(count: int, *, in_suite: int | None = None, **others: Any) -> settings:
    """Settings for `count` examples, or `in_suite` of them in the suite where each takes long; `others` are other
    settings of Hypothesis.
    """
    tried = count * TIMES if in_suite is None or TIMES > 1 else in_suite
    return settings(max_examples=tried, deadline=None, **others)


def of_many(few: int, many: int) -> int:
    """How much of what Hypothesis doesn't make up is tried: few in the suite, many in `make fuzz`."""
    return few if TIMES == 1 else many
