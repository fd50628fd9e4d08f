"""Bytes that follow from their offset, so that a resource of 1 TiB needs no storage.

The period is a prime: a window that lands at a wrong power of two never looks right.
"""

import functools
import hashlib
import random

PERIOD = 65521
_CHUNK = 1 << 20


@functools.lru_cache(maxsize=16)
def _tape(seed):
    return random.Random(seed).randbytes(PERIOD) * (_CHUNK // PERIOD + 2)


def pieces(first, end, seed=1):
    """The bytes [first, end) in pieces of at most 1 MiB."""
    tape = _tape(seed)
    while first < end:
        count = min(_CHUNK, end - first)
        start = first % PERIOD
        yield tape[start : start + count]
        first += count


def content(first, end, seed=1):
    """The bytes [first, end)."""
    return b"".join(pieces(first, end, seed))


def sha256(first, end, seed=1):
    digest = hashlib.sha256()
    for piece in pieces(first, end, seed):
        digest.update(piece)
    return digest.hexdigest()


def write_file(path, size, seed=1, mtime=1_600_000_000):
    """A file of these bytes; old enough for its Last-Modified to be a strong validator."""
    import os

    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as out:
        for piece in pieces(0, size, seed):
            out.write(piece)
    os.utime(path, (mtime, mtime))
