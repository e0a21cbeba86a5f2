"""A file at which whoever reads it is held up, until it is let go on: it stands still at a place that a test knows."""

import errno
import os

from tests.support.wait_until import wait_until


class HeldUp:
    """Reading `path` waits, and then finds nothing in it."""

    def __init__(self, path):
        self._path = path
        self._writer = None
        os.mkfifo(path)

    def wait_for_reader(self):
        wait_until(self._is_read, f"somebody reads {self._path}", seconds=300)

    def let_go_on(self):
        os.close(self._writer)
        self._writer = None

    def _is_read(self):
        try:
            self._writer = os.open(self._path, os.O_WRONLY | os.O_NONBLOCK)
        except OSError as error:
            if error.errno != errno.ENXIO:  # which says that nobody has opened it to read
                raise
        return self._writer is not None
