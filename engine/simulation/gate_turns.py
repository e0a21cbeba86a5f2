"""Runs the gates that were asked for over HTTP: one worker at a time, in processes of their own."""

import logging
import os
import uuid

from engine.errors import NotFound, PolicyUnreadable
from engine.service import Pointsman
from engine.simulation.gate import run_gate
from engine.turn_thread import TurnThread

TURN_SECONDS = 1.0
_LEASE_MILLISECONDS = 60_000
"""A worker that dies is followed by another after so long; who works makes it last longer."""

logger = logging.getLogger("pointsman")


class GateTurns:
    """Of one network. Nothing is stored until a gate has been run, so one that was cut short is run again."""

    def __init__(self, service: Pointsman) -> None:
        self._service = service
        self._gates = service.versions.gates.stored
        self._who = uuid.uuid4().hex
        self._thread = TurnThread(self.take_turn, name="gates", seconds=TURN_SECONDS, later="gates are run")

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        self._thread.stop()

    def take_turn(self) -> int:
        """Run the gates that were asked for, unless another worker does; returns how many were."""
        asked = self._gates.asked()
        if not asked or not self._keep_lease():
            return 0
        run = 0
        for version, who in asked.items():
            try:
                result = run_gate(
                    self._service,
                    version,
                    who=who,
                    workers=max(2, os.cpu_count() or 1),
                    progress=self._go_on,
                )
            except (NotFound, PolicyUnreadable) as error:
                logger.warning("the gate of policy version %s can't be run: %s", version[:12], error)
                result = None
            if result is None:
                self._gates.drop(version)
            run += 1
        self._gates.end_turn(self._who)
        return run

    def _go_on(self, _tried: int) -> None:
        self._keep_lease()

    def _keep_lease(self) -> bool:
        return self._gates.take_turn(self._who, milliseconds=_LEASE_MILLISECONDS)
