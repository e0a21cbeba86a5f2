"""Real printers to print to: a CUPS server, and a printer that takes bytes over a bare connection."""

import contextlib
import shutil
import socket
import subprocess
import threading
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.support.free_port import free_port
from tests.support.wait_until import wait_until

_SYSTEM = "/usr/sbin"
"""Where Debian has servers; it is not on everybody's path."""


def program(name):
    """Its path; skips the test if there is none."""
    path = shutil.which(name) or shutil.which(name, path=_SYSTEM)
    if path is None:
        pytest.skip(f"{name} is not installed")
    return path


@dataclass
class Cups:
    """A CUPS server with queues that keep every document they are sent, and print none."""

    port: int
    folder: Path

    def uri(self, queue):
        return f"ipp://127.0.0.1:{self.port}/printers/{queue}"

    def documents(self):
        """What it was sent, job by job."""
        return [path.read_bytes() for path in sorted((self.folder / "spool").glob("d*"))]

    def admin(self, *arguments):
        command = [program(arguments[0]), "-h", f"127.0.0.1:{self.port}", *arguments[1:]]
        return subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout

    def add(self, queue):
        self.admin("lpadmin", "-p", queue, "-E", "-v", "file:///dev/null", "-m", "raw")


_SERVER = """\
Listen 127.0.0.1:{port}
Browsing No
DefaultAuthType None
WebInterface No
PreserveJobFiles Yes
<Location />
  Order allow,deny
  Allow from 127.0.0.1
</Location>
<Policy default>
  <Limit All>
    Order allow,deny
    Allow from all
  </Limit>
</Policy>
"""
_FILES = """\
ServerRoot {folder}/root
RequestRoot {folder}/spool
CacheDir {folder}/cache
StateDir {folder}/state
TempDir {folder}/spool
AccessLog {folder}/log/access
ErrorLog {folder}/log/error
PageLog {folder}/log/page
FileDevice Yes
"""


@contextlib.contextmanager
def running_cups(folder):
    server = program("cupsd")
    program("lpadmin")
    for name in ("root", "spool", "cache", "state", "log"):
        (folder / name).mkdir(parents=True)
    port = free_port()
    (folder / "cupsd.conf").write_text(_SERVER.format(port=port))
    (folder / "cups-files.conf").write_text(_FILES.format(folder=folder))
    arguments = [server, "-f", "-c", str(folder / "cupsd.conf"), "-s", str(folder / "cups-files.conf")]
    process = subprocess.Popen(arguments, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_until(lambda: _listens(port), "CUPS listens")
        yield Cups(port, folder)
    finally:
        process.terminate()
        process.wait(30)


def _listens(port):
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False


@dataclass
class SocketPrinter:
    """What it was sent, connection by connection. `closes` makes it behave as printers do that close once they have
    read all.
    """

    port: int = 0
    closes: bool = True
    documents: list[bytes] = field(default_factory=list)

    @property
    def uri(self):
        return f"socket://127.0.0.1:{self.port}"


@contextlib.contextmanager
def running_socket_printer(*, port=0, closes=True):
    printer = SocketPrinter(closes=closes)
    with socket.create_server(("127.0.0.1", port)) as server:
        printer.port = server.getsockname()[1]
        kept = []
        thread = threading.Thread(target=_serve, args=(server, printer, kept))
        thread.start()
        try:
            yield printer
        finally:
            with contextlib.suppress(OSError):
                server.shutdown(socket.SHUT_RDWR)
            thread.join(30)
            for connection in kept:
                connection.close()


def _serve(server, printer, kept):
    while True:
        try:
            connection, _ = server.accept()
        except OSError:
            return
        document = b""
        while part := connection.recv(65_536):
            document += part
        if document:
            printer.documents.append(document)
        if printer.closes:
            connection.close()
        else:
            kept.append(connection)
