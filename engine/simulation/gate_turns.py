"""Runs the gates that were asked for over HTTP: one worker at a time, in processes of their own."""

import logging
import os
import uuid

from engine.actor import on_behalf_of
from engine.errors import Interrupted, NotFound, PointsmanError, PolicyUnreadable, StoreUnavailable
from engine.service import Pointsman
from engine.simulation.gate import keep_failed_run, run_gate
from engine.turn_thread import TurnThread

TURN_SECONDS = 1.0
_LEASE_MILLISECONDS = 60_000
"""A worker that dies is followed by another after so long; who works makes it last longer."""

logger = logging.getLogger("pointsman")


class GateTurns:
    """Of one network. Nothing is stored until a gate has been run, so one whose worker dies is run again. One whose run
    fails is not: then the version is not judged, and the result says why.
    """

    def __init__(self, service: Pointsman) -> None:
        self._service = service
        self._gates = service.versions.gates.stored
        self._who = uuid.uuid4().hex
        self._thread = TurnThread(self.take_turn, name="gates", seconds=TURN_SECONDS, later="gates are run")

    def start(self) -> None:
        self._thread.start()

    def take_turn(self) -> int:
        """Run the gates that were asked for, unless another worker does; returns how many were."""
        if not self._gates.asked() or not self._keep_lease():
            return 0
        asked = self._gates.asked()  # again: whoever had the lease until now may have run them
        for version, who in asked.items():
            with on_behalf_of(who):
                self._run(version, who.name)
        self._gates.end_turn(self._who)
        return len(asked)

    def _run(self, version: str, who: str) -> None:
        try:
            why = self._failure(version, who)
            if why:
                logger.warning("the gate of policy version %s could not be run to its end: %s", version[:12], why)
                keep_failed_run(self._service, version, who=who, why=why)
        except (NotFound, PolicyUnreadable) as error:
            logger.warning("the gate of policy version %s can't be run: %s", version[:12], error)
            self._gates.drop(version)

    def _failure(self, version: str, who: str) -> str:
        """Run it; returns why that failed, or nothing."""
        workers = max(2, os.cpu_count() or 1)
        try:
            if run_gate(self._service, version, who=who, workers=workers, progress=self._go_on) is None:
                self._gates.drop(version)
        except (StoreUnavailable, Interrupted, NotFound, PolicyUnreadable):
            raise
        except PointsmanError as error:
            return str(error)
        except Exception:
            logger.exception("the gate of policy version %s failed", version[:12])
            return "its run failed in a way that nobody expected; the log of the service has more"
        return ""

    def _go_on(self, _tried: int) -> None:
        if not self._keep_lease():
            raise Interrupted("another worker runs the gates by now")

    def _keep_lease(self) -> bool:
        return self._gates.take_turn(self._who, milliseconds=_LEASE_MILLISECONDS)
