"""Tries drafts on the decisions of a directory, in a process of its own: it adds up, others decide.

python -m tests.bench.scale.trying DATA [--workers N] [--drafts N | --unchanged]
"""

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from api.files.policies import policy_files
from api.records.whatif import WhatIfRecord
from engine.parallel.work import Spread
from engine.service import Pointsman
from engine.settings import Settings
from engine.simulation.draft import Draft
from engine.simulation.whatif import WhatIfRequest, what_if
from rules.loader import load_policies
from tests.bench.option_sets import POLICIES
from tests.bench.scale.processor_time import ProcessorTime, most_memory
from tests.bench.whatif import PRICES, draft_with_price

WORKERS = 2


@dataclass(frozen=True, kw_only=True)
class TryingFigures:
    """`seconds` of processor are those of all processes and of the server. `memory` is what the process that adds up
    had at most, in bytes; `memory_at_first` as it had the first results. `changed` and `same_bytes` are of the first
    draft.
    """

    decisions: int
    drafts: int
    client_seconds: float
    server_seconds: float
    memory: int
    memory_at_first: int
    changed: int
    same_bytes: int


def tried(data: Path, *, workers: int, drafts: Sequence[Draft]) -> TryingFigures:
    """Over all decisions that are logged there; the result is made ready to be printed, too."""
    at_first: list[int] = []
    decisions = 0

    def progress(more: int) -> None:
        nonlocal decisions
        decisions += more
        if not at_first:
            at_first.append(most_memory())

    with Pointsman(Settings(data=data)) as service:
        time = ProcessorTime(service._client.redis)
        request = WhatIfRequest(
            against=service.versions.find("active"),
            drafts=tuple(drafts),
            since=None,
            until=None,
            shown=0,
            weighed=0,
            language="en",
        )
        with time.spent_on("trying"):
            made = what_if(service, request, spread=Spread(workers=workers), progress=progress)
            WhatIfRecord.of(made, {})
    comparison = made.drafts[0].comparison
    return TryingFigures(
        decisions=made.decisions,
        drafts=len(drafts),
        client_seconds=time.client["trying"],
        server_seconds=time.server["trying"],
        memory=most_memory(),
        memory_at_first=at_first[0],
        changed=comparison.changed,
        same_bytes=comparison.same_bytes,
    )


def drafts_of(*, count: int, unchanged: bool) -> list[Draft]:
    """The active policies, or as many prices of CO2e."""
    files: Mapping[str, bytes] = policy_files(POLICIES)
    if unchanged:
        return [Draft.of("unchanged", load_policies(files))]
    return [draft_with_price(files, price) for price in PRICES[:count]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--workers", type=int, default=WORKERS)
    parser.add_argument("--drafts", type=int, default=1, choices=range(1, len(PRICES) + 1))
    parser.add_argument("--unchanged", action="store_true")
    asked = parser.parse_args()
    drafts = drafts_of(count=asked.drafts, unchanged=asked.unchanged)
    json.dump(asdict(tried(asked.data, workers=asked.workers, drafts=drafts)), sys.stdout)


if __name__ == "__main__":
    main()
