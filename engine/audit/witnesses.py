"""Has checkpoints cosigned by witnesses (https://c2sp.org/tlog-witness), who sign one only if it continues the one they
signed before: so no two histories can both be cosigned.
"""

import base64
import http.client
import logging
from collections.abc import Sequence
from http import HTTPStatus
from urllib.parse import urlsplit

from engine.audit.sealing.checkpoint import SignedCheckpoint
from engine.audit.sealing.signed_note import NoteInvalid, Signature, SignedNote, parse_signature
from engine.audit.settings import Witness
from engine.errors import PointsmanError, SealBroken
from engine.store.audit.published import PublishedCheckpoints
from engine.store.audit.sealed_log import SealedLog, SealedState

SECONDS = 5.0
"""How long a witness may take to answer."""
_MOST_BYTES = 65_536
_TRIES = 2
"""The first may only tell which checkpoint the witness signed last."""

logger = logging.getLogger("pointsman")


class NotCosigned(PointsmanError):
    """A witness did not sign; says why."""


def cosign(
    log: SealedLog, published: PublishedCheckpoints, state: SealedState, witnesses: Sequence[Witness]
) -> SealedState:
    """Have the checkpoint signed by each witness that has not signed it yet, and store what they signed; the state from
    then on. What a witness refuses is logged.
    """
    for witness in witnesses:
        try:
            if witness.key not in state.signed.signers([witness.key]):
                old = published.size_cosigned(state.origin, witness.key.name)
                signature = _cosigned(log, state, witness, old)
                state = published.add_cosignature(state, witness.key.name, signature)
        except SealBroken as error:
            logger.error("%s", error)  # noqa: TRY400  # no fault of the code
        except (NotCosigned, NoteInvalid) as error:
            logger.info("witness %s has not signed the checkpoint: %s", witness.key.name, error)
    return state


def _cosigned(log: SealedLog, state: SealedState, witness: Witness, old: int) -> Signature:
    """`old` is the size that it signed last, as far as is known here."""
    for _ in range(_TRIES):
        status, answer = _post(f"{witness.url}/add-checkpoint", _request(log, state, old))
        if status == HTTPStatus.OK:
            return _signature_in(answer, state, witness)
        if status != HTTPStatus.CONFLICT or not answer.strip().isdigit() or int(answer) == old:
            break
        old = int(answer)
        if old > state.size:
            raise SealBroken(
                f"witness {witness.key.name} has signed a checkpoint of {old:,} entries of this log, which has"
                f" {state.size:,}: its end was cut off, or an older copy was put in its place"
            )
    if status in (HTTPStatus.CONFLICT, HTTPStatus.UNPROCESSABLE_ENTITY):
        raise SealBroken(f"witness {witness.key.name} has signed another history of this log: {answer.strip()}")
    raise NotCosigned(f"it answered {status}: {answer.strip()[:200]}")


def _request(log: SealedLog, state: SealedState, old: int) -> bytes:
    proof = log.consistency(old, state.size) if old else []
    lines = [f"old {old}", *(base64.b64encode(one).decode() for one in proof), "", state.checkpoint]
    return "\n".join(lines).encode()


def _signature_in(answer: str, state: SealedState, witness: Witness) -> Signature:
    """The witness's own; others are left alone. Raises NoteInvalid if it is not valid, NotCosigned if there is none."""
    text = SignedCheckpoint.parse(state.checkpoint).note.text
    signatures = tuple(parse_signature(line) for line in answer.splitlines())
    if not SignedNote(text, signatures).signed_by(witness.key):
        raise NotCosigned("its answer has no signature by its key")
    return next(one for one in signatures if (one.name, one.key_id) == (witness.key.name, witness.key.id))


def _post(url: str, body: bytes) -> tuple[int, str]:
    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=SECONDS)
    try:
        connection.request("POST", parts.path, body, {"Content-Type": "text/plain; charset=utf-8"})
        response = connection.getresponse()
        return response.status, response.read(_MOST_BYTES).decode(errors="replace")
    except (OSError, http.client.HTTPException) as error:
        raise NotCosigned(f"it can't be reached: {error}") from error
    finally:
        connection.close()
