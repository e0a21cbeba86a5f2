"""Parses entries of the log as they are stored."""

import contextlib
from collections.abc import Mapping
from dataclasses import replace
from typing import TypeAlias

import msgspec

from engine.decide.record import with_erased
from engine.store.entry_codec.codec import Body, StoredBody
from engine.store.entry_codec.errors import BodyDamaged
from engine.store.log.entry import Entry, EntryId
from engine.store.log.entry_bodies import PositionLevel, RejectionCount, Units
from engine.store.personal.order_keys import Erased, Secrets

RawEntry: TypeAlias = tuple[bytes, dict[bytes, bytes]]
"""An entry as the server answers it: its id in the stream, and its fields."""
UNREADABLE = (ValueError, KeyError, IndexError)
"""What `parse_entry` raises for an entry that is damaged."""
_PEGS = msgspec.json.Decoder(tuple[tuple[str, str, int, int, str], ...], strict=False)
_UNPEGGED = msgspec.json.Decoder(tuple[tuple[str, str, str, int, int], ...], strict=False)
_ENDED_UNITS = msgspec.json.Decoder(dict[int, Units])


def parse_entry_id(text: bytes) -> EntryId:
    millis, _, number = text.partition(b"-")
    return int(millis), int(number)


def kind_of(fields: Mapping[bytes, bytes]) -> str:
    """Of an entry as it is stored; raises one of UNREADABLE."""
    return fields[b"kind"].decode()


def key_name(fields: Mapping[bytes, bytes]) -> str | None:
    """The first decision of the order whose key an entry needs; None if it has no personal values, or is damaged."""
    if b"body" in fields:
        with contextlib.suppress(BodyDamaged):
            body = StoredBody.parse(fields[b"body"])
            return (body.key_name or fields.get(b"id", b"").decode(errors="replace")) if body.personal else None
    return fields.get(b"id", b"").decode(errors="replace") if b"personal" in fields else None


def is_amendment(fields: Mapping[bytes, bytes]) -> bool:
    """Whether it is the entry of an amendment that has personal values."""
    return b"personal" in fields


def parse_entry(entry_id: bytes, fields: dict[bytes, bytes], secrets: Secrets | None = None) -> Entry:
    """Parse an entry as it is stored; raises one of UNREADABLE if it is damaged. The `secrets` are those of the order
    keys; without them, personal values are hidden.
    """
    stood = fields.get(b"stood")
    until, shipments, moved_at = (fields.get(name) for name in (b"until", b"shipments", b"moved_at"))
    body, is_erased = _read_body(fields, secrets)
    return Entry(
        id=parse_entry_id(entry_id),
        kind=fields[b"kind"].decode(),
        decision=fields[b"id"].decode(),
        at=int(fields[b"at"]),
        body=body.body,
        logged_facts=body.facts,
        hidden=body.hidden,
        hidden_facts=body.hidden_facts,
        erased=is_erased,
        caller=fields.get(b"caller", b"").decode(),
        by=who_did(fields),
        request=fields.get(b"request", b"").decode(),
        through=fields.get(b"through", b"").decode(),
        origin=fields.get(b"from", b"").decode(),
        operation=fields.get(b"op", b"").decode(),
        shipments=None if shipments is None else tuple(int(number) for number in shipments.split(b",")),
        taken=fields.get(b"taken", b"").decode(),
        in_counts=fields.get(b"in_counts", b"").decode(),
        weights=msgspec.json.decode(fields[b"weights"]) if b"weights" in fields else None,
        moved_at=None if moved_at is None else int(moved_at),
        until=None if until is None else int(until),
        day=fields.get(b"day", b"").decode(),
        periods=tuple(msgspec.json.decode(fields[b"periods"])) if b"periods" in fields else (),
        pegs=_PEGS.decode(fields[b"pegs"]) if b"pegs" in fields else (),
        later=tuple(int(number) for number in fields[b"later"].split(b",")) if b"later" in fields else (),
        unpegged=_UNPEGGED.decode(fields[b"unpegged"]) if b"unpegged" in fields else (),
        lots=tuple(msgspec.json.decode(fields[b"lots"])) if b"lots" in fields else (),
        positions_before=tuple(_parse_position(text) for text in stood.split(b",")) if stood else (),
        ended_units=_ENDED_UNITS.decode(fields[b"held"]) if b"held" in fields else {},
        levels=tuple(_parse_level(text) for text in fields[b"levels"].split(b",")) if b"levels" in fields else (),
        rejection_counts=_parse_counts(fields.get(b"counted", b"[]")),
    )


def outline_of(fields: Mapping[bytes, bytes]) -> bytes:
    """The JSON of a decision's record, as `StoredBody.outline`; raises one of UNREADABLE."""
    stored = StoredBody.parse(fields[b"body"])
    return stored.outline(fields[b"id"].decode())


def _read_body(fields: Mapping[bytes, bytes], secrets: Secrets | None) -> tuple[Body, bool]:
    """The body, and whether its personal values were erased."""
    stored, decision = fields.get(b"body"), fields[b"id"].decode()
    if stored:
        parts = StoredBody.parse(stored)
    elif b"personal" in fields:
        parts = StoredBody.beside(fields[b"units"], fields[b"personal"])
    else:
        plain = next((fields[name] for name in (b"set_aside", b"units", b"details") if name in fields), b"")
        return Body(body=plain), False
    name = parts.key_name or decision
    secret = secrets.get(name) if secrets is not None and parts.personal else None
    if parts.personal and secrets is not None and secret is None:
        raise BodyDamaged(f"the key of the order that decision {name} began is not in the store")
    if isinstance(secret, Erased):
        body = parts.decode(decision)
        record = fields[b"kind"] == b"decided"
        return (replace(body, body=with_erased(body.body)) if record else body), True
    return parts.decode(decision, secret), False


def _parse_level(text: bytes) -> PositionLevel | None:
    return PositionLevel(*map(int, text.split(b" "))) if text else None


def _parse_counts(text: bytes) -> tuple[RejectionCount, ...]:
    """As commit_follow_up.lua logs them; earlier releases logged no level."""
    return tuple(
        RejectionCount(sku, on_hand, PositionLevel(*level) if level else None)
        for sku, _, on_hand, *level in msgspec.json.decode(text)
    )


def _parse_position(text: bytes) -> tuple[int, int, int]:
    on_hand, held, floor = text.split(b" ")
    return int(on_hand), int(held), int(floor)


def who_did(fields: Mapping[bytes, bytes]) -> str:
    """Who did it. Earlier releases named those who acted only in entries of these kinds."""
    earlier = fields.get(b"caller", b"") if fields[b"kind"] in (b"approved", b"repaired", b"woken") else b""
    return fields.get(b"by", earlier).decode()
