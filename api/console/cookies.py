"""The console's cookies: which session it is, and which language the reader chose."""

from typing import Final

from flask import Request, Response

from api.language.catalogue import ENGLISH, LANGUAGES

SESSION: Final = "pointsman_session"
SIGN_IN: Final = "pointsman_sign_in"
"""The token of the form on which one signs in, which belongs to no session yet."""
LANGUAGE: Final = "pointsman_language"
_YEAR: Final = 365 * 86_400


def language_of(request: Request) -> str:
    """The one that the reader chose; otherwise the one that the browser asks for, or English."""
    chosen = request.cookies.get(LANGUAGE, "")
    return chosen if chosen in LANGUAGES else request.accept_languages.best_match(LANGUAGES, default=ENGLISH)


def set_cookie(response: Response, name: str, value: str, *, path: str, secure: bool) -> None:
    """No script reads it, and no form of another site sends it. It goes when the browser is closed."""
    response.set_cookie(name, value, path=path, secure=secure, httponly=True, samesite="Lax")


def remember_language(response: Response, language: str, *, path: str, secure: bool) -> None:
    response.set_cookie(LANGUAGE, language, path=path, secure=secure, httponly=True, samesite="Lax", max_age=_YEAR)


def forget_cookie(response: Response, name: str, *, path: str, secure: bool) -> None:
    response.delete_cookie(name, path=path, secure=secure, httponly=True, samesite="Lax")
