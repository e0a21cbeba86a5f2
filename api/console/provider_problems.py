"""Why somebody was not signed in at the OpenID provider's page, in a sentence that says what to do."""

from http import HTTPStatus

from api.console.calls import Problem
from api.language.current import say, text

_AWAY = text("{provider} does not answer now, or not as it should: try again in a moment, or sign in by a key")
_UNKNOWN = text(
    "this sign-in is not known here any more: it was finished before, took longer than ten minutes, or began in another"
    " browser. Begin again"
)
_MISSET = text(
    "Pointsman and {provider} do not agree on how people sign in: tell whoever runs Pointsman, whose log says more"
)
_SENTENCES = {
    "denied": (HTTPStatus.FORBIDDEN, text("you were not signed in: at {provider}, you or a rule there refused it")),
    "unknown_sign_in": (HTTPStatus.BAD_REQUEST, _UNKNOWN),
    "away": (HTTPStatus.SERVICE_UNAVAILABLE, _AWAY),
    "code_refused": (HTTPStatus.BAD_REQUEST, text("{provider} did not confirm this sign-in. Begin again")),
    "client_refused": (HTTPStatus.BAD_GATEWAY, _MISSET),
    "token_invalid": (HTTPStatus.BAD_GATEWAY, _MISSET),
    "audience": (
        HTTPStatus.BAD_GATEWAY,
        text(
            "what {provider} sent is for another service than Pointsman: tell whoever runs Pointsman, who compares"
            " POINTSMAN_OIDC_CLIENT_ID with what is set there"
        ),
    ),
    "time": (
        HTTPStatus.BAD_GATEWAY,
        text(
            "by the clock of Pointsman, what {provider} sent is not valid yet or no longer: tell whoever runs"
            " Pointsman, whose clock or that of {provider} is wrong by more than a minute"
        ),
    ),
    "no_name": (
        HTTPStatus.FORBIDDEN,
        text(
            "{provider} does not say by which name Pointsman is to know you: tell whoever runs it, who finds the claim"
            " in POINTSMAN_OIDC_NAME_CLAIM"
        ),
    ),
    "no_role": (
        HTTPStatus.FORBIDDEN,
        text(
            "{provider} knows you, but gives you no role in Pointsman: ask whoever runs it for one (oms, merchandiser,"
            " auditor or admin)"
        ),
    ),
    "no_network": (
        HTTPStatus.FORBIDDEN,
        text("{provider} knows you, but names no network of Pointsman that you may use: ask whoever runs it for one"),
    ),
    "too_many": (
        HTTPStatus.TOO_MANY_REQUESTS,
        text("from your address, too many have begun to sign in: try again in {seconds} seconds, or sign in by a key"),
    ),
}
"""By the reasons of api/http/access/openid."""


def provider_problem(reason: str, provider: str, retry_after: int = 0) -> Problem:
    """`retry_after`: in how many seconds to try again; 0 if it is not known."""
    status, sentence = _SENTENCES[reason]
    detail = say(sentence, provider=provider, seconds=retry_after)
    waits = str(retry_after) if retry_after else ""
    return Problem(status=status, kind=reason, detail=detail, fields={}, findings=(), retry_after=waits)
