"""An export of the sealed log over HTTP: the file that the command writes, made while it is sent."""

import re

import pytest

from api.http.audit import exports
from api.http.serving.ending import ENVIRON_KEY
from api.http.serving.routes import is_stream
from engine.audit.settings import AuditSettings
from engine.audit.verify_export import verify_export
from engine.errors import Interrupted
from engine.service import Pointsman
from engine.settings import Settings
from tests.support.callers import client_of
from tests.support.ends_after import EndsAfter
from tests.support.problem_json import problem_of
from tests.support.wait_until import wait_until


@pytest.fixture
def sealer(pointsman, server_url, network, clock, tmp_path):
    """One that has a key, and has sealed what there is."""
    audit = AuditSettings(audit_key=tmp_path / "audit.pem")
    with Pointsman(Settings(redis_url=server_url, network=network, audit=audit), clock=clock) as worker:
        worker.sealer.seal()
        yield worker


@pytest.fixture
def auditor(sealer, application):
    return client_of(sealer, application.around(sealer), client="Ada", role="auditor")


def verified(data, folder):
    """What is said of a file of these bytes."""
    file = folder / "main.audit"
    file.write_bytes(data)
    return verify_export(file)


def test_it_is_to_the_byte_what_the_command_writes_and_both_logs_say_who_made_it(sealer, auditor, tmp_path):
    entries = sealer.sealer.export(tmp_path / "log", by="Ada")
    answer = auditor.get("/v1/audit/export")
    assert answer.data == (tmp_path / "log").read_bytes()
    assert answer.headers["Content-Type"] == "application/x-ndjson"
    assert answer.headers["Cache-Control"] == "no-store"
    (name,) = re.findall(r'attachment; filename="?([\w-]+\.audit)"?', answer.headers["Content-Disposition"])
    (logged,) = auditor.get("/v1/audit/entries?kind=exported").get_json()["entries"]
    assert (logged["by"], logged["through"], logged["about"]) == ("Ada", "http", name)
    read = "/v1/audit/accesses?what=audit_export"
    wait_until(lambda: auditor.get(read).get_json()["accesses"], "the read is recorded")
    (access,) = auditor.get(read).get_json()["accesses"]
    assert (access["by"], access["count"]) == ("Ada", entries)


def test_an_answer_that_breaks_off_anywhere_is_found_to_be_a_part(auditor, tmp_path, monkeypatch):
    monkeypatch.setattr(exports, "_PART_BYTES", 1)
    lines = len(auditor.get("/v1/audit/export").data.splitlines())
    for looks in range(1, lines):
        answer, came = auditor.get("/v1/audit/export", environ_overrides={ENVIRON_KEY: EndsAfter(looks)}), []
        with pytest.raises(Interrupted):
            came.extend(answer.response)
        assert len(came) == looks
        found = verified(b"".join(came), tmp_path)
        assert not found.signed
        assert bool(found.findings) == (looks < lines - 1)  # all but the signature came
    ended = auditor.get("/v1/audit/export", environ_overrides={ENVIRON_KEY: EndsAfter(0)})
    assert problem_of(ended, 503)["type"] == "urn:pointsman:problem:interrupted"


def test_what_is_not_as_it_was_sealed_is_in_it_and_verifying_names_it(sealer, auditor, tmp_path, caplog):
    log = sealer._keys.log
    ((entry, _),) = sealer._client.redis.xrange(log, count=1)
    sealer._client.redis.xdel(log, entry)
    (finding,) = verified(auditor.get("/v1/audit/export").data, tmp_path).findings
    assert (finding.kind, finding.entry) == ("deleted", entry.decode())
    assert f"entry {entry.decode()} was deleted" in caplog.text


def test_without_a_key_it_is_not_signed(sealer, http, tmp_path):
    data = http.get("/v1/audit/export").data
    assert b'{"signed":' not in data
    assert not verified(data, tmp_path).signed


def test_what_is_in_the_archive_alone_may_be_left_out(server_url, network, application, clock, tmp_path):
    audit = AuditSettings(audit_key=tmp_path / "audit.pem")
    with Pointsman(Settings(redis_url=server_url, network=f"{network}-old", audit=audit), clock=clock) as old:
        for number in (1, 2):
            fields = {"kind": "counted", "id": "", "at": 1, "units": "[]"}
            old._client.redis.xadd(old._keys.log, fields, id=f"{1_600_000_000_000 + number}-0")
        old._client.redis.xadd(old._keys.log, fields)
        old.sealer.seal()
        assert old.archive(tmp_path / "archive", older_than=86_400).entries == 2
        auditor = client_of(old, application.around(old), role="auditor")
        for query, left_out in (("", 0), ("?archived=true", 0), ("?archived=false", 2)):
            found = verified(auditor.get(f"/v1/audit/export{query}").data, tmp_path)
            assert (found.findings, found.header.archived, found.signed) == ((), left_out, True)
        assert problem_of(auditor.get("/v1/audit/export?archived=no"), 422)
        old.forget()


def test_it_is_a_long_request_in_the_console_too():
    assert is_stream("GET", "/v1/audit/export")
    assert is_stream("GET", "/console/audit/export")
