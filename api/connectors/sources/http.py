"""Answers of an HTTP service: asked for what is new, a page at a time."""

import datetime
import hashlib
import json
import re
import time
import urllib.parse
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO

import jmespath

from api.connectors.language.places import HttpCall, Text
from api.connectors.sources.http_client import HttpAnswer, HttpRequest, basic, send, shown
from api.connectors.sources.message import Message, SourceUnavailable, nothing
from api.connectors.sources.spooled import again
from engine.decide.order_record import seconds, timestamp

_NEXT = re.compile(r'<([^>]*)>\s*;[^,]*rel="?next"?', re.IGNORECASE)
_WORD = re.compile(r"\$(since|cursor|now)\b")
MOST_PAGES = 10_000
"""Of one turn: a service whose pages never end is told, and goes on at the next."""
_ETAG, _MODIFIED, _SINCE, _CURSOR, _BEGUN = "etag", "modified", "since", "cursor", "begun"
"""Fields of the place; `begun` is when the pull began whose pages are not all read yet."""


@dataclass(frozen=True, slots=True)
class _Page:
    """An answer, and what is asked for after it; None: nothing, it is the last."""

    answer: HttpAnswer
    url: str
    cursor: str | None
    next_url: str | None


class HttpSource:
    """`resolve` answers what a text of the connector's file is, secrets too; `now` answers UTC seconds. `rows` is the
    JMESPath of the rows in a page, where pages are counted until one has none.
    """

    def __init__(
        self, call: HttpCall, *, resolve: Callable[[Text], str], now: Callable[[], int], rows: str = ""
    ) -> None:
        self._call = call
        self._resolve = resolve
        self._now = now
        self._rows = rows
        self._asked_at = 0.0
        self.hold = nothing
        self._rows_read = 0
        """Of the pages of this turn."""

    def messages(self, place: Mapping[str, str]) -> Iterator[Message]:
        """A message a page. A turn that is broken off goes on at its last page, where pages have cursors."""
        goes_on = bool(place.get(_CURSOR) and place.get(_BEGUN))
        begun = seconds(place[_BEGUN]) if goes_on else self._now()
        first = 0 if self._call.first is None else max(0, begun - self._call.first)
        since = seconds(place[_SINCE]) if _SINCE in place else first
        words = {"since": self._dated(since), "cursor": place.get(_CURSOR, ""), "now": self._dated(self._now())}
        conditions = self._conditions(place)
        self._rows_read = 0
        for number, page in enumerate(self._pages(words, conditions)):
            last = page.next_url is None and page.cursor is None
            after = {_CURSOR: page.cursor or (words["cursor"] if self._keeps_cursor(page) else "")}
            # what changes meanwhile on pages that were read is asked for by the next pull, whoever ends this one
            after[_BEGUN] = "" if last or not page.cursor else timestamp(begun)
            if last:
                after[_SINCE] = timestamp(begun - self._call.overlap)
                if not number and not goes_on:
                    after |= {_ETAG: page.answer.headers.get("ETag", "")}
                    after |= {_MODIFIED: page.answer.headers.get("Last-Modified", "")}
            with page.answer.body:  # whoever reads the message has done so when the next one is asked for
                yield self._message(page, number, after, self._now())

    def put_away(self, message: Message, *, quarantined: bool) -> None:
        """What was read is told by the place alone."""

    def close(self) -> None:
        pass

    def _pages(self, words: Mapping[str, str], conditions: Mapping[str, str]) -> Iterator[_Page]:
        pages = self._call.pages
        url = _filled(self._resolve(self._call.url), words, quoted=True)
        cursor, count = words["cursor"], pages.first if pages else 0
        for number in range(MOST_PAGES):
            asked = url
            if pages is not None and pages.by == "cursor" and cursor and pages.parameter:
                asked = with_parameter(url, pages.parameter, cursor)
            elif pages is not None and pages.by == "number":
                asked = with_parameter(url, pages.parameter or pages.path, str(count + number))
            answer = self._ask(asked, {**words, "cursor": cursor}, conditions if not number else {})
            if answer.status == 304:  # noqa: PLR2004  # not modified
                answer.body.close()
                return
            try:
                page = self._page(answer, asked, cursor)
            except BaseException:
                answer.body.close()
                raise
            yield page
            if page.next_url is None and page.cursor is None:
                return
            url, cursor = page.next_url or url, page.cursor if page.cursor is not None else cursor
        raise SourceUnavailable(f"{shown(url)} has more than {MOST_PAGES:,} pages; the next turn goes on")

    def _page(self, answer: HttpAnswer, url: str, cursor: str) -> _Page:
        pages = self._call.pages
        if pages is None:
            return _Page(answer, url, None, None)
        if pages.by == "link":
            match = _NEXT.search(answer.headers.get("Link", ""))
            return _Page(answer, url, None, _beside(url, match[1]) if match else None)
        document = _json(answer.body, url)
        if pages.by == "number":
            return _Page(answer, url, None, url if self._goes_on(document) else None)
        found = jmespath.search(pages.path, document)
        if pages.by == "address":
            return _Page(answer, url, None, _beside(url, str(found)) if found else None)
        text = "" if found is None or found is False else str(found)
        ends = not text or text == cursor or not _has_rows(document, self._rows)
        return _Page(answer, url, None if ends else text, None)

    def _goes_on(self, document: Any) -> bool:
        """Whether there may be a page after this one, of those that are counted."""
        found, total = _rows_of(document, self._rows), self._call.pages and self._call.pages.total
        self._rows_read += len(found) if isinstance(found, list) else bool(found)
        left = jmespath.search(total, document) if total else None
        return bool(found) and (not isinstance(left, int) or self._rows_read < left)

    def _dated(self, instant: int) -> str:
        form = self._call.dates
        if form is None:
            return timestamp(instant)
        return datetime.datetime.fromtimestamp(instant, tz=datetime.UTC).strftime(form)

    def _keeps_cursor(self, page: _Page) -> bool:
        """Whether the cursor of an answer without rows is that of the next turn: of a feed that always has one."""
        pages = self._call.pages
        if pages is None or pages.by != "cursor":
            return False
        document = _json(page.answer.body, page.url)
        return bool(jmespath.search(pages.path, document)) and not _has_rows(document, self._rows)

    def _ask(self, url: str, words: Mapping[str, str], conditions: Mapping[str, str]) -> HttpAnswer:
        self.hold()
        self._keep_pace()
        call = self._call
        headers = {name: self._resolve(value) for name, value in call.headers.items()}
        if call.bearer is not None:
            headers["Authorization"] = f"Bearer {self._resolve(call.bearer)}"
        elif call.user is not None:
            headers["Authorization"] = basic(self._resolve(call.user), self._resolve(call.password or ""))
        body = None if call.body is None else _filled(call.body, words).encode()
        if body is not None and not any(name.lower() == "content-type" for name in headers):
            headers["Content-Type"] = "application/json"
        return send(HttpRequest(method=call.method, url=url, headers={**headers, **conditions}, body=body))

    def _keep_pace(self) -> None:
        """Wait as long as it takes to ask no more often than the service allows."""
        if self._call.most_a_minute:
            wait = self._asked_at + 60 / self._call.most_a_minute - time.monotonic()
            if wait > 0:
                time.sleep(wait)
        self._asked_at = time.monotonic()

    def _conditions(self, place: Mapping[str, str]) -> dict[str, str]:
        names = {_ETAG: "If-None-Match", _MODIFIED: "If-Modified-Since"}
        return {header: place[name] for name, header in names.items() if place.get(name) and not place.get(_CURSOR)}

    def _message(self, page: _Page, number: int, after: Mapping[str, str], now: int) -> Message:
        digest = hashlib.sha256()
        while part := page.answer.body.read(1 << 20):
            digest.update(part)
        path = urllib.parse.urlsplit(page.url).path.rstrip("/").rpartition("/")[2] or "answer"
        return Message(
            id=f"{number} {digest.hexdigest()}",
            name=f"{path}-{number + 1}",
            received_at=now,
            open=lambda: again(page.answer.body),
            headers=dict(page.answer.headers.items()),
            after=after,
        )


def with_parameter(url: str, name: str, value: str) -> str:
    """The address with this parameter, in place of one of that name."""
    parts = urllib.parse.urlsplit(url)
    query = [pair for pair in urllib.parse.parse_qsl(parts.query, keep_blank_values=True) if pair[0] != name]
    return urllib.parse.urlunsplit(parts._replace(query=urllib.parse.urlencode([*query, (name, value)])))


def _filled(text: str, words: Mapping[str, str], *, quoted: bool = False) -> str:
    def word(match: re.Match[str]) -> str:
        value = words[match[1]]
        return urllib.parse.quote(value, safe="") if quoted else value

    return _WORD.sub(word, text)


def _beside(url: str, found: str) -> str:
    """The next address, which may be relative. It must be of the same host: it is told our secrets."""
    following = urllib.parse.urljoin(url, found)
    ours, theirs = urllib.parse.urlsplit(url), urllib.parse.urlsplit(following)
    if (ours.scheme, ours.netloc) != (theirs.scheme, theirs.netloc):
        raise SourceUnavailable(f"the next page would be at {shown(following)}, another host than {shown(url)}")
    return following


def _json(body: BinaryIO, url: str) -> Any:
    body.seek(0)
    try:
        return json.load(body)
    except ValueError:
        raise SourceUnavailable(f"{shown(url)} answered no JSON, and so no page after it is known") from None
    finally:
        body.seek(0)


def _has_rows(document: Any, rows: str) -> bool:
    return bool(_rows_of(document, rows))


def _rows_of(document: Any, rows: str) -> Any:
    return jmespath.search(rows, document) if rows else document
