"""gunicorn's master process, with the settings that the service needs; it also keeps the process for probes running."""

import contextlib
import importlib
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from gunicorn.app.base import BaseApplication
from gunicorn.arbiter import Arbiter
from gunicorn.errors import AppImportError, HaltServer
from gunicorn.glogging import Logger

from api.http.logs.output import log_settings
from api.http.metrics.directory import VARIABLE
from api.http.serving.memory import forget_chunk_lengths
from api.http.serving.settings import ServingSettings
from engine.errors import BadSetting
from engine.parallel.long_lived import keep_for_good

_SECONDS_WITHOUT_HEARTBEAT = 120
"""After which a worker is killed. A solver may keep its event loop from running for long."""
_MOST_BYTES_A_LINE = 8_190
_MOST_HEADERS = 100
_KEEP_ALIVE_SECONDS = 75


class Server(BaseApplication):
    """`app` is `module:function`, a function that makes the application; it is called in each worker, after the fork.
    `binds` are addresses as gunicorn takes them; `tls` are the files of a certificate and of its key; `probes` is a
    socket that listens for probes, if there is to be a process for them.
    """

    def __init__(
        self,
        *,
        app: str,
        binds: list[str],
        workers: int,
        tls: tuple[str, str] | None,
        settings: ServingSettings,
        probes: socket.socket | None,
    ) -> None:
        self._module, _, self._function = app.partition(":")
        self._binds, self._workers, self._settings = binds, workers, settings
        self._tls = tls
        self.probes = probes
        self._directory = tempfile.TemporaryDirectory(prefix="pointsman-")
        # where workers write the numbers that GET /metrics adds up
        os.environ[VARIABLE] = self._directory.name
        super().__init__()

    @property
    def probes_socket(self) -> Path | None:
        """Where workers answer the process for probes, if there is one."""
        return Path(self._directory.name, "workers.sock") if self.probes else None

    def load_config(self) -> None:
        inner = [f"unix:{self.probes_socket}"] if self.probes_socket else []
        options: dict[str, Any] = {
            "bind": [*self._binds, *inner],
            "workers": self._workers,
            "worker_class": "api.http.serving.worker.Worker",
            # gunicorn takes uvloop wherever it finds it: other TLS, and other limits than those that are tested
            "asgi_loop": "asyncio",
            "keepalive": _KEEP_ALIVE_SECONDS,
            "timeout": _SECONDS_WITHOUT_HEARTBEAT,
            "graceful_timeout": self._settings.stop_seconds,
            "limit_request_line": _MOST_BYTES_A_LINE,
            "limit_request_field_size": _MOST_BYTES_A_LINE,
            "limit_request_fields": _MOST_HEADERS,
            "max_requests": self._settings.worker_requests,
            "max_requests_jitter": self._settings.worker_requests // 10,
            "umask": 0o077,
            "control_socket_disable": True,
            "logger_class": "api.http.serving.server_log.ServerLog",
            "logconfig_dict": log_settings(),
            "child_exit": _forget_worker,
        }
        if self._tls:
            options["certfile"], options["keyfile"] = self._tls
        for name, value in options.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        make: Callable[[], Any] = getattr(importlib.import_module(self._module), self._function)
        try:
            return make()
        except BadSetting as error:
            raise AppImportError(f"pointsman: {error}") from error  # which ends the server without a traceback

    def run(self) -> None:
        try:
            master = Master(self)
            self._import(master.log)
            master.run()
        finally:
            with contextlib.suppress(OSError):
                self._directory.cleanup()

    def _import(self, log: Logger) -> None:
        """In the master, before it forks: workers then share the memory of imported modules."""
        try:
            importlib.import_module(self._module)
        except BadSetting as error:
            sys.exit(f"pointsman: {error}")
        except Exception:
            log.exception("the application can't be imported")
            sys.exit(Arbiter.WORKER_BOOT_ERROR)
        forget_chunk_lengths()
        keep_for_good()


def _forget_worker(_: Any, worker: Any) -> None:
    """What a worker that ended is doing now is no number any more; what it did stays counted."""
    from prometheus_client.multiprocess import mark_process_dead  # noqa: PLC0415  # it takes the directory when imported

    mark_process_dead(worker.pid)


class Master(Arbiter):
    """Starts the process for probes again whenever it has ended, and ends it after the workers."""

    _probes: subprocess.Popen[bytes] | None = None
    _is_stopping = False

    def manage_workers(self) -> None:
        super().manage_workers()
        if self.app.probes and (self._probes is None or self._probes.poll() is not None):
            script, listening = Path(__file__).with_name("probes.py"), self.app.probes.fileno()
            command = [sys.executable, "-I", "-S", script, str(listening), str(self.app.probes_socket)]
            self._probes = subprocess.Popen(command, pass_fds=[listening])  # noqa: S603  # no shell, no word of others

    def reap_workers(self) -> None:
        """The first worker that could not start ends the server; those that end after it, as it stops, do not."""
        while True:
            try:
                super().reap_workers()
            except HaltServer:
                if not self._is_stopping:
                    raise
            else:
                return

    def stop(self, graceful: bool = True) -> None:  # noqa: FBT001, FBT002  # gunicorn's
        self._is_stopping = True
        super().stop(graceful)
        if self._probes is not None:
            self._probes.terminate()
