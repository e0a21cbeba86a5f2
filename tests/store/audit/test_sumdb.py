"""Go's own transparency log code, which shares nothing with ours, takes what is sealed: notes, keys and proofs."""

import base64
import json
import shutil
import subprocess
from pathlib import Path

import pytest

from engine.audit.sealing.merkle import HASH_BYTES

GO = shutil.which("go")
pytestmark = [pytest.mark.slow, pytest.mark.skipif(GO is None, reason="there is no Go here, which has this code")]


@pytest.fixture(scope="session")
def sumdb(tmp_path_factory):
    """tests/reference/sumdb, built."""
    folder = tmp_path_factory.mktemp("sumdb")
    root = subprocess.run([GO, "env", "GOROOT"], capture_output=True, text=True, check=True).stdout.strip()
    for name in ("note", "tlog"):
        shutil.copytree(Path(root, "src/cmd/vendor/golang.org/x/mod/sumdb", name), folder / "mod/sumdb" / name)
    note = folder / "mod/sumdb/note/note.go"
    note.write_text(note.read_text().replace("golang.org/x/crypto/ed25519", "crypto/ed25519"))  # what it stands for
    (folder / "mod/go.mod").write_text("module golang.org/x/mod\n")
    shutil.copy("tests/reference/sumdb/main.go", folder)
    module = "module verify\nrequire golang.org/x/mod v0.0.0\nreplace golang.org/x/mod => ./mod\n"
    (folder / "go.mod").write_text(module)
    built = {"GOFLAGS": "-mod=mod", "GOPROXY": "off", "HOME": str(folder), "PATH": "/usr/bin:/bin"}
    subprocess.run([GO, "build", "-o", "verify", "."], cwd=folder, env=built, check=True)
    return folder / "verify"


def verify(sumdb, claims):
    return subprocess.run([sumdb], input=json.dumps(claims), capture_output=True, text=True, check=False)


def encoded(data):
    return base64.b64encode(data).decode()


@pytest.fixture
def claims(log):
    def claim(number, old):
        proof, consistency = log.worker.proofs.inclusion(names[number].decode()), log.worker.proofs.consistency(old)
        return {
            "Note": proof.state.checkpoint,
            "Key": str(log.worker.sealer.published_keys(proof.state)[0].key),
            "Leaf": encoded(proof.leaf.data),
            "Number": number,
            "Size": proof.state.size,
            "Root": encoded(proof.state.root),
            "Inclusion": list(map(encoded, proof.hashes)),
            "Old": old,
            "OldRoot": encoded(consistency.old_root),
            "Consistency": list(map(encoded, consistency.hashes)),
        }

    log.add(600)
    log.worker.sealer.seal()
    names = [name for name, _ in log.entries()]
    return [claim(number, old) for number, old in ((0, 1), (255, 256), (256, 257), (599, 512), (300, len(names)))]


def test_go_takes_what_is_sealed(sumdb, claims):
    done = verify(sumdb, claims)
    assert (done.returncode, done.stdout, done.stderr) == (0, "5\n", "")


@pytest.mark.parametrize("name", ["Leaf", "Root", "OldRoot", "Number", "Old", "Note"])
def test_go_takes_nothing_else(sumdb, claims, name):
    claim = claims[2]
    match claim[name]:
        case int(number):
            claim[name] = number - 1
        case text if name == "Note":
            claim[name] = text.replace("\n", "\n1", 1)
        case _:
            claim[name] = encoded(bytes(HASH_BYTES))
    assert verify(sumdb, [claim]).returncode == 1
