"""Checkpoints leave the server: to witnesses, who cosign them; by mail, once a day; and as events, for webhooks.

Only a checkpoint that somebody else has can show that there were two histories.
"""

import logging
from collections.abc import Callable
from datetime import UTC, datetime

from engine.audit.mails import send_checkpoint
from engine.audit.settings import AuditSettings
from engine.audit.witnesses import cosign
from engine.errors import PointsmanError
from engine.events.event import CHECKPOINT
from engine.store.audit.acts import Act, record_act
from engine.store.audit.published import PublishedCheckpoints
from engine.store.audit.sealed_log import SealedLog, SealedState
from engine.store.connection.client import Client
from engine.store.events.webhooks import StoredWebhooks
from engine.store.keys import Keys

TURN_MILLISECONDS = 9_000
"""How long one process has its turn: so often, witnesses are asked."""
TOLD_SECONDS = 60
"""Between events, at least: each is an entry of the log that is sealed in its turn."""

logger = logging.getLogger("pointsman")


class Publisher:
    """Publishes the checkpoints of one network. `clock` answers UTC seconds."""

    def __init__(self, client: Client, keys: Keys, settings: AuditSettings, *, clock: Callable[[], int]) -> None:
        self._client = client
        self._keys = keys
        self._settings = settings
        self._clock = clock
        self._log = SealedLog(client, keys)
        self._published = PublishedCheckpoints(client, keys)
        self._webhooks = StoredWebhooks(client, keys)
        self._told_at = 0

    def take_turn(self) -> bool:
        """Publish, unless another process has its turn; then False."""
        if not self._published.take_turn(milliseconds=TURN_MILLISECONDS):
            return False
        self.publish()
        return True

    def publish(self) -> SealedState:
        """Publish the newest checkpoint, wherever it has not been; the state with the cosignatures that it got. What
        can't be reached is logged, and tried again another time.
        """
        state = self._log.state()
        if not state.size:
            return state
        state = cosign(self._log, self._published, state, self._settings.witnesses)
        for act in (self._mail, self._tell):
            try:
                act(state)
            except PointsmanError as error:
                logger.warning("%s", error)
        return state

    def _mail(self, state: SealedState) -> None:
        now, server = self._clock(), self._settings.smtp_url
        day = datetime.fromtimestamp(now, tz=UTC).date().isoformat()
        if server is None or not self._settings.checkpoint_mail or self._published.day_mailed() == day:
            return
        note, to = str(state.signed.note), self._settings.checkpoint_mail
        send_checkpoint(note, log=state.origin, size=state.size, server=server, to=to, at=now)
        self._published.note_mailed(day)

    def _tell(self, state: SealedState) -> None:
        """Log the checkpoint, if a webhook waits for it and anything but the entry of the one before was sealed."""
        now = self._clock()
        if now < self._told_at + TOLD_SECONDS or state.size <= self._published.size_told():
            return
        if not any(not webhook.types or CHECKPOINT in webhook.types for webhook in self._webhooks.all()):
            return
        details = {"size": state.size, "checkpoint": str(state.signed.note)}
        record_act(self._client, self._keys, Act(kind="sealed", subject=state.origin, details=details), at=now)
        self._published.note_told(state.size + 1)
        self._told_at = now
