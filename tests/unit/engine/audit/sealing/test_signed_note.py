"""Notes, keys and cosignatures are those of C2SP, checked against what other implementations signed."""

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from engine.audit.sealing.signed_note import (
    COSIGNATURE,
    NoteInvalid,
    SignedNote,
    VerifierKey,
    cosigned_at,
    parse_signature,
)
from engine.audit.sealing.signing import cosign, signed, verifier_key

GO_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
GO_NOTE = """\
If you think cryptography is the answer to your problem,
then you don't know what your problem is.

— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=
"""
"""From the documentation of golang.org/x/mod/sumdb/note."""
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
OTHER = Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33)))


def test_a_note_that_gos_sumdb_signed_verifies():
    key, note = VerifierKey.parse(GO_KEY), SignedNote.parse(GO_NOTE)
    assert (str(key), str(note)) == (GO_KEY, GO_NOTE)
    assert note.signed_by(key)
    assert not note.signed_by(verifier_key(KEY, name="PeterNeumann"))


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]) | st.just("\n"), max_size=60))
def test_what_is_signed_is_read_and_verifies(text):
    note = signed(f"{text}\n", [KEY, OTHER], name="shop.example/log")
    assert SignedNote.parse(str(note)) == note
    assert note.signed_by(verifier_key(KEY, name="shop.example/log"))
    assert note.signed_by(verifier_key(OTHER, name="shop.example/log"))
    assert not note.signed_by(verifier_key(KEY, name="shop.example/other"))


def test_a_signature_of_another_text_is_refused():
    note = signed("one\n", [KEY], name="log")
    with pytest.raises(NoteInvalid, match="the signature of log is not valid"):
        SignedNote("two\n", note.signatures).signed_by(verifier_key(KEY, name="log"))


def test_a_cosignature_is_of_the_text_and_its_instant():
    line = cosign("log\n1\n", KEY, name="witness", at=1_795_770_000)
    key = verifier_key(KEY, name="witness", kind=COSIGNATURE)
    assert cosigned_at(line) == 1_795_770_000
    assert parse_signature(str(line).removesuffix("\n")) == line
    assert key.verifies("log\n1\n", line)
    assert not key.verifies("log\n2\n", line)
    later = line.value[:7] + b"\x01" + line.value[8:]
    assert not key.verifies("log\n1\n", type(line)(line.name, line.key_id, later))
    assert not key.verifies("log\n1\n", type(line)(line.name, line.key_id, line.value[:-1]))
    assert not verifier_key(KEY, name="witness").verifies("log\n1\n", line)


@pytest.mark.parametrize(
    ("note", "why"),
    [
        ("", "no signed note"),
        ("text\n", "no signed note"),
        ("text\n\n— a YWFhYWE=", "no signed note"),
        ("te\txt\n\n— a YWFhYWE=\n", "no signed note"),
        ("text\n\n- a YWFhYWE=\n", "no signature line"),
        ("text\n\n— a\n", "no signature line"),
        ("text\n\n— a YWFhY===\n", "no base64|no signature line"),
        ("text\n\n— a YWFhYQ==\n", "without bytes"),
        ("text\n\n" + "— a YWFhYWE=\n" * 101, "101 signatures"),
    ],
)
def test_what_is_no_note_is_refused(note, why):
    with pytest.raises(NoteInvalid, match=why):
        SignedNote.parse(note)


@pytest.mark.parametrize(
    ("key", "why"),
    [
        ("PeterNeumann", "no verifier key"),
        ("PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", "is c74f20a3, not c74f20a4"),
        ("a b+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", "no name of a key"),
        ("PeterNeumann+c74f20a3+AhpC", "no Ed25519 key"),
        ("PeterNeumann+c74f20a3+?", "no base64"),
    ],
)
def test_what_is_no_key_is_refused(key, why):
    with pytest.raises(NoteInvalid, match=why):
        VerifierKey.parse(key)
