"""A real OpenSSH server of a test's own, which files are fetched from and put to by SFTP."""

import getpass
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support.free_port import free_port
from tests.support.print_servers import program
from tests.support.wait_until import wait_until

_CONFIG = """\
Port {port}
ListenAddress 127.0.0.1
HostKey {folder}/host_key
AuthorizedKeysFile {folder}/key.pub
PidFile {folder}/sshd.pid
AuthenticationMethods publickey
PermitRootLogin prohibit-password
StrictModes no
UsePAM no
Subsystem sftp internal-sftp
ForceCommand internal-sftp -d {folder}/home {rights}
"""
_PRIVILEGE_SEPARATION = Path("/run/sshd")
"""Without it, a server of root does not start."""


@dataclass
class Sshd:
    """Its files are in `home`; `key` opens it, and `known_hosts` has its host key."""

    port: int
    folder: Path

    @property
    def home(self) -> Path:
        return self.folder / "home"

    @property
    def address(self) -> str:
        return f"{getpass.getuser()}@127.0.0.1:{self.port}"

    @property
    def key(self) -> Path:
        return self.folder / "key"

    def known_hosts(self, host_key: str = "host_key") -> Path:
        """A file that knows the server by that key."""
        kind, key, *_ = (self.folder / f"{host_key}.pub").read_text().split()
        path = self.folder / f"known_by_{host_key}"
        path.write_text(f"[127.0.0.1]:{self.port} {kind} {key}\n")
        return path

    def make_key(self, name: str) -> None:
        command = [program("ssh-keygen"), "-q", "-t", "ed25519", "-N", "", "-f", str(self.folder / name)]
        subprocess.run(command, check=True, timeout=60)


@contextmanager
def sshd(folder: Path, *, read_only: bool = False) -> Iterator[Sshd]:
    """Skips the test, with the reason, where there is none."""
    server, _ = program("sshd"), program("sftp")
    if os.geteuid() == 0 and not _PRIVILEGE_SEPARATION.is_dir():
        _PRIVILEGE_SEPARATION.mkdir(mode=0o755)
    made = Sshd(port=free_port(), folder=folder)
    made.home.mkdir(parents=True)
    for name in ("host_key", "other_host_key", "key", "other_key"):
        made.make_key(name)
    (folder / "config").write_text(_CONFIG.format(port=made.port, folder=folder, rights="-R" if read_only else ""))
    log = folder / "log"
    with subprocess.Popen([server, "-D", "-f", str(folder / "config"), "-E", str(log)]) as process:
        try:
            wait_until(lambda: log.is_file() and "Server listening" in log.read_text(), "sshd answers")
            yield made
        finally:
            process.terminate()
