"""How many heaps glibc has in this process."""

import ctypes
import tempfile


def heaps() -> int:
    libc = ctypes.CDLL(None)
    libc.fopen.restype = ctypes.c_void_p
    with tempfile.NamedTemporaryFile() as file:
        opened = ctypes.c_void_p(libc.fopen(file.name.encode(), b"w"))
        libc.malloc_info(0, opened)
        libc.fclose(opened)
        return file.read().count(b"<heap nr=")
