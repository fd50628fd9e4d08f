"""The listeners of a chaos run: python3 clients.py PORT STARTED SECONDS CLIENTS SEED.

Each does what some player does (docs/testing.md), verifies every byte, and tells a body that is whole
from one that was cut. Prints one JSON object: counts, and every wrong thing that was seen.
"""

import asyncio
import collections
import contextlib
import json
import random
import sys
import time

from songs import VERSION_LASTS, Verifier, all_songs

# Longer than any deadline of the program under test, restarts included.
_STUCK = 60
_HONEST = {200, 206, 304, 416, 502, 503, 504}


class Head:
    def __init__(self, text):
        lines = text.decode("latin-1").split("\r\n")
        self.status = int(lines[0].split(" ")[1])
        self.fields = {}
        for line in lines[1:]:
            name, _, value = line.partition(":")
            self.fields[name.lower()] = value.strip()


class Listener:
    def __init__(self, run):
        self.run = run
        self.song = random.choice(run.songs)
        self.reader = self.writer = None

    async def connect(self):
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.run.port, limit=1 << 18)

    def close(self, reset=False):
        if self.writer is None:
            return
        if reset:
            self.writer.transport.abort()
        self.writer.close()
        self.writer = None

    async def ask(self, method="GET", version="1.1", **fields):
        if self.writer is None:
            await self.connect()
        self.run.counts["requests"] += 1
        lines = [f"{method} /songs/listen/{self.song.number} HTTP/{version}", "Host: chaos"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in fields.items()]
        self.writer.write(("\r\n".join(lines) + "\r\n\r\n").encode())
        head = Head(await self.reader.readuntil(b"\r\n\r\n"))
        self.run.counts[f"status {head.status}"] += 1
        if head.status not in _HONEST:
            self.run.wrong(self.song, f"status {head.status}")
        return head

    def verifier(self, head):
        """For the body of a 200 or a single 206."""
        first = 0
        if head.status == 206:
            span, _, total = head.fields["content-range"].removeprefix("bytes ").partition("/")
            first, _, last = span.partition("-")
            first, last = int(first), int(last)
            if int(total) != self.song.size or last >= self.song.size:
                self.run.wrong(self.song, f"Content-Range {head.fields['content-range']}")
        versions = range(self.run.version() + 2)
        etag = head.fields.get("etag")
        if etag:
            versions = [int(etag.strip('"').split("-")[1])]
        return Verifier(self.song, first, versions)

    async def take(self, head, most=None, pause=0.0):
        """Reads the body, or `most` bytes of it; True when it came whole."""
        if head.status not in (200, 206):
            await self.drop_body(head)
            return False
        verify = self.verifier(head)
        async for data in self.pieces(head):
            self.run.counts["bytes"] += len(data)
            if not verify.feed(data):
                self.run.wrong(self.song, f"wrong bytes before {verify.at} of {head.fields}")
                return False
            if most is not None and verify.at >= most:
                return False
            if pause:
                await asyncio.sleep(pause)
        # It ended as a whole body does; then it must be one.
        self.run.counts["whole bodies"] += 1
        if "content-length" not in head.fields and verify.at != self.song.size:
            self.run.wrong(self.song, f"a body of {verify.at} bytes looks whole")
        return True

    async def pieces(self, head):
        if "content-length" in head.fields:
            left = int(head.fields["content-length"])
            while left:
                data = await self.reader.read(min(left, 1 << 17))
                if not data:
                    raise asyncio.IncompleteReadError(b"", left)
                left -= len(data)
                yield data
        elif head.fields.get("transfer-encoding") == "chunked":
            while size := int(await self.reader.readuntil(b"\r\n"), 16):
                while size:
                    data = await self.reader.read(min(size, 1 << 17))
                    if not data:
                        raise asyncio.IncompleteReadError(b"", size)
                    size -= len(data)
                    yield data
                await self.reader.readexactly(2)
            await self.reader.readexactly(2)
        else:
            while data := await self.reader.read(1 << 17):
                yield data
            self.close()

    async def drop_body(self, head):
        await self.reader.readexactly(int(head.fields.get("content-length", 0)))

    # What players do; docs of each: the project's table of players.

    async def read_through(self):
        await self.take(await self.ask())

    async def chromium(self):
        head = await self.ask(Range="bytes=0-")
        await self.take(head, most=random.choice([100_000, 2_000_000]))
        self.close(reset=True)
        validator = head.fields.get("etag") or head.fields.get("last-modified")
        for _ in range(3):
            first = random.randrange(self.song.size) // 32768 * 32768
            fields = {"If_Range": validator} if validator else {}
            await self.take(await self.ask(Range=f"bytes={first}-{self.song.size - 1}", **fields), most=first + 500_000)
            self.close(reset=True)

    async def ffmpeg(self):
        for _ in range(random.randrange(1, 12)):
            first = random.randrange(self.song.size)
            head = await self.ask(Range=f"bytes={first}-", Connection="close")
            await self.take(head, most=first + random.randrange(1, 400_000))
            self.close()

    async def safari(self):
        head = await self.ask(Range="bytes=0-1")
        if await self.take(head) and head.status == 206:
            expected = str(min(2, self.song.size))
            if head.fields["content-length"] != expected:
                self.run.wrong(self.song, "the probe got another length")
        for _ in range(4):
            first = random.randrange(self.song.size)
            last = min(self.song.size - 1, first + random.randrange(1, 300_000))
            await self.take(await self.ask(Range=f"bytes={first}-{last}"))

    async def curl_resumes(self):
        """Asks for the rest until it has all; two versions are told apart by the tag."""
        have = 0
        for _ in range(5):
            head = await self.ask(Range=f"bytes={have}-")
            if head.status != 206 or await self.take(head):
                return
            have = random.randrange(self.song.size)

    async def pause(self):
        head = await self.ask(Range="bytes=0-")
        await self.take(head, most=1)
        self.close(reset=True)
        head = await self.ask()
        await self.take(head, pause=random.choice([0.05, 0.3]), most=400_000)
        self.close()

    async def old_client(self):
        await self.take(await self.ask(version="1.0"))
        self.close()

    async def suffix(self):
        count = random.randrange(1, 100_000)
        await self.take(await self.ask(Range=f"bytes=-{count}"))

    async def several(self):
        size = self.song.size
        head = await self.ask(Range=f"bytes=0-{size // 4},{size // 2}-{size // 2}")
        if head.fields.get("content-type", "").startswith("multipart/"):
            async for data in self.pieces(head):
                self.run.counts["bytes"] += len(data)
        else:
            await self.take(head)

    async def look(self):
        head = await self.ask("HEAD")
        if head.status == 200 and "content-length" in head.fields:
            if int(head.fields["content-length"]) != self.song.size:
                self.run.wrong(self.song, f"HEAD says {head.fields['content-length']} bytes")
        etag = head.fields.get("etag")
        if etag:
            await self.take(await self.ask(If_None_Match=etag))


_HABITS = [
    Listener.read_through, Listener.chromium, Listener.ffmpeg, Listener.safari, Listener.curl_resumes,
    Listener.pause, Listener.old_client, Listener.suffix, Listener.several, Listener.look,
]


class Run:
    def __init__(self, port, started):
        self.port, self.started = port, started
        self.songs = all_songs()
        self.counts = collections.Counter()
        self.faults = []

    def version(self):
        return int((time.time() - self.started) / VERSION_LASTS)

    def wrong(self, song, what):
        self.faults.append(f"{time.time() - self.started:.1f} s: song {song.number} ({song.kind}, {song.size}): {what}")

    async def listen(self, until):
        while time.time() < until and len(self.faults) < 50:
            listener = Listener(self)
            habit = random.choice(_HABITS)
            try:
                async with asyncio.timeout(_STUCK):
                    await habit(listener)
                self.counts[habit.__name__] += 1
            except TimeoutError:
                self.wrong(listener.song, f"stuck for {_STUCK} s in {habit.__name__}")
            except asyncio.IncompleteReadError:
                self.counts["cut"] += 1
            except ConnectionRefusedError:
                self.counts["refused"] += 1
                await asyncio.sleep(0.2)
            except OSError:
                self.counts["reset"] += 1
            with contextlib.suppress(OSError):
                listener.close()


async def main():
    port, started, seconds, clients, seed = map(float, sys.argv[1:6])
    random.seed(seed)
    run = Run(int(port), started)
    until = time.time() + seconds
    await asyncio.gather(*(run.listen(until) for _ in range(int(clients))))
    print(json.dumps({"counts": run.counts, "faults": run.faults}))


asyncio.run(main())
