"""An export is verified offline, by Pointsman and by examples/verify/verify.py, which share no code: whatever was done
to the log, or to the file, both find it.
"""

import importlib.util
import random
import struct
import subprocess
import sys
from pathlib import Path

import orjson
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from engine.audit.sealing.checkpoint import checkpoints_in
from engine.audit.sealing.leaf import canonical, parsed
from engine.audit.sealing.signed_note import VerifierKey
from engine.audit.verify_export import verify_export
from engine.errors import InputInvalid
from engine.service import Pointsman
from engine.settings import Settings
from tests.support.audit_exports import forge, write_signed

SCRIPT = "examples/verify/verify.py"
OTHER_KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))


@pytest.fixture(scope="module")
def script():
    """examples/verify/verify.py as a module."""
    spec = importlib.util.spec_from_file_location("verify_export_script", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Exported:
    """An export of a real store, its key, and the checkpoints that were kept of it."""

    def __init__(self, folder, count):
        with Pointsman(Settings(data=folder)) as service:
            redis, log = service._client.redis, service._keys.log
            checkpoints = []
            for part in (count - count // 3, count // 3):
                with redis.pipeline(transaction=False) as pipe:
                    for number in range(part):
                        fields = {"kind": "counted", "id": "", "at": number, "body": random.randbytes(40)}
                        pipe.xadd(log, fields, id=f"{1_700_000_000_000 + count * len(checkpoints) + number}-0")
                    pipe.execute()
                checkpoints.append(service.sealer.seal().checkpoint)
            self.path = folder / "log.audit"
            assert service.sealer.export(self.path, by="ada") >= count
            self.keys = service.sealer.key_file.signing(0)
        self.older, self.newest = checkpoints
        self.lines = self.path.read_bytes().splitlines()
        self.forms = [line for line in self.lines if line.startswith(b'{"fields"')]
        header = orjson.loads(self.lines[0])
        self.origin, self.key = header["log"], VerifierKey.parse(header["keys"][0])


@pytest.fixture(scope="module", params=[300, pytest.param(10_000, marks=[pytest.mark.slow, pytest.mark.exhaustive])])
def exported(request, tmp_path_factory):
    return Exported(tmp_path_factory.mktemp("exported"), request.param)


@pytest.fixture
def found(script, exported):
    """`found(path, kept)`: what Pointsman finds, by kind; the script must find something if and only if it does."""

    def both(path, kept="", key=exported.key):
        try:
            known = list(checkpoints_in(kept))
            kinds = {finding.kind for finding in verify_export(path, keys=[key], known=known).findings}
        except InputInvalid:
            kinds = {"no_export"}
        try:
            sentences = list(script.problems(path, [str(key)], [str(one.note) for one in known], []))
        except (ValueError, KeyError, TypeError, IndexError, OSError, struct.error):
            sentences = ["can't be read"]
        assert bool(sentences) == bool(kinds), (sentences, kinds)
        return kinds

    return both


@pytest.mark.parametrize("exported", [300, 2_500], indirect=True)
def test_an_untouched_export_is_what_was_sealed(exported, found):
    assert found(exported.path) == found(exported.path, exported.older + exported.newest) == set()
    assert exported.path.stat().st_mode & 0o777 == 0o600
    result = verify_export(exported.path, keys=[exported.key])
    assert (result.header.size, result.header.by, result.signed) == (len(exported.forms), "ada", True)
    assert (result.signers, result.own_keys) == ((exported.key,), False)
    assert verify_export(exported.path).own_keys


def test_any_flipped_bit_is_found(exported, found, tmp_path):
    data, chance = exported.path.read_bytes(), random.Random(1)
    for _ in range(60 if len(exported.forms) < 1_000 else 8):
        at, bit = chance.randrange(len(data)), chance.randrange(8)
        path = tmp_path / "flipped"
        path.write_bytes(data[:at] + bytes([data[at] ^ 1 << bit]) + data[at + 1 :])
        assert found(path), (at, bit)


def swapped(forms):
    """Two entries, each with what was in the other one."""
    (one, first), (two, second) = parsed(forms[7]), parsed(forms[8])
    return [*forms[:7], canonical(one, second), canonical(two, first), *forms[9:]]


def altered(forms):
    entry_id, fields = parsed(forms[100])
    return [*forms[:100], canonical(entry_id, fields | {b"at": b"1"}), *forms[101:]]


def inserted(forms):
    entry_id, fields = parsed(forms[100])
    return [*forms[:101], canonical(entry_id.replace(b"-0", b"-1"), fields), *forms[101:]]


TAMPERED = {
    "altered": (altered, {"altered"}),
    "deleted": (lambda forms: [*forms[:100], *forms[101:]], {"deleted"}),
    "first deleted": (lambda forms: forms[1:], {"deleted"}),
    "inserted": (inserted, {"inserted"}),
    "reordered": (lambda forms: [*forms[:5], forms[6], forms[5], *forms[7:]], {"out_of_order"}),
    "twice": (lambda forms: [*forms[:5], forms[4], *forms[5:]], {"inserted"}),
    "truncated": (lambda forms: forms[:-50], {"deleted"}),
    "swapped": (swapped, {"altered"}),
}


@pytest.mark.parametrize("name", TAMPERED)
def test_what_was_done_to_entries_is_found_and_named(exported, found, tmp_path, name):
    """Also by somebody who can sign the file as a whole, but has no other checkpoint."""
    change, kinds = TAMPERED[name]
    others = [line for line in exported.lines[:-1] if not line.startswith(b'{"fields"')]
    forms, path = change(exported.forms), tmp_path / "tampered"
    write_signed(path, [*others, *forms], exported.keys, exported.origin)
    assert found(path) == kinds
    path.write_bytes(b"\n".join([*others, *forms, exported.lines[-1], b""]))
    assert found(path) == kinds | {"signature_invalid"}


@pytest.mark.parametrize("name", [name for name in TAMPERED if name not in ("reordered", "twice")])
def test_leaves_that_were_altered_too_do_not_give_the_head_that_was_signed(exported, found, tmp_path, name):
    forms, path = TAMPERED[name][0](exported.forms), tmp_path / "forged"
    forge(path, forms, exported.keys, exported.origin)
    lines = path.read_bytes().splitlines()
    header = orjson.loads(lines[0]) | {"checkpoint": exported.newest, "size": len(exported.forms)}
    write_signed(path, [orjson.dumps(header), *lines[1:-1]], exported.keys, exported.origin)
    assert found(path) == {"tree_altered"}


def test_a_log_that_was_rewritten_and_signed_with_another_key_is_found(exported, found, tmp_path):
    path = tmp_path / "rewritten"
    note = forge(path, altered(exported.forms), [OTHER_KEY], exported.origin)
    assert found(path) == {"unknown_key"}
    assert found(path, exported.older) == {"unknown_key", "other_history"}
    assert note != exported.newest


@pytest.mark.parametrize("name", [name for name in TAMPERED if name not in ("reordered", "twice", "truncated")])
def test_two_histories_signed_with_the_same_key_are_found_by_a_checkpoint_of_the_other(exported, found, tmp_path, name):
    path = tmp_path / "other"
    note = forge(path, TAMPERED[name][0](exported.forms), exported.keys, exported.origin)
    assert found(path) == set()
    assert "other_history" in found(path, exported.older)
    assert found(exported.path, note) <= {"other_history", "log_shorter"} != set()


def test_an_older_copy_is_found_by_a_later_checkpoint(exported, found, tmp_path):
    path = tmp_path / "older"
    size = next(checkpoints_in(exported.older)).checkpoint.size
    note = forge(path, exported.forms[:size], exported.keys, exported.origin)
    assert note == exported.older
    assert found(path, exported.older) == set()
    assert found(path, exported.newest) == {"log_shorter"}
    known = list(checkpoints_in(exported.newest))
    (finding,) = verify_export(path, keys=[exported.key], known=known).findings
    assert "it was made before that checkpoint, or its end was cut off" in finding.message


def test_a_checkpoint_of_another_log_or_of_another_key_is_none(exported, found, tmp_path):
    elsewhere = forge(tmp_path / "elsewhere", exported.forms, exported.keys, "shop/main/2")
    assert found(exported.path, elsewhere) == {"other_log"}
    foreign = forge(tmp_path / "foreign", exported.forms, [OTHER_KEY], exported.origin)
    assert found(exported.path, foreign) == {"unknown_key"}


def test_checkpoints_of_other_logs_beside_those_of_this_one_are_left_out(exported, found, script, tmp_path, capsys):
    """As in the file that a service keeps: those of the installation's log are in it, too, signed under its name."""
    other = forge(tmp_path / "other", exported.forms[:7], exported.keys, "shop/access/1")
    kept = f"{other}\n{exported.older}\n{other}\n{exported.newest}\n"
    assert found(exported.path, kept) == set()
    assert "left out: 2" in capsys.readouterr().out
    result = verify_export(exported.path, keys=[exported.key], known=list(checkpoints_in(kept)))
    assert (result.compared, result.other_logs) == (2, 2)
    assert found(exported.path, f"{other}\n{other}") == {"other_log"}
    changed = forge(tmp_path / "changed", altered(exported.forms), exported.keys, exported.origin)
    assert found(exported.path, f"{other}\n{changed}") == {"other_history"}


def test_the_script_says_so_in_a_process_of_its_own(exported, tmp_path):
    def run(path, *words):
        command = [sys.executable, SCRIPT, str(path), "--key", str(exported.key), *words]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    kept = tmp_path / "kept"
    kept.write_text(f"{exported.older}\n{exported.newest}")
    done = run(exported.path, "--checkpoint", str(kept))
    assert (done.returncode, done.stdout, done.stderr) == (0, "every entry is as it was sealed\n", "")
    forge(tmp_path / "forged", altered(exported.forms), exported.keys, exported.origin)
    done = run(tmp_path / "forged", "--checkpoint", str(kept))
    assert (done.returncode, "another history" in done.stdout) == (1, True)
    assert run(exported.path, "--checkpoint", "pyproject.toml").returncode == 2
    (tmp_path / "torn").write_bytes(exported.path.read_bytes()[:-300])
    assert run(tmp_path / "torn").returncode == 1


def test_the_script_is_short_and_needs_one_library():
    text = Path(SCRIPT).read_text(encoding="utf-8")
    assert text.count("\n") < 150
    imported = {
        line.split()[1].partition(".")[0] for line in text.splitlines() if line.startswith(("import ", "from "))
    }
    assert imported - set(sys.stdlib_module_names) == {"cryptography"}


def test_the_log_of_the_installation_is_sealed_and_exported_too(tmp_path):
    with Pointsman(Settings(data=tmp_path)) as service:
        service.api_keys.create(role="oms", client="shop", networks=("main",))
        path = tmp_path / "installation.audit"
        assert service.installation_sealer.export(path, by="ada") == 1
        key = service.installation_sealer.published_keys(service.installation_sealer.seal())[0].key
        assert verify_export(path, keys=[key]).findings == ()
        assert b"key_created" in path.read_bytes()
        service._client.redis.xadd(service._keys.log, {"kind": "counted", "id": "", "at": 1, "units": "[]"})
        assert service.check().seal.findings == ()
        (entry,) = service._client.redis.xrange("{pointsman:access}:log")
        service._client.redis.xdel("{pointsman:access}:log", entry[0])
        (finding,) = service.check().seal.findings
        assert (finding.kind, "in the log of the installation: entry" in finding.message) == ("deleted", True)


def test_what_is_archived_is_exported_proven_and_checked_as_before(tmp_path):
    with Pointsman(Settings(data=tmp_path / "data")) as service:
        redis, log = service._client.redis, service._keys.log
        for number in range(1, 300):
            redis.xadd(log, {"kind": "counted", "id": "", "at": 1, "units": "[]"}, id=f"{1_600_000_000_000 + number}-0")
        redis.xadd(log, {"kind": "counted", "id": "", "at": 1, "units": "[]"})
        state = service.sealer.seal()
        assert service.archive(tmp_path / "archive", older_than=86_400).entries == 299
        key = service.sealer.published_keys(state)[0].key
        for name, options, left_out in (("all", {}, 0), ("live", {"archived": False}, 299)):
            service.sealer.export(tmp_path / name, by="ada", **options)
            result = verify_export(tmp_path / name, keys=[key])
            assert (result.findings, result.header.archived) == ((), left_out)
        assert service.proofs.inclusion("1600000000001-0").entry.startswith(b'{"fields":{"at":"1"')
        seal = service.check().seal
        assert (seal.findings, seal.archived) == ((), 299)
