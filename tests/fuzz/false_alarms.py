"""`python -m tests.fuzz.false_alarms` checks random policies that have nothing wrong with them, and the same with
something wrong planted in them.
"""

import functools
import random
import re
import sys
from collections.abc import Iterator

import click

from engine.decide.network_fit import fit
from engine.store.network.serialization import Record, product_values_record
from rules.conditions import Condition, holds
from rules.errors import Finding
from rules.lint.check import check
from rules.lint.satisfiability import Search, literal_form, witness
from rules.policy import PolicySet
from tests.fuzz.live_policies import (
    LivePolicies,
    acting,
    as_table,
    counts,
    is_preferred_somewhere,
    live_policies,
    text_of,
)
from tests.fuzz.planted_mistakes import planted
from tests.fuzz.random_cases import inventory, products
from tests.fuzz.random_rules import condition_of


@functools.cache
def words_of_products() -> Record:
    """Read when it is first asked for: to read the network takes longer than to collect all tests of a folder."""
    return product_values_record(products())


def false_alarms(live: LivePolicies) -> Iterator[str]:
    """What is said of a set that has nothing wrong with it."""
    checked = check(live.files)
    yield from map(str, checked.findings)
    if checked.policies:
        fitted = fit(checked.policies, inventory().network, words_of_products())
        yield from map(str, (*fitted.errors, *fitted.warnings))


def alarms_of_rows(live: LivePolicies) -> Iterator[str]:
    """What is said wrongly of the same rules as rows of a table that is `unique`, and of one that is `first`."""
    if "p.csv" not in live.files:
        return
    for hit_policy in ("unique", "first"):
        checked = check(as_table({"p.yaml": text_of(live.written, live.terms)}, hit_policy))
        if checked.policies is None:
            yield from map(str, checked.errors)
            return
        for finding in checked.findings:
            if _is_wrong(finding, checked.policies, live):
                yield f"{hit_policy}: {finding}"


def _is_wrong(finding: Finding, policies: PolicySet, live: LivePolicies) -> bool:
    """Whether some case shows that a finding about rows does not hold."""
    named = [policies.rules[name] for name in re.findall(r"'(p/r[0-9]+)'", finding.message)]
    if finding.code == "overlapping-rows" and "_at: " not in finding.message and "promise_by: " not in finding.message:
        # of an instant, the example has no seconds
        case = witness(Search().solve([literal_form(_where(finding))]) or {})
        return not all(holds(rule.condition, case) for rule in named)
    if finding.code == "uncovered-case":
        where = _where(finding)
        covered = [
            case for case in live.cases if any(holds(rule.condition, case.facts) for rule in policies.rules.values())
        ]
        return any(holds(where, case.facts) for case in covered)
    if finding.code == "always-silenced":
        (effect, *_) = named[0].effects
        return any(named[0].id in acting(policies, effect.stage, case.at(effect.stage)) for case in live.cases)
    if finding.code == "shadowed":
        names = [effect.name for effect in named[0].effects]
        number = names.index(finding.message.split("'")[1])
        return any(counts(named[0], number, policies, case) for case in live.cases)
    if finding.code == "excluded-and-preferred":
        return is_preferred_somewhere(named[0], policies, live.cases)
    return finding.code != "overlapping-rows"


def _where(finding: Finding) -> Condition:
    """The example that a finding names."""
    _, _, text = finding.message.partition("where ")
    return condition_of(f"{{{text.partition('; the nearest')[0]}}}")


def overlooked(live: LivePolicies, chance: random.Random) -> Iterator[str]:
    """What is planted in the set and not found."""
    for mistake in planted(live, chance):
        warnings = check({"p.yaml": mistake.content}).warnings
        codes = {item.code for item in warnings if f"'{mistake.rule}'" in item.message}
        # the case of the narrower rule may be none: a window of one day that is no Monday
        if codes.isdisjoint({mistake.code, "never-fires"}):
            yield f"{mistake.code} of {mistake.rule} is not found in:\n{mistake.content.decode()}"


@click.command()
@click.option("--count", default=1_000, show_default=True)
@click.option("--seed", default=0, show_default=True)
def main(count: int, seed: int) -> None:
    """Check COUNT random policies, and report each false alarm and each mistake that is overlooked."""
    rules = alarms = missed = 0
    for number in range(seed, seed + count):
        chance = random.Random(number)
        live = live_policies(chance)
        rules += len(live.policies.rules)
        wrong, not_found = [*false_alarms(live), *alarms_of_rows(live)], list(overlooked(live, chance))
        alarms, missed = alarms + len(wrong), missed + len(not_found)
        for fault in (*wrong, *not_found):
            click.echo(f"--seed {number} --count 1: {fault}", err=True)
    click.echo(f"{count:,} policies of {rules:,} rules: {alarms} false alarms, {missed} mistakes overlooked")
    sys.exit(1 if alarms or missed else 0)


if __name__ == "__main__":
    main()
