"""The origin of a chaos run: python3 origin.py PORT STARTED SEED. Ends by SIGTERM or kill -9.

Most answers are right; the others are what origins do. Every fault is one of a function below.
"""

import asyncio
import random
import sys

from songs import all_songs

_BLOCK = 64 * 1024
_FAULTY = 0.25


class Cut(Exception):
    """The connection ends here; with a RST where the argument is true."""


class Answer:
    """One request, and the answer that would be right."""

    def __init__(self, song, version, fields, writer):
        self.song, self.version, self.writer = song, version, writer
        self.conditional = "if-range" in fields
        asked = _asked(fields, song, version)
        self.part = asked is not None and song.ranges and asked[0] < song.size
        self.first = asked[0] if self.part else 0
        self.end = min(asked[1] + 1, song.size) if self.part else song.size
        self.unsatisfiable = asked is not None and song.ranges and asked[0] >= song.size

    def fields(self):
        fields = {"Content-Type": "audio/mpeg", "Cache-Control": "max-age=5"}
        etag, modified = self.song.etag(self.version), self.song.last_modified(self.version)
        if etag:
            fields["ETag"] = etag
        if modified:
            fields["Last-Modified"] = modified
        return fields

    def head(self, status, **more):
        fields = {**self.fields(), **{name.replace("_", "-"): value for name, value in more.items()}}
        lines = [f"HTTP/1.1 {status} X"] + [f"{name}: {value}" for name, value in fields.items()]
        self.writer.write(("\r\n".join(lines) + "\r\n\r\n").encode())

    def right_head(self, **changes):
        if self.unsatisfiable:
            more = {"Content_Length": 0, "Content_Range": f"bytes */{self.song.size}"}
            return self.head(416, **{**more, **changes})
        more = {"Content_Length": self.end - self.first}
        if self.part:
            more["Content_Range"] = f"bytes {self.first}-{self.end - 1}/{self.song.size}"
        return self.head(206 if self.part else 200, **{**more, **changes})

    async def body(self, most=None, pause=0.0):
        if self.unsatisfiable:
            return
        left = self.end - self.first if most is None else min(most, self.end - self.first)
        for piece in self.song.bytes(self.first, self.first + left, self.version):
            for at in range(0, len(piece), _BLOCK):
                self.writer.write(piece[at : at + _BLOCK])
                await self.writer.drain()
                if pause:
                    await asyncio.sleep(pause)


async def right(answer):
    if answer.song.kind != "endless":
        answer.right_head()
        await answer.body()
        return
    answer.head(200, Transfer_Encoding="chunked")
    for piece in answer.song.bytes(0, answer.song.size, answer.version):
        answer.writer.write(b"%x\r\n%s\r\n" % (len(piece), piece))
        await answer.writer.drain()
    answer.writer.write(b"0\r\n\r\n")


def _somewhere(answer):
    return random.randrange(answer.end - answer.first + 1)


async def reset_in_the_body(answer):
    answer.right_head()
    await answer.body(most=_somewhere(answer))
    raise Cut(True)


async def end_too_early(answer):
    answer.right_head()
    await answer.body(most=_somewhere(answer))
    raise Cut(False)


async def stall_in_the_body(answer):
    answer.right_head()
    await answer.body(most=_somewhere(answer))
    await asyncio.sleep(8)
    raise Cut(False)


async def be_slow(answer):
    answer.right_head()
    await answer.body(pause=0.02)


async def refuse_for_now(answer):
    answer.head(random.choice([500, 502, 503, 504, 429]), Content_Length=4, Retry_After=0)
    answer.writer.write(b"busy")


async def link_expired(answer):
    answer.head(403, Content_Length=7)
    answer.writer.write(b"expired")


async def say_nothing(answer):
    raise Cut(random.random() < 0.5)


async def send_another_range(answer):
    if not answer.part or answer.end >= answer.song.size:
        return await right(answer)
    answer.first, answer.end = answer.first + 1, answer.end + 1
    answer.right_head()
    await answer.body()


async def name_another_total(answer):
    # In a first answer there is nothing that it could be found out by.
    if not answer.part or not answer.conditional:
        return await right(answer)
    total = answer.song.size + 1
    answer.right_head(Content_Range=f"bytes {answer.first}-{answer.end - 1}/{total}")
    await answer.body()


async def ignore_the_range(answer):
    answer.part, answer.unsatisfiable = False, False
    answer.first, answer.end = 0, answer.song.size
    answer.right_head()
    await answer.body()


async def encode(answer):
    answer.right_head(Content_Encoding="gzip")
    await answer.body()


_FAULTS = [
    reset_in_the_body, end_too_early, stall_in_the_body, be_slow, refuse_for_now, link_expired,
    say_nothing, send_another_range, name_another_total, ignore_the_range, encode,
]


def _asked(fields, song, version):
    """The one range that is asked for, if If-Range does not undo it."""
    condition = fields.get("if-range")
    if condition and condition not in (song.etag(version), song.last_modified(version)):
        return None
    spec = fields.get("range", "").removeprefix("bytes=")
    first, _, last = spec.partition("-")
    return (int(first), int(last) if last else song.size - 1) if first else None


class Origin:
    def __init__(self, started):
        self.started = started
        self.songs = {f"/{song.file}": song for song in all_songs()}

    async def serve(self, reader, writer):
        try:
            while await self.serve_one(reader, writer):
                await writer.drain()
        except Cut as cut:
            if cut.args[0]:
                writer.transport.abort()
        except (ConnectionError, asyncio.IncompleteReadError, TimeoutError):
            pass
        finally:
            writer.close()

    async def serve_one(self, reader, writer):
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        request, *lines = head.split("\r\n")
        fields = {}
        for line in lines:
            name, _, value = line.partition(":")
            fields[name.strip().lower()] = value.strip()
        song = self.songs.get(request.split(" ")[1])
        if song is None:
            writer.write(b"HTTP/1.1 404 X\r\nContent-Length: 0\r\n\r\n")
            return True
        version = song.version(self.started)
        answer = Answer(song, version, fields, writer)
        faulty = song.kind != "endless" and random.random() < _FAULTY
        await (random.choice(_FAULTS) if faulty else right)(answer)
        return True


async def main():
    port, started, seed = int(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3])
    random.seed(seed)
    server = await asyncio.start_server(Origin(started).serve, "127.0.0.1", port, backlog=1024)
    await server.serve_forever()


asyncio.run(main())
