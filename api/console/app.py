"""console_app: the application of the console."""

import contextlib
import logging
from http import HTTPStatus

from flask import Flask, Response, g, request
from werkzeug.exceptions import HTTPException

from api.console.assets import asset_answer
from api.console.calls import Problem
from api.console.console import Console, sent_to_sign_in
from api.console.cookies import language_of
from api.console.pages import PAGES
from api.console.rendering import rendered
from api.console.sign_in import SignIn
from api.console.surroundings import Surroundings
from api.language.current import say, speaking

logger = logging.getLogger("pointsman.console")

MOST_BYTES = 4 << 20
"""Of a form."""
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self';"
    " form-action 'self'; frame-src 'self'; frame-ancestors 'none'; base-uri 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "X-Robots-Tag": "noindex, nofollow",
}
"""Of every page (OWASP Secure Headers). What a page has of orders is in no cache."""
_YEAR = 365 * 86_400


def console_app(around: Surroundings) -> Flask:
    """A fresh application that stands below an address of its own, such as /console."""
    app = Flask("pointsman-console", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = MOST_BYTES
    around.prepare(app)
    console = Console(app, around)
    _speak(app)
    _add_headers(app, proxied=around.proxied)
    _show_mistakes(app, console, around.unavailable)
    SignIn(console, around).add_to(app)
    app.add_url_rule("/assets/<name>", endpoint="asset", view_func=asset_answer, methods=["GET"])
    for section, add_pages in PAGES:
        console.add(section)
        add_pages(console)
    _add_first_page(app, console)
    return app


def _add_first_page(app: Flask, console: Console) -> None:
    """The first section that the person may see."""

    def first() -> Response:
        visit = console.visit()
        if visit is None:
            return sent_to_sign_in()
        section = next((section for section in console.sections if visit.may_any(section.operations)), None)
        if section is None:
            return visit.refuse()
        return visit.go(visit.link(section.name))

    app.add_url_rule("/", endpoint="first", view_func=first, methods=["GET"])


def _speak(app: Flask) -> None:
    """From here on each request is answered in its reader's language."""

    def begin() -> None:
        g.speaking = contextlib.ExitStack()
        g.speaking.enter_context(speaking(language_of(request)))

    def end(_: BaseException | None) -> None:
        if "speaking" in g:
            g.speaking.close()

    app.before_request(begin)
    app.teardown_request(end)


def _add_headers(app: Flask, *, proxied: bool) -> None:
    def add(response: Response) -> Response:
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        response.headers.setdefault("Cache-Control", "no-store")
        response.headers.setdefault("Content-Language", language_of(request))
        response.vary.update(["Accept-Language", "Cookie"])
        if request.is_secure or proxied:
            response.headers.setdefault("Strict-Transport-Security", f"max-age={_YEAR}")
        return response

    app.after_request(add)


def _show_mistakes(app: Flask, console: Console, unavailable: type[Exception]) -> None:
    """Every failure is a page."""

    def of_http(error: HTTPException) -> Response:
        status = HTTPStatus(error.code or HTTPStatus.INTERNAL_SERVER_ERROR)
        detail = {
            HTTPStatus.NOT_FOUND: say("there is no page at this address"),
            HTTPStatus.METHOD_NOT_ALLOWED: say("this address takes no such request; go back and use the button"),
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE: say("what was sent is larger than 4 MB; send it in several parts"),
        }.get(status, error.description or status.phrase)
        response = shown(_problem(status, detail))
        if error.response is None:
            response.headers.extend((name, value) for name, value in error.get_headers() if name == "Allow")
        return response

    def of_store(error: Exception) -> Response:
        logger.error("a page failed: %s", error)
        detail = say("the server that holds stock, orders and sessions does not answer; try again in a moment")
        return alone(_problem(HTTPStatus.SERVICE_UNAVAILABLE, detail))

    def of_anything(error: Exception) -> Response:
        logger.error("a page failed", exc_info=error)
        detail = say("this is a fault of Pointsman; its log says more")
        return shown(_problem(HTTPStatus.INTERNAL_SERVER_ERROR, detail))

    def shown(problem: Problem) -> Response:
        try:
            visit = console.visit()
        except unavailable:
            visit = None
        return alone(problem) if visit is None else visit.show_problem(problem)

    def alone(problem: Problem) -> Response:
        page = rendered("problem_alone.html", problem=problem, root=request.script_root, csrf="")
        return Response(page, status=problem.status, mimetype="text/html")

    app.register_error_handler(HTTPException, of_http)
    app.register_error_handler(unavailable, of_store)
    app.register_error_handler(Exception, of_anything)


def _problem(status: HTTPStatus, detail: str) -> Problem:
    return Problem(status=status, kind="", detail=detail, fields={}, findings=())
