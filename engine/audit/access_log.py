"""Records who read personal data, without letting the reader wait for it."""

import logging
import threading
from collections import deque

from engine.actor import author, request_id
from engine.errors import PointsmanError, StoreUnavailable
from engine.store.audit.accesses import Access, AccessFilter, AccessPage, PreparedAccess, StoredAccesses
from engine.store.log.entry import EntryId

MOST_WAITING = 10_000
"""So many wait to be recorded; whoever reads more then waits for its own."""
_AT_ONCE = 500
_PAUSE_SECONDS = 0.1
"""For so long accesses are collected before they are recorded together."""
_RETRY_SECONDS = 1.0

logger = logging.getLogger("pointsman")


class AccessLog:
    """Of one network. Until `start`, each access is recorded at once; from then on by a thread, a moment later. What
    waits is recorded when it is closed; a process that is killed loses the accesses of its last moments.
    """

    def __init__(self, stored: StoredAccesses) -> None:
        self._stored = stored
        self._waiting: deque[Access] = deque()
        self._comes = threading.Event()
        self._closing = threading.Event()
        self._thread: threading.Thread | None = None

    def note(self, what: str, *, subject: str = "", order: str = "", query: str = "", count: int = 1) -> None:
        """Whoever acts now has read this, as `Access` says. Raises StoreUnavailable if it can't be recorded."""
        access = _access(what, subject=subject, order=order, query=query, count=count)
        if self._thread is None or len(self._waiting) >= MOST_WAITING:
            self._stored.write([access])
            return
        self._waiting.append(access)
        self._comes.set()

    def prepared(self, what: str, *, subject: str, order: str = "", query: str = "") -> PreparedAccess:
        """That whoever acts now has this printed: the script that queues it records it."""
        return self._stored.prepared(_access(what, subject=subject, order=order, query=query))

    def page(self, filtered: AccessFilter, *, limit: int, after: EntryId | None = None) -> AccessPage:
        """See `StoredAccesses.page`."""
        return self._stored.page(filtered, limit=limit, after=after)

    def start(self) -> None:
        """Let a thread record accesses until this is closed: a process that answers many requests does so."""
        self._thread = threading.Thread(target=self._run, name="accesses", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Record what waits. Called again, it does nothing."""
        thread, self._thread = self._thread, None
        if thread is None:
            return
        self._closing.set()
        self._comes.set()
        thread.join()
        try:
            while self._waiting:
                self._write_some()
        except StoreUnavailable as error:
            logger.error("%d reads of personal data were not recorded: %s", len(self._waiting), error)  # noqa: TRY400  # ours: no traceback is needed

    def _run(self) -> None:
        while not self._closing.is_set():
            self._comes.wait()
            self._closing.wait(_PAUSE_SECONDS)
            self._comes.clear()
            try:
                while self._waiting:
                    self._write_some()
            except PointsmanError as error:
                logger.warning("reads of personal data are recorded later: %s", error)
                self._try_later()
            except Exception:
                # the next attempt may go well; if none does, readers wait for their own once too many wait
                logger.exception("recording reads of personal data failed")
                self._try_later()

    def _try_later(self) -> None:
        self._comes.set()
        self._closing.wait(_RETRY_SECONDS)

    def _write_some(self) -> None:
        some = [self._waiting[place] for place in range(min(len(self._waiting), _AT_ONCE))]
        self._stored.write(some)
        for _ in some:
            self._waiting.popleft()


def _access(what: str, *, subject: str, order: str, query: str, count: int = 1) -> Access:
    """By whoever acts now."""
    return Access(
        author=author(),
        request=request_id(),
        what=what,
        subject=subject,
        order="" if order == subject else order,
        query=query,
        count=count,
    )
