"""What the kernel holds of a file."""

import ctypes
import mmap
import os

from support.wait import wait_for

_libc = ctypes.CDLL(None, use_errno=True)


def drop(path):
    """Until nothing of it is in memory: what is on one of the kernel's lists is passed over at first."""
    with open(path, "rb") as file:
        os.fsync(file.fileno())

        def is_out():
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
            return _pages_in_memory(file) == 0

        wait_for(is_out, f"{path} to leave the page cache")


def _pages_in_memory(file):
    with mmap.mmap(file.fileno(), 0, flags=mmap.MAP_PRIVATE, prot=mmap.PROT_READ | mmap.PROT_WRITE) as mapped:
        pages = -(-len(mapped) // mmap.PAGESIZE)
        states = (ctypes.c_ubyte * pages)()
        start = ctypes.c_char.from_buffer(mapped)
        failed = _libc.mincore(ctypes.c_void_p(ctypes.addressof(start)), ctypes.c_size_t(len(mapped)), states)
        del start
        assert failed == 0, os.strerror(ctypes.get_errno())
        return sum(state & 1 for state in states)
