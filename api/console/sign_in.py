"""Signing in by an API key or a token, at the OpenID provider's page, or as whoever is on this machine; signing out;
and choosing a language and a network.
"""

import secrets
from http import HTTPStatus

from flask import Flask, Response, abort, redirect, request

from api.console.calls import Answer, Calls, Problem, answered
from api.console.console import CSRF_FIELD, Console, verify_token
from api.console.cookies import (
    SESSION,
    SIGN_IN,
    forget_cookie,
    language_of,
    remember_language,
    set_cookie,
)
from api.console.own_address import is_of_this_site, own_address
from api.console.provider_problems import provider_problem
from api.console.rendering import rendered
from api.console.surroundings import Provider, Surroundings
from api.console.visit import Visit
from api.language.catalogue import LANGUAGES
from api.language.current import say

PROVIDER, BACK = "/sign-in/provider", "/sign-in/provider/back"
"""The second one is the console's redirect URI."""
_OPEN = "open"
"""The value of the button by which one signs in without a key."""


class SignIn:
    def __init__(self, console: Console, around: Surroundings) -> None:
        self._console = console
        self._around = around

    def add_to(self, app: Flask) -> None:
        app.add_url_rule("/sign-in", endpoint="sign_in_form", view_func=self.form, methods=["GET"])
        app.add_url_rule("/sign-in", endpoint="sign_in", view_func=self.sign_in, methods=["POST"])
        app.add_url_rule("/language", endpoint="language", view_func=self.choose_language, methods=["POST"])
        app.add_url_rule("/sign-in/once/<token>", endpoint="link", view_func=self.link, methods=["GET"])
        app.add_url_rule("/sign-in/once/<token>", endpoint="follow_link", view_func=self.follow_link, methods=["POST"])
        if self._around.provider is not None:
            app.add_url_rule(PROVIDER, endpoint="to_provider", view_func=self.to_provider, methods=["GET"])
            app.add_url_rule(BACK, endpoint="from_provider", view_func=self.from_provider, methods=["GET"])
        self._console.action("/sign-out")(self.sign_out)
        self._console.action("/network")(self.choose_network)

    def form(self) -> Response:
        """The page on which one signs in."""
        if self._console.visit() is not None:
            return _redirected(own_address(request, request.args.get("next", "")))
        return self._form(request.args.get("next", ""))

    def sign_in(self) -> Response:
        """With what was typed, or without a key where that is allowed."""
        self._verify_own_form()
        without_key = request.form.get("with", "") == _OPEN
        answer = self._asked_who(without_key=without_key)
        if answer.problem is not None:
            return self._form(request.form.get("next", ""), problem=answer.problem)
        session_id = self._around.begin(answer.json, without_key)
        how = "without a key" if without_key else f"key {answer.json['key']}" if answer.json["key"] else "token"
        return self._signed_in(session_id, request.form.get("next", ""), how)

    def to_provider(self) -> Response:
        """To the provider's page. A link, not a form: browsers follow no form to another site where the console's
        policy forbids that (form-action), not even by a redirect. Of another site, it leads to the console's own page.
        """
        here = request.args.get("next", "")
        if self._console.visit() is not None:
            return _redirected(own_address(request, here))
        if not is_of_this_site(request):
            return self._form(here)
        browser = request.cookies.get(SIGN_IN) or secrets.token_urlsafe(32)
        way = self._provider.begin(request, redirect_uri=self._address_of_return(), browser=browser, here=here)
        if way.reason:
            return self._form(here, problem=provider_problem(way.reason, self._provider.name, way.retry_after))
        response = _redirected(way.address)
        set_cookie(response, SIGN_IN, browser, path=request.script_root, secure=self._is_secure())
        return response

    def from_provider(self) -> Response:
        """Back from there, signed in or told why not."""
        answer = {name: values[0] for name, values in request.args.lists() if len(values) == 1}
        entrance = self._provider.finish(answer, browser=request.cookies.get(SIGN_IN, ""))
        if entrance.reason:
            return self._form("", problem=provider_problem(entrance.reason, self._provider.name))
        return self._signed_in(entrance.session_id, entrance.here, "provider")

    @property
    def _provider(self) -> Provider:
        """Only asked for where there is one."""
        if self._around.provider is None:
            raise LookupError("no provider is set")
        return self._around.provider

    def _address_of_return(self) -> str:
        """As the provider knows it."""
        scheme = "https" if self._is_secure() else "http"
        return (self._around.console_url or f"{scheme}://{request.host}{request.script_root}") + BACK

    def link(self, token: str) -> Response:
        """The page with a button that follows the link: whoever only looks at the address does not use it up."""
        return self._form("", token=token)

    def follow_link(self, token: str) -> Response:
        """As whom the link was made for, once."""
        self._verify_own_form()
        session_id = self._around.sessions.follow_link(token)
        if session_id is None:
            detail = say(
                "this link was used before, or is older than ten minutes: ask whoever sent it to you for a new one,"
                " which pointsman console makes"
            )
            return self._form("", problem=Problem(status=410, kind="", detail=detail, fields={}, findings=()))
        return self._signed_in(session_id, "", "link")

    def _signed_in(self, session_id: str, here: str, how: str) -> Response:
        self._around.record(self._around.sessions.find(session_id, used=False), "console_sign_in", how)
        if before := request.cookies.get(SESSION):  # it is somebody else's, perhaps
            self._around.sessions.end(before)
        response = _redirected(own_address(request, here))
        path, secure = request.script_root, self._is_secure()
        set_cookie(response, SESSION, session_id, path=path, secure=secure)
        forget_cookie(response, SIGN_IN, path=path, secure=secure)
        return response

    @staticmethod
    def _verify_own_form() -> None:
        """Raise Forbidden if the form was not on the console's own page."""
        verify_token(request.cookies.get(SIGN_IN) or secrets.token_hex())
        if not is_of_this_site(request):
            abort(HTTPStatus.FORBIDDEN)

    def sign_out(self, visit: Visit) -> Response:
        visit.sign_out()
        self._around.record(visit.session, "console_sign_out", "")
        response = _redirected(visit.link("sign-in"))
        forget_cookie(response, SESSION, path=request.script_root, secure=self._is_secure())
        return response

    def choose_language(self) -> Response:
        """It is no more than how pages look, so that nobody need be signed in for it."""
        language = request.form.get("language", "")
        if not is_of_this_site(request) or language not in LANGUAGES:
            language = language_of(request)
        response = _redirected(own_address(request, request.form.get("next", "")))
        remember_language(response, language, path=request.script_root, secure=self._is_secure())
        return response

    def choose_network(self, visit: Visit) -> Response:
        network = visit.form.get("network", "")
        if network in visit.caller["networks"]:
            visit.choose_network(network)
        return visit.go(visit.link())

    def _asked_who(self, *, without_key: bool) -> Answer:
        """What HTTP answers to whoever has this key, or none."""
        key = request.form.get("credential", "").strip()
        headers = {} if without_key else {"Authorization": f"Bearer {key}"}
        return Calls(self._around.api, request, signed={}, headers=headers).send("GET", "/v1/caller")

    def _form(self, here: str, *, problem: Problem | None = None, token: str = "") -> Response:
        """`token` is that of a link, in place of which nothing need be typed."""
        csrf = request.cookies.get(SIGN_IN) or secrets.token_urlsafe(32)
        page = rendered(
            "sign_in.html",
            problem=problem,
            next=own_address(request, here).removeprefix(request.script_root),
            csrf=csrf,
            token=token,
            csrf_field=CSRF_FIELD,
            open_here=self._around.open_here(),
            tokens=self._around.tokens,
            provider=self._around.provider,
            root=request.script_root,
        )
        response = answered(page, problem)
        set_cookie(response, SIGN_IN, csrf, path=request.script_root, secure=self._is_secure())
        return response

    def _is_secure(self) -> bool:
        return request.is_secure or self._around.proxied


def _redirected(address: str) -> Response:
    return redirect(address, code=HTTPStatus.SEE_OTHER)  # type: ignore[return-value]  # werkzeug's, which is Flask's
