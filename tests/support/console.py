"""The console as a browser sees it: the real application behind a real server, and somebody who is signed in."""

import contextlib
import os
import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urlsplit

from flask import Flask
from playwright.sync_api import Browser, Page
from werkzeug.routing import Rule
from werkzeug.serving import make_server

from api.console.cookies import LANGUAGE, SESSION
from api.http.app import create_app
from engine.access.console_sessions import Person
from engine.model.scopes import ALL_NETWORKS, ROLE_SCOPES, Role
from engine.service import Pointsman
from tests.support.browser import Look, looked_at
from tests.support.console_pages import PICTURES
from tests.support.form_fields import form_fields

WINDOWS = (("en", 1_440, "light"), ("fr", 360, "dark"))
"""In which each page is looked at: language, width, colours."""
SCREENSHOTS = "POINTSMAN_SCREENSHOTS"
"""The environment variable with the folder for pictures of the pages; without it, only of pages with flaws."""


@dataclass(kw_only=True)
class ConsoleSite:
    """`address` is that of the server, without a path. `pictures` is a folder for pictures of pages with flaws."""

    pointsman: Pointsman
    app: Flask
    address: str
    pictures: Path
    _sessions: dict[tuple[str, tuple[str, ...]], str] = field(default_factory=dict)

    def session(self, role: Role = "admin", networks: tuple[str, ...] = (ALL_NETWORKS,)) -> str:
        """The id of a session of this role, as signing in by a new key begins one; the same one the next time."""
        if (role, networks) not in self._sessions:
            key = self.pointsman.api_keys.create(role=role, client=f"Ada {role}", networks=networks).stored
            person = Person(
                name=key.client,
                role=role,
                scopes=tuple(ROLE_SCOPES[role]),
                networks=networks,
                key_id=key.id,
                open_here=False,
                ends_at=None,
            )
            self._sessions[role, networks] = self.pointsman.console_sessions.begin(person)
        return self._sessions[role, networks]

    def csrf(self, session_id: str) -> str:
        """The token of its forms."""
        return self.pointsman.console_sessions.find(session_id, used=False).csrf

    def client(self, role: Role | None = "admin", **rights):
        """A client without a browser, which is signed in unless `role` is None. Sends its language in no header."""
        client = self.app.test_client()
        if role is not None:
            client.set_cookie(SESSION, self.session(role, **rights), path="/console")
        return client

    def send(self, path: str, role: Role = "admin", **fields):
        """The answer to a form of this person, with its token."""
        token = self.csrf(self.session(role))
        return self.client(role).post(f"/console{path}", data={"csrf": token, "key": os.urandom(8).hex(), **fields})

    def send_rule(self, path: str, role: Role = "merchandiser", *, language: str = "en", deed: str = "save", **changed):
        """The answer to the form of a rule at this path, as a browser sends it, with other values in some fields; a
        field of None is not sent.
        """
        client = self.client(role)
        client.set_cookie(LANGUAGE, language, path="/console")
        fields = form_fields(client.get(f"/console{path}").text, "rule-form") | changed
        sent = {name: value for name, value in fields.items() if value is not None}
        token = self.csrf(self.session(role))
        return client.post(f"/console{path}", data={**sent, "csrf": token, "key": os.urandom(8).hex(), "deed": deed})


def console_rules(site: ConsoleSite) -> list[Rule]:
    """Those of the console's own application."""
    site.client(None).get("/console/sign-in")  # it is made when it is first asked for
    return list(site.app.wsgi_app._console.url_map.iter_rules())


def rule_of(site: ConsoleSite, path: str) -> str:
    """The page at a path below /console, as the console has it: /stock/transfers/<transfer>."""
    address = urlsplit(path).path or "/"
    kept = unquote(re.sub("%2f", "\x1f", address, flags=re.IGNORECASE))
    site.client(None).get("/console/sign-in")
    adapter = site.app.wsgi_app._console.url_map.bind("console")
    rule, _ = adapter.match(kept, method="GET", return_rule=True)
    return rule.rule


@contextlib.contextmanager
def console_site(pointsman: Pointsman, pictures: Path) -> Iterator[ConsoleSite]:
    """Serves it until it is left, on a port of its own of this machine."""
    app = create_app(pointsman)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    serving.start()
    try:
        yield ConsoleSite(pointsman=pointsman, app=app, address=f"http://127.0.0.1:{server.port}", pictures=pictures)
    finally:
        server.shutdown()
        serving.join()
        server.server_close()


@contextlib.contextmanager
def page_of(
    opened: Browser,
    site: ConsoleSite,
    path: str,
    *,
    role: Role | None = "admin",
    language: str = "en",
    width: int = 1_440,
    scheme: str = "light",
) -> Iterator[Look]:
    """A page of the console, such as /today, as somebody of this role sees it; nobody is signed in if it is None."""
    cookies = {LANGUAGE: language} | ({} if role is None else {SESSION: site.session(role)})
    with looked_at(
        opened,
        f"{site.address}/console{path}",
        width=width,
        scheme=scheme,
        cookies=[{"name": name, "value": value, "url": f"{site.address}/console"} for name, value in cookies.items()],
    ) as look:
        yield look


def flaws(look: Look, site: ConsoleSite) -> dict[str, object]:
    """What is wrong with a page: what the browser complains of, what was asked of elsewhere, what sticks out of the
    window, and what keeps people from reading it. Empty: nothing is.
    """
    elsewhere = [address for address in look.requests if not address.startswith((site.address, "data:"))]
    found = {
        "complaints": look.complaints,
        "asked elsewhere": elsewhere,
        "sticks out": look.sticking_out,
        "barriers": look.barriers,
    }
    return {name: value for name, value in found.items() if value}


def take_picture(page: Page, site: ConsoleSite, name: str, *, flawed: bool = False) -> None:
    """Of the whole page, into the folder that the environment names; of one with flaws in any case."""
    folder = os.environ.get(SCREENSHOTS) or (site.pictures if flawed else None)
    if folder is not None:
        Path(folder).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


def verify_pages(
    opened: Browser,
    site: ConsoleSite,
    path: str,
    name: str,
    *,
    role: Role | None = "admin",
    reach: Callable[[Page], object] | None = None,
) -> None:
    """Nothing is wrong with a page in any of the windows, and pictures of it are taken. `reach` leads to it from the
    page at the path, where it is what a form answers.
    """
    if reach is None and name in PICTURES:
        assert rule_of(site, path) == PICTURES[name]
    for language, width, scheme in WINDOWS:
        with page_of(opened, site, path, role=role, language=language, width=width, scheme=scheme) as look:
            if reach is not None:
                reach(look.page)
            found = flaws(look, site)
            take_picture(look.page, site, f"{name}-{language}-{width}", flawed=bool(found))
            assert not found, f"{path} in {language} at {width} px: {found}"
