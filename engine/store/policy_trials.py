"""The shadow and the canary as they are stored: who began them, how far the log was compared, and what came of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import msgspec

from engine.store.connection.client import Client, faults
from engine.store.connection.lease import Leases
from engine.store.keys import Keys
from engine.store.policy_versions import HistoryEntry, expected_active
from engine.store.script_keys import ADD_COMPARED, CHANGE_CANARY, CHANGE_SHADOW, START_CANARY

TrialKind: TypeAlias = Literal["shadow", "canary"]
_SUM = "sum:"


class CanaryTerms(msgspec.Struct, frozen=True):
    """What a canary watches: figures that are shown, bounds by figure as they were written, and from how many orders on
    they count.
    """

    watch: list[str]
    stop_if: list[tuple[str, str]]
    least_orders: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredTrial:
    """A shadow or a canary. `share` is in ten-thousandths, `base` what a canary stands beside, `cursor` the entry up to
    which the log was compared. `ended` is None while it runs; then `because` says why it does not.
    """

    kind: TrialKind
    id: str
    version: str
    base: str | None
    share: int
    since: int
    who: str
    note: str
    cursor: str
    terms: CanaryTerms | None
    ended: int | None
    because: str
    ended_by: str
    end_note: str
    sums: Mapping[str, int]


class StoredTrials:
    """Those of one network. Methods raise StoreUnavailable."""

    def __init__(self, client: Client, keys: Keys) -> None:
        self._client = client
        self._keys = keys
        self._leases = Leases(client, keys)

    def start_canary(
        self, version: str, entry: HistoryEntry, *, network: str, against: str | None, share: int, terms: CanaryTerms
    ) -> tuple[str, ...]:
        """What the script answered."""
        with faults():
            answer = self._client.script("policies/start_canary")(
                keys=START_CANARY.keys(self._keys),
                args=[
                    *(entry.operation, entry.at, version, entry.who, entry.note, network, expected_active(against)),
                    share,
                    *(msgspec.json.encode(terms), int(entry.override), int(entry.override_gate)),
                ],
            )
        return tuple(part.decode() for part in answer)

    def change_canary(
        self,
        trial_id: str,
        entry: HistoryEntry,
        *,
        share: int = 0,
        because: str = "",
        seen: Mapping[str, Any] | None = None,
        by_itself: bool = False,
    ) -> str:
        """Give it a larger `share`, or with none end it; what the script answered."""
        with faults():
            answer: bytes = self._client.script("policies/change_canary")(
                keys=CHANGE_CANARY.keys(self._keys),
                args=[
                    *(trial_id, entry.at, entry.who, entry.note, share, because),
                    *("" if seen is None else msgspec.json.encode(seen), int(by_itself)),
                    *(int(entry.override), int(entry.override_gate), entry.operation),
                ],
            )
        return answer.decode()

    def change_shadow(self, version: str, entry: HistoryEntry, *, share: int = 0) -> tuple[str, ...]:
        """Begin it, or without a version end it; what the script answered."""
        with faults():
            answer = self._client.script("policies/change_shadow")(
                keys=CHANGE_SHADOW.keys(self._keys),
                args=[entry.operation, entry.at, version, entry.who, entry.note, share],
            )
        return tuple(part.decode() for part in answer)

    def find(self, kind: TrialKind) -> StoredTrial | None:
        """The one that runs, or else the last that did."""
        with faults():
            stored = self._client.redis.hgetall(self._state(kind))
        fields = {name.decode(): value.decode() for name, value in stored.items()}
        if not fields:
            return None
        terms = fields.get("terms")
        return StoredTrial(
            kind=kind,
            id=fields["id"],
            version=fields["version"],
            base=fields.get("base"),
            share=int(fields["share"]),
            since=int(fields["since"]),
            who=fields["who"],
            note=fields["note"],
            cursor=fields["cursor"],
            terms=msgspec.json.decode(terms, type=CanaryTerms) if terms else None,
            ended=int(fields["ended"]) if "ended" in fields else None,
            because=fields.get("because", ""),
            ended_by=fields.get("ended_by", ""),
            end_note=fields.get("end_note", ""),
            sums={name.removeprefix(_SUM): int(value) for name, value in fields.items() if name.startswith(_SUM)},
        )

    def add(
        self, trial: StoredTrial, cursor: str, sums: Mapping[str, int], orders: Mapping[str, Sequence[Any]]
    ) -> bool:
        """Add what came of the decisions up to the entry `cursor`; False if somebody else did, or it has ended."""
        named = [part for name, number in sums.items() for part in (name, number)]
        rows = [part for first, row in orders.items() for part in (first, msgspec.json.encode(row))]
        script_keys = ADD_COMPARED.keys(
            self._keys, trial_state=self._state(trial.kind), trial_orders=self._orders(trial.kind)
        )
        with faults():
            answer = self._client.script("policies/add_compared")(
                keys=script_keys, args=[trial.id, trial.cursor, cursor, len(sums), *named, *rows]
            )
        return bool(answer == b"done")

    def orders(self, kind: TrialKind) -> dict[str, list[Any]]:
        """By first decision, the orders that come out otherwise."""
        with faults():
            stored = self._client.redis.hgetall(self._orders(kind))
        return {first.decode(): msgspec.json.decode(row) for first, row in stored.items()}

    def orders_of(self, kind: TrialKind, firsts: Sequence[str]) -> dict[str, list[Any]]:
        """Those of these first decisions, as far as they come out otherwise."""
        if not firsts:
            return {}
        with faults():
            stored = self._client.redis.hmget(self._orders(kind), firsts)
        return {first: msgspec.json.decode(row) for first, row in zip(firsts, stored, strict=True) if row is not None}

    def take_turn(self, who: str, *, milliseconds: int) -> bool:
        """Whether `who` alone compares for so long from now on."""
        return self._leases.take(self._keys.trials_lease, who, milliseconds=milliseconds)

    def _state(self, kind: TrialKind) -> str:
        return self._keys.shadow_state if kind == "shadow" else self._keys.canary_state

    def _orders(self, kind: TrialKind) -> str:
        return self._keys.shadow_orders if kind == "shadow" else self._keys.canary_orders
