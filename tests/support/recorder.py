"""A recorder: appends PCM (16 kHz, mono, s16le: 32000 B/s) to a file, piece by piece."""

import math
import os
import struct
import threading
import time

BYTES_PER_SECOND = 32000


def sound(seconds, first=0):
    """A tone that climbs by 20 Hz a second, so that no second is like another."""
    samples = []
    for n in range(first * 16000, (first + seconds) * 16000):
        t = n / 16000
        samples.append(int(12000 * math.sin(2 * math.pi * (200 * t + 10 * t * t))))
    return struct.pack(f"<{len(samples)}h", *samples)


def header(data_size=None):
    """The 44 bytes before so many bytes of it; None: while it grows."""
    unknown = 0xFFFFFFFF
    riff = unknown if data_size is None else 36 + data_size
    return (struct.pack("<4sI4s4sIHHIIHH4sI", b"RIFF", riff, b"WAVE", b"fmt ", 16, 1, 1, 16000,
                        BYTES_PER_SECOND, 2, 16, b"data", unknown if data_size is None else data_size))


class Recorder:
    """Writes `content` at `speed` times the rate of sound, ten times a second, in a thread."""

    def __init__(self, path, content, speed=1, existing=0):
        self.path, self.content = str(path), content
        self.written = existing
        self._step = max(2, int(BYTES_PER_SECOND * speed / 10) // 2 * 2)
        self._file = open(self.path, "wb", buffering=0)
        self._file.write(content[:existing])
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self):
        self._thread.start()
        return self

    def _run(self):
        began = time.monotonic()
        steps = 0
        while self.written < len(self.content) and not self._stop.is_set():
            piece = self.content[self.written : self.written + self._step]
            self._file.write(piece)
            self.written += len(piece)
            steps += 1
            self._stop.wait(max(0, began + steps / 10 - time.monotonic()))
        self._file.close()

    def stop(self):
        self._stop.set()
        self._thread.join()

    def join(self):
        self._thread.join()


def make_old(path):
    os.utime(path, (1_600_000_000, 1_600_000_000))
