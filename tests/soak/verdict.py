"""Checks what is left after a soak: by `ledger check`, by reading the log with code that shares none with it, and by
what the callers wrote down.
"""

from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from engine.orders.living_orders import OrderFilter
from engine.service import Pointsman
from engine.store.log import decision_log
from engine.store.orders.order_list import OrderPlace
from tests.soak.effects import Effects
from tests.soak.journal import Request, lines_of
from tests.soak.log_state import LogState, Verdict
from tests.soak.scenario import Clock
from tests.support.resumed_replay import verify_resumed

_A_PAGE = 500


def judge(pointsman: Pointsman, journals: Path, policies: Mapping[str, str], clock: Clock) -> Verdict:
    """Read the log, and compare it with the orders as they stand and with what the callers wrote down in the folder
    `journals`.
    """
    verdict = Verdict()
    log = LogState(policies=policies, clock=clock, verdict=verdict)
    for entry in decision_log.entries(pointsman._client, pointsman._keys):
        log.add(entry)
    _compare_journals(pointsman, log, journals)
    _compare_orders(pointsman, log)
    waiting = {place.entry.decision for place in pointsman.backlog.page(limit=1_000_000).places}
    verdict.lost += [f"waiting {name}" for name in sorted(waiting ^ log.waiting)]
    sealed = pointsman.sealer.seal()
    audit = pointsman.check(whole=True)
    verdict.drifts = [*map(str, audit.drifts), *map(str, audit.seal.findings if audit.seal else ())]
    entries = sum(map(len, decision_log.batches(pointsman._client, pointsman._keys)))
    verdict.lost += [] if sealed.size == entries else [f"{sealed.size} entries sealed of {entries}"]
    verify_resumed(pointsman)
    verdict.held = audit.held
    verdict.lost += [] if log.held.total() == audit.held else [f"{log.held.total()} units held by the log"]
    in_quarantine = log.quarantine.total()
    verdict.lost += [] if in_quarantine == audit.quarantine else [f"{in_quarantine} units in quarantine by the log"]
    return verdict


def leaked(pointsman: Pointsman) -> int:
    """Units that are held, and holds that there are, after all holds have expired."""
    return pointsman.check().held + len(list(pointsman._client.scan(pointsman._keys.hold_prefix)))


def _compare_orders(pointsman: Pointsman, log: LogState) -> None:
    after: OrderPlace | None = None
    shown = 0
    while True:
        page = pointsman.orders.list(OrderFilter(), after=after, limit=_A_PAGE)
        for state in page.orders:
            shown += 1
            log.verdict.astray += log.orders.differences(state)
        after = page.after
        if after is None:
            break
    log.verdict.orders = shown
    log.verdict.astray += [] if shown == len(log.orders.firsts) else [f"{shown} of {len(log.orders.firsts)} orders"]


def _compare_journals(pointsman: Pointsman, log: LogState, journals: Path) -> None:
    verdict, expected = log.verdict, Effects()
    newest: defaultdict[tuple[str, str], int] = defaultdict(int)
    for journal in sorted(journals.glob("*.journal")):
        asked: dict[str, Request] = {}
        for kind, name, content in lines_of(journal):
            if kind == "asked":
                asked[name] = content
            elif kind == "decided":
                verdict.answers += 1
                verdict.lost += [] if log.bodies.get(name) == content else [f"decision {name}"]
            else:
                request = asked.pop(name)
                verdict.calls[request["call"], content is not None] += 1
                expected.expect(request, content)
                verdict.lost += [] if _is_logged(log, request, content) else [f"{request} {content}"]
                if request["call"] == "count" and content:
                    position = request["sku"], request["node"]
                    newest[position] = max(newest[position], request["stamp"])
        verdict.lost += [f"never answered: {request}" for request in asked.values()]
    verdict.lost += expected.differences(log.effects)
    for (sku, node), number in newest.items():
        stamp = pointsman._client.redis.hget(pointsman._keys.stamp(sku), node)
        if stamp is None or int(stamp.split()[1]) < number:
            verdict.lost.append(f"count {number} of {sku} at {node}")


def _is_logged(log: LogState, request: Request, answer: Any) -> bool:
    """Whether the log has the answer that a caller got, as far as effects.py doesn't tell."""
    match request["call"]:
        case "extend" if answer:
            decision = request["decision"]
            return log.until.get(decision, 0) >= answer or not sum(map(len, log.shipments[decision]))
        case "report" if answer:
            return (request["decision"], request["number"], request["milestone"]) in log.passed
        case "move":
            return log.moved.get(request["op"]) == answer
        case "wake" if answer:
            return (request["node"], request["op"]) in log.woken
    return True
