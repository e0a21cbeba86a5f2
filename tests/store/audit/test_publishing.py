"""Checkpoints leave the server: witnesses cosign them, mails and events carry them."""

import dataclasses
import email
import importlib.util
import logging
import socket
import threading
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from aiosmtpd.controller import Controller
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from engine.audit.publisher import Publisher
from engine.audit.sealing.signed_note import COSIGNATURE, VerifierKey, cosigned_at
from engine.audit.sealing.signing import cosign, verifier_key
from engine.audit.settings import MailServer, Witness
from engine.audit.verify_export import verify_export
from tests.support.audit_exports import forge

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
OTHER_KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))


@pytest.fixture
def serve():
    """`serve(handler)`: the URL at which a handler answers."""
    servers = []

    def start(handler):
        handler.log_message = lambda *_: None
        servers.append(ThreadingHTTPServer(("127.0.0.1", 0), handler))
        threading.Thread(target=servers[-1].serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return f"http://127.0.0.1:{servers[-1].server_port}"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture
def example():
    """examples/witness/witness.py as a module."""
    spec = importlib.util.spec_from_file_location("witness_script", "examples/witness/witness.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def witness(full, example, serve, tmp_path):
    """The witness of examples/, for the log of `full`."""
    key = full.worker.sealer.published_keys(full.worker.proofs.state())[0].key
    made = example.Witness("witness.example", KEY, [str(key)], tmp_path / "witness.json")
    return Witness(VerifierKey.parse(made.verifier_key), serve(example.handler(made)))


@pytest.fixture
def publisher(full, clock):
    def make(**settings):
        chosen = dataclasses.replace(full.settings, **settings)
        return Publisher(full.worker._client, full.worker._keys, chosen, clock=lambda: clock.now)

    return make


def test_a_witness_of_a_page_of_code_cosigns_what_goes_on_and_the_checkpoint_carries_it(full, witness, publisher):
    publish = publisher(witnesses=(witness,)).publish
    for _ in range(3):
        full.add(70)
        full.worker.sealer.seal()
        note = publish().signed
        assert note.signers([witness.key]) == [witness.key]
        assert note == full.worker.proofs.state().signed
        assert len(note.note.signatures) == 2
    assert publish().signed == note
    with pytest.raises(StopIteration):
        next(one for one in note.note.signatures[2:])
    assert cosigned_at(note.note.signatures[1]) > 1_700_000_000


def test_a_new_checkpoint_is_not_said_to_be_cosigned_by_the_signatures_of_the_one_before(full, witness, publisher):
    publisher(witnesses=(witness,)).publish()
    full.worker.sealer.seal()
    assert full.worker.proofs.state().signed.signers([witness.key]) == []


def test_who_does_not_know_how_far_a_witness_is_learns_it_from_the_witness(full, witness, publisher):
    publish = publisher(witnesses=(witness,)).publish
    publish()
    full.worker.sealer.seal()
    for field in full.redis.hkeys(full.key("sealed")):
        if field.startswith((b"witness:", b"cosigned")):
            full.redis.hdel(full.key("sealed"), field)
    assert publish().signed.signers([witness.key]) == [witness.key]


def test_a_witness_does_not_sign_another_history_and_the_log_of_the_service_says_so(full, witness, publisher, caplog):
    publish = publisher(witnesses=(witness,)).publish
    publish()
    origin = full.worker.proofs.state().origin
    full.rewrite(lambda entries: [*entries[:5], *entries[6:]])
    full.redis.delete(*full.redis.scan_iter(full.key("sealed*")))
    full.redis.hset(full.key("sealed"), "origin", origin)
    full.settings.checkpoint_file.unlink()
    full.worker.sealer.seal()
    with caplog.at_level(logging.ERROR, "pointsman"):
        assert publish().signed.signers([witness.key]) == []
    assert "witness witness.example has signed another history of this log" in caplog.text


def test_a_witness_that_has_signed_more_than_there_is_tells_of_an_older_copy(full, witness, publisher, caplog):
    publish = publisher(witnesses=(witness,)).publish
    before = {name: full.redis.dump(name) for name in full.redis.scan_iter(full.key("sealed*"))}
    full.worker.sealer.seal()
    publish()
    full.redis.delete(*full.redis.scan_iter(full.key("sealed*")))
    for name, dump in before.items():
        full.redis.restore(name, 0, dump)
    with caplog.at_level(logging.ERROR, "pointsman"):
        publish()
    assert "its end was cut off, or an older copy was put in its place" in caplog.text


@pytest.mark.parametrize("broken", ["nobody there", "no signature", "forged", "another key", "500"])
def test_what_a_witness_answers_is_verified(full, publisher, serve, caplog, broken):
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            note = self.rfile.read(int(self.headers["Content-Length"])).decode().partition("\n\n")[2]
            text = note.rpartition("\n\n")[0] + "\n"
            line = cosign(
                f"{text}x" if broken == "forged" else text,
                OTHER_KEY if broken == "another key" else KEY,
                name="w",
                at=1,
            )
            self.send_response(500 if broken == "500" else 200)
            self.end_headers()
            self.wfile.write(b"" if broken == "no signature" else str(line).encode())

    url = "http://127.0.0.1:9" if broken == "nobody there" else serve(Handler)
    key = verifier_key(KEY, name="w", kind=COSIGNATURE)
    with caplog.at_level(logging.INFO, "pointsman"):
        state = publisher(witnesses=(Witness(key, url),)).publish()
    assert len(state.signed.note.signatures) == 1
    assert "witness w has not signed the checkpoint" in caplog.text


def test_an_auditor_who_trusts_a_witness_asks_for_its_signature(tmp_path, full):
    path, keys = tmp_path / "log.audit", full.worker.sealer.key_file.signing(0)
    witness = verifier_key(KEY, name="w", kind=COSIGNATURE)
    forge(path, [b'{"fields":{},"id":"1-0"}'], keys)
    assert [one.kind for one in verify_export(path, witnesses=[witness]).findings] == ["not_cosigned"]
    forge(path, [b'{"fields":{},"id":"1-0"}'], keys, witnesses=[lambda text: str(cosign(text, KEY, name="w", at=1))])
    result = verify_export(path, witnesses=[witness])
    assert (result.findings, result.cosigners) == ((), (witness,))


@pytest.mark.parametrize(
    ("request_of", "status"),
    [
        (lambda note: f"old 0\n\n{note.replace('pointsman', 'other', 1)}", 404),
        (lambda note: "old 0\n\n" + note.replace("\n", "\n1", 1), 403),
        (lambda note: f"old 9999\n\n{note}", 400),
        (lambda note: f"old 5\n\n{note}", 409),
        (lambda note: f"old 0\nAAAA\n\n{note}", 422),
    ],
)
def test_the_witness_refuses_as_the_protocol_says(full, example, tmp_path, request_of, status):
    state = full.worker.proofs.state()
    key = full.worker.sealer.published_keys(state)[0].key
    made = example.Witness("w", KEY, [str(key)], tmp_path / "witness.json")
    assert made.add_checkpoint(request_of(state.checkpoint))[0] == status
    assert not made.state.exists()
    assert made.add_checkpoint(f"old 0\n\n{state.checkpoint}")[0] == 200
    assert made.add_checkpoint(f"old {state.size}\n\n{state.checkpoint}")[0] == 200


class Inbox:
    """Takes mails."""

    def __init__(self):
        self.mails = []

    async def handle_DATA(self, _server, _session, envelope):  # noqa: N802  # aiosmtpd's name
        self.mails.append((envelope.rcpt_tos, email.message_from_bytes(envelope.content, policy=default)))
        return "250 taken"


class AnyPort(Controller):
    """On a port that the system chooses, which aiosmtpd would try by the number that it was given."""

    @property
    def bound(self):
        return self.server.sockets[0].getsockname()[1]

    def _trigger_server(self):
        with socket.create_connection((self.hostname, self.bound)) as tried:
            tried.recv(100)


@pytest.fixture
def inbox():
    inbox = Inbox()
    controller = AnyPort(inbox, hostname="127.0.0.1", port=0)
    controller.start()
    inbox.port = controller.bound
    yield inbox
    controller.stop()


def test_a_checkpoint_is_mailed_once_a_day(full, publisher, inbox, clock):
    server = MailServer(host="127.0.0.1", port=inbox.port, tls=False)
    publisher = publisher(checkpoint_mail=("ada@shop.example", "eve@shop.example"), smtp_url=server)
    publisher.publish()
    publisher.publish()
    ((to, mail),) = inbox.mails
    state = full.worker.proofs.state()
    assert to == ["ada@shop.example", "eve@shop.example"]
    assert mail["Subject"] == f"Checkpoint of {state.origin}: {state.size:,} entries"
    (attached,) = mail.iter_attachments()
    assert attached.get_content() == state.checkpoint
    clock.now += 86_400
    publisher.publish()
    assert len(inbox.mails) == 2


def test_no_password_is_sent_over_a_connection_that_is_not_encrypted(full, publisher, inbox, caplog):
    server = MailServer(host="127.0.0.1", port=inbox.port, tls=False, user="ada", password="secret")
    publisher(checkpoint_mail=("ada@shop.example",), smtp_url=server).publish()
    assert inbox.mails == []
    assert "offers no encryption" in caplog.text
    assert "secret" not in caplog.text


def test_a_mail_server_that_is_away_keeps_nobody_from_what_else_is_published(full, publisher, witness, caplog):
    server = MailServer(host="127.0.0.1", port=9, tls=False)
    settings = {"checkpoint_mail": ("ada@shop.example",), "smtp_url": server, "witnesses": (witness,)}
    assert publisher(**settings).publish().signed.signers([witness.key]) == [witness.key]
    assert "can't be mailed" in caplog.text


def test_an_event_tells_webhooks_of_a_checkpoint_once_a_minute_while_entries_come(full, publisher, clock):
    def told():
        return list(full.worker.events.read(full.worker.events.end(), limit=10).events)

    publisher = publisher()
    publisher.publish()
    sealed = lambda: [fields for _, fields in full.entries() if fields[b"kind"] == b"sealed"]  # noqa: E731
    assert (sealed(), told()) == ([], [])
    full.worker.events.webhooks.add(
        "https://shop.example/hook", types=("audit.checkpoint",), since=None, by="ada", note=""
    )
    end, state = full.worker.events.end(), full.worker.sealer.seal()
    for _ in range(3):
        publisher.publish()
        full.worker.sealer.seal()
        clock.now += 30
    assert len(sealed()) == 1
    (event,) = full.worker.events.read(end, limit=10, types={"audit.checkpoint"}).events
    assert (event.subject, event.data.size, event.data.checkpoint) == (state.origin, state.size, state.checkpoint)
    full.add(1)
    full.worker.sealer.seal()
    publisher.publish()
    assert len(sealed()) == 2


def test_one_process_publishes_at_a_time(full, publisher):
    assert publisher().take_turn()
    assert not publisher().take_turn()
