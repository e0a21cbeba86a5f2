"""What each worker does with a request before and after the Flask application: an ASGI application around it.

The event loop reads headers and ordinary bodies, and sends ordinary answers: whoever is slow with these costs no
thread. Threads only carry requests out. Ordinary requests share the threads of one lane, probes have a lane of their
own, and a long request has a thread of its own, of which there are only so many. So neither long requests nor slow
callers keep an ordinary request from its thread.
"""

import asyncio
import contextlib
import io
import logging
import threading
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any

import msgspec

from api.http.serving import wsgi
from api.http.serving.connection import CONNECTION, FROM_PROBES
from api.http.serving.ending import ENVIRON_KEY, Ending
from api.http.serving.lanes import Lane, overloaded
from api.http.serving.problems import CallerGone, Refusal
from api.http.serving.routes import PROBES, WAITING, is_stream
from api.http.serving.settings import ServingSettings
from api.http.serving.streams import BodyEnded, Receive, Send, StreamedAnswer, StreamedBody
from api.http.serving.turns import Turns
from api.records.health import HealthRecord

MOST_BYTES = 4 << 20
"""Of an ordinary request's body."""
_MOST_BYTES_IN_ALL = 128 << 20
"""Of the bodies of ordinary requests at one time, in each worker."""
_PROBE_THREADS, _PROBE_SECONDS = 2, 2
_DRAINED_BYTES, _DRAINED_SECONDS = 16 << 20, 2.0
"""How much is still read of the body of a request that is answered already."""

_HEALTHY = msgspec.json.encode(HealthRecord(status="ok"))
_JSON, _HEALTHY_LENGTH = (b"content-type", b"application/json"), (b"content-length", str(len(_HEALTHY)).encode())

logger = logging.getLogger("pointsman.api")


class Front:
    """One worker's; made in its event loop. `app` is the Flask application."""

    def __init__(self, app: wsgi.Application, settings: ServingSettings) -> None:
        self._app = app
        self._settings = settings
        self._loop = asyncio.get_running_loop()
        wait = settings.queue_seconds
        self._ordinary = Lane(name="request", threads=settings.threads, most_wait=wait)
        self._probes = Lane(name="probe", threads=_PROBE_THREADS, most_wait=_PROBE_SECONDS)
        self._streams: set[StreamedBody] = set()
        """The bodies of the long requests that are carried out."""
        self._turns = Turns(lambda: self._ordinary.running)
        self._body_bytes = 0
        """Of ordinary bodies that have not come whole, or whose requests are carried out."""
        self._stopping: str | None = None

    async def __call__(self, scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
        try:
            if scope["path"] == "/healthz" and scope["method"] == "GET":
                await _send_whole(wsgi.Answer(HTTPStatus.OK, [_JSON, _HEALTHY_LENGTH]), _HEALTHY, send)
                return
            _verify_encoding(scope)
            if is_stream(scope["method"], scope["path"]):
                await self._stream(scope, receive, send)
            else:
                await self._whole(scope, receive, send)
        except Refusal as refusal:
            await _refuse(refusal, scope, receive, send)
        except CallerGone:
            return

    def stop(self) -> None:
        """Let what is carried out come to its end, long requests at the next safe place."""
        self._stopping = "the service is stopping"
        for body in self._streams:
            body.end(self._stopping)

    @property
    def hangs(self) -> bool:
        """Whether a request has been carried out for so long that its thread will hardly come back."""
        return self._ordinary.longest_running > 2 * self._settings.request_seconds

    async def _whole(self, scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
        """An ordinary request, or a probe."""
        lane = self._probes if scope["path"] in PROBES else self._ordinary
        lane.verify_room()
        chunks: list[bytes] = []
        try:
            await self._read_body(scope, receive, chunks)
            answer = await self._carry_out(lane, scope, b"".join(chunks))
        finally:
            self._body_bytes -= sum(map(len, chunks))
        (content,) = answer.parts
        connection = scope[CONNECTION]
        at_once = connection.takes_at_once(len(content))
        try:
            async with contextlib.nullcontext() if at_once else asyncio.timeout(self._settings.body_seconds):
                await _send_whole(answer, content, send)
        except TimeoutError:
            connection.abort()

    async def _carry_out(self, lane: Lane, scope: Mapping[str, Any], body: bytes) -> wsgi.Answer:
        environ = wsgi.environ_of(scope, io.BytesIO(body))
        environ[FROM_PROBES] = scope[FROM_PROBES]
        if "HTTP_TRANSFER_ENCODING" in environ:  # the body is whole now
            environ["CONTENT_LENGTH"] = str(len(body))
            del environ["HTTP_TRANSFER_ENCODING"]
        try:
            answer: wsgi.Answer = await lane.run(
                lambda: wsgi.call_whole(self._app, environ),
                most_seconds=self._settings.request_seconds,
                is_wanted=lambda: not scope[CONNECTION].is_gone,
            )
        except TimeoutError:
            raise _not_answered(self._settings.request_seconds) from None
        return answer

    async def _read_body(self, scope: Mapping[str, Any], receive: Receive, chunks: list[bytes]) -> None:
        """The whole body, into `chunks`; raises Refusal if it is too large or comes too slowly, CallerGone."""
        length = _header(scope, b"content-length")
        if length is not None and int(length) > MOST_BYTES:
            raise _too_large()
        if scope[CONNECTION].has_whole_body:
            await self._take_body(receive, chunks)
            return
        seconds = self._settings.body_seconds
        try:
            async with asyncio.timeout(seconds) as limit:
                await self._take_body(receive, chunks, is_late=limit.expired)
        except TimeoutError:
            raise _too_slow(f"the body did not come within {seconds} seconds, and nothing was done") from None

    async def _take_body(
        self, receive: Receive, chunks: list[bytes], *, is_late: Callable[[], bool] = lambda: False
    ) -> None:
        """The whole body. `is_late` is asked after each part: asyncio.wait_for of Python 3.11, by which gunicorn waits
        for one, swallows a cancellation that comes just as the part does.
        """
        size = 0
        while True:
            message = await receive()
            if is_late():
                raise TimeoutError
            if message["type"] == "http.disconnect":
                raise CallerGone
            chunks.append(message.get("body", b""))
            size += len(chunks[-1])
            self._body_bytes += len(chunks[-1])
            if size > MOST_BYTES:
                raise _too_large()
            if not message.get("more_body", False):
                return
            if self._body_bytes > _MOST_BYTES_IN_ALL:
                raise overloaded("the bodies of other requests take all the memory there is for them")

    async def _stream(self, scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
        """A long request, with a thread of its own."""
        if self._stopping or len(self._streams) >= self._settings.streams:
            raise _too_many_streams(self._settings.streams, self._stopping)
        ending = Ending()
        # who waits for events computes next to nothing, but for long
        turns = Turns() if (scope["method"], scope["path"]) in WAITING else self._turns
        body, answer = StreamedBody(self._loop, ending, turns), StreamedAnswer(self._loop, turns)
        environ = wsgi.environ_of(scope, io.BufferedReader(body)) | {ENVIRON_KEY: ending}
        pause, most = self._settings.body_seconds, self._settings.stream_seconds
        self._streams.add(body)
        finished = asyncio.Event()

        def carry_out() -> None:
            turns.take()
            try:
                _write_answer(self._app, environ, body, answer, turns)
            finally:
                turns.give()
                self._loop.call_soon_threadsafe(finished.set)

        threading.Thread(target=carry_out, name="stream", daemon=True).start()
        timer = self._loop.call_later(most, body.end, f"a request like this may take {most} seconds")
        fed = self._loop.create_task(_feed(body, answer, receive, pause))
        try:
            await answer.pump(send, most_pause=pause)
        except CallerGone:
            scope[CONNECTION].abort()
        finally:
            timer.cancel()
            answer.give_up()
            is_unread = body.is_unread
            body.fail(CallerGone("the caller is gone"))
            fed.cancel()
            await asyncio.shield(self._when_finished(finished, body))
        if is_unread:
            scope[CONNECTION].close_after_answer()
            await _drain(receive)

    async def _when_finished(self, finished: asyncio.Event, body: StreamedBody) -> None:
        """A stream counts until its thread has ended, whether or not anybody still waits for it."""
        await finished.wait()
        self._streams.discard(body)


async def _feed(body: StreamedBody, answer: StreamedAnswer, receive: Receive, most_pause: float) -> None:
    await body.feed(receive, most_pause=most_pause)
    answer.give_up()


def _write_answer(
    app: wsgi.Application, environ: wsgi.Environ, body: StreamedBody, answer: StreamedAnswer, turns: Turns
) -> None:
    """Carry a long request out, in its thread."""
    try:
        made = wsgi.call(app, environ)
        try:
            if body.error is not None and made.status >= HTTPStatus.BAD_REQUEST:
                raise _broken_off(body.error)
            answer.start(made.status, made.headers)
            for part in made.parts:
                answer.write(part)
                turns.pass_on()
            answer.end()
        finally:
            made.close()
    except Refusal as refusal:
        with contextlib.suppress(CallerGone):
            answer.start(refusal.status, refusal.headers)
            answer.write(refusal.body)
            answer.end()
    except CallerGone:
        pass
    except Exception:
        logger.exception("an answer broke off")
        answer.give_up()


async def _send_whole(answer: wsgi.Answer, content: bytes, send: Send) -> None:
    await send({"type": "http.response.start", "status": answer.status, "headers": answer.headers})
    await send({"type": "http.response.body", "body": content, "more_body": False})


async def _refuse(refusal: Refusal, scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
    scope[CONNECTION].close_after_answer()  # the request may not have been read to its end
    await _send_whole(wsgi.Answer(refusal.status, refusal.headers), refusal.body, send)
    await _drain(receive)


async def _drain(receive: Receive) -> None:
    """Read some of what still comes of a body: the answer would not reach a caller who is still sending."""
    drained = 0
    try:
        async with asyncio.timeout(_DRAINED_SECONDS):
            while drained < _DRAINED_BYTES:
                message = await receive()
                if message["type"] == "http.disconnect" or not message.get("more_body", False):
                    return
                drained += len(message["body"])
    except TimeoutError:
        return


def _verify_encoding(scope: Mapping[str, Any]) -> None:
    """A compressed body is refused unread: what comes out of it may be thousands of times as large."""
    encoding = _header(scope, b"content-encoding")
    if encoding is not None and encoding.strip().lower() not in (b"", b"identity"):
        detail = "send the body as it is, without Content-Encoding"
        raise Refusal(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "unsupported-media-type", detail)


def _header(scope: Mapping[str, Any], name: bytes) -> bytes | None:
    return next((value for key, value in scope["headers"] if key == name), None)


def _too_large() -> Refusal:
    detail = f"the body is larger than {MOST_BYTES} bytes"
    return Refusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, HTTPStatus.REQUEST_ENTITY_TOO_LARGE.phrase, detail)


def _too_slow(detail: str) -> Refusal:
    return Refusal(HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.REQUEST_TIMEOUT.phrase, detail)


def _broken_off(error: OSError) -> Refusal:
    """Of a long request of which nothing was done, as its body has no end."""
    detail = f"{error}, and nothing was done"
    if isinstance(error, BodyEnded):
        return Refusal(HTTPStatus.SERVICE_UNAVAILABLE, "interrupted", detail)
    return _too_slow(detail)


def _not_answered(seconds: int) -> Refusal:
    detail = (
        f"it took longer than {seconds} seconds, and may still be done: send it again with the same idempotency key"
        " to learn what became of it"
    )
    return Refusal(HTTPStatus.SERVICE_UNAVAILABLE, "timed-out", detail)


def _too_many_streams(most: int, stopping: str | None) -> Refusal:
    detail = f"{stopping}, and nothing was done" if stopping else f"{most} long requests are answered already"
    return Refusal(HTTPStatus.SERVICE_UNAVAILABLE, "too-many-streams", detail)
