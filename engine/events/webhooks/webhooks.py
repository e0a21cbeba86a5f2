"""Webhooks as people see to them: added, listed, tested, switched on again, replayed, given another secret, removed."""

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import msgspec

from engine.errors import Contended, InputInvalid, Mistake, NotFound
from engine.events.event import EVENT_TYPES, PING, START, Event, Position
from engine.events.outbox import Outbox
from engine.events.payloads import PingRecord
from engine.events.settings import IpNetwork
from engine.events.webhooks.delivery_state import DeadLetter, DeliveryState, replayed, revived, switched_on
from engine.events.webhooks.endpoint_url import parse_url
from engine.events.webhooks.signature import new_secret
from engine.events.webhooks.stored_state import change_between, dead_letters_of, state_json, state_of
from engine.store.events.webhooks import StoredSecret, StoredWebhook, StoredWebhooks, WebhookChange, WebhookReading

MOST_WEBHOOKS = 50
LONGEST_OVERLAP = 7 * 24 * 60
"""Minutes that a former secret may go on signing."""
_MOST_TRIES = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookState:
    """A webhook and how far it has come; `behind`: whether there are events that it has not been handed yet."""

    webhook: StoredWebhook
    delivery: DeliveryState
    behind: bool


class Webhooks:
    """The webhooks of one network. `allowed` as in `Sender`; `clock` answers UTC seconds."""

    def __init__(
        self,
        stored: StoredWebhooks,
        outbox: Outbox,
        *,
        allowed: Sequence[IpNetwork],
        clock: Callable[[], int],
    ) -> None:
        self._stored = stored
        self._outbox = outbox
        self._allowed = allowed
        self._clock = clock

    def add(
        self, url: str, *, types: Sequence[str] = (), since: Position | None = None, by: str, note: str = ""
    ) -> StoredWebhook:
        """Send events of these types (of none: of all) there from now on, or from the cursor `since` on. The answer has
        the secret, which is shown this once. Raises InputInvalid, CursorExpired.
        """
        parse_url(url, allowed=self._allowed)
        unknown = sorted(set(types) - EVENT_TYPES.keys())
        if unknown:
            message = f"there is no event type '{unknown[0]}'; there are {', '.join(EVENT_TYPES)}"
            raise InputInvalid([Mistake(field="types", message=message)])
        if len(self._stored.names()) >= MOST_WEBHOOKS:
            message = f"there are {MOST_WEBHOOKS} webhooks, which is the most; remove one first"
            raise InputInvalid([Mistake(field="url", message=message)])
        webhook = StoredWebhook(
            id=f"wh_{uuid.uuid4().hex}",
            url=url,
            types=tuple(dict.fromkeys(types)),
            secrets=(StoredSecret(key=new_secret()),),
            created_at=self._clock(),
            by=by,
            note=note,
        )
        self._stored.add(webhook, state_json(DeliveryState(cursor=self._verified(since))))
        return webhook

    def all(self) -> list[WebhookState]:
        """In the order in which they were added."""
        states = []
        for webhook in self._stored.all():
            try:
                states.append(self.show(webhook.id))
            except NotFound:  # it was removed meanwhile
                continue
        return states

    def show(self, name: str) -> WebhookState:
        """Raises NotFound."""
        reading = self._stored.read(name)
        state = state_of(reading)
        return WebhookState(webhook=reading.webhook, delivery=state, behind=self._outbox.goes_on_after(state.cursor))

    def dead_letters(self, name: str) -> dict[Position, DeadLetter]:
        """The events that are not sent to it any more, in the order of the stream; raises NotFound."""
        self._stored.read(name)
        return self._dead_letters(name)

    def enable(self, name: str) -> WebhookState:
        """Go on where it was switched off: all that waits is sent at once. Raises NotFound."""

        def enabled(reading: WebhookReading) -> WebhookChange:
            before = state_of(reading)
            return change_between(before, switched_on(before))

        return self._change(name, enabled, what="enabled")

    def replay(self, name: str, since: Position) -> WebhookState:
        """Send everything again that came after the cursor; raises NotFound, CursorExpired."""
        cursor = self._verified(since)

        def sent_again(reading: WebhookReading) -> WebhookChange:
            stale = [str(event) for event in self._dead_letters(name) if event > cursor]
            before = state_of(reading)
            change = change_between(before, replayed(before, cursor, buried=len(stale)))
            return replace(change, dead=dict.fromkeys(stale))

        return self._change(name, sent_again, what="replayed")

    def replay_dead(self, name: str, event: Position | None = None) -> WebhookState:
        """Send every dead letter again, or that of one event; raises NotFound, also where the event is none."""

        def sent_again(reading: WebhookReading) -> WebhookChange:
            letters = {dead: letter.lane for dead, letter in self._dead_letters(name).items()}
            if event is not None:
                if event not in letters:
                    raise NotFound(f"the event '{event}' is no dead letter of webhook '{name}'")
                letters = {event: letters[event]}
            before = state_of(reading)
            change = change_between(before, switched_on(revived(before, letters)))
            return replace(change, dead=dict.fromkeys(map(str, letters)))

        what, one = ("dead_replayed", "") if event is None else ("letter_replayed", str(event))
        return self._change(name, sent_again, what=what, event=one)

    def rotate(self, name: str, *, overlap: int) -> StoredWebhook:
        """Give it another secret, which is shown this once; the former one signs, too, for so many minutes. Raises
        NotFound.
        """
        for _ in range(_MOST_TRIES):
            reading, now = self._stored.read(name), self._clock()
            newest = reading.webhook.secrets[0]
            former = (StoredSecret(key=newest.key, until=now + 60 * overlap),) if overlap else ()
            secrets = (StoredSecret(key=new_secret()), *former)
            webhook = msgspec.structs.replace(reading.webhook, secrets=secrets)
            change = WebhookChange(webhook=webhook, lanes={}, dead={})
            if self._stored.change(name, reading.version, change, what="rotated", at=now):
                return webhook
        raise _contended(name)

    def remove(self, name: str) -> None:
        """Raises NotFound."""
        if not self._stored.remove(name, at=self._clock()):
            raise NotFound(f"no webhook goes by the id '{name}' (pointsman webhook list)")

    def ping(self, name: str) -> tuple[StoredWebhook, Event]:
        """An event to test it with; raises NotFound."""
        reading, now = self._stored.read(name), self._clock()
        event = Event(
            # of no entry of the log: before all of them, and another each time
            position=Position(0, 0, uuid.uuid4().int >> 70),
            type=PING,
            subject=name,
            at=now,
            lane="",
            data=PingRecord(webhook=name),
        )
        return reading.webhook, event

    def _change(
        self, name: str, change_of: Callable[[WebhookReading], WebhookChange], *, what: str, event: str = ""
    ) -> WebhookState:
        """Carry out what `change_of` makes of the webhook as it is read; if it was changed since then, what it makes of
        it as it is then. The version that is read stands for the dead letters, too, which `change_of` reads later.
        """
        for _ in range(_MOST_TRIES):
            reading = self._stored.read(name)
            change = change_of(reading)
            if self._stored.change(name, reading.version, change, what=what, event=event, at=self._clock()):
                return self.show(name)
        raise _contended(name)

    def _dead_letters(self, name: str) -> dict[Position, DeadLetter]:
        return dead_letters_of(self._stored.dead_letters(name))

    def _verified(self, since: Position | None) -> Position:
        if since is None:
            return self._outbox.end()
        if since != START:
            self._outbox.verify(since)
        return since


def _contended(name: str) -> Contended:
    return Contended(f"webhook '{name}' is changed over and over; try again")
