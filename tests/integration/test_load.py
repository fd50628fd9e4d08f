"""Crowds: 300 slow listeners on `python3 -m http.server`, and thousands of connections that only wait."""

import os
import resource
import socket
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from support.catalog import Catalog
from support.client import Client, get
from support.content import content, write_file
from support.tonearm import Tonearm, sanitized
from support.wait import free_port, listens, wait_for

SIZE = 2 << 20
STEP = 16 * 1024


def descriptors():
    """How many descriptors a process may have here, once the soft limit is lifted."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


class Load(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory(prefix="tonearm-test-")
        self.addCleanup(directory.cleanup)
        self.available = descriptors()
        write_file(os.path.join(directory.name, "site", "media", "song.mp3"), SIZE)
        self.origin_port = free_port()
        origin = subprocess.Popen(
            ["/usr/bin/python3", "-m", "http.server", "--bind", "127.0.0.1", str(self.origin_port)],
            cwd=os.path.join(directory.name, "site"), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(origin.wait)
        self.addCleanup(origin.terminate)
        wait_for(lambda: listens(self.origin_port), "http.server to listen")
        catalog = Catalog(os.path.join(directory.name, "db.sqlite3"))
        catalog.add("song.mp3")
        self.tonearm = Tonearm(directory.name, {
            "catalog": {"path": catalog.path}, "log": {"access": ""},
            "server": {"max_connections": 20_000, "idle_timeout": "5m"},
            "upstream": {"base_url": f"http://127.0.0.1:{self.origin_port}/media/"}}).start()
        self.addCleanup(self.tonearm.stop)

    def test_slow_listeners_all_play(self):
        """Each reads a little in turn, so that all are slow together, and gets its own bytes."""
        count = 40 if sanitized() else 300
        if self.available < 4 * count:
            self.skipTest("not enough descriptors")
        clients = []
        for i in range(count):
            client = Client(self.tonearm.port, receive_buffer=8 * 1024, timeout=60)
            self.addCleanup(client.close)
            client.ask("/songs/listen/1", Range=f"bytes={i * 1000}-")
            clients.append(client)
        for client in clients:
            self.assertEqual(client.head().status, 206)
        positions = [i * 1000 for i in range(count)]
        for _ in range(8):
            for i, client in enumerate(clients):
                self.assertEqual(client.take(STEP), content(positions[i], positions[i] + STEP))
                positions[i] += STEP
        for i in range(0, count, 10):
            self.assertEqual(clients[i].take(SIZE - positions[i]), content(positions[i], SIZE))

    def test_idle_connections_cost_little_and_hinder_nobody(self):
        count = min(2_000 if sanitized() else 10_000, (self.available - 500) // 2)
        before = self.tonearm.proportional()
        idle = []
        self.addCleanup(lambda: [sock.close() for sock in idle])
        for _ in range(count):
            sock = socket.create_connection(("127.0.0.1", self.tonearm.port))
            sock.sendall(b"OPTIONS /songs/listen/1 HTTP/1.1\r\nHost: t\r\n\r\n")
            idle.append(sock)
        for sock in idle:
            self.assertTrue(sock.recv(4096).startswith(b"HTTP/1.1 204"))
        self.assertEqual(get(self.tonearm.port, "/songs/listen/1", Range="bytes=0-9").body, content(0, 10))
        if not sanitized():
            self.assertLess((self.tonearm.proportional() - before) / count, 8 * 1024)
        for sock in idle[:: count // 50]:
            sock.sendall(b"OPTIONS /songs/listen/1 HTTP/1.1\r\nHost: t\r\n\r\n")
            self.assertTrue(sock.recv(4096).startswith(b"HTTP/1.1 204"))


if __name__ == "__main__":
    unittest.main()
