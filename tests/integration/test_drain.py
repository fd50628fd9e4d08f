"""Ending: what SIGTERM lets finish, what it closes, and how it exits."""

import contextlib
import os
import signal
import socket
import sqlite3
import sys
import threading
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from support.case import Case
from support.catalog import Catalog
from support.client import Client, get
from support.content import content
from support.fault_origin import FaultOrigin, Resource
from support.tonearm import Tonearm
from support.wait import listens, wait_for

# More than a client's and a server's socket, and stream.buffer, can take together.
SIZE = 32 << 20
ENDLESS = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT"


def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat") as stat:
        user, system = stat.read().rsplit(")", 1)[1].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def has_open(pid, path):
    """Whether the process has the file open."""
    with contextlib.suppress(FileNotFoundError):
        for name in os.listdir(f"/proc/{pid}/fd"):
            if os.readlink(f"/proc/{pid}/fd/{name}") == os.path.realpath(path):
                return True
    return False


class Drain(Case):
    @classmethod
    def prepare(cls):
        cls.origin = FaultOrigin()
        cls.addClassCleanup(cls.origin.stop)
        cls.origin.routes["/song.mp3"] = Resource(SIZE)
        cls.song = cls.catalog.add("song.mp3")
        cls.target = f"/songs/listen/{cls.song}"

    def start(self, drain="20s", **server):
        return self.serve_apart(self.origin.base_url, server={"drain": drain, **server})

    def listener(self):
        """A client in the middle of the song that does not read on by itself."""
        client = Client(self.tonearm.port, receive_buffer=4096)
        self.addCleanup(client.close)
        client.ask(self.target)
        head = client.head()
        return client, head

    def drains(self):
        wait_for(lambda: not listens(self.tonearm.port), "the listener to close")

    def ends(self, timeout=10):
        wait_for(lambda: self.tonearm.process.poll() is not None, "the end", timeout)
        self.tonearm.check_ended()

    def test_a_stream_may_finish_and_then_it_exits_with_0(self):
        for end in (signal.SIGTERM, signal.SIGINT):
            with self.subTest(end):
                tonearm = self.start()
                client, head = self.listener()
                tonearm.process.send_signal(end)
                self.drains()
                self.assertIsNone(tonearm.process.poll())
                response = client.body(head)
                self.assertBody(response, content(0, SIZE))
                self.assertTrue(client.is_closed())
                self.ends()

    def test_no_later_signal_kills_what_is_about_to_end(self):
        for again in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            with self.subTest(again):
                process = self.start().process
                process.send_signal(signal.SIGTERM)
                deadline = time.monotonic() + 15
                while process.poll() is None and time.monotonic() < deadline:
                    process.send_signal(again)
                    time.sleep(0.0005)  # a rain of signals, no flood
                self.tonearm.check_ended()

    def test_idle_connections_close_at_once(self):
        tonearm = self.start()
        playing, head = self.listener()
        used, fresh = Client(tonearm.port), Client(tonearm.port)
        self.addCleanup(used.close)
        self.addCleanup(fresh.close)
        used.get(self.target, "HEAD")
        tonearm.terminate()
        self.assertTrue(used.is_closed())
        self.assertTrue(fresh.is_closed())
        self.assertIsNone(tonearm.process.poll(), "the stream goes on")
        self.assertTrue(playing.body(head).complete)
        self.ends()

    def test_a_connection_that_has_not_even_said_whose_it_is_does_not_hold_up_the_end(self):
        tonearm = self.start(proxy_protocol=True, header_timeout="60s")
        silent = socket.create_connection(("127.0.0.1", tonearm.port))
        self.addCleanup(silent.close)
        tonearm.terminate()
        self.ends()

    def test_while_draining_it_lives_but_is_not_ready(self):
        tonearm = self.start()
        client, head = self.listener()
        self.assertEqual(get(tonearm.admin_port, "/readyz").status, 200)
        tonearm.terminate()
        self.drains()
        readiness = get(tonearm.admin_port, "/readyz")
        self.assertEqual(readiness.status, 503)
        self.assertRegex(readiness["Retry-After"], r"^\d+$")
        self.assertEqual(get(tonearm.admin_port, "/healthz").status, 200)
        self.assertTrue(client.body(head).complete)
        self.ends()

    def test_an_answer_while_draining_says_that_the_connection_ends(self):
        asked, go = threading.Event(), threading.Event()
        song = Resource(1000)

        def late(exchange):
            asked.set()
            go.wait(20)
            song(exchange)

        self.origin.routes["/late.mp3"] = late
        late_song = self.catalog.add("late.mp3")
        tonearm = self.start()
        with Client(tonearm.port) as client:
            client.ask(f"/songs/listen/{late_song}")
            self.assertTrue(asked.wait(10))
            tonearm.terminate()
            self.drains()
            go.set()
            response = client.response()
            self.assertBody(response, content(0, 1000))
            self.assertEqual((response["Connection"] or "").lower(), "close")
            self.assertTrue(client.is_closed())
        self.ends()

    def test_what_is_not_done_after_the_drain_is_reset(self):
        tonearm = self.start(drain="500ms")
        client, head = self.listener()
        tonearm.terminate()
        self.ends()
        response = client.body(head)
        self.assertEqual(response.end, "reset")
        self.assertTrue(response.body == content(0, len(response.body)))
        (entry,) = tonearm.access_log(song=str(self.song))
        self.assertEqual((entry["status"], entry["outcome"]), (200, "shut_down"))

    def test_who_has_not_got_a_byte_by_then_is_told_so(self):
        asked = threading.Event()

        def silent(exchange):
            asked.set()
            exchange.hang()

        self.origin.routes["/silent.mp3"] = silent
        song = self.catalog.add("silent.mp3")
        for method in ("GET", "HEAD"):
            with self.subTest(method):
                asked.clear()
                tonearm = self.start(drain="500ms")
                with Client(tonearm.port) as client:
                    client.ask(f"/songs/listen/{song}", method)
                    self.assertTrue(asked.wait(10))
                    tonearm.terminate()
                    response = client.response(method)
                    self.assertStatus(response, 503)
                    self.assertEqual(response.end, "done")
                    self.assertIsNotNone(response["Retry-After"])
                    self.assertTrue(client.is_closed())
                self.ends()
                (entry,) = tonearm.access_log(song=str(song))
                self.assertEqual((entry["status"], entry["outcome"]), (503, "refused"))

    def test_a_second_signal_ends_it_now(self):
        tonearm = self.start(drain="300s")
        client, head = self.listener()
        tonearm.terminate()
        self.drains()
        self.assertIsNone(tonearm.process.poll())
        tonearm.terminate()
        self.ends(5)
        self.assertEqual(client.body(head).end, "reset")

    def test_it_does_not_wait_for_a_statement_that_still_runs(self):
        catalog = {"path": ":memory:", "lookup": f"{ENDLESS} max(x) AS file FROM c WHERE :id",
                   "list": f"{ENDLESS} max(x) AS id FROM c"}
        for target, drain, signals in (("/songs/listen/1", "300s", 2), ("/songs", "300s", 2),
                                       ("/songs/listen/1", "200ms", 1)):
            with self.subTest(target, drain=drain):
                tonearm = self.serve_apart(catalog=catalog, server={"drain": drain})
                before = cpu_seconds(tonearm.pid)
                client = Client(tonearm.port)
                self.addCleanup(client.close)
                client.ask(target)
                wait_for(lambda: cpu_seconds(tonearm.pid) > before + 0.1, "the statement to run")
                for _ in range(signals):
                    tonearm.terminate()
                    self.drains()
                self.ends(5)

    def test_signals_count_from_the_start(self):
        catalog = Catalog(os.path.join(self.directory, "held.sqlite3"))
        for number in (signal.SIGHUP, signal.SIGTERM, signal.SIGINT):
            with self.subTest(number), sqlite3.connect(catalog.path) as holder:
                holder.execute("BEGIN EXCLUSIVE")
                tonearm = Tonearm(self.directory, self.config(catalog={"path": catalog.path}))
                tonearm.start(until=lambda: has_open(tonearm.pid, catalog.path))
                self.addCleanup(tonearm.stop)
                tonearm.process.send_signal(number)
                if number == signal.SIGHUP:
                    wait_for(lambda: "reload: configuration read" in tonearm.stderr(), "the reload")
                    tonearm.terminate()
                wait_for(lambda: tonearm.process.poll() is not None, "the end")
                tonearm.check_ended()

    def test_a_locked_catalog_keeps_nobody_from_connecting(self):
        catalog = Catalog(os.path.join(self.directory, "locked.sqlite3"))
        song = catalog.add("song.mp3")
        with sqlite3.connect(catalog.path) as holder:
            holder.execute("BEGIN EXCLUSIVE")
            tonearm = self.serve_apart(self.origin.base_url, catalog={"path": catalog.path})
            warning = "is locked by another program: answering 503 until it is there"
            wait_for(lambda: warning in tonearm.stderr(), "the warning")
            log = tonearm.stderr()
            self.assertLess(log.index("listening on"), log.index(warning))
            self.assertStatus(self.get(song), 503)
        self.assertStatus(self.get(song, method="HEAD"), 200)

    def test_with_nobody_there_it_ends_at_once(self):
        tonearm = self.start(drain="300s")
        tonearm.terminate()
        self.ends(5)


if __name__ == "__main__":
    unittest.main()
