"""How many connections an origin sees, and how soon it is let go."""

import os
import socket
import sys
import threading
import unittest
from concurrent.futures import ThreadPoolExecutor

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from support.client import Client, get
from support.content import content
from support.fault_origin import Exchange, FaultOrigin, Resource
from support.fault_stage import (
    Case,
    catalog,
    directory,
    origin,
    route,
    server,
    setUpModule,
    song,
)
from support.tonearm import Tonearm
from support.wait import wait_for, wait_until_steady

KIB, MIB = 1 << 10, 1 << 20


class ConnectionLimitTest(Case):
    def route_of_held_song(self):
        """A song of 1 MiB that stops after 100,000 bytes, and the event for which it waits there."""
        file = Resource(MIB, ranges=False)
        go_on = threading.Event()
        self.addCleanup(go_on.set)

        def wait(exchange):
            go_on.wait(30)
            exchange.send_content(100_000, file.size)

        return route(lambda exchange: file(exchange, most=100_000, then=wait)), go_on

    def test_never_more_connections_than_max_connections_per_host(self):
        path, go_on = self.route_of_held_song()
        target = song(path)
        port = server("narrow").port
        with Client(port) as first, Client(port) as second:
            for client in (first, second):
                client.ask(target)
            heads = [client.head() for client in (first, second)]
            refused = get(port, target)
            self.assert_problem(refused, 503)
            self.assertGreater(int(refused["Retry-After"]), 0)
            self.assertEqual(len(origin.of(path)), 2)
            go_on.set()
            for client, head in zip((first, second), heads):
                self.assert_bytes(client.body(head), 0, MIB)
        self.assert_bytes(get(port, target), 0, MIB)

    def test_limit_holds_for_all_loops_together(self):
        path, go_on = self.route_of_held_song()
        target, port = song(path), server("broad").port
        clients = [Client(port) for _ in range(3)]
        self.addCleanup(lambda: [client.close() for client in clients])
        heads = []
        for client in clients:
            client.ask(target)
            heads.append(client.head())
        self.assertEqual([head.status for head in heads], [200] * 3)
        # The kernel picks the loop: some of these reach each of the two.
        for _ in range(4):
            self.assert_problem(get(port, target), 503)
        self.assertEqual(len(origin.of(path)), 3)
        go_on.set()
        for client, head in zip(clients, heads):
            self.assert_bytes(client.body(head), 0, MIB)

    def test_idle_connections_count_too_whatever_loop_keeps_them(self):
        two_workers = FaultOrigin()
        self.addCleanup(two_workers.stop)
        file, most = Resource(300_000), 0

        def handler(exchange):
            nonlocal most
            most = max(most, two_workers.standing)
            file(exchange)

        two_workers.routes["/song"] = handler
        port = self.serve_many_loops(max_connections_per_host=2)
        target = song(two_workers.base_url + "song")
        for _ in range(16):
            self.assert_bytes(get(port, target), 0, file.size)
        with ThreadPoolExecutor(8) as clients:
            for response in clients.map(lambda _: get(port, target), range(40)):
                self.assert_bytes(response, 0, file.size)
        self.assertLessEqual(most, 2)

    def test_far_from_the_limit_connections_are_kept(self):
        kept = FaultOrigin()
        self.addCleanup(kept.stop)
        kept.routes["/song"] = Resource(300_000)
        port = self.serve_many_loops()
        target = song(kept.base_url + "song")
        for _ in range(16):
            self.assert_bytes(get(port, target), 0, 300_000)
        self.assertLessEqual(kept.accepted, 4, "one for each loop")

    def test_a_kept_connection_that_the_origin_ends_while_it_is_asked_is_no_failure(self):
        """RFC 9112 §9.3.1: what ends before it answers is asked again, without upstream.retries."""
        file = Resource(4 * MIB)

        def ended_as_it_is_asked(exchange, end):
            file(exchange)
            exchange.sock.recv(1, socket.MSG_PEEK)
            end(exchange)

        once = Tonearm(
            directory.name,
            {
                "catalog": {"path": catalog.path},
                "upstream": {"base_url": origin.base_url, "retries": 0},
            },
        ).start()
        self.addCleanup(once.stop)
        for end in (Exchange.close, Exchange.reset):
            with self.subTest(end=end.__name__):
                path = route(lambda exchange, end=end: ended_as_it_is_asked(exchange, end))
                for _ in range(2):
                    self.assert_bytes(get(once.port, song(path)), 0, 4 * MIB)

    def test_a_redirect_keeps_its_connection_though_its_body_comes_later(self):
        moved, times = FaultOrigin(), 20
        self.addCleanup(moved.stop)
        file, followed = Resource(300_000), threading.Semaphore(0)

        def target_of_redirect(exchange):
            followed.release()
            file(exchange)

        def redirect(exchange):
            exchange.head(302, Location="/song", Content_Length=5)
            followed.acquire(timeout=15)
            exchange.send(b"moved")

        moved.routes.update({"/old": redirect, "/song": target_of_redirect})
        port, target = self.serve(threads=1), song(moved.base_url + "old")
        for _ in range(times):
            self.assert_bytes(get(port, target, Range="bytes=0-9"), 0, 10)
            wait_for(lambda: moved.busy("/old") == 0, "the redirect's body to be sent")
        self.assertEqual(len(moved.of("/old")), times)
        self.assertLess(moved.accepted, times / 2)

    def test_a_redirect_gives_its_turn_to_where_it_leads(self):
        for name, body in (
            ("whole", lambda exchange: exchange.send(b"moved")),
            ("never", Exchange.hang),
            ("cut off", Exchange.close),
        ):
            with self.subTest(name):
                moved = FaultOrigin()
                self.addCleanup(moved.stop)
                moved.routes["/song"] = Resource(300_000)

                def redirect(exchange, body=body):
                    exchange.head(302, Location="/song", Content_Length=5)
                    body(exchange)

                moved.routes["/old"] = redirect
                port = self.serve(threads=1, max_connections_per_host=1)
                response = get(port, song(moved.base_url + "old"))
                self.assert_bytes(response, 0, 300_000)

    def serve_many_loops(self, **upstream):
        return self.serve(4, **upstream)

    def serve(self, threads, **upstream):
        config = {
            "server": {"threads": threads},
            "catalog": {"path": catalog.path},
            "upstream": {"first_byte_timeout": "30s", **upstream},
        }
        server = Tonearm(directory.name, config).start()
        self.addCleanup(server.stop)
        return server.port

    def test_who_waits_in_time_gets_a_turn(self):
        file = Resource(MIB, ranges=False)
        most, now, lock = 0, 0, threading.Lock()

        def handler(exchange):
            nonlocal most, now
            with lock:
                now += 1
                most = max(most, now)
            try:
                first, end = file.head(exchange)
                exchange.send_content(first, end - 1)
            finally:
                with lock:
                    now -= 1
            exchange.send_content(end - 1, end)

        target, port = song(route(handler)), server("narrow").port
        responses = []
        threads = [
            threading.Thread(target=lambda: responses.append(get(port, target))) for _ in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        served = [response for response in responses if response.status == 200]
        self.assertGreater(len(served), 2)
        for response in served:
            self.assert_bytes(response, 0, MIB)
        self.assertLessEqual(most, 2)


class HostNameTest(Case):
    def test_host_with_letters_beyond_ascii_is_asked_under_the_name_that_dns_has(self):
        for host in ("bücher.localhost", "b%C3%BCcher.localhost"):
            with self.subTest(host=host):
                path = route(Resource(1000))
                url = f"http://{host}:{origin.port}{path}"
                self.assert_bytes(get(server().port, song(url)), 0, 1000)
                self.assertEqual(
                    origin.of(path)[0].fields["host"], f"xn--bcher-kva.localhost:{origin.port}"
                )


class PausedClientTest(Case):
    def check(self, file, read_first):
        path = route(file)
        with Client(server("hasty").port, receive_buffer=64 * KIB) as client:
            client.ask(song(path))
            head = client.head()
            begin = client.take(read_first)
            wait_until_steady(lambda: origin.sent(path))
            wait_for(lambda: origin.busy(path) == 0, "the origin to be let go")
            self.assertLess(origin.sent(path), file.size)
            rest = client.take(file.size - read_first)
            self.assertEqual(head["Content-Length"], str(file.size))
            self.assertEqual(len(begin) + len(rest), file.size)
            self.assertTrue(begin + rest == content(0, file.size), "wrong bytes")

    def test_holds_no_connection_and_resumes_with_a_window(self):
        self.check(Resource(32 * MIB), 9 * MIB)

    def test_holds_no_connection_and_resumes_with_a_whole_answer(self):
        self.check(Resource(24 * MIB, ranges=False), MIB)


class GoneClientTest(Case):
    def test_origin_is_let_go_soon(self):
        terabyte = 1 << 40
        for name, file in (
            ("windows", Resource(terabyte)),
            ("rest", Resource(terabyte, etag=None)),
            ("whole", Resource(terabyte, ranges=False)),
        ):
            for leave in (Client.reset, Client.close):
                with self.subTest(name, leave=leave.__name__):
                    path = route(file)
                    client = Client(server().port)
                    client.ask(song(path))
                    client.head()
                    self.assertEqual(len(client.take(MIB)), MIB)
                    leave(client)
                    wait_for(lambda: origin.busy(path) == 0, "the origin to be let go", 5)
                    self.assertLess(origin.sent(path), 64 * MIB)

    def test_origin_that_has_not_answered_yet_is_let_go(self):
        path = route(Exchange.hang)
        with Client(server().port) as client:
            client.ask(song(path))
            wait_for(lambda: origin.busy(path), "the origin to be asked")
            client.reset()
        wait_for(lambda: origin.busy(path) == 0, "the origin to be let go", 3)


if __name__ == "__main__":
    unittest.main()
