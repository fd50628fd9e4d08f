"""The process stands still past its timeouts, as under SIGSTOP, `docker pause` or a paused machine: what
came meanwhile is handled before any of them counts. Nobody is cut off, and none of it looks late."""

import os
import signal
import sys
import tempfile
import threading
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from support.catalog import Catalog
from support.client import Client
from support.content import content
from support.fault_origin import FaultOrigin, Resource
from support.tonearm import Tonearm
from support.wait import wait_for

SIZE = 100 << 10
TIMEOUT = 2  # seconds, of each kind
PLAYING = 150  # more sockets than one turn of a loop takes
WAITING = 8  # for the head; the gate of a host lets as many through at once


class StandstillTest(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.origin = FaultOrigin()
        self.addCleanup(self.origin.stop)
        self.catalog = Catalog(os.path.join(directory.name, "catalog.sqlite3"))
        limits = {name: f"{TIMEOUT:g}s" for name in ("first_byte_timeout", "stall_timeout")}
        config = {
            "server": {"threads": 1, "header_timeout": f"{TIMEOUT:g}s", "idle_timeout": f"{TIMEOUT:g}s"},
            "catalog": {"path": self.catalog.path},
            "upstream": {"base_url": self.origin.base_url, **limits},
        }
        self.server = Tonearm(directory.name, config).start()
        self.addCleanup(self.server.stop)
        self.stopped, self.moving = threading.Event(), threading.Event()
        self.addCleanup(self.stopped.set)
        self.addCleanup(self.moving.set)

    def song(self, path, handler):
        self.origin.routes["/" + path] = handler
        return f"/songs/listen/{self.catalog.add(path)}"

    def clients(self, count, target=None):
        clients = [Client(self.server.port) for _ in range(count)]
        for client in clients:
            self.addCleanup(client.close)
            if target:
                client.ask(target)
        return clients

    def stand_still(self, meanwhile):
        os.kill(self.server.pid, signal.SIGSTOP)
        try:
            self.stopped.set()
            meanwhile()
            time.sleep(1.25 * TIMEOUT)
        finally:
            os.kill(self.server.pid, signal.SIGCONT)

    def test_nothing_that_has_come_is_late(self):
        # Proves nothing, so that what is cut off cannot be resumed.
        file = Resource(SIZE, etag=None)

        def go_on_in_two_steps(exchange, at):
            exchange.send_content(at, at + 10_000)
            exchange.came_meanwhile = True
            self.moving.wait()
            exchange.send_content(at + 10_000, SIZE)

        def in_mid_body(exchange):
            file.head(exchange)
            at = 0
            while not self.stopped.wait(TIMEOUT / 20):
                exchange.send_content(at, at + 100)
                at += 100
            go_on_in_two_steps(exchange, at)

        def before_the_head(exchange):
            self.stopped.wait()
            file.head(exchange)
            go_on_in_two_steps(exchange, 0)

        playing = self.clients(PLAYING, self.song("playing", in_mid_body))
        for client in playing:
            wait_for(client.queued, "the first bytes")
        idle, asking = self.clients(2)
        asking.send("GET /nothing HTTP/1.1\r\n")
        waiting = self.clients(WAITING, self.song("waiting", before_the_head))
        wait_for(lambda: len(self.origin.of("/waiting")) == WAITING, "the origin to be asked")

        def meanwhile():
            idle.ask("/nothing")
            asking.send("Host: x\r\n\r\n")
            for exchange in self.origin.of("/playing") + self.origin.of("/waiting"):
                wait_for(lambda: getattr(exchange, "came_meanwhile", False), "the origin to send")

        self.stand_still(meanwhile)
        self.assertEqual([client.response().status for client in (idle, asking)], [404, 404])
        sent = lambda: self.origin.sent("/playing") + self.origin.sent("/waiting")
        got = lambda: sum(client.queued() for client in playing + waiting)
        wait_for(lambda: got() > sent(), "what came meanwhile to be passed on")
        self.moving.set()
        responses = [client.response() for client in playing + waiting]
        self.assertEqual({(response.status, response.end) for response in responses}, {(200, "done")})
        self.assertTrue(all(response.body == content(0, SIZE) for response in responses))


if __name__ == "__main__":
    unittest.main()
