"""The C library's allocator, told to keep what training frees."""

import ctypes
import sys

# Of glibc's malloc.h: what the heap grows by and keeps at its top, and how many heaps there may be.
M_TOP_PAD, M_ARENA_MAX = -2, -8
KEPT_BYTES = 256 << 20


def keep_freed_memory():
    """Has freed memory used again instead of given back to the system; for programs that train on the CPU.

    A train step frees and asks again for the same large tensors. Where glibc maps them anew each time, the system
    clears every page of them: a third of A+V-att's step. One heap serves all threads, so that the size of the process
    stays what it is. Call it before anything is computed; without glibc nothing happens.
    """
    if not sys.platform.startswith("linux"):
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is None:
        return
    mallopt(M_ARENA_MAX, 1)
    mallopt(M_TOP_PAD, KEPT_BYTES)
