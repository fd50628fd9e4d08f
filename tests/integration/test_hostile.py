"""Hostile requests: none of them makes tonearm fail, and none leaves anything behind.

    test_hostile.py --requests 100000      more of them than the suite has
"""

import os
import random
import socket
import sys
import threading
import unittest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from support.case import Case
from support.client import get
from support.content import content
from support.fault_origin import FaultOrigin, Resource
from support.tonearm import sanitized
from support.wait import wait_for

REQUESTS = 4000
SIZE = 300_003

RANGES = [
    "bytes=0-", "bytes=-1", "bytes=-0", "bytes=0-0,0-0", "bytes=5-2", "bytes=", "bytes=,", "bytes=abc",
    "bytes=-", "bytes=--1", "bytes=0--1", "bytes=18446744073709551615-", "bytes=18446744073709551616-",
    "bytes=0-18446744073709551616", "bytes=-18446744073709551616", "bytes=9223372036854775807-",
    "bytes=" + "9" * 4000 + "-", "bytes=" + "0-," * 2000, "bytes=" + ",".join(f"{i}-{i}" for i in range(16)),
    "bytes=" + ",".join(f"{i}-" for i in range(16)), "bytes=0-1,\t-5 , 7-", "BYTES=1-2", "lines=1-2",
    "bytes=0x10-0x20", "bytes=1e3-", "bytes=+1-2", "bytes=\xff-", "bytes = 0-1", "0-1", "bytes=299999-300002,0-1",
    "bytes=9007199254740991-9007199254740992", "bytes=0-9007199254740991",
]
TARGETS = [
    "/songs/listen/{}", "/songs/listen/../{}", "/songs/listen/%2e%2e/%2e%2e/etc/passwd", "/songs/listen/%00",
    "/songs/listen/..%2f..%2fetc%2fpasswd", "/songs/listen/" + "a" * 129, "/songs/listen/%", "/songs/listen/%zz",
    "http://evil/songs/listen/{}", "http://[::1/songs/listen/{}", "//evil/songs/listen/{}", "*", "evil:80",
    "/songs/listen/{}?exp=1&sig=" + "A" * 3000, "/songs/listen/{}?exp=2000000000&exp=1&sig=x&sig=y",
    "/songs/listen/{}?pos=1e308", "/songs/listen/{}?pos=-1", "/songs/listen/1;DROP TABLE", "/\xff\xfe",
    "/" + "x" * 9000, "/songs/listen/{}?" + "&" * 4000, "/songs/listen/{}#x", "\\songs", "",
    "/songs/listen/'%20OR%201=1", "/songs/listen/9223372036854775808", "/songs/listen/-1",
]
FIELDS = [
    "Host: h", "Host: h\r\nHost: i", "Host: \x01", "X: a\r\n b", "X : y", ": y", "X", "X: \0", "X: a\rb", "X: a\nb",
    "Content-Length: 5\r\nTransfer-Encoding: chunked", "Content-Length: 1\r\nContent-Length: 2",
    "Content-Length: 1, 1", "Content-Length: -1", "Content-Length: +1", "Content-Length: 0x1",
    "Content-Length: 99999999999999999999", "Content-Length: 9223372036854775807",
    "Transfer-Encoding: chunked", "Transfer-Encoding: \x0bchunked", "Transfer-Encoding: chunked, identity",
    "Transfer-Encoding: xchunked", "Expect: 100-continue", "Upgrade: h2c\r\nConnection: upgrade", "TE: trailers",
    "If-Range: " + '"' * 100, 'If-Match: "a", W/"b", *', "If-None-Match: " + '"x",' * 2000, "If-None-Match: *",
    "If-Modified-Since: Thu, 01 Jan 99999 00:00:00 GMT", "If-Range: Thu, 01 Jan 1970 00:00:00 GMT",
    "Forwarded: for=\"[::1", "Forwarded: " + "for=1.1.1.1," * 900, "X-Forwarded-For: " + "1.1.1.1," * 1500,
    "X-Forwarded-For: 1.2.3.4\t, ::ffff:1.2.3.4, [::]:99999", "X-Request-Id: a\tb", "X-Request-Id: " + "i" * 500,
    "Origin: \"><script>", "Authorization: Bearer \xff", "User-Agent: \x1b[31m\xe2\x80\xa8\"\\", "Accept-Encoding: gzip;q=x",
    "Y: " + "y" * 17000, "\r\n".join(f"F{i}: v" for i in range(1500)),
]
METHODS = ["GET", "GET", "GET", "HEAD", "OPTIONS", "POST", "get", "G\0T", "CONNECT", "TRACE", "PRI", "G" * 200]
VERSIONS = ["HTTP/1.1"] * 6 + ["HTTP/1.0", "HTTP/2.0", "HTTP/1.", "HTTP/11", "http/1.1", ""]


def hostile(dice, song):
    """One request head, seldom a good one."""
    target = dice.choice(TARGETS).replace("{}", song) if dice.random() < 0.5 else f"/songs/listen/{song}"
    method = dice.choice(METHODS) if dice.random() < 0.3 else "GET"
    version = dice.choice(VERSIONS) if dice.random() < 0.2 else "HTTP/1.1"
    lines = [f"{method} {target} {version}"]
    if dice.random() < 0.9:
        lines.append("Host: h")
    lines += dice.sample(FIELDS, dice.choice([0, 0, 1, 2]))
    if dice.random() < 0.8:
        lines.append("Range: " + dice.choice(RANGES))
    head = ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")
    spoiled = dice.random()
    if spoiled < 0.05:
        at = dice.randrange(len(head))
        head = head[:at] + bytes([dice.randrange(256)]) + head[at + 1 :]
    elif spoiled < 0.08:
        head = head[: dice.randrange(len(head))]
    return head


class Hostile(Case):
    @classmethod
    def prepare(cls):
        cls.origin = FaultOrigin()
        cls.addClassCleanup(cls.origin.stop)
        cls.origin.routes["/song.mp3"] = Resource(SIZE)
        cls.song = str(cls.catalog.add("song.mp3"))
        cls.serve(cls.origin.base_url, access={"requests_per_second": 1_000_000, "streams_per_client": 1000})

    def attack(self, seed, count, seen):
        dice = random.Random(seed)
        for _ in range(count):
            head = hostile(dice, self.song)
            with socket.create_connection(("127.0.0.1", self.tonearm.port), timeout=30) as sock:
                try:
                    sock.sendall(head)
                    sock.shutdown(socket.SHUT_WR)
                    answer = sock.recv(4096)
                    # Some read on, some leave in the middle.
                    while answer and dice.random() < 0.5 and sock.recv(65536):
                        pass
                except ConnectionError:
                    continue
            if answer:
                status = int(answer[9:12])
                seen[status] = seen.get(status, 0) + 1
                if status >= 500 and status != 505:
                    seen.setdefault("faults", []).append((status, head[:300]))

    def volley(self, first_seed, count):
        workers = 8
        seen = [{} for _ in range(workers)]
        threads = [threading.Thread(target=self.attack, args=(first_seed + i, count // workers, seen[i]))
                   for i in range(workers)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        faults = [fault for one in seen for fault in one.get("faults", [])]
        self.assertEqual(faults, [], faults[:3])
        return {status for one in seen for status in one} - {"faults"}

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.tonearm.pid}/fd"))

    def settled(self):
        """Nobody is served any more: what is held now is held for good."""
        wait_for(lambda: b"tonearm_running_streams 0" in get(self.tonearm.admin_port, "/metrics").body,
                 "all streams to end")
        return self.descriptors(), self.tonearm.resident()

    def test_no_fault_of_ours_and_no_growth(self):
        before = self.volley(1000, max(REQUESTS // 4, 1000))
        descriptors, memory = self.settled()
        statuses = before | self.volley(2000, REQUESTS)
        self.assertLessEqual({200, 206, 400, 404, 405, 414, 416, 431, 505}, statuses)
        wait_for(lambda: self.descriptors() <= descriptors + 8, "descriptors to be closed")
        if not sanitized():
            self.assertLess(self.settled()[1] - memory, 24 * 1024 * 1024)
        response = get(self.tonearm.port, f"/songs/listen/{self.song}")
        self.assertBody(response, content(0, SIZE))
        for line in self.tonearm.stdout().splitlines():
            self.assertTrue(line.startswith("{") and line.endswith("}"), line)
        self.assertNotIn("\x1b", self.tonearm.stdout() + self.tonearm.stderr())


if __name__ == "__main__":
    if "--requests" in sys.argv:
        at = sys.argv.index("--requests")
        REQUESTS = int(sys.argv[at + 1])
        del sys.argv[at : at + 2]
    unittest.main()
