"""Signs notes, and verifies signatures: Ed25519 (RFC 8032)."""

from collections.abc import Sequence

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from engine.audit.sealing.signed_note import (
    COSIGNATURE,
    COSIGNED,
    ED25519,
    Signature,
    SignedNote,
    VerifierKey,
    cosigned,
)


def is_signature(value: bytes, signed_bytes: bytes, public: bytes) -> bool:
    """Whether that is a valid signature of these bytes by the key with that public part."""
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(value, signed_bytes)
    except InvalidSignature:
        return False
    return True


def verifier_key(key: Ed25519PrivateKey, *, name: str, kind: int = ED25519) -> VerifierKey:
    """What verifies signatures by that key."""
    return VerifierKey(name, kind, key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw))


def signed(text: str, keys: Sequence[Ed25519PrivateKey], *, name: str) -> SignedNote:
    """The text, signed by each of the keys under that name."""
    ids = [(key, verifier_key(key, name=name).id) for key in keys]
    return SignedNote(text, tuple(Signature(name, key_id, key.sign(text.encode())) for key, key_id in ids))


def cosign(text: str, key: Ed25519PrivateKey, *, name: str, at: int) -> Signature:
    """A witness's signature of a checkpoint that it saw at that instant, in UTC seconds."""
    key_id = verifier_key(key, name=name, kind=COSIGNATURE).id
    return Signature(name, key_id, COSIGNED.pack(at, key.sign(cosigned(text, at))))
