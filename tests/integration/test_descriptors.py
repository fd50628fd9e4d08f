"""Running out of descriptors: new clients are told 503, those who play go on, and nothing spins. None
is kept for a connection that the origin has ended."""

import os
import resource
import sys
import threading
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from support.case import Case
from support.client import Client, get
from support.content import content
from support.fault_origin import FaultOrigin, Resource
from support.tonearm import Tonearm
from support.wait import wait_for

LIMIT = 96


class Descriptors(Case):
    @classmethod
    def prepare(cls):
        cls.origin = FaultOrigin()
        cls.addClassCleanup(cls.origin.stop)
        cls.origin.routes["/song.mp3"] = Resource(2_000_003)
        cls.song = cls.catalog.add("song.mp3")
        cls.target = f"/songs/listen/{cls.song}"

    def client(self):
        client = Client(self.tonearm.port)
        self.addCleanup(client.close)
        return client

    def busy(self):
        """Seconds that threads ran, or wanted to: what spins does so on a busy machine as well."""
        total = 0
        for task in os.listdir(f"/proc/{self.tonearm.pid}/task"):
            with open(f"/proc/{self.tonearm.pid}/task/{task}/schedstat") as schedstat:
                ran, waited, _ = schedstat.read().split()
            total += int(ran) + int(waited)
        return total / 1e9

    def assertIdle(self):
        before = self.busy()
        time.sleep(0.5)
        self.assertLess(self.busy() - before, 0.2)

    def assertServes(self, client):
        self.assertBody(client.get(self.target, Range="bytes=9-18"), content(9, 19))

    def assertToldOf(self, refused):
        """Each in the access log and the metrics, all of them in one warning that says what to do."""
        self.assertEqual(len(self.tonearm.wait_for_access(refused, status=503, outcome="refused")), refused)
        metrics = get(self.tonearm.admin_port, "/metrics").body.decode()
        self.assertIn(f'\ntonearm_requests_total{{outcome="refused",status="5xx"}} {refused}\n', metrics)
        self.assertIn(f'\ntonearm_errors_total{{error="overloaded",party="self"}} {refused}\n', metrics)
        log = self.tonearm.stderr()
        self.assertEqual(log.count("overloaded: few descriptors are left"), refused, log)
        self.assertNotIn("max_connections is reached", log)
        warnings = [line for line in log.splitlines() if "new clients are answered 503" in line]
        self.assertEqual(len(warnings), 1, log)
        self.assertIn(f"LimitNOFILE=, ulimit -n) is {LIMIT}, and server.max_connections = 10000 wants 2", warnings[0])

    def test_the_soft_limit_is_raised_to_what_the_clients_want(self):
        for clients, least, most, warned in ((50, 101, 299, False), (1000, 300, 300, True)):
            with self.subTest(clients):
                server = Tonearm(self.directory, self.config(server={"max_connections": clients}))
                server.prefix = ["prlimit", "--nofile=64:300"]
                server.start()
                self.addCleanup(server.stop)
                soft, hard = resource.prlimit(server.pid, resource.RLIMIT_NOFILE)
                self.assertEqual(hard, 300)
                self.assertTrue(least <= soft <= most, soft)
                self.assertEqual("1000 clients do not fit into 300 descriptors" in server.stderr(), warned)

    def test_the_last_descriptors_are_kept_for_those_who_play(self):
        self.serve_apart(self.origin.base_url, log={"level": "debug"})
        self.tonearm.limit_descriptors(LIMIT)
        served = []
        for _ in range(LIMIT):
            client = self.client()
            response = client.get(self.target, "HEAD")
            if response.status != 200:
                break
            served.append(client)
        self.assertGreater(len(served), 10)
        self.assertStatus(response, 503)
        self.assertIsNotNone(response["Retry-After"])
        for client in served:
            self.assertServes(client)
        for _ in range(10):
            refused = self.client().get(self.target)
            self.assertProblem(refused, 503)
        self.assertToldOf(11)
        self.assertIdle()
        for client in served[:20]:
            client.close()
        wait_for(lambda: self.client().get(self.target, "HEAD").status == 200, "room again")
        self.assertServes(served[-1])

    def test_without_a_single_one_clients_are_still_told_so(self):
        self.serve_apart(self.origin.base_url, server={"threads": 1})
        playing = self.client()
        self.assertServes(playing)
        self.tonearm.leave_descriptors(0)
        for _ in range(20):
            refused = self.client().get(self.target, "HEAD")
            self.assertStatus(refused, 503)
            self.assertIsNotNone(refused["Retry-After"])
        self.assertServes(playing)
        self.assertIdle()
        log = self.tonearm.stderr()
        self.assertIn("cannot accept", log)
        self.assertLess(log.count("cannot accept"), 5, log)
        self.tonearm.limit_descriptors(LIMIT)
        self.assertServes(self.client())
        self.lose_the_one_to_refuse_with()
        self.assertServes(self.client())
        self.tonearm.leave_descriptors(0)
        self.assertStatus(self.client().get(self.target, "HEAD"), 503)

    def lose_the_one_to_refuse_with(self):
        """As where somebody else is quicker to take its number."""
        before = len(self.tonearm.descriptors())
        self.tonearm.limit_descriptors(3)
        self.client().ask(self.target)
        wait_for(lambda: len(self.tonearm.descriptors()) < before, "it to be lost")
        self.tonearm.limit_descriptors(LIMIT)

    def test_what_the_origin_ended_is_closed_though_nobody_asks_it_again(self):
        for last_words in (b"", b"HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n"):
            with self.subTest(last_words=last_words):
                self.check_ended(last_words)

    def check_ended(self, last_words):
        origin = FaultOrigin()
        self.serve_apart(origin.base_url)
        together = threading.Barrier(6)
        answered = threading.Event()
        answer = Resource(20_000)

        def at_once(exchange):
            together.wait(10)
            answer(exchange)
            answered.wait(10)
            exchange.raw(last_words)

        origin.routes["/song.mp3"] = at_once
        clients = [self.client() for _ in range(together.parties)]
        for client in clients:
            client.ask(self.target)
        for client in clients:
            self.assertBody(client.response(), content(0, 20_000))
        kept = len(self.tonearm.descriptors())
        answered.set()
        wait_for(lambda: not origin.busy("/song.mp3"), "the last words")
        origin.stop()
        wait_for(lambda: len(self.tonearm.descriptors()) <= kept - 6, "the origin's connections to be closed")
        self.assertIdle()


if __name__ == "__main__":
    unittest.main()
