"""Console: takes the pages and buttons of a section, and lets nobody reach them without a session, the scope that they
need and, to change something, the form's token.
"""

import functools
import hmac
from collections.abc import Callable, Sequence
from http import HTTPStatus
from typing import Any, TypeAlias
from urllib.parse import urlencode

from flask import Flask, Response, redirect, request
from werkzeug.exceptions import Forbidden

from api.console.calls import CallRefused
from api.console.cookies import SESSION, language_of
from api.console.navigation import Section
from api.console.surroundings import Surroundings
from api.console.visit import Visit
from api.language.current import say

View: TypeAlias = Callable[..., Response]
CSRF_FIELD, CSRF_HEADER = "csrf", "X-Csrf-Token"
OWN_UPDATE = "X-Own-Update"
"""Header of what a page asks for by itself: it does not keep the session from ending."""


class Console:
    """Its views get a Visit and the parts of their address that have names."""

    def __init__(self, app: Flask, around: Surroundings) -> None:
        self._app = app
        self._around = around
        self.sections: list[Section] = []

    def add(self, section: Section) -> None:
        """To the end of the menu."""
        self.sections.append(section)

    def page(self, rule: str, *, needs: str | Sequence[str] = ()) -> Callable[[View], View]:
        """A page at this address, for whoever may call one of the operations that it `needs`."""
        return self._route(rule, "GET", needs)

    def action(self, rule: str, *, needs: str | Sequence[str] = ()) -> Callable[[View], View]:
        """What a form with method POST is sent to; `needs` is the call that the button does."""
        return self._route(rule, "POST", needs)

    def visit(self) -> Visit | None:
        """That of the running request; None if nobody is signed in."""
        session_id = request.cookies.get(SESSION, "")
        used = OWN_UPDATE not in request.headers
        session = self._around.sessions.find(session_id, used=used) if session_id else None
        if session is None or (session.open_here and not self._around.open_here()):
            return None
        return Visit(
            request,
            self._around,
            session_id=session_id,
            session=session,
            language=language_of(request),
            sections=self.sections,
        )

    def _route(self, rule: str, method: str, needs: str | Sequence[str]) -> Callable[[View], View]:
        operations = (needs,) if isinstance(needs, str) else tuple(needs)

        def decorate(view: View) -> View:
            @functools.wraps(view)
            def admitted(**parts: Any) -> Response:
                visit = self.visit()
                if visit is None:
                    return sent_to_sign_in()
                if method == "POST":
                    verify_token(visit.session.csrf)
                if operations and not visit.may_any(operations):
                    return visit.refuse()
                try:
                    if visit.is_of_another_network:
                        return visit.refuse_other_network()
                    return view(visit, **parts)
                except CallRefused as refused:
                    return visit.show_problem(refused.problem)

            endpoint = f"{view.__module__.rpartition('.')[2]}.{view.__name__}".replace(".", "_")
            self._app.add_url_rule(rule, endpoint=endpoint, view_func=admitted, methods=[method])
            return view

        return decorate


def verify_token(expected: str) -> None:
    """Raise Forbidden if the form or htmx did not send this token."""
    sent = request.form.get(CSRF_FIELD) or request.headers.get(CSRF_HEADER, "")
    if not hmac.compare_digest(sent.encode(), expected.encode()):
        raise Forbidden(say("this form is of another session: open the page again, and send it from there"))


def sent_to_sign_in() -> Response:
    """To the page on which one signs in, and from there back to this one."""
    here = request.full_path.rstrip("?") if request.method == "GET" else "/"
    address = f"{request.script_root}/sign-in?{urlencode({'next': here})}"
    if "HX-Request" in request.headers:  # the whole page goes there, not a part of it
        response = Response(status=HTTPStatus.UNAUTHORIZED)
        response.headers["HX-Redirect"] = address
        return response
    return redirect(address, code=HTTPStatus.SEE_OTHER)  # type: ignore[return-value]  # werkzeug's, which is Flask's
