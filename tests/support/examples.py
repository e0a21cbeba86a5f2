"""How many examples a property is tried on: some in the suite, many times as many in `make fuzz`."""

import os
from typing import Any

from hypothesis import settings

TIMES = int(os.environ.get("TIMES_AS_MANY_EXAMPLES", "1"))


def examples(count: int, **others: Any) -> settings:
    """Settings for `count` examples in the suite; `others` are other settings of Hypothesis."""
    return settings(max_examples=count * TIMES, deadline=None, **others)
