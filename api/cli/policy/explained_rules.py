"""What `pointsman policy explain` prints of rules, and of what protecting more units than they do would cost."""

import textwrap
from collections.abc import Iterator

import click

from api.cli.output.tables import money
from api.cli.output.times import Times
from api.language.current import counted, say
from api.records.protection_costs import ProtectionCostsRecord, RuleProtectionRecord
from engine.service import Pointsman
from engine.settings import Settings
from rules.policy import PolicySet, Rule
from rules.wording.catalogue import Catalogue
from rules.wording.explain import explain

WIDTH = 96
"""Characters in a line."""


def rule_lines(rule: Rule, catalogue: Catalogue) -> Iterator[str]:
    yield rule.id
    sentence = textwrap.fill(explain(rule, catalogue), WIDTH, break_long_words=False, break_on_hyphens=False)
    yield textwrap.indent(sentence, "    ")


def read_protection(settings: Settings, policies: PolicySet) -> tuple[ProtectionCostsRecord, str]:
    """What protecting more units costs, and a line that says by which look-ahead prices."""
    with Pointsman(settings) as service:
        costs = service.flows.lookahead.protection_costs(policies)
        times = Times.of(service)
    by = say(
        "by the look-ahead prices of table {table}, learnt {at} by {who} from the orders of {since} to {until}",
        table=costs.digest[:12],
        at=times(costs.head.learnt_at),
        who=costs.head.learnt_by,
        since=times(costs.head.demand_since),
        until=times(costs.head.demand_until),
    )
    return ProtectionCostsRecord.of(costs), by


def print_protection(policies: PolicySet, catalogue: Catalogue, costs: ProtectionCostsRecord, by: str) -> None:
    """The rules that keep or protect units, the dearest first."""
    click.echo(by)
    for item in sorted(costs.rules, key=lambda item: (-item.month_micros, item.rule)):
        for line in rule_lines(policies.rules[item.rule], catalogue):
            click.echo(line)
        click.echo(f"    {protection_line(item, costs)}")
    if not costs.rules:
        click.echo(say("no rule keeps or protects units"))
    if costs.too_old:
        click.echo(say("the look-ahead prices are too old; learn them again (pointsman lookahead learn)"), err=True)


def protection_line(cost: RuleProtectionRecord, costs: ProtectionCostsRecord) -> str:
    """What more units would cost of a rule, as part of a sentence that names it."""
    if not cost.positions:
        return say(
            "{units} units more would cost nothing: where it acts, none is needed more elsewhere", units=costs.units
        )
    return say(
        "{units} units more at each of {positions} would cost at least {amount} a month; dearest: {sku} at {node}",
        units=costs.units,
        positions=counted(cost.positions, "position"),
        amount=money(cost.month_micros, costs.currency),
        sku=cost.dearest_sku,
        node=cost.dearest_node,
    )
