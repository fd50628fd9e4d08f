"""The listener: connections, heads and addresses."""

import os
import socket
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from support.client import Client, get
from support.content import content
from support.listening import SIZE, Listener, endless
from support.tonearm import Tonearm


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


if __name__ == "__main__":
    unittest.main()
