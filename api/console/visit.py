"""A visit: one request of a person who is signed in, with what a page needs to call the HTTP API and to draw itself."""

import functools
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any
from urllib.parse import quote, urlencode

from flask import Request, Response, redirect
from markupsafe import Markup

from api.console.calls import JSON, Answer, CallRefused, Calls, Method, Problem, Query, answered, path_of
from api.console.navigation import Section
from api.console.rendering import rendered
from api.console.shown import Clock
from api.console.surroundings import Message, Session, Surroundings
from api.language.current import say

KEY_FIELD = "key"
"""Of each form: its idempotency key."""
NETWORK_FIELD = "shown_network"
"""Of each form: the network that its page showed."""


class Visit:
    """`session_id` is that of the session's cookie. Templates know it as `visit`."""

    def __init__(
        self,
        request: Request,
        around: Surroundings,
        *,
        session_id: str,
        session: Session,
        language: str,
        sections: Sequence[Section],
    ) -> None:
        self.sections = sections
        self.request = request
        self.session = session
        self.language = language
        self._around = around
        self._session_id = session_id
        network = {"X-Pointsman-Network": session.network} if session.network else {}
        self.calls = Calls(
            around.api,
            request,
            signed=around.signed(session),
            headers={"Accept-Language": language, **network},
        )

    # --- calls -------------------------------------------------------------------------------------------------------

    def ask(self, method: Method, path: str, *, query: Query | None = None, body: Any = None) -> Answer:
        """What HTTP answers, be it a problem."""
        return self.calls.send(method, path, query=query, body=body)

    def get(self, path: str, **query: str | Sequence[str] | None) -> Any:
        """The JSON of a GET that the page can't do without. Raises CallRefused, which is shown in its place."""
        return _json_of(self.ask("GET", path, query=query))

    def get_or_none(self, path: str, **query: str | Sequence[str] | None) -> Any:
        """None if there is nothing of that name (404). Raises CallRefused of any other problem."""
        answer = self.ask("GET", path, query=query)
        return None if answer.status == HTTPStatus.NOT_FOUND else _json_of(answer)

    def change(
        self, method: Method, path: str, body: Any = None, *, query: Query | None = None, kind: str = JSON
    ) -> Answer:
        """A call that changes something, under the idempotency key of the form that was sent: sent twice, it is done
        once.
        """
        key = self.form.get(KEY_FIELD, "")
        headers = {"Idempotency-Key": key} if key else {}
        return self.calls.send(method, path, query=query, body=body, kind=kind, headers=headers)

    # --- what the person may do, sent and sees -----------------------------------------------------------------------

    def may(self, operation: str) -> bool:
        """Whether the role has the scope of an operation, named as OpenAPI has it (`orders_cancel`). Raises LookupError
        if there is none of that name.
        """
        needed = self._scopes[operation]
        return not needed or not set(needed).isdisjoint(self.session.scopes)

    def may_any(self, operations: Sequence[str]) -> bool:
        """Whether one of them."""
        return any(map(self.may, operations))

    @functools.cached_property
    def _scopes(self) -> Mapping[str, Sequence[str]]:
        return {endpoint.replace(".", "_"): needed for endpoint, needed in self._around.scopes.items()}

    @property
    def form(self) -> Mapping[str, str]:
        return self.request.form

    @property
    def query(self) -> Mapping[str, str]:
        return self.request.args

    @property
    def is_of_another_network(self) -> bool:
        """Whether the form stood on a page of another network than the one that is chosen now."""
        shown = self.form.get(NETWORK_FIELD)
        return shown is not None and shown != self.caller["network"]

    def chosen(self, *names: str) -> dict[str, str]:
        """Of the query, those of these names that are not empty, without blanks around them."""
        values = {name: self.query.get(name, "").strip() for name in names}
        return {name: value for name, value in values.items() if value}

    @functools.cached_property
    def caller(self) -> Mapping[str, Any]:
        """What `GET /v1/caller` answers."""
        found: Mapping[str, Any] = self.get("/v1/caller")
        return found

    @property
    def clock(self) -> Clock:
        return Clock(zone=self.caller["time_zone"] or "UTC")

    @functools.cached_property
    def messages(self) -> Sequence[Message]:
        """What was told for this page; a part of a page that updates itself leaves it to a page that shows it."""
        return () if self.updates_itself else self._around.sessions.take_messages(self._session_id, self.session)

    @property
    def here(self) -> str:
        """The address of this page below the console's own, with its query; the first page if a form was sent."""
        return self.request.full_path.rstrip("?") if self.request.method == "GET" else "/"

    @property
    def section(self) -> str:
        """The first part of the page's address."""
        return self.request.path.split("/")[1]

    @property
    def parts(self) -> Sequence[Mapping[str, Any]]:
        """The pages of this section beside each other, of those that the person may see."""
        section = next((section for section in self.sections if section.name == self.section), None)
        if section is None:
            return ()
        second = self.request.path.split("/")[2:3]
        names = {part.name for part in section.parts}
        return [
            {
                "title": part.title,
                "address": self.link(section.name, *([part.name] if part.name else [])),
                "current": [part.name] == second if second and second[0] in names else not part.name,
            }
            for part in section.parts
            if self.may_any(part.operations)
        ]

    @property
    def updates_itself(self) -> bool:
        """Whether htmx asks for a part of the page."""
        return "HX-Request" in self.request.headers

    # --- answers -----------------------------------------------------------------------------------------------------

    def link(self, *parts: str, **query: str | None) -> str:
        """The address of a page of the console: of orders and W-1, /console/orders/W-1."""
        chosen = {name: value for name, value in query.items() if value}
        return self.request.script_root + (path_of(*parts) or "/") + (f"?{urlencode(chosen)}" if chosen else "")

    def next_page(self, page: Mapping[str, Any], *parts: str, going_on: str = "after", **query: str | None) -> str:
        """The address that a list goes on at, of which `page` is what HTTP answered; empty if it ends there. Where a
        page has two lists, the second has another word for where it is `going_on`.
        """
        return self.link(*parts, **{**query, going_on: page["next"]}) if page["next"] else ""

    def show(self, template: str, status: int = HTTPStatus.OK, **values: Any) -> Response:
        """The page. `values` are what its template names, beside `visit`."""
        return Response(rendered(template, visit=self, **values), status=status, mimetype="text/html")

    def file(self, answer: Answer, name: str = "") -> Response:
        """What a call answered, as a file: to be shown in the browser or, under a name, to be saved."""
        response = Response(answer.body, content_type=answer.headers["Content-Type"])
        how = "attachment" if name else "inline"
        quoted = {"filename*": f"UTF-8''{quote(name, safe='')}"} if name else {}
        response.headers.set("Content-Disposition", how, **quoted)
        return response

    def show_problem(self, problem: Problem) -> Response:
        try:
            page = rendered("problem.html", visit=self, problem=problem)
        except CallRefused:  # not even who is signed in can be asked for: there is no menu
            page = rendered(
                "problem_alone.html", problem=problem, root=self.request.script_root, csrf=self.session.csrf
            )
        return answered(page, problem)

    def refuse(self) -> Response:
        """What this person may not do."""
        detail = say("your role ({role}) does not include this", role=self.session.role or "–")
        return self.show_problem(
            Problem(status=HTTPStatus.FORBIDDEN, kind="not-permitted", detail=detail, fields={}, findings=())
        )

    def refuse_other_network(self) -> Response:
        """A form of a page that was opened before another network was chosen."""
        detail = say(
            "the page that you sent showed another network than {network}, which you chose meanwhile: nothing was done."
            " Choose its network again, and open the page anew",
            network=self.caller["network"],
        )
        return self.show_problem(Problem(status=HTTPStatus.CONFLICT, kind="", detail=detail, fields={}, findings=()))

    def tell(self, text: str | Markup, *, tone: str = "good") -> None:
        """On the next page."""
        self.session = self._around.sessions.leave_message(self._session_id, self.session, tone=tone, text=str(text))

    def go(self, address: str) -> Response:
        """To another page, after a form was sent."""
        return redirect(address, code=HTTPStatus.SEE_OTHER)  # type: ignore[return-value]  # werkzeug's, which is Flask's

    def after(self, answer: Answer, address: str, done: str) -> Response:
        """What becomes of a button: the page at `address` tells that it is `done`, or why it was refused."""
        if answer.problem is None:
            self.tell(done)
        else:
            self.tell(answer.problem.detail, tone="bad")
        return self.go(address)

    def choose_network(self, network: str) -> None:
        self._around.sessions.choose_network(self._session_id, self.session, network)

    def sign_out(self) -> None:
        self._around.sessions.end(self._session_id)


def _json_of(answer: Answer) -> Any:
    """Raises CallRefused."""
    if answer.problem is not None:
        raise CallRefused(answer.problem)
    return answer.json
