"""Why a shadow or a canary is not begun, grown or ended."""

from collections.abc import Mapping, Sequence

from engine.errors import KeyReused, NotActivated, NotFound
from engine.policies.review import SHORT
from engine.store.policy_trials import TrialKind


def verify_answer(answer: Sequence[str], version: str, kind: TrialKind) -> None:
    """Raise what a script answered by which it changed nothing: KeyReused, NotFound, NotActivated."""
    match answer[0]:
        case "reused":
            raise KeyReused("this idempotency key was used before for something else; use a new one for each request")
        case "missing":
            raise NotFound(f"no policy version {version} was published")
        case "running":
            raise runs_already(kind, answer[1])
        case "none" if kind == "shadow":
            raise none_runs(kind)
        case "none":
            raise NotActivated(
                f"version {version[:SHORT]} can be no canary: it is active itself, or no other version is active"
            )


def runs_already(kind: TrialKind, version: str) -> NotActivated:
    short = version[:SHORT]
    if kind == "shadow":
        return NotActivated(f"version {short} is the shadow already; end it first")
    return NotActivated(f"version {short} is the canary already; end it first")


def none_runs(kind: TrialKind) -> NotFound:
    return NotFound(_NONE[kind])


_NONE: Mapping[TrialKind, str] = {"shadow": "there is no shadow", "canary": "there is no canary"}
"""Said where one is to be changed."""
NEVER: Mapping[TrialKind, str] = {
    "shadow": "there is no shadow, and there was none",
    "canary": "there is no canary, and there was none",
}
"""Said where one is to be read."""
