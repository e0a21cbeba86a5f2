"""`python -m tests.replay` decides orders of a folder, and replays every decision in other processes: with another
PYTHONHASHSEED, after a restart of the server, and after another network and other policies were loaded. Then it tries
the policies that decided in one step, which change nothing.

For Olist, convert its data first (examples/olist), and name the folder.
"""

import dataclasses
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import click

from api.files.inventory_folder import load_inventory
from api.files.orders import read_orders
from api.files.policies import policy_files
from engine.audit.calculation import Calculation
from engine.errors import PointsmanError
from engine.parallel.work import Spread
from engine.service import Pointsman
from engine.settings import Settings
from engine.simulation.comparison import Comparison
from engine.simulation.draft import Draft
from engine.simulation.whatif import WhatIfRequest, what_if
from rules.loader import load_policies
from tests.support.recorded_decisions import OrderClock

ROOT = Path(__file__).parents[2]
SEEDS = ("1", "4711")
"""Of two runs, one after the other."""
_OTHER_POLICIES = {"other.yaml": b"policy: other\nrules: []\n"}


def decide(folder: Path, policies: Path, data: Path, most: int | None) -> int:
    """Decide the orders of the folder, each as of when it was placed; then change a product and a node, load another
    network and activate other policies. Returns how many decisions there are.
    """
    clock, numbers = OrderClock(), count(1)
    orders = read_orders(folder / "orders.ndjson", max_lines=1_000)[:most]
    inventory = load_inventory(folder)
    with Pointsman(Settings(data=data), clock=clock, new_id=lambda: f"{next(numbers):032x}") as pointsman:
        clock.now = orders[0].placed_at
        pointsman.load(inventory)
        pointsman.activate(
            pointsman.publish(policy_files(policies), who="tests", note="").version, who="tests", note=""
        )
        for order in orders:
            clock.now = order.placed_at
            pointsman.decide(order, now=order.placed_at)
        _change(pointsman, next(iter(inventory.products)))
        nodes = {name: dataclasses.replace(node, handling=7) for name, node in inventory.network.nodes.items()}
        network = dataclasses.replace(inventory.network, version="f" * 64, nodes=nodes)
        pointsman.load(dataclasses.replace(inventory, network=network))
        version = pointsman.publish(_OTHER_POLICIES, who="tests", note="").version
        pointsman.activate(version, who="tests", note="")
    return len(orders)


def _change(pointsman: Pointsman, sku: str) -> None:
    def heavier(_: object) -> list[object]:
        return [dataclasses.replace(pointsman.master_data.product(sku)[1], weight=1)]

    pointsman.master_data.put_products(heavier)  # type: ignore[arg-type]


def replay_elsewhere(data: Path, seed: str) -> Counter[str]:
    """The outcomes of the replays and calculations of all decisions, in a process with that PYTHONHASHSEED."""
    command = [sys.executable, "-m", "tests.replay", "--only-replay", str(data)]
    run = subprocess.run(
        command, env={**os.environ, "PYTHONHASHSEED": seed}, cwd=ROOT, capture_output=True, text=True, check=True
    )
    return Counter(dict(_counts(run.stdout)))


def _counts(output: str) -> Iterator[tuple[str, int]]:
    for line in output.splitlines():
        outcome, number = line.split(" ")
        yield outcome, int(number)


def _replay(data: Path) -> None:
    with Pointsman(Settings(data=data)) as pointsman:
        outcomes = Counter[str](item.outcome for item in pointsman.replays.between(None, None))
        outcomes.update(_agreement(made) for made in pointsman.calculations.between(None, None))
    for outcome, number in outcomes.items():
        click.echo(f"{outcome} {number}")


def _agreement(made: Calculation | PointsmanError) -> str:
    """Whether the rows of a calculation add up to what was recorded."""
    return "adds_up" if isinstance(made, Calculation) and made.agrees else "does_not_add_up"


def try_the_same(data: Path, policies: Path, *, workers: int) -> Comparison:
    """What a what-if in one step says of the very policies that decided the orders."""
    draft = Draft.of("same", load_policies(policy_files(policies)))
    with Pointsman(Settings(data=data)) as service:
        request = WhatIfRequest(
            against=draft.policies().version,
            drafts=(draft,),
            since=None,
            until=None,
            shown=1,
            weighed=0,
            language="en",
        )
        made = what_if(service, request, spread=Spread(workers=workers))
    (result,) = made.drafts
    return result.comparison


@click.command()
@click.option("--folder", type=click.Path(exists=True, path_type=Path), default=ROOT / "examples" / "hexagone")
@click.option("--policies", type=click.Path(exists=True, path_type=Path), default=ROOT / "policies")
@click.option("--most", type=int, help="So many orders of the folder. Default: all.")
@click.option("--only-replay", type=click.Path(exists=True, path_type=Path), hidden=True)
def main(folder: Path, policies: Path, most: int | None, only_replay: Path | None) -> None:
    """Decide and replay; exits with 1 if a decision does not come out byte for byte, also in a what-if."""
    if only_replay is not None:
        _replay(only_replay)
        return
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as directory:
        begun = time.monotonic()
        decisions = decide(folder, policies, Path(directory), most)
        click.echo(f"{decisions:,} decisions in {time.monotonic() - begun:.0f} s")
        for seed in SEEDS:
            begun = time.monotonic()
            outcomes = replay_elsewhere(Path(directory), seed)
            click.echo(f"PYTHONHASHSEED={seed}: {dict(outcomes)} in {time.monotonic() - begun:.0f} s")
            if outcomes != {"identical": decisions, "adds_up": decisions}:
                sys.exit(1)
        begun = time.monotonic()
        same = try_the_same(Path(directory), policies, workers=2)
        click.echo(
            f"what-if under the same policies: {same.sides.draft.decisions:,} decisions, {same.changed} come out"
            f" otherwise, {same.same_bytes:,} to the byte, in {time.monotonic() - begun:.0f} s"
        )
        if (same.sides.draft.decisions, same.changed, same.same_bytes) != (decisions, 0, decisions):
            sys.exit(1)


if __name__ == "__main__":
    main()
