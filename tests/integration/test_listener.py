"""The listener: connections, heads, limits, addresses, the log, and what the admin side tells."""

import json
import os
import select
import socket
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from support.case import Case
from support.client import Client, get, get_json
from support.content import content, write_file
from support.fault_origin import FaultOrigin, Resource
from support.tonearm import Tonearm
from support.wait import wait_for

SIZE = 2_000_003


def endless(exchange):
    """A song whose origin tells no length and knows no ranges."""
    exchange.head(200, Transfer_Encoding="chunked", Content_Type="audio/mpeg")
    exchange.send_content(0, 1000, chunked=True)
    exchange.raw(b"0\r\n\r\n")


class Listener(Case):
    @classmethod
    def prepare(cls):
        cls.origin = FaultOrigin()
        cls.addClassCleanup(cls.origin.stop)
        cls.origin.routes["/song.mp3"] = Resource(SIZE)
        cls.song = cls.catalog.add("song.mp3")
        cls.target = f"/songs/listen/{cls.song}"
        cls.serve(cls.origin.base_url, **cls.settings())

    @classmethod
    def settings(cls):
        return {}

    def client(self, **options):
        client = Client(self.tonearm.port, **options)
        self.addCleanup(client.close)
        return client

    def still_serves(self):
        response = self.get(self.song, Range="bytes=7-9")
        self.assertBody(response, content(7, 10))

    def refused(self, client, status):
        """The answer arrives whole, and the connection ends after it."""
        response = client.response()
        self.assertProblem(response, status)
        self.assertEqual((response["Connection"] or "").lower(), "close")
        self.assertTrue(client.is_closed())


class Connections(Listener):
    def test_a_connection_is_kept_whatever_was_answered(self):
        client = self.client()
        for status, method, target, fields in [
            (206, "GET", self.target, {"Range": "bytes=0-1"}),
            (404, "GET", "/songs/listen/999", {}),
            (416, "GET", self.target, {"Range": "bytes=9999999-"}),
            (405, "POST", self.target, {"Content_Length": "0"}),
            (204, "OPTIONS", self.target, {}),
            (400, "GET", "/songs/listen/a%2Fb", {}),
            (200, "HEAD", self.target, {}),
            (404, "GET", "/nothing/here", {}),
            (200, "GET", self.target, {}),
        ]:
            response = client.get(target, method, **fields)
            self.assertStatus(response, status)
            self.assertNotEqual(response["Connection"], "close", response)

    def test_pipelined_requests_are_answered_in_order(self):
        client = self.client()
        spans = [(0, 9), (100, 199), (1_500_000, 1_999_999), (5, 5)]
        client.send(
            "".join(
                f"GET {self.target} HTTP/1.1\r\nHost: t\r\nRange: bytes={a}-{b}\r\n\r\n"
                for a, b in spans
            )
            + f"HEAD {self.target} HTTP/1.1\r\nHost: t\r\n\r\n"
            + "GET /songs/listen/999 HTTP/1.1\r\nHost: t\r\n\r\n"
        )
        for a, b in spans:
            response = client.response()
            self.assertEqual(response["Content-Range"], f"bytes {a}-{b}/{SIZE}")
            self.assertBody(response, content(a, b + 1))
        self.assertStatus(client.response("HEAD"), 200)
        self.assertStatus(client.response(), 404)

    def test_http_1_0_ends_with_its_answer_unless_it_asks_otherwise(self):
        client = self.client()
        response = client.get(self.target, version="1.0", host=None, Range="bytes=0-9")
        self.assertBody(response, content(0, 10))
        self.assertTrue(client.is_closed())
        kept = self.client()
        for _ in range(3):
            response = kept.get(self.target, version="1.0", Connection="keep-alive", Range="bytes=0-9")
            self.assertBody(response, content(0, 10))
            self.assertEqual((response["Connection"] or "").lower(), "keep-alive")

    def test_connection_close_is_honoured(self):
        client = self.client()
        response = client.get(self.target, Connection="close", Range="bytes=0-9")
        self.assertEqual((response["Connection"] or "").lower(), "close")
        self.assertTrue(client.is_closed())

    def test_a_client_that_half_closes_is_served_wholly(self):
        client = self.client()
        client.ask(self.target)
        client.half_close()
        self.assertBody(client.response(), content(0, SIZE))
        self.assertTrue(client.is_closed())

    def test_what_was_pipelined_before_a_half_close_is_all_answered(self):
        client = self.client()
        for first in (0, 1000, 2000):
            client.ask(self.target, Range=f"bytes={first}-{first + 99}")
        client.half_close()
        for first in (0, 1000, 2000):
            self.assertBody(client.response(), content(first, first + 100))
        self.assertTrue(client.is_closed())

    def test_to_http_1_0_an_unknown_length_is_delimited_by_close(self):
        self.origin.routes["/endless.mp3"] = endless
        client = self.client()
        response = client.get(
            f"/songs/listen/{self.catalog.add('endless.mp3')}", version="1.0", Connection="keep-alive"
        )
        self.assertStatus(response, 200)
        self.assertEqual((response["Content-Length"], response["Transfer-Encoding"]), (None, None))
        self.assertBody(response, content(0, 1000))

    def test_a_head_may_come_byte_by_byte(self):
        client = self.client()
        client.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in f"GET {self.target} HTTP/1.1\r\nHost: t\r\nRange: bytes=3-4\r\n\r\n":
            client.send(byte)
        self.assertBody(client.response(), content(3, 5))

    def test_empty_lines_before_a_request_are_skipped(self):  # RFC 9112 §2.2
        client = self.client()
        for _ in range(2):
            client.send(f"\r\nHEAD {self.target} HTTP/1.1\r\nHost: t\r\n\r\n")
            self.assertStatus(client.response("HEAD"), 200)

    def test_the_absolute_form_is_understood(self):  # RFC 9112 §3.2.2
        response = get(self.tonearm.port, f"http://tonearm.test{self.target}", Range="bytes=0-1")
        self.assertBody(response, content(0, 2))

    def test_ipv6(self):
        try:
            with socket.socket(socket.AF_INET6) as probe:
                probe.bind(("::1", 0))
                port = probe.getsockname()[1]
        except OSError:
            self.skipTest("no IPv6 here")
        self.serve_apart(self.origin.base_url, server={"listen": [f"[::1]:{port}"]})
        with socket.create_connection(("::1", port), 10) as sock:
            sock.sendall(f"HEAD {self.target} HTTP/1.0\r\n\r\n".encode())
            self.assertTrue(sock.recv(1000).startswith(b"HTTP/1.1 200"))
        self.assertEqual(self.tonearm.wait_for_access()[0]["client"], "::1")


class Heads(Listener):
    def test_a_head_of_15_kib_is_served(self):
        response = self.get(self.song, Range="bytes=0-1", X_Long="x" * 15_000)
        self.assertStatus(response, 206)

    def test_a_head_of_64_kib_is_431_and_the_answer_arrives(self):
        for field in ("x" * 65_536, "\r\nX: y".join(["x" * 1000] * 64)):
            client = self.client()
            client.ask(self.target, X_Long=field)
            self.refused(client, 431)
        self.still_serves()

    def test_a_head_that_never_ends_is_431_and_the_answer_arrives(self):
        client = self.client()
        try:
            client.send(f"GET {self.target} HTTP/1.1\r\nHost: t\r\nX: " + "x" * 3_000_000)
        except (BrokenPipeError, ConnectionResetError):
            pass  # it need not take all of it, but must have answered
        response = client.response()
        self.assertProblem(response, 431)

    def test_a_target_of_9_kib_is_414(self):
        client = self.client()
        client.ask(self.target + "?" + "x" * 9216)
        self.refused(client, 414)

    def test_a_target_of_7_kib_is_served(self):
        response = self.get(f"{self.target}?{'x' * 7000}", Range="bytes=0-1")
        self.assertStatus(response, 206)

    BAD = [
        ("two kinds of framing", "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"),
        ("two lengths", "Content-Length: 5\r\nContent-Length: 6\r\n"),
        ("two equal lengths", "Content-Length: 5\r\nContent-Length: 5\r\n"),
        ("a list of lengths", "Content-Length: 5, 6\r\n"),
        ("a length that is none", "Content-Length: +5\r\n"),
        ("a negative length", "Content-Length: -1\r\n"),
        ("a length past 64 bits", "Content-Length: 18446744073709551621\r\n"),
        ("obs-fold", "X: a\r\n b\r\n"),
        ("a field without colon", "Nonsense\r\n"),
        ("a blank before the colon", "Content-Length : 5\r\n"),
        ("a field without name", ": x\r\n"),
        ("a NUL in a value", "X: a\0b\r\n"),
        ("a bare CR in a value", "X: a\rb\r\n"),
        ("two hosts", "Host: other\r\n"),
        ("an unknown transfer coding", "Transfer-Encoding: sawdust\r\n"),
        ("chunked that is not last", "Transfer-Encoding: chunked, gzip\r\n"),
    ]

    def test_ambiguous_framing_is_400_and_closes(self):
        for why, lines in self.BAD:
            with self.subTest(why):
                client = self.client()
                client.send(f"GET {self.target} HTTP/1.1\r\nHost: t\r\n{lines}\r\nhello")
                response = client.response()
                # RFC 9112 §6.1: a coding that is not understood may as well be 501.
                self.assertIn(response.status, (400, 501) if "coding" in why else (400,))
                self.assertTrue(client.is_closed())
        self.still_serves()

    def test_a_bare_line_feed_is_400_and_closes(self):  # RFC 9112 §2.2: it may be taken, or not
        for head in (
            "GET {} HTTP/1.1\nHost: t\n\n",
            "GET {} HTTP/1.1\nHost: t\r\n\r\n",
            "GET {} HTTP/1.1\r\nHost: t\nX: y\r\n\r\n",
            "GET {} HTTP/1.1\r\nHost: t\r\n\n",
            "GET {} HTTP/1.1\r\nHost: t\r\nContent-Length: 5\nTransfer-Encoding: chunked\r\n\r\nhello",
        ):
            with self.subTest(head):
                client = self.client()
                client.send(head.format(self.target))
                self.refused(client, 400)

    def test_http_1_1_without_host_is_400(self):  # RFC 9112 §3.2
        client = self.client()
        client.ask(self.target, host=None)
        self.assertProblem(client.response(), 400)

    def test_what_is_no_http_is_400_and_closes(self):
        for raw in (
            b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\0" * 60 + b"\r\n\r\n",
            b"\x16\x03\x01\x02\x00\x01",  # the rest of a ClientHello waits for an answer
            b"\r\n\0",
            b"GET\r\n\r\n",
            b"GET  /  HTTP/1.1\r\nHost: t\r\n\r\n",
            b"GET /a b HTTP/1.1\r\nHost: t\r\n\r\n",
            b"G\xc3\xa4T / HTTP/1.1\r\nHost: t\r\n\r\n",
            b"GET / HTTQ/1.1\r\nHost: t\r\n\r\n",
        ):
            with self.subTest(raw[:20]):
                client = self.client()
                client.send(raw)
                self.assertStatus(client.response(), 400)
                self.assertTrue(client.is_closed())

    def test_a_body_that_nobody_asked_for_is_no_second_request(self):
        smuggled = b"GET /songs/listen/999 HTTP/1.1\r\nHost: t\r\n\r\n"
        client = self.client()
        client.send(
            f"GET {self.target} HTTP/1.1\r\nHost: t\r\nRange: bytes=0-1\r\n"
            f"Content-Length: {len(smuggled)}\r\n\r\n".encode() + smuggled
        )
        self.assertStatus(client.response(), 206)
        with self.assertRaises((EOFError, ConnectionResetError, TimeoutError)):
            client.sock.settimeout(0.5)
            client.head()


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


class UnixSocket(Listener):
    @classmethod
    def settings(cls):
        cls.path = os.path.join(cls.directory, "s")
        return {"server": {"listen": [f"unix:{cls.path}"]}}

    def test_it_serves_and_tells_who_asked(self):
        with Client(unix=self.path) as client:
            response = client.get(self.target, Range="bytes=0-9", X_Forwarded_For="203.0.113.9")
            self.assertBody(response, content(0, 10))
        self.assertTrue(self.tonearm.wait_for_access(client="203.0.113.9"))

    def test_an_http_1_0_request_for_what_has_no_length_is_505(self):
        self.origin.routes["/endless.mp3"] = endless
        song = self.catalog.add("endless.mp3")
        with Client(unix=self.path) as client:
            response = client.get(f"/songs/listen/{song}", version="1.0")
            self.assertProblem(response, 505)
            self.assertIn(b"proxy_http_version", response.body)
        with Client(unix=self.path) as client:
            self.assertBody(client.get(f"/songs/listen/{song}"), content(0, 1000))

    def test_a_socket_that_a_killed_one_left_behind_is_no_hindrance(self):
        path = os.path.join(self.directory, "left")
        config = self.config(self.origin.base_url, server={"listen": [f"unix:{path}"]})
        killed = Tonearm(self.directory, config).start()
        killed.process.kill()
        killed.process.wait()
        self.assertTrue(os.path.exists(path))
        second = Tonearm(self.directory, config).start()
        self.addCleanup(second.stop)
        with Client(unix=path) as client:
            self.assertStatus(client.get(self.target, "HEAD"), 200)


class Proxies(Listener):
    """Whom the log names, and under which id."""

    def logged(self, tonearm=None, **fields):
        tonearm = tonearm or self.tonearm
        have = len(tonearm.access_log())
        response = get(tonearm.port, self.target, Range="bytes=0-1", **fields)
        return response, tonearm.wait_for_access(have + 1)[have]

    def test_a_trusted_proxy_says_who_asks_and_under_which_id(self):
        response, entry = self.logged(X_Forwarded_For="203.0.113.9", X_Request_Id="abc-123")
        self.assertEqual(entry["client"], "203.0.113.9")
        self.assertEqual(entry["request_id"], "abc-123")
        self.assertEqual(response["X-Request-Id"], "abc-123")

    def test_the_client_is_the_rightmost_untrusted_address(self):
        for given, client in [
            ("1.2.3.4, 203.0.113.9", "203.0.113.9"),
            ("203.0.113.9, 127.0.0.1", "203.0.113.9"),
            ("2001:DB8:0::9", "2001:db8::9"),
            ("nonsense", "127.0.0.1"),
        ]:
            with self.subTest(given):
                self.assertEqual(self.logged(X_Forwarded_For=given)[1]["client"], client)

    def test_an_id_that_could_break_the_log_is_not_taken(self):
        for bad in ("a b", 'x"y', "x" * 1000):
            response, entry = self.logged(X_Request_Id=bad)
            self.assertNotEqual(entry["request_id"], bad)
            self.assertEqual(response["X-Request-Id"], entry["request_id"])

    def test_who_is_not_trusted_is_not_believed(self):
        tonearm = self.serve_apart(self.origin.base_url, server={"trusted_proxies": []})
        response, entry = self.logged(tonearm, X_Forwarded_For="203.0.113.9", X_Request_Id="abc")
        self.assertEqual(entry["client"], "127.0.0.1")
        self.assertNotEqual(response["X-Request-Id"], "abc")
        self.assertEqual(response["X-Request-Id"], entry["request_id"])


class Log(Listener):
    def entry(self, **fields):
        return self.tonearm.wait_for_access(**fields)[-1]

    def test_one_object_a_request(self):
        response = self.get(self.song, Range="bytes=100-299", User_Agent='M "x" \\ \u00e4')
        entry = self.entry(range="bytes=100-299")
        self.assertEqual(entry["request_id"], response["X-Request-Id"])
        self.assertEqual(entry["method"], "GET")
        self.assertEqual(entry["path"], self.target)
        self.assertEqual((entry["status"], entry["bytes"]), (206, 200))
        self.assertEqual(entry["song"], str(self.song))
        self.assertEqual(entry["origin_bytes"], 200)
        self.assertEqual(entry["outcome"], "done")
        self.assertTrue(entry["user_agent"].startswith('M "x" \\ '))
        self.assertRegex(entry["time"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")
        self.assertLessEqual(entry["ttfb_ms"], entry["duration_ms"])

    FIELDS = (
        "time request_id client method path status range bytes duration_ms ttfb_ms song source"
        " origin_bytes cache outcome user_agent"
    ).split()

    def test_every_line_has_every_field(self):
        self.get(self.song, Range="bytes=0-1", User_Agent="fields")
        self.get("/nothing", User_Agent="fields")
        with self.client() as client:
            client.send("garbage\r\n\r\n")
            self.assertStatus(client.response(), 400)
        self.tonearm.wait_for_access(2, user_agent="fields")
        self.tonearm.wait_for_access(status=400)
        for entry in self.tonearm.access_log():
            self.assertEqual(sorted(entry), sorted(self.FIELDS))
        self.assertNotIn(None, self.tonearm.access_log(user_agent="fields", status=206)[0].values())

    def test_neither_query_nor_origin_get_into_it(self):
        self.get(f"{self.target}?exp=1&sig=SECRETSIG", method="HEAD", User_Agent="query")
        self.assertEqual(self.entry(user_agent="query")["path"], self.target)
        everything = self.tonearm.stdout() + self.tonearm.stderr()
        self.assertNotIn("SECRETSIG", everything)
        self.assertNotIn(self.origin.base_url, everything)

    def test_refusals_and_those_who_left_are_told_apart(self):
        self.get("unknown-song", User_Agent="refused")
        entry = self.entry(user_agent="refused")
        self.assertEqual((entry["status"], entry["outcome"]), (404, "refused"))
        self.assertEqual(entry["song"], "unknown-song")
        client = self.client(receive_buffer=4096)
        client.ask(self.target, User_Agent="gone")
        client.head()
        client.reset()
        entry = self.entry(user_agent="gone")
        self.assertEqual(entry["outcome"], "client_gone")
        self.assertLess(entry["bytes"], SIZE)

    def test_it_can_be_a_file_or_nothing(self):
        path = os.path.join(self.directory, "access.log")
        apart = self.serve_apart(self.origin.base_url, log={"access": path})
        self.get(self.song, method="HEAD")
        apart.stop()
        with open(path) as log:
            self.assertEqual(json.loads(log.read())["method"], "HEAD")
        self.assertEqual(apart.stdout(), "")
        silent = self.serve_apart(self.origin.base_url, log={"access": ""})
        self.get(self.song, method="HEAD")
        silent.stop()
        self.assertEqual(silent.stdout(), "")


class Admin(Listener):
    def admin(self, target, **options):
        return get(self.tonearm.admin_port, target, **options)

    def metrics(self):
        """{name{labels}: value}"""
        text = self.admin("/metrics").body.decode()
        lines = [line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#")]
        return {name: float(value) for name, value in lines}

    def test_health_and_readiness(self):
        self.assertStatus(self.admin("/healthz"), 200)
        self.assertStatus(self.admin("/readyz"), 200)
        self.assertStatus(self.admin("/nothing"), 404)
        self.assertStatus(self.admin("/healthz", method="POST"), 405)

    def test_the_admin_paths_are_not_on_the_public_listener(self):
        for path in ("/healthz", "/readyz", "/metrics", "/streams"):
            self.assertProblem(self.get(path), 404)

    def test_metrics_count_what_was_served(self):
        before = self.metrics()
        self.assertStatus(self.get(self.song, Range="bytes=0-99999"), 206)
        self.tonearm.wait_for_access(range="bytes=0-99999")
        after = self.metrics()

        def grown(name):
            found = [n for n in after if n.startswith(name)]
            self.assertTrue(found, f"{name} is in {sorted(after)[:20]}")
            return sum(after[n] - before.get(n, 0) for n in found)

        self.assertEqual(grown("tonearm_requests_total"), 1)
        self.assertGreaterEqual(grown("tonearm_client_bytes_total"), 100_000)
        self.assertEqual(grown("tonearm_origin_bytes_total"), 100_000)
        self.assertEqual(grown("tonearm_origin_requests_total"), 1)

    def test_streams_lists_what_is_playing_now(self):
        self.assertEqual(get_json(self.tonearm.admin_port, "/streams")["streams"], [])
        client = self.client(receive_buffer=4096)
        client.ask(self.target)
        client.head()
        (stream,) = get_json(self.tonearm.admin_port, "/streams")["streams"]
        self.assertIn(str(self.song), json.dumps(stream))
        self.assertNotIn(self.origin.authority, json.dumps(stream))
        client.reset()
        wait_for(
            lambda: not get_json(self.tonearm.admin_port, "/streams")["streams"],
            "the stream to be gone from the list",
        )


if __name__ == "__main__":
    unittest.main()
