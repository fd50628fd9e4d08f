"""The songs that the chaos run streams: what each origin says of itself, and what its bytes are.

A song's bytes follow from its number, its version and their offset, so that anybody can verify any
part of any version without having kept it.
"""

import email.utils
import os
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from support.content import pieces  # noqa: E402

# What the origin of a song proves of it, and whether it does ranges.
KINDS = ["tagged", "dated", "weak", "bare", "whole", "endless"]
COUNT = 36
_SIZES = [1, 700, 65_536, 131_072, 262_145, 1_048_576, 3_000_017, 9_437_184]
# Every third song gets a new version so often, in seconds.
VERSION_LASTS = 20
_OLD = 1_600_000_000


class Song:
    def __init__(self, number):
        self.number = number
        self.kind = KINDS[number % len(KINDS)]
        self.size = _SIZES[(number * 5 + number // len(KINDS)) % len(_SIZES)]
        self.changes = number % 3 == 0 and self.kind in ("tagged", "dated", "whole", "bare")
        self.file = f"song-{number}"

    def version(self, started):
        """The one that the origin has now; `started` is when the run did."""
        return int((time.time() - started) / VERSION_LASTS) if self.changes else 0

    def seed(self, version):
        return 1000 * self.number + version

    def etag(self, version):
        if self.kind in ("tagged", "whole"):
            return f'"{self.number}-{version}"'
        return f'W/"{self.number}-{version}"' if self.kind == "weak" else None

    def last_modified(self, version):
        if self.kind not in ("tagged", "dated", "weak"):
            return None
        return email.utils.formatdate(_OLD + 100 * version, usegmt=True)

    @property
    def ranges(self):
        return self.kind not in ("whole", "endless")

    def bytes(self, first, end, version):
        return pieces(first, end, self.seed(version))


def all_songs():
    return [Song(number) for number in range(1, COUNT + 1)]


class Verifier:
    """Compares a body as it comes with every version that it could be of; two versions in one body
    match none."""

    def __init__(self, song, first, versions):
        self.song, self.at, self.versions = song, first, list(versions)

    def feed(self, data):
        """False when these bytes are of no version that all before them were of."""
        end = self.at + len(data)
        self.versions = [
            version
            for version in self.versions
            if end <= self.song.size and b"".join(self.song.bytes(self.at, end, version)) == data
        ]
        self.at = end
        return bool(self.versions)
