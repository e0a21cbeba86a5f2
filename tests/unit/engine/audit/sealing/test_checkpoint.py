"""Checkpoints are read as they are written, one or many in a file."""

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from engine.audit.sealing.checkpoint import Checkpoint, SignedCheckpoint, checkpoints_in
from engine.audit.sealing.signed_note import COSIGNATURE, NoteInvalid, SignedNote
from engine.audit.sealing.signing import cosign, signed, verifier_key

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
C2SP = (
    "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n"
    "— example.com/behind-the-sofa"
    " Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"
)
"""From c2sp.org/tlog-checkpoint."""


def note(size):
    checkpoint = Checkpoint(origin="log", size=size, root=bytes([size]) * 32)
    return str(signed(checkpoint.text, [KEY], name="log"))


def test_the_checkpoint_of_the_specification_is_read_and_written():
    parsed = SignedCheckpoint.parse(C2SP)
    assert (parsed.checkpoint.origin, parsed.checkpoint.size) == ("example.com/behind-the-sofa", 20_852_163)
    assert f"{parsed.checkpoint.text}\n" in str(parsed.note) == C2SP


def test_lines_behind_the_third_are_left_alone():
    assert Checkpoint.parse("log\n1\n" + "A" * 43 + "=\nextension\n") == Checkpoint(
        origin="log", size=1, root=bytes(32)
    )


@pytest.mark.parametrize("between", ["", "\n"])
def test_a_file_of_checkpoints_is_read_one_by_one(between):
    notes = [note(size) for size in range(4)]
    assert [str(one.note) for one in checkpoints_in(between.join(notes) + between)] == notes


def test_signatures_that_another_copy_has_are_taken_over_once():
    mine = SignedCheckpoint.parse(note(5))
    cosignature = cosign(mine.note.text, KEY, name="witness", at=7)
    other = SignedCheckpoint.parse(str(SignedNote(mine.note.text, (*mine.note.signatures, cosignature))))
    both = mine.with_signatures_of(other)
    keys = [verifier_key(KEY, name="log"), verifier_key(KEY, name="witness", kind=COSIGNATURE)]
    assert both.note.signatures == (*mine.note.signatures, cosignature)
    assert both.signers(keys) == keys
    assert mine.signers(keys) == keys[:1]
    assert both.with_signatures_of(other) == both
    assert mine.with_signatures_of(SignedCheckpoint.parse(note(6))) == mine


@pytest.mark.parametrize(
    "text", ["", "log\n", "log\n01\nA\n", "log\n-1\nA\n", "log\n1\nAAAA\n", "log\n1\n?\n", "\n1\nA\n"]
)
def test_what_is_no_checkpoint_is_refused(text):
    with pytest.raises(NoteInvalid, match="checkpoint"):
        Checkpoint.parse(text)
