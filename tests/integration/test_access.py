"""Access: signed links, tokens, limits, the client's address, the PROXY protocol, pacing."""

import base64
import hashlib
import hmac
import json
import os
import re
import socket
import struct
import subprocess
import sys
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from support.case import Case
from support.client import Client
from support.content import content
from support.fault_origin import FaultOrigin, Resource
from support.tonearm import run

SIZE = 2_000_003
VECTOR = "/songs/listen/1?exp=2000000000&sig=sJvHXjas2PNuaOm54qhvIatABp_nP0PDxGUpe9E0D-w"
DOCS = os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))), "docs")


def sign(path, expires=2_000_000_000, address="", key="secret"):
    digest = hmac.new(key.encode(), f"{path}\n{expires}\n{address}".encode(), hashlib.sha256).digest()
    bind = "&bind=ip" if address else ""
    return f"{path}?exp={expires}{bind}&sig={base64.urlsafe_b64encode(digest).decode().rstrip('=')}"


class Access(Case):
    settings = {}

    @classmethod
    def prepare(cls):
        cls.origin = FaultOrigin()
        cls.addClassCleanup(cls.origin.stop)
        cls.origin.routes["/song.mp3"] = Resource(SIZE)
        cls.origin.routes["/long.mp3"] = Resource(100_000_000)
        for name in ("song.mp3", "long.mp3"):
            cls.catalog.add(name)
        cls.serve(cls.origin.base_url, **cls.settings)

    def client(self, **options):
        client = Client(self.tonearm.port, **options)
        self.addCleanup(client.close)
        return client


class SignedLinks(Access):
    settings = {
        "server": {"trusted_proxies": ["127.0.0.1/32"]},
        "access": {"signing_keys": ["new", "secret"], "link_ttl": "6h"},
    }

    def refused(self, target, *words, **options):
        problem = self.assertProblem(self.get(target, **options), 403)
        for word in words:
            self.assertIn(word, problem["detail"].lower(), target)

    def test_the_vector_opens_the_song_and_head_and_range_share_it(self):
        self.assertEqual(sign("/songs/listen/1"), VECTOR)
        client = self.client()
        self.assertBody(client.get(VECTOR), content(0, SIZE))
        self.assertStatus(client.get(VECTOR, "HEAD"), 200)
        response = client.get(VECTOR, Range="bytes=5-9")
        self.assertStatus(response, 206)
        self.assertBody(response, content(5, 10))
        self.assertStatus(client.get(VECTOR.replace("listen/1", "listen/%31") + "&t=1", "HEAD"), 200)

    def test_each_refusal_says_which(self):
        path = "/songs/listen/1"
        self.refused(path, "missing")
        self.refused(path + "?exp=2000000000", "missing")
        self.refused(sign(path, 1_000_000_000), "expired")
        self.refused(VECTOR[:-1] + "A", "wrong", "altered")
        self.refused(VECTOR.replace("listen/1", "listen/2"), "another path")
        self.refused(sign(path, key="old"), "key")
        self.refused(VECTOR + "&exp=2000000000", "twice")
        self.refused(VECTOR + "&sig=x", "twice")
        self.refused(sign(path, address="192.0.2.1"), "another address")
        self.assertStatus(self.get(path, method="OPTIONS"), 204)

    def test_every_key_verifies(self):
        for key in ("new", "secret"):
            self.assertStatus(self.get(sign("/songs/listen/1", key=key), method="HEAD"), 200)

    def test_a_bound_link_goes_by_the_forwarded_address(self):
        target = sign("/songs/listen/1", address="2001:db8::1")
        for fields in (
            {"Forwarded": 'for="[2001:DB8:0::1]:4711";proto=https'},
            {"X_Forwarded_For": "203.0.113.9, 2001:db8::1"},
            {"Forwarded": "proto=https", "X_Forwarded_For": "2001:db8::1"},
        ):
            self.assertStatus(self.get(target, method="HEAD", **fields), 200)
        for fields in (
            {},
            {"Forwarded": 'for="[2001:db8::1]", for=203.0.113.9'},
            {"Forwarded": "for=unknown", "X_Forwarded_For": "2001:db8::1"},
        ):
            self.refused(target, "another address", **fields)

    def test_a_stream_outlives_its_link(self):
        expires = int(time.time()) + 1
        client = self.client(receive_buffer=4096)
        client.ask(sign("/songs/listen/1", expires))
        head = client.head()
        self.assertStatus(head, 200)
        while time.time() <= expires + 1:
            client.sock.recv(1, socket.MSG_PEEK)
            time.sleep(0.05)
        self.refused(sign("/songs/listen/1", expires), "expired")
        self.assertBody(client.body(head), content(0, SIZE))

    def test_no_signature_in_the_log(self):
        self.get(VECTOR + "&x=hush", method="HEAD")
        entry = self.tonearm.wait_for_access(path="/songs/listen/1", method="HEAD")
        self.assertTrue(entry)
        self.assertNotIn("sig=", self.tonearm.stdout() + self.tonearm.stderr())

    def test_the_command_signs(self):
        config = self.tonearm.config_path
        signed = run("sign", "-c", config, "/songs/listen/1")
        self.assertEqual(signed.returncode, 0, signed.stderr)
        link = signed.stdout.strip()
        self.assertStatus(self.get(link, method="HEAD"), 200)
        expires = int(re.search(r"exp=(\d+)", link)[1])
        self.assertAlmostEqual(expires, time.time() + 6 * 3600, delta=60)
        self.assertEqual(link, sign("/songs/listen/1", expires, key="new"))
        bound = run("sign", "-c", config, "/songs/listen/2", "--expires", "5m", "--ip", "2001:DB8::0:1")
        self.assertStatus(self.get(bound.stdout.strip(), method="HEAD", Forwarded='for="[2001:db8::1]"'), 200)
        for arguments in (["songs/listen/1"], ["/songs/listen/1", "--expires", "soon"],
                          ["/songs/listen/1", "--ip", "1.2.3"], ["/songs/listen/1", "--expires", "0s"],
                          ["/songs/listen/1", "--ip", ""], ["/songs/listen/1", "--expires", ""]):
            refused = run("sign", "-c", config, *arguments)
            self.assertEqual((refused.returncode, refused.stdout), (2, ""), arguments)
            self.assertEqual(refused.stderr.count("\n"), 1, refused.stderr)
        self.assertEqual(run("sign", "/songs/listen/1", cwd=self.directory).returncode, 2)


class Tokens(Access):
    settings = {"access": {"api_tokens": ["old-token", "token"], "signing_keys": ["secret"]}}
    LISTS = ("/songs", "/songs/1", "/songs.m3u")

    def test_lists_want_a_token(self):
        for path in self.LISTS:
            for fields in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": "Bearer"},
                           {"Authorization": "Basic token"}, {"Authorization": "Bearer token2"}):
                refused = self.get(path, **fields)
                self.assertProblem(refused, 401)
                self.assertEqual(refused["WWW-Authenticate"], "Bearer")
            for token in ("Bearer token", "bearer old-token", "Bearer  token"):
                self.assertStatus(self.get(path, Authorization=token), 200)
        self.assertProblem(self.get("/playlists"), 401)
        self.assertStatus(self.get("/songs", method="OPTIONS"), 204)
        self.assertStatus(self.get("/"), 200)

    def test_a_playlist_takes_a_signed_link_too_and_nothing_else_does(self):
        self.assertStatus(self.get(sign("/songs.m3u")), 200)
        self.assertStatus(self.get(sign("/songs.m3u") + "&q=song"), 200)
        self.assertIn("expired", self.assertProblem(self.get(sign("/songs.m3u", 1)), 401)["detail"])
        self.assertProblem(self.get(sign("/songs")), 401)
        self.assertProblem(self.get("/songs/listen/1", Authorization="Bearer token"), 403)
        self.assertStatus(self.get(VECTOR, method="HEAD"), 200)

    def test_a_list_of_signed_links_can_be_known_already(self):
        first, again = None, None
        for _ in range(2):  # a new minute may begin between the two requests, but not twice
            first = self.get("/songs", Authorization="Bearer token")
            again = self.get("/songs", Authorization="Bearer token", If_None_Match=first["ETag"])
            if again.status == 304:
                break
        self.assertStatus(again, 304)

    def test_every_stream_url_is_signed(self):
        songs = json.loads(self.get("/songs", Authorization="Bearer token").body)["songs"]
        lines = self.get("/songs.m3u", Authorization="Bearer token").body.decode().split()
        urls = [song["stream_url"] for song in songs] + [line for line in lines if line.startswith("http")]
        self.assertEqual(len(urls), 4)
        for url in urls:
            target = re.fullmatch(r"http://[^/]+(/songs/listen/\d\?exp=\d+&sig=\S+)", url)[1]
            self.assertStatus(self.get(target, method="HEAD"), 200)


class Snippets(unittest.TestCase):
    """The code of docs/access.md, run as it stands there."""

    @staticmethod
    def snippet(language):
        with open(os.path.join(DOCS, "access.md")) as page:
            return re.search(rf"```{language}\n(.*?)```", page.read(), re.DOTALL)[1]

    CALLS = [("/songs/listen/1", "secret", 2_000_000_000, ""),
             ("/songs/listen/1", "k", 1_900_000_000, "2001:db8::1")]

    def assertLinks(self, links):
        self.assertEqual(links[0], VECTOR)
        path, key, expires, address = self.CALLS[1]
        self.assertEqual(links[1], sign(path, expires, address, key))

    def test_python(self):
        names = {}
        exec(self.snippet("python"), names)
        self.assertLinks([names["sign_path"](*call) for call in self.CALLS])
        self.assertIn("?exp=", names["sign_path"]("/songs/listen/1", "secret"))

    def test_javascript(self):
        code = self.snippet("js") + f"""
            console.log(JSON.stringify({json.dumps(self.CALLS)}.map((call) => signPath(...call))));
            console.error(signPath("/songs/listen/1", "secret"));"""
        ran = subprocess.run(["node", "-e", code], capture_output=True, text=True, timeout=60)
        self.assertEqual(ran.returncode, 0, ran.stderr)
        self.assertLinks(json.loads(ran.stdout))
        self.assertRegex(ran.stderr, r"\?exp=\d+&sig=")


class Limits(Access):
    settings = {
        "server": {"trusted_proxies": ["127.0.0.1/32"]},
        "access": {"requests_per_second": 2, "streams_per_client": 1},
    }

    def statuses(self, count, **fields):
        client = self.client()
        responses = [client.get("/songs/listen/1", "HEAD", **fields) for _ in range(count)]
        return [response.status for response in responses], responses[-1]

    def test_a_burst_of_32_then_429_with_retry_after_for_that_client_alone(self):
        statuses, _ = self.statuses(32, X_Forwarded_For="192.0.2.7")
        self.assertEqual(set(statuses), {200})
        statuses, last = self.statuses(12, X_Forwarded_For="192.0.2.7")
        self.assertIn(429, statuses)
        self.assertEqual(last.status, 429)
        self.assertGreaterEqual(int(last["Retry-After"]), 1)
        statuses, _ = self.statuses(5, X_Forwarded_For="192.0.2.8")
        self.assertEqual(set(statuses), {200})

    def test_one_song_at_once_in_any_number_of_requests(self):
        playing = []
        for _ in range(3):
            client = self.client(receive_buffer=4096)
            client.ask("/songs/listen/2", X_Forwarded_For="192.0.2.20")
            self.assertStatus(client.head(), 200)
            playing.append(client)
        other = self.client()
        refused = other.get("/songs/listen/1", X_Forwarded_For="192.0.2.20")
        self.assertProblem(refused, 429)
        self.assertIsNotNone(refused["Retry-After"])
        self.assertProblem(other.get("/songs/listen/99", X_Forwarded_For="192.0.2.20"), 404)
        self.assertStatus(other.get("/songs/listen/1", "HEAD", X_Forwarded_For="192.0.2.20"), 200)
        self.assertStatus(other.get("/songs/listen/1", X_Forwarded_For="192.0.2.21"), 200)

    def test_the_next_song_may_be_asked_for_as_soon_as_the_last_is_closed(self):
        for _ in range(10):
            last = self.client(receive_buffer=4096)
            last.ask("/songs/listen/2", X_Forwarded_For="192.0.2.30")
            self.assertStatus(last.head(), 200)
            last.close()
            following = self.client()
            self.assertStatus(following.get("/songs/listen/1", X_Forwarded_For="192.0.2.30"), 200)


class UnixPeers(Access):
    @classmethod
    def prepare(cls):
        cls.path = os.path.join(cls.directory, "s")
        cls.settings = {"server": {"listen": ["unix:" + cls.path]}, "access": {"requests_per_second": 1}}
        super().prepare()

    def test_are_trusted_and_without_an_address_not_limited(self):
        client = Client(unix=self.path)
        self.addCleanup(client.close)
        for _ in range(50):
            self.assertStatus(client.get("/songs/listen/1", "HEAD"), 200)
        statuses = [client.get("/songs/listen/1", "HEAD", X_Forwarded_For="192.0.2.1").status
                    for _ in range(40)]
        self.assertEqual((statuses[0], statuses[-1]), (200, 429))


V2 = b"\r\n\r\n\0\r\nQUIT\n"


def version_2(command, family, body):
    return V2 + bytes([command, family]) + struct.pack(">H", len(body)) + body


class ProxyProtocol(Access):
    settings = {"server": {"proxy_protocol": True, "header_timeout": "500ms",
                           "trusted_proxies": ["10.0.0.0/8"]}}

    def seen(self, header, **fields):
        """The client's address in the access log."""
        count = len(self.tonearm.access_log(path="/songs/listen/1"))
        with Client(self.tonearm.port) as client:
            client.send(header)
            self.assertStatus(client.get("/songs/listen/1", "HEAD", **fields), 200)
            self.assertStatus(client.get("/songs/listen/1", "HEAD", **fields), 200)
        lines = self.tonearm.wait_for_access(count + 2, path="/songs/listen/1")[count:]
        self.assertEqual(lines[0]["client"], lines[1]["client"])
        return lines[0]["client"]

    def test_the_address_counts_as_the_peer(self):
        v4 = socket.inet_aton("192.0.2.1") + socket.inet_aton("10.0.0.1") + b"\0\1\0\2"
        v6 = socket.inet_pton(socket.AF_INET6, "2001:db8::1") + bytes(16) + b"\0\1\0\2"
        self.assertEqual(self.seen(b"PROXY TCP4 192.0.2.1 10.0.0.1 1 2\r\n"), "192.0.2.1")
        self.assertEqual(self.seen(version_2(0x21, 0x11, v4)), "192.0.2.1")
        self.assertEqual(self.seen(version_2(0x21, 0x21, v6)), "2001:db8::1")
        self.assertEqual(self.seen(version_2(0x21, 0x11, v4 + b"\x04\x75\x30" + b"\n" * 30000)), "192.0.2.1")
        for local in (b"PROXY UNKNOWN\r\n", version_2(0x20, 0, b""), version_2(0x21, 0, b"tlv")):
            self.assertEqual(self.seen(local), "127.0.0.1")
        forwarded = {"X_Forwarded_For": "203.0.113.5"}
        self.assertEqual(self.seen(b"PROXY TCP4 10.1.1.1 10.0.0.1 1 2\r\n", **forwarded), "203.0.113.5")
        self.assertEqual(self.seen(b"PROXY TCP4 192.0.2.1 10.0.0.1 1 2\r\n", **forwarded), "192.0.2.1")

    def test_each_request_of_a_connection_has_its_own_client(self):
        count = len(self.tonearm.access_log(path="/songs/listen/1"))
        clients = ["203.0.113.5", "203.0.113.6", "2001:db8::1", "203.0.113.5"]
        with Client(self.tonearm.port) as proxy:
            proxy.send(b"PROXY TCP4 10.1.1.1 10.0.0.1 1 2\r\n")
            for client in clients:
                self.assertStatus(proxy.get("/songs/listen/1", "HEAD", X_Forwarded_For=client), 200)
            self.assertStatus(proxy.get("/songs/listen/1", "HEAD"), 200)
        lines = self.tonearm.wait_for_access(count + 5, path="/songs/listen/1")[count:]
        self.assertEqual([line["client"] for line in lines], clients + ["10.1.1.1"])

    def test_it_may_come_with_the_request_and_byte_by_byte(self):
        request = b"GET /songs/listen/1 HTTP/1.1\r\nHost: h\r\nRange: bytes=0-9\r\n\r\n"
        client = self.client()
        client.send(b"PROXY TCP4 192.0.2.1 10.0.0.1 1 2\r\n" + request)
        self.assertBody(client.response(), content(0, 10))
        client = self.client()
        client.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in b"PROXY TCP4 192.0.2.1 10.0.0.1 1 2\r\n":
            client.send(bytes([byte]))
        client.send(request)
        self.assertBody(client.response(), content(0, 10))

    def test_without_one_the_connection_is_closed(self):
        for nothing in (b"GET / HTTP/1.1\r\nHost: h\r\n\r\n", b"PROXY TCP4 nonsense\r\n",
                        b"PROXY " + b"x" * 200, version_2(0x23, 0x11, b"")):
            client = self.client()
            client.send(nothing)
            self.assertTrue(client.is_closed(), nothing)
        for slow in (b"", b"PROXY TCP4", V2, version_2(0x20, 0, bytes(100))[:-1]):
            client = self.client()
            client.send(slow)
            self.assertTrue(client.is_closed(), slow)


class Pacing(Access):
    settings = {"stream": {"rate": "200KiB", "rate_after": "100KiB"}}

    def test_the_rate_is_kept_and_the_origin_is_read_no_faster(self):
        client = self.client()
        started = time.monotonic()
        response = client.get("/songs/listen/1", Range="bytes=0-614399")
        took = time.monotonic() - started
        self.assertBody(response, content(0, 614400))
        # 500 KiB of it are paced; what a loaded machine adds is no matter.
        self.assertGreater(took, 2.2)

    def test_many_parts_are_one_stream(self):
        started = time.monotonic()
        self.assertStatus(self.get(1, Range="bytes=0-204799,300000-504799"), 206)
        self.assertGreater(time.monotonic() - started, 1.2)


if __name__ == "__main__":
    unittest.main()
