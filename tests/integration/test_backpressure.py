"""Slow and many clients: what tonearm holds for them, and what it asks of the origin meanwhile."""

import os
import resource
import sys
import tempfile
import unittest
from concurrent.futures import ThreadPoolExecutor

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from support.catalog import Catalog
from support.client import Client, get, get_json
from support.content import content
from support.fault_origin import FaultOrigin, Resource
from support.tonearm import Tonearm, sanitized
from support.wait import wait_for, wait_until_steady

TIB = 1 << 40
KIB = 1024
MIB = 1 << 20


class Stage(unittest.TestCase):
    release_after = "500ms"

    def setUp(self):
        directory = tempfile.TemporaryDirectory(prefix="tonearm-test-")
        self.addCleanup(directory.cleanup)
        self.origin = FaultOrigin()
        self.addCleanup(self.origin.stop)
        self.catalog = Catalog(os.path.join(directory.name, "db.sqlite3"))
        self.tonearm = Tonearm(directory.name, {
            "catalog": {"path": self.catalog.path},
            "server": {"threads": 1},
            "stream": {"release_after": self.release_after},
            "upstream": {"base_url": self.origin.base_url}}).start()
        self.addCleanup(self.tonearm.stop)

    def song(self, size, name="song", **options):
        self.origin.routes[f"/{name}"] = Resource(size, **options)
        return f"/songs/listen/{self.catalog.add(name)}"

    def listen(self, target, read=0, queue=16 * KIB):
        """A client with small queues of its own that has read so much and no more."""
        client = Client(self.tonearm.port, receive_buffer=queue)
        self.addCleanup(client.close)
        client.ask(target, Range="bytes=0-")
        self.assertEqual(client.head().status, 206)
        self.assertEqual(client.take(read), content(0, read))
        return client


class Backpressure(Stage):
    @unittest.skipIf(sanitized(), "sanitizers have a memory of their own")
    def test_a_slow_reader_of_a_tebibyte_costs_less_than_a_mebibyte(self):
        target = self.song(TIB)
        with Client(self.tonearm.port) as client:  # what a first request allocates for all that follow
            client.get(target, Range="bytes=0-200000")
        before = self.tonearm.resident()
        sent_before = self.origin.sent("/song")
        client = self.listen(target, 64 * KIB)
        for at in range(64, 192, 8):
            # Who reads on at once is fast, however little it is.
            wait_until_steady(lambda: self.origin.sent("/song"), quiet=0.1)
            self.assertEqual(client.take(8 * KIB), content(at * KIB, (at + 8) * KIB))
        sent = wait_until_steady(lambda: self.origin.sent("/song")) - sent_before
        self.assertLess(self.tonearm.resident() - before, MIB)
        self.assertLess(sent, 192 * KIB + MIB, "the origin sends windows, not the range")

    def test_a_paused_listener_holds_no_connection_and_goes_on_where_it_was(self):
        target = self.song(16 * MIB)
        client = self.listen(target, 100 * KIB)
        wait_for(lambda: self.origin.busy("/song") == 0, "the window to be over")
        self.assertEqual(client.take(16 * MIB - 100 * KIB), content(100 * KIB, 16 * MIB))

    def test_an_origin_without_ranges_is_let_go_and_skipped_through_again(self):
        target = self.song(16 * MIB, ranges=False)
        client = self.listen(target, 100 * KIB)
        wait_for(lambda: self.origin.busy("/song") == 0, "the connection to be given up", timeout=30)
        self.assertLess(self.origin.sent("/song"), 8 * MIB, "kernel queues and one buffer")
        self.assertEqual(client.take(16 * MIB - 100 * KIB), content(100 * KIB, 16 * MIB))

    def test_an_origin_without_proof_is_held_paused(self):
        target = self.song(32 * MIB, etag=None)
        client = self.listen(target, 100 * KIB)
        sent = wait_until_steady(lambda: self.origin.sent("/song"), quiet=1.5)
        self.assertEqual(self.origin.busy("/song"), 1, "release_after does not apply")
        self.assertLess(sent, 16 * MIB)
        self.assertEqual(client.take(32 * MIB - 100 * KIB), content(100 * KIB, 32 * MIB))

    def test_a_connection_that_is_kept_serves_whoever_is_next(self):
        """Its answers come at once, and more of them than there is room for."""
        target = self.song(MIB, etag=None)

        def listen():
            return [get(self.tonearm.port, target) for _ in range(40)]

        with ThreadPoolExecutor(4) as threads:
            listeners = [threads.submit(listen) for _ in range(4)]
            for listener in listeners:
                for answer in listener.result():
                    self.assertEqual(answer.end, "done")
                    self.assertTrue(answer.body == content(0, MIB))

    def test_many_paused_listeners_leave_the_origin_alone(self):
        target = self.song(TIB)
        clients = 50 if sanitized() else 300
        for _ in range(clients):
            self.listen(target, KIB)
        self.assertEqual(len(get_json(self.tonearm.admin_port, "/streams")["streams"]), clients)
        wait_for(lambda: self.origin.busy("/song") == 0, "all windows to be over")
        self.assertLessEqual(self.origin.sent("/song"), clients * 512 * KIB)
        with Client(self.tonearm.port) as another:
            self.assertEqual(another.get(target, Range="bytes=5-9").body, content(5, 10))

    @unittest.skipIf(sanitized(), "sanitizers have a memory of their own")
    def test_two_thousand_slow_listeners_cost_less_than_400_kib_each(self):
        count = min(2000, (resource.getrlimit(resource.RLIMIT_NOFILE)[0] - 200) // 2)
        target = self.song(TIB)
        with Client(self.tonearm.port) as client:  # what a first request allocates for all that follow
            client.get(target, Range="bytes=0-200000")
        before = self.tonearm.proportional() + self.tonearm.kernel()
        clients = []
        for _ in range(count):  # with the queues that the system gives them
            client = Client(self.tonearm.port)
            self.addCleanup(client.close)
            client.ask(target, Range="bytes=0-")
            clients.append(client)
        for client in clients:
            self.assertEqual(client.head().status, 206)
        for at in range(3):
            for client in clients:
                self.assertEqual(client.take(KIB), content(at * KIB, (at + 1) * KIB))
        wait_for(lambda: self.origin.busy("/song") == 0, "all windows to be over", timeout=60)
        grown = self.tonearm.proportional() + self.tonearm.kernel() - before
        self.assertLess(grown / count, 400 * KIB)
        # What the kernels of both sides hold is seen above; all else is one stream.buffer at most.
        in_kernels = self.tonearm.queued() + sum(client.queued() + 3 * KIB for client in clients)
        self.assertLessEqual((self.origin.sent("/song") - in_kernels) / count, 256 * KIB)


class SlowReader(Stage):
    release_after = "2s"

    def test_who_reads_slowly_keeps_the_connection_that_who_stops_loses(self):
        """One chunk takes the slow one longer than release_after."""
        slow = self.listen(self.song(16 * MIB, "slow", ranges=False), queue=4 * KIB)
        stopped = self.song(16 * MIB, "stopped", ranges=False)
        taken = 0

        def let_go():
            nonlocal taken
            self.assertEqual(slow.take(512), content(taken, taken + 512), slow.ended)
            taken += 512
            return self.origin.busy("/stopped") == 0

        for _ in range(2):
            self.listen(stopped, queue=4 * KIB)
            wait_for(let_go, "the connection of who reads nothing to be given up")
        self.assertEqual(self.origin.busy("/slow"), 1)
        self.assertEqual(slow.take(16 * MIB - taken), content(taken, 16 * MIB))
        self.assertEqual(len(self.origin.of("/slow")), 1)


if __name__ == "__main__":
    unittest.main()
