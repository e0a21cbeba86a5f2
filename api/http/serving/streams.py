"""The two ends of a long request between the event loop, which has its socket, and the thread that carries it out."""

import asyncio
import io
import threading
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from api.http.serving.ending import Ending
from api.http.serving.problems import CallerGone
from api.http.serving.turns import Turns
from api.http.serving.wsgi import Headers

Receive = Callable[[], Awaitable[Mapping[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
MOST_BUFFERED = 256 << 10
"""Bytes of a body, or of an answer, that are in memory beyond what was read of it, or sent."""


class BodyStalled(OSError):
    """The caller sends the rest of its body too slowly."""


class BodyEnded(OSError):
    """The request is to come to an end before its body does."""


class StreamedBody(io.RawIOBase):
    """A request's body as the thread reads it: waits until more has come. Raises CallerGone, BodyStalled, and
    BodyEnded once `ending` has a reason.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, ending: Ending, turns: Turns) -> None:
        self._loop = loop
        self._turns = turns
        self._ending = ending
        self._chunks: deque[bytes] = deque()
        self._buffered = 0
        self._ended = False
        self._error: OSError | None = None
        self._changed = threading.Condition()
        self._room = asyncio.Event()

    @property
    def error(self) -> OSError | None:
        """Why the body has no end, if it has none."""
        return self._error

    @property
    def is_unread(self) -> bool:
        """Whether the caller may still be sending."""
        return not self._ended and not isinstance(self._error, CallerGone)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        if not self._has_come():
            with self._turns.given_meanwhile(), self._changed:
                self._changed.wait_for(self._has_come)
        with self._changed:
            if not self._chunks:
                if self._error is not None:
                    raise self._error
                return 0
            chunk = self._chunks.popleft()
            size = min(len(chunk), len(buffer))
            buffer[:size] = chunk[:size]
            if size < len(chunk):
                self._chunks.appendleft(chunk[size:])
            self._buffered -= size
            has_room = self._buffered < MOST_BUFFERED
        if has_room:
            self._loop.call_soon_threadsafe(self._room.set)
        return size

    def _has_come(self) -> bool:
        """Whether a read need not wait."""
        return bool(self._chunks or self._ended or self._error)

    def end(self, reason: str) -> None:
        """The request is to come to an end: no more of the body is waited for."""
        self._ending.reason = self._ending.reason or reason
        self.fail(BodyEnded(reason))

    def fail(self, error: OSError) -> None:
        """Let the thread's reads raise `error` once what has come is read."""
        with self._changed:
            if not self._ended:
                self._error = self._error or error
            self._changed.notify_all()

    async def feed(self, receive: Receive, *, most_pause: float) -> None:
        """Pass on what the caller sends, and return when it is gone. Runs in the event loop."""
        while True:
            while self._buffered >= MOST_BUFFERED:
                self._room.clear()
                await self._room.wait()
            try:
                async with asyncio.timeout(None if self._ended or self._error else most_pause):
                    message = await receive()
            except TimeoutError:
                self._ending.reason = self._ending.reason or f"no more of the body came for {most_pause:g} seconds"
                self.fail(BodyStalled(self._ending.reason))
                continue
            if message["type"] == "http.disconnect":
                self.fail(CallerGone("the caller is gone"))
                return
            with self._changed:
                if message.get("body"):
                    self._chunks.append(message["body"])
                    self._buffered += len(message["body"])
                self._ended = not message.get("more_body", False)
                self._changed.notify_all()


class StreamedAnswer:
    """An answer as the thread writes it: waits while the caller takes less than is written. Raises CallerGone."""

    def __init__(self, loop: asyncio.AbstractEventLoop, turns: Turns) -> None:
        self._loop = loop
        self._turns = turns
        self._messages: deque[dict[str, Any]] = deque()
        self._buffered = 0
        self._gone = False
        self._changed = threading.Condition()
        self._filled = asyncio.Event()

    def start(self, status: int, headers: Headers) -> None:
        self._put({"type": "http.response.start", "status": status, "headers": headers}, 0)

    def write(self, part: bytes) -> None:
        if part:
            self._put({"type": "http.response.body", "body": part, "more_body": True}, len(part))

    def end(self) -> None:
        self._put({"type": "http.response.body", "body": b"", "more_body": False}, 0)

    def give_up(self) -> None:
        """Let the thread's next write raise CallerGone."""
        with self._changed:
            self._gone = True
            self._changed.notify_all()

    def _put(self, message: dict[str, Any], size: int) -> None:
        if not self._has_room():
            with self._turns.given_meanwhile(), self._changed:
                self._changed.wait_for(self._has_room)
        with self._changed:
            if self._gone:
                raise CallerGone("the caller is gone")
            self._messages.append(message)
            self._buffered += size
        self._loop.call_soon_threadsafe(self._filled.set)

    def _has_room(self) -> bool:
        """Whether a write need not wait."""
        return self._buffered <= MOST_BUFFERED or self._gone

    async def pump(self, send: Send, *, most_pause: float) -> None:
        """Send what is written, until its end. Raises CallerGone if the caller takes nothing for `most_pause` seconds.
        Runs in the event loop.
        """
        while True:
            while not self._messages:
                self._filled.clear()
                await self._filled.wait()
            message = self._next()
            try:
                async with asyncio.timeout(most_pause):
                    await send(message)
            except TimeoutError:
                self.give_up()
                raise CallerGone(f"the caller took nothing of its answer for {most_pause:g} seconds") from None
            with self._changed:
                self._buffered -= len(message.get("body", b""))
                self._changed.notify_all()
            if message.get("more_body") is False:
                return

    def _next(self) -> dict[str, Any]:
        """The next message, with as many of those after it as can go in one."""
        message = self._messages.popleft()
        parts = [message.get("body", b"")]
        while message.get("more_body") and self._messages and self._messages[0]["more_body"]:
            parts.append(self._messages.popleft()["body"])
        return message | {"body": b"".join(parts)} if len(parts) > 1 else message
