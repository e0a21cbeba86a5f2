"""`pointsman audit`: sealed, exported and verified from the command line."""

import json

import pytest

from engine.service import Pointsman
from engine.settings import Settings


@pytest.fixture
def run(tmp_path, command):
    def pointsman(*words):
        return command(*words, POINTSMAN_DATA=tmp_path / "data", POINTSMAN_USER="eve", COLUMNS=120)

    assert pointsman("load", "tests/data/small").returncode == 0
    return pointsman


def done(result):
    assert (result.returncode, result.stderr) == (0, "")
    return result.stdout


def test_a_log_is_sealed_exported_and_verified_and_what_was_done_to_the_file_is_named(run, tmp_path):
    refused = run("audit", "checkpoint")
    assert (refused.returncode, "nothing is sealed yet" in refused.stderr) == (1, True)
    sealed = json.loads(done(run("audit", "seal", "--json")))
    kept, file = tmp_path / "kept", tmp_path / "log.audit.gz"
    kept.write_text(done(run("audit", "checkpoint")))
    assert kept.read_text() == sealed["checkpoint"]
    key = done(run("audit", "keys")).strip()
    assert json.loads(done(run("audit", "keys", "--json"))) == {"keys": [{"key": key, "until": None}]}
    assert done(run("audit", "export", str(file))) == f"entries in {file}: {sealed['sealed']}\n"
    assert done(run("audit", "verify", str(file), "--key", key, "--checkpoint", str(kept))) == (
        f"sealed: {sealed['sealed']} entries of the log '{sealed['log']}'\n"
        f"signed with {key}\nevery entry is as it was sealed\n"
    )
    assert "anybody may have made this file" in done(run("audit", "verify", str(file)))
    again = run("audit", "export", str(file))
    assert (again.returncode, "is there already" in again.stderr) == (1, True)
    plain = tmp_path / "log.audit"
    done(run("audit", "export", str(plain)))
    lines = plain.read_bytes().splitlines(keepends=True)
    plain.write_bytes(b"".join(lines[:-1]))
    assert "its last line may be missing" in done(run("audit", "verify", str(plain), "--key", key))
    plain.write_bytes(b"".join(line for line in lines if b'"kind":"loaded"' not in line))
    named = run("audit", "verify", str(plain), "--key", key)
    assert (named.returncode, "was deleted: it was sealed as number 0" in named.stdout) == (1, True)
    result = json.loads(run("audit", "verify", str(plain), "--key", key, "--json").stdout)
    assert (result["intact"], {one["kind"] for one in result["findings"]}) == (False, {"deleted", "signature_invalid"})
    kinds = [json.loads(line)["kind"] for line in done(run("ledger", "log", "--json")).splitlines()]
    assert kinds.count("exported") == 2


def test_a_rotation_is_logged_and_the_former_key_signs_on(run):
    done(run("audit", "seal"))
    former = done(run("audit", "keys")).strip()
    newest = done(run("audit", "rotate", "--overlap", "3d")).strip().removeprefix("checkpoints are signed with ")
    assert newest != former
    lines = done(run("audit", "keys")).splitlines()
    assert (lines[0], lines[1].startswith(f"{former} until ")) == (newest, True)
    assert done(run("audit", "checkpoint")).count("\n— ") == 2
    assert f"audit_key_rotated  {newest}" in done(run("ledger", "log"))


def test_a_proof_is_printed_and_an_entry_that_is_not_there_has_none(run):
    done(run("audit", "seal"))
    entry = json.loads(done(run("ledger", "log", "--json")).splitlines()[0])["entry"]
    proof = json.loads(done(run("audit", "proof", entry)))
    assert (proof["entry_id"], proof["number"]) == (entry, 0)
    assert run("audit", "proof", "nobody").returncode == 1


def test_a_new_log_is_begun_only_when_asked_for(run):
    first = json.loads(done(run("audit", "seal", "--json")))["log"]
    assert json.loads(done(run("audit", "seal", "--json")))["log"] == first
    second = json.loads(done(run("audit", "seal", "--new-log", "--json")))["log"]
    assert second != first
    assert f"log_begun  {second}" in done(run("ledger", "log"))


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--key", "nonsense"), "--key: 'nonsense' is no verifier key"),
        (("--witness", "w+00000000+AAAA"), "--witness: "),
        (("--checkpoint", "README.md"), "README.md: "),
    ],
)
def test_what_is_no_key_and_no_checkpoint_is_refused(run, tmp_path, words, message):
    done(run("audit", "export", str(tmp_path / "log")))
    refused = run("audit", "verify", str(tmp_path / "log"), *words)
    assert (refused.returncode, message in refused.stderr) == (1, True)


def test_what_is_no_export_is_refused(run):
    refused = run("audit", "verify", "README.md")
    assert (refused.returncode, "is no export of a sealed log" in refused.stderr) == (1, True)


def test_a_check_of_a_log_that_was_altered_does_not_end_as_if_all_were_clear(run, tmp_path):
    done(run("audit", "seal"))
    with Pointsman(Settings(data=tmp_path / "data")) as service:
        ((entry, _),) = service._client.redis.xrange(service._keys.log, count=1)
        service._client.redis.xdel(service._keys.log, entry)
    checked = run("ledger", "check")
    assert checked.returncode == 1
    assert checked.stdout.splitlines()[-1].endswith("; not as it was sealed: 1")
    exported = run("audit", "export", str(tmp_path / "log"))
    assert (exported.returncode, (tmp_path / "log").exists()) == (1, True)
    assert f"not as it was sealed: entry {entry.decode()} was deleted" in exported.stderr


def test_a_check_says_how_much_is_sealed(run):
    done(run("audit", "seal"))
    assert "entries of the log sealed 1, 0 of them in an archive; not sealed yet 0\n" in done(run("ledger", "check"))
    checked = json.loads(done(run("ledger", "check", "--json")))
    assert checked["seal"] == {"sealed": 1, "archived": 0, "archive_read": False, "unsealed": 0, "findings": []}
