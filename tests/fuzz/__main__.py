"""`python -m tests.fuzz` checks mutated policy files: each must give findings or a policy set, without an exception
and within a second.
"""

import random
import sys
import time
from pathlib import Path

import click

from rules.lint.check import CheckResult, check
from tests.fuzz.mutated_files import corpus, mutated

MOST_SECONDS = 1.0
"""Processor time for one check."""


def fault(checked: CheckResult, files: dict[str, bytes]) -> str:
    """What is wrong with the result of a check; empty if it is as it should be."""
    if (checked.policies is None) is not bool(checked.errors):
        return "neither errors nor a set, or both"
    unknown_files = [item for item in checked.findings if item.file not in files]
    misplaced = [item for item in checked.findings if item.line < 1 or item.column < 1 or "\n" in item.file]
    return f"findings without a valid place: {unknown_files + misplaced}" if unknown_files or misplaced else ""


@click.command()
@click.option("--count", default=10_000, show_default=True, help="Files, or pairs of files.")
@click.option("--seed", default=0, show_default=True)
def main(count: int, seed: int) -> None:
    """Check COUNT mutated files, and report each fault with the seed that reproduces it."""
    seeds = corpus()
    slowest, slow, failed, sets = 0.0, 0, 0, 0
    for number in range(seed, seed + count):
        files = mutated(random.Random(number), seeds)
        start = time.process_time()
        try:
            checked = check(files)
            problem = fault(checked, files)
            sets += checked.policies is not None
        except Exception as error:  # noqa: BLE001  # any exception is a fault
            problem = f"{type(error).__name__}: {error}"
        seconds = time.process_time() - start
        if seconds > slowest:
            slowest, slow = seconds, number
        if problem or seconds > MOST_SECONDS:
            failed += 1
            click.echo(f"--seed {number} --count 1: {problem or f'{seconds:.2f} s'}", err=True)
    click.echo(f"{count:,} files: {sets:,} sets, {count - sets - failed:,} with errors, {failed} faults")
    click.echo(f"slowest: {slowest:.3f} s of the processor (--seed {slow})")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[2]))
    main()
