"""What many orders take: they are decided day by day, and then tried in one step under drafts.

    python -m tests.bench.scale [--orders N] [--a-day N] [--minutes N] [--data DIR]

Prints JSON, and says on stderr how far it is. A tenth of a million takes some 20 minutes of processor time. `--data`
keeps the decisions in a directory, so that more can be tried on them with tests.bench.scale.trying. `--minutes`: no
day is begun once so many have passed, and what is measured is of the days before.
"""

import argparse
import json
import math
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.bench.example_network import directory
from tests.bench.option_sets import ROOT
from tests.bench.scale.deciding import decide_days

ORDERS, A_DAY = 100_000, 5_000
TRIED = (["--drafts", "1"], ["--unchanged"])


def measure(
    data: Path,
    *,
    orders: int,
    a_day: int,
    tried: Sequence[Sequence[str]],
    say: Callable[[str], None],
    goes_on: Callable[[], bool] = lambda: True,
) -> dict[str, Any]:
    with TemporaryDirectory() as folder:
        days = max(1, orders // a_day)
        decided = decide_days(data, Path(folder), orders=orders, days=days, say=say, goes_on=goes_on)
    figures: dict[str, Any] = {"decided": asdict(decided), "tried": []}
    say(json.dumps(figures))
    for options in tried:
        run = subprocess.run(
            [sys.executable, "-m", "tests.bench.scale.trying", data, *options],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
        say(run.stdout)
        figures["tried"].append({"options": list(options), **json.loads(run.stdout)})
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--orders", type=int, default=ORDERS)
    parser.add_argument("--a-day", type=int, default=A_DAY)
    parser.add_argument("--data", type=Path, help="an empty directory; default: one that is removed at the end")
    parser.add_argument("--minutes", type=float, default=math.inf)
    asked = parser.parse_args()
    until = time.monotonic() + 60 * asked.minutes
    with ExitStack() as stack:
        data = asked.data or stack.enter_context(directory())
        figures = measure(
            data,
            orders=asked.orders,
            a_day=asked.a_day,
            tried=TRIED,
            say=_say,
            goes_on=lambda: time.monotonic() < until,
        )
    print(json.dumps(figures, indent=2))


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
