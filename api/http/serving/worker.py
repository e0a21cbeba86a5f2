"""A worker process: gunicorn's ASGI worker around the front (front.py) of one Flask application."""

import asyncio
import contextlib
import os
import socket
import sys
from typing import Any

from gunicorn.workers.gasgi import ASGIWorker

from api.http.serving.connection import Connection
from api.http.serving.front import Front
from api.http.serving.memory import FreedMemory, share_heap
from api.http.serving.probes import run_at_once
from api.http.serving.settings import ServingSettings
from engine.parallel.long_lived import keep_for_good

_HEARTBEAT_SECONDS = 1.0
_LISTEN_BACKLOG = 2_048
_LOOP_NANOSECONDS = 500_000
_SWITCH_SECONDS = 0.0005
"""After how long a thread that computes lets another one run. The event loop has little to do, but at once."""


class Worker(ASGIWorker):
    """Its settings are those of the environment, as in the process that started it."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        self._told_to_stop = asyncio.Event()
        self._arriving: set[asyncio.Task[Any]] = set()
        """asyncio's tasks that set up an accepted connection; with TLS, until its handshake is done."""
        super().__init__(*arguments, **options)

    def init_process(self) -> None:
        self.settings = ServingSettings.from_environment(os.environ)
        self.idle: dict[Connection, None] = {}
        sys.setswitchinterval(_SWITCH_SECONDS)
        run_at_once(_LOOP_NANOSECONDS)  # this thread, which is the event loop's
        share_heap()
        super().init_process()

    def load_wsgi(self) -> None:
        super().load_wsgi()
        keep_for_good()

    def close_idle(self) -> bool:
        """Close the connection that has been idle for longest; returns whether there was one."""
        connection = next(iter(self.idle), None)
        if connection is None:
            return False
        del self.idle[connection]
        connection.close_if_idle()
        return True

    async def _serve(self) -> None:
        front = Front(self.asgi, self.settings)
        self.asgi = front
        for listener in self.sockets:
            # one connection is accepted at a time, so that workers share those that come together
            server = await self.loop.create_server(
                self._connection, sock=listener.sock, backlog=1, **self._tls_of(listener.sock)
            )
            listener.sock.listen(_LISTEN_BACKLOG)
            self.servers.append(server)
        freed = FreedMemory()
        while self.alive and self.ppid == os.getppid():
            self.notify()
            freed.give_back()
            if front.hangs:
                self.log.error("a request hangs; this worker gives way to a new one")
                break
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._told_to_stop.wait(), _HEARTBEAT_SECONDS)
        self.alive = False
        front.stop()
        for connection in list(self.idle):
            connection.close_if_idle()
        await self._stop_accepting()
        await self._shutdown()

    async def _stop_accepting(self) -> None:
        """Leave new connections to other workers. What was accepted already must be known to gunicorn before it closes
        its servers, or asyncio drops it.
        """
        for listener in self.sockets:
            self.loop.remove_reader(listener.sock)
        await asyncio.sleep(0)  # the tasks of those that were accepted last begin
        for arriving in self._arriving:
            self.nr_conns += 1  # gunicorn waits for it, as for all connections, until its deadline
            arriving.add_done_callback(self._arrived)

    def _arrived(self, _: asyncio.Task[Any]) -> None:
        """The connection is counted by itself now, or it failed."""
        self.nr_conns -= 1

    @property
    def alive(self) -> bool:
        """gunicorn's: false once it is to stop, for whichever reason."""
        return self._alive

    @alive.setter
    def alive(self, alive: bool) -> None:
        self._alive = alive
        if not alive:
            self._told_to_stop.set()

    def _tls_of(self, listening: socket.socket) -> dict[str, Any]:
        """The options for TLS on this socket. The process for probes, on a Unix socket, speaks none."""
        if listening.family == socket.AF_UNIX or not self.cfg.is_ssl:
            return {}
        context = self._get_ssl_context()
        if context is None:  # it was logged; nothing may be answered without it
            raise RuntimeError("TLS can't be spoken with the certificate and its key any more")
        return {"ssl": context, "ssl_handshake_timeout": self.settings.header_seconds}

    def _connection(self) -> Any:
        arriving = asyncio.current_task()
        if arriving is not None:
            self._arriving.add(arriving)
            arriving.add_done_callback(self._arriving.discard)
        return Connection(self)
