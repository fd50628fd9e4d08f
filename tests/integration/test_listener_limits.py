"""The listener: how long it waits for whom, and for how many."""

import os
import select
import socket
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from support.client import Client, get
from support.content import content, write_file
from support.listening import SIZE, Listener
from support.wait import wait_for


class Timeouts(Listener):
    @classmethod
    def settings(cls):
        return {"server": {"header_timeout": "600ms", "idle_timeout": "600ms"}}

    def test_a_head_that_does_not_end_is_408_and_closes(self):
        client = self.client()
        client.send(f"GET {self.target} HTTP/1.1\r\nHost: t\r\nX: ")
        response = client.response()
        self.assertProblem(response, 408)
        self.assertTrue(client.is_closed())

    def test_a_head_that_drips_is_not_given_more_time(self):
        slow = [self.client() for _ in range(50)]
        for client in slow:
            client.send("GET /songs/listen/1 HTTP/1.1\r\nHost: t\r\n")

        def ended():
            for client in slow[:]:
                try:
                    client.send("X: y\r\n")
                    client.sock.setblocking(False)
                    client.sock.recv(1, socket.MSG_PEEK)
                    slow.remove(client)
                except BlockingIOError:
                    client.sock.settimeout(20)
                except OSError:
                    slow.remove(client)
            return not slow

        wait_for(ended, "all slow heads to be given up", timeout=10)
        self.still_serves()

    def test_a_head_that_drips_gets_its_408_too(self):
        client = self.client()
        client.send(f"GET {self.target} HTTP/1.1\r\nHost: t\r\nX: ")

        def answered():
            readable, _, _ = select.select([client.sock], [], [], 0.02)
            if not readable:
                client.send("y")
            return readable

        wait_for(answered, "an answer to the dripping head", timeout=10)
        self.refused(client, 408)

    def test_an_idle_connection_is_closed_without_a_word(self):
        fresh, used = self.client(), self.client()
        used.get(self.target, "HEAD")
        self.assertTrue(fresh.is_closed())
        self.assertTrue(used.is_closed())
        self.assertEqual((fresh.ended, used.ended), ("eof", "eof"))

    def test_a_stream_is_not_idle(self):
        client = self.client(receive_buffer=4096)
        client.ask(self.target)
        client.head()
        idle = self.client()
        self.assertTrue(idle.is_closed(), "idle_timeout has passed meanwhile")
        again = self.client()
        self.assertTrue(again.is_closed())
        self.assertEqual(client.take(SIZE), content(0, SIZE))


class SendTimeout(Listener):
    @classmethod
    def settings(cls):
        root = os.path.join(cls.directory, "media")
        os.mkdir(root)
        write_file(os.path.join(root, "song.mp3"), SIZE)
        return {"server": {"send_timeout": "2s"}, "files": {"root": root}}

    def listen(self, target):
        client = self.client(receive_buffer=4096)
        client.ask(target)
        client.head()
        return client

    def test_who_stops_is_dropped_and_who_takes_little_goes_on(self):
        # From an origin by copying, from a file by sendfile.
        targets = [self.target, f"/songs/listen/{self.catalog.add('file:song.mp3')}"]
        slow = [self.listen(target) for target in targets]
        taken = 0

        def dropped(count):
            nonlocal taken
            for client in slow:
                self.assertEqual(client.take(64), content(taken, taken + 64), client.ended)
            taken += 64
            return len(self.tonearm.access_log(outcome="timeout")) == count

        for count, target in enumerate(targets, 1):
            stopped = self.listen(target)
            wait_for(lambda count=count: dropped(count), "who takes nothing to be dropped")
            stopped.rest()
            self.assertEqual(stopped.ended, "reset")
        for client in slow:
            self.assertEqual(client.take(SIZE - taken), content(taken, SIZE))


class Crowd(Listener):
    @classmethod
    def settings(cls):
        return {"server": {"max_connections": 5, "threads": 2}}

    def test_past_max_connections_it_is_503_until_somebody_leaves(self):
        kept = [self.client() for _ in range(5)]
        for client in kept:
            self.assertStatus(client.get(self.target, "HEAD"), 200)
        refused = self.client()
        response = refused.get(self.target)
        self.assertProblem(response, 503)
        self.assertTrue(int(response["Retry-After"]) > 0)
        self.assertTrue(refused.is_closed())
        for client in kept:
            self.assertStatus(client.get(self.target, "HEAD"), 200)
        kept[0].close()

        def welcome():
            with Client(self.tonearm.port) as client:
                return client.get(self.target, "HEAD").status == 200

        wait_for(welcome, "a free place")
        self.assertEqual(get(self.tonearm.admin_port, "/healthz").status, 200)


class Idle(Listener):
    def test_300_idle_connections_hinder_nobody(self):
        idle = [self.client() for _ in range(300)]
        for client in idle:
            self.assertStatus(client.get(self.target, "HEAD"), 200)
        self.assertBody(self.get(self.song), content(0, SIZE))
        for client in idle[::50]:
            self.assertBody(client.get(self.target, Range="bytes=7-9"), content(7, 10))


if __name__ == "__main__":
    unittest.main()
