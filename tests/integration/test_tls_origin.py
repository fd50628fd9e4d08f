"""Origins that speak TLS: whom tonearm believes, how it keeps their connections, and how they break."""

import os
import shutil
import signal
import subprocess
import sys
import threading
import unittest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from support.case import Case
from support.certificates import Authority, openssl, self_signed
from support.client import Client, get, get_json
from support.content import content
from support.fault_origin import Exchange, FaultOrigin, Resource
from support.tonearm import Tonearm, toml
from support.wait import wait_for, wait_until_steady

KIB, MIB = 1 << 10, 1 << 20
SECRET = "origin-secret"
ENDS = (Exchange.close, Exchange.close_mute, Exchange.reset)


class TlsCase(Case):
    """An authority, an origin that it vouches for, and a program that believes the authority."""

    @classmethod
    def prepare(cls):
        cls.authority = Authority(cls.directory)
        cls.vouched = cls.authority.issue("vouched")
        cls.origin = cls.new_origin(cls.vouched)
        cls.serve(cls.origin.base_url, **cls.tables())

    @classmethod
    def tables(cls, **more):
        upstream = {"ca_file": cls.authority.path, "headers": {"X-Api-Key": SECRET}, "retries": 3}
        return {"server": {"threads": 1}, "upstream": upstream, **more}

    @classmethod
    def new_origin(cls, certificate):
        origin = FaultOrigin(tls=certificate.context())
        cls.addClassCleanup(origin.stop)
        return origin

    def song(self, handler, origin=None):
        """A song that this handler of the origin answers for, by a path of its own."""
        origin = origin or self.origin
        path = f"/{self._testMethodName}-{len(origin.routes)}.mp3"
        origin.routes[path] = handler
        return path, self.catalog.add(origin.base_url + path[1:])

    def assertReset(self, response):
        """Cut off by a RST, and right as far as it came."""
        self.assertEqual(response.end, "reset", response)
        expected = content(0, len(response.body))
        self.assertTrue(response.body == expected, "wrong bytes before the reset")


class Playing(TlsCase):
    def test_a_song_plays_whole_in_parts_and_on(self):
        size = 3 * MIB
        for etag, ranges in ('"v1"', True), (None, True), ('"v1"', False):
            _, song = self.song(Resource(size, etag=etag, ranges=ranges))
            for asked, first, end in (
                (None, 0, size),
                ("bytes=0-1", 0, 2),
                ("bytes=1000000-1000999", 1_000_000, 1_001_000),
                ("bytes=2000000-", 2_000_000, size),
                ("bytes=-1000", size - 1000, size),
            ):
                with self.subTest(etag=etag, ranges=ranges, asked=asked):
                    response = self.get(song, **({"Range": asked} if asked else {}))
                    self.assertStatus(response, 206 if asked else 200)
                    self.assertBody(response, content(first, end))

    def test_names_below_the_base_and_hosts_by_name(self):
        path, _ = self.song(Resource(1000))
        for file in path[1:], f"https://localhost:{self.origin.port}{path}":
            self.assertBody(self.get(self.catalog.add(file)), content(0, 1000))

    def test_ranges_in_a_row_share_a_connection(self):
        origin = self.new_origin(self.vouched)
        _, song = self.song(Resource(4 * MIB), origin)
        for at in range(0, 4_000_000, 100_000):
            response = self.get(song, Range=f"bytes={at}-{at + 50_000}")
            self.assertBody(response, content(at, at + 50_001))
        self.assertEqual(origin.accepted, 1)

    def test_seeks_that_are_given_up_keep_the_connection(self):
        tables = self.tables()
        tables["upstream"]["max_connections_per_host"] = 1  # so that a seek waits for the one before
        self.serve_apart(**tables)
        origin = self.new_origin(self.vouched)
        _, song = self.song(Resource(64 * MIB), origin)
        for first in range(MIB, 21 * MIB, MIB):
            with Client(self.tonearm.port, receive_buffer=4096) as client:
                client.ask(f"/songs/listen/{song}", Range=f"bytes={first}-")
                self.assertStatus(client.head(), 206)
                self.assertEqual(client.take(1000), content(first, first + 1000))
        self.assertLessEqual(origin.accepted, 3, "what takes long to be drained is cut off")

    def test_a_client_that_pauses_gets_everything(self):
        """libcurl reads TLS more than once for each time that its socket is readable."""
        size = 32 * MIB
        path, song = self.song(Resource(size, etag=None))
        with Client(self.tonearm.port, receive_buffer=16 * KIB, timeout=60) as client:
            client.ask(f"/songs/listen/{song}")
            self.assertStatus(client.head(), 200)
            begin = client.take(100 * KIB)
            sent = wait_until_steady(lambda: self.origin.sent(path))
            self.assertLess(sent, size // 2, "kernel queues and one buffer")
            self.assertTrue(begin + client.take(size - len(begin)) == content(0, size))

    def test_what_comes_behind_an_answer_is_nobodys(self):
        """RFC 9112 §6.3. In one record with the answer, it no longer stands in the socket."""
        evil = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Type: audio/mpeg\r\n\r\nEVIL!"
        body = content(0, 1000)
        _, victim = self.song(Resource(100_000, seed=2))

        def one_record(exchange):
            exchange.head(200, Content_Length=1000, Content_Type="audio/mpeg")
            exchange.raw(body + evil)

        def another_record(exchange):
            exchange.answer(200, body, Content_Type="audio/mpeg")
            exchange.raw(evil)
            sent.set()

        for handler in one_record, another_record:
            with self.subTest(handler.__name__):
                sent = threading.Event()
                _, song = self.song(handler)
                self.assertBody(self.get(song), body)
                if handler is another_record:
                    self.assertTrue(sent.wait(10))
                self.assertBody(self.get(victim), content(0, 100_000, seed=2))

    def test_from_the_cache_without_the_origin(self):
        origin = FaultOrigin(tls=self.vouched.context())
        _, song = self.song(Resource(3 * MIB), origin)
        server = self.serve_apart(**self.tables(cache={"path": os.path.join(self.directory, "cache")}))
        cold = self.get(song)
        self.assertBody(cold, content(0, 3 * MIB))
        self.assertEqual(cold["Cache-Status"], "tonearm; fwd=miss")
        wait_for(lambda: get_json(server.admin_port, "/cache")["running_fills"] == 0, "the fills to end")
        origin.stop()
        for asked, first, end in (None, 0, 3 * MIB), ("bytes=2000000-", 2_000_000, 3 * MIB):
            warm = self.get(song, **({"Range": asked} if asked else {}))
            self.assertBody(warm, content(first, end))
            self.assertEqual(warm["Cache-Status"], "tonearm; hit")


class Trust(TlsCase):
    def refused(self, authority, because, status=502, error="tls_certificate_error"):
        """A client gets this status of a song there. The log says why; neither names its URL."""
        path = f"/{SECRET}.mp3"
        response = self.get(self.catalog.add(f"https://{authority}{path}"))
        self.assertProblem(response, status)
        self.assertEqual(response["Proxy-Status"], f"tonearm; error={error}")
        seen = response.raw + response.body
        for secret in path, authority, authority.partition(":")[2], "certificate problem":
            self.assertNotIn(secret.encode(), seen)
        lines = [line for line in self.tonearm.stderr().splitlines() if response["X-Request-Id"] in line]
        self.assertEqual(len(lines), 1)
        self.assertRegex(lines[0], f"{error}: {authority}: .*{because}")
        self.assertNotIn(path, lines[0])

    def test_a_certificate_that_is_not_good_is_502_at_once(self):
        stranger = Authority(self.directory, "stranger")
        for certificate, because in (
            (self.authority.issue("expired", days=-1), "certificate has expired"),
            (self.authority.issue("elsewhere", hosts="DNS:elsewhere.test"), "no alternative certificate"),
            (self_signed(self.directory, "own"), "self.signed certificate"),
            (stranger.issue("unknown"), "unable to get local issuer certificate"),
        ):
            with self.subTest(because):
                origin = self.new_origin(certificate)
                self.refused(origin.authority, because)
                self.assertEqual(origin.exchanges, [], "nothing was asked")
                self.assertEqual(origin.accepted, 1, "nothing to retry")

    def test_a_name_that_the_certificate_does_not_hold(self):
        origin = self.new_origin(self.authority.issue("address", hosts="IP:127.0.0.1"))
        origin.routes["/song.mp3"] = Resource(1000)
        song = self.catalog.add(origin.base_url + "song.mp3")
        self.assertBody(self.get(song), content(0, 1000))
        self.refused(f"localhost:{origin.port}", "no alternative certificate")

    def test_without_ca_file_the_authority_is_a_stranger(self):
        self.serve_apart(server={"threads": 1})
        self.refused(self.origin.authority, "unable to get local issuer certificate")

    def test_an_origin_that_speaks_no_tls_is_502(self):
        itself = f"127.0.0.1:{self.tonearm.port}"
        self.refused(itself, "", error="tls_protocol_error")

    def test_a_handshake_that_hangs_is_504(self):
        upstream = {"ca_file": self.authority.path, "connect_timeout": "300ms", "retries": 1}
        self.serve_apart(server={"threads": 1}, upstream=upstream)
        silent = FaultOrigin()
        self.addCleanup(silent.stop)
        self.refused(silent.authority, "", 504, "connection_timeout")

    def test_a_reload_gives_trust_and_takes_it(self):
        settings = self.config(self.origin.base_url, server={"threads": 1})
        server = self.tonearm = Tonearm(self.directory, settings)
        settings["server"]["listen"] = [f"127.0.0.1:{server.port}"]
        settings["admin"] = {"listen": [f"127.0.0.1:{server.admin_port}"]}
        server.start()
        self.addCleanup(server.stop)
        _, song = self.song(Resource(1000))
        for number in range(1, 4):
            self.assertStatus(self.get(song), 200 if number == 2 else 502)
            settings["upstream"]["ca_file"] = self.authority.path if number == 1 else ""
            with open(server.config_path, "w") as out:
                out.write(toml(settings))
            server.process.send_signal(signal.SIGHUP)
            wait_for(lambda: server.stderr().count("configuration read") == number, "the reload")

    def test_ca_file_is_instead_of_what_the_system_trusts(self):
        other = Authority(self.directory, "of-the-system")
        system = os.path.join(self.directory, "certs")
        os.mkdir(system)
        for name in "of-the-system.pem", "ca-certificates.crt":
            shutil.copy(other.path, os.path.join(system, name))
        openssl("rehash", system)
        within = ["unshare", "-rm", "sh", "-c", 'mount --bind "$0" /etc/ssl/certs && exec "$@"', system]
        if subprocess.run([*within, "true"], capture_output=True).returncode != 0:
            self.skipTest("no mount of one's own is allowed here")
        origin = self.new_origin(other.issue("trusted-by-the-system"))
        origin.routes["/song.mp3"] = Resource(1000)
        song = self.catalog.add(origin.base_url + "song.mp3")
        for upstream in {}, {"ca_file": self.authority.path}:
            server = self.tonearm = Tonearm(self.directory, self.config(upstream=upstream))
            server.prefix = within
            server.start()
            self.addCleanup(server.stop)
            if upstream:
                self.refused(origin.authority, "unable to get local issuer certificate")
            else:
                self.assertBody(self.get(song), content(0, 1000))


class Ending(TlsCase):
    """Connections that nobody uses and that the origin ends."""

    def test_they_are_closed_and_the_next_request_works(self):
        kept = [self.keep(4, end) for end in ENDS]
        descriptors = len(self.tonearm.descriptors())
        for origin, _, answered in kept:
            origin.routes["/song.mp3"] = Resource(20_000)
            answered.set()
        wait_for(lambda: len(self.tonearm.descriptors()) <= descriptors - 4 * len(kept),
                 "all of them to be closed")
        for _, song, _ in kept:
            self.assertBody(self.get(song), content(0, 20_000))

    def test_the_next_request_may_come_at_once(self):
        for end in ENDS:
            with self.subTest(end.__name__):
                origin, song, answered = self.keep(2, end)
                origin.routes["/song.mp3"] = Resource(20_000)
                answered.set()
                for _ in range(4):
                    self.assertBody(self.get(song), content(0, 20_000))

    def keep(self, count, end):
        """An origin to which so many connections are kept, which all end this way once the event is set."""
        origin = self.new_origin(self.vouched)
        together, answered = threading.Barrier(count), threading.Event()
        self.addCleanup(answered.set)

        def at_once(exchange):
            together.wait(10)
            Resource(20_000)(exchange)
            answered.wait(10)
            end(exchange)

        origin.routes["/song.mp3"] = at_once
        song = self.catalog.add(origin.base_url + "song.mp3")
        clients = [Client(self.tonearm.port) for _ in range(count)]
        for client in clients:
            self.addCleanup(client.close)
            client.ask(f"/songs/listen/{song}")
        for client in clients:
            self.assertBody(client.response(), content(0, 20_000))
        return origin, song, answered


class Breaking(TlsCase):
    def test_what_breaks_before_its_declared_end_is_resumed(self):
        for end in ENDS:
            for ranges in True, False:
                with self.subTest(end.__name__, ranges=ranges):
                    self.check_resumed(end, Resource(4 * MIB, ranges=ranges))

    def check_resumed(self, end, file):
        most = lambda number: 100_000 * (1 if file.ranges else number)
        breaking = lambda exchange: file(exchange, most(exchange.number), end)
        path, song = self.song(lambda exchange: (breaking if exchange.number < 4 else file)(exchange))
        self.assertBody(self.get(song), content(0, file.size))
        broken = [asked for asked in self.origin.of(path) if asked.sent == most(asked.number)]
        self.assertGreater(len(broken), 1)

    def test_what_proves_nothing_is_not_resumed(self):
        for end in ENDS:
            with self.subTest(end.__name__):
                file = Resource(4 * MIB, etag=None)
                _, song = self.song(lambda exchange: file(exchange, MIB, end))
                self.assertReset(self.get(song))

    def test_an_answer_that_does_not_come_is_asked_for_again(self):
        for end in ENDS:
            with self.subTest(end.__name__):
                file = Resource(1000)
                _, song = self.song(lambda exchange: (end if exchange.number == 1 else file)(exchange))
                self.assertBody(self.get(song), content(0, 1000))

    def test_chunks_that_break_off_never_look_whole(self):
        for end in ENDS:
            for etag in '"v1"', None:
                with self.subTest(end.__name__, etag=etag):
                    self.check_chunks(end, etag)

    def check_chunks(self, end, etag):
        def handler(exchange):
            exchange.head(200, Transfer_Encoding="chunked", **({"ETag": etag} if etag else {}))
            first = exchange.number == 1
            exchange.send_content(0, MIB if first else 2 * MIB, chunked=True)
            if first:
                end(exchange)
            exchange.raw(b"0\r\n\r\n")

        response = self.get(self.song(handler)[1])
        self.assertBody(response, content(0, 2 * MIB)) if etag else self.assertReset(response)

    def test_a_body_until_close_ends_with_close_notify_and_not_with_a_reset(self):
        # Of one that ends with neither, libcurl 7.88 does not say so (RFC 9112 §9.8).
        for end in Exchange.close, Exchange.reset:
            with self.subTest(end.__name__):

                def handler(exchange):
                    exchange.head(200, Content_Type="audio/mpeg", Connection="close")
                    exchange.send_content(0, 2 * MIB)
                    end(exchange)

                response = self.get(self.song(handler)[1])
                if end is Exchange.close:
                    self.assertBody(response, content(0, 2 * MIB))
                else:
                    self.assertReset(response)


class Redirects(TlsCase):
    def setUp(self):
        self.plain = FaultOrigin()
        self.addCleanup(self.plain.stop)
        self.other = self.new_origin(self.vouched)

    def led(self, *origins):
        """The answer of the last of these origins, to which each of the others leads."""
        target, _ = self.song(Resource(100_000), origins[-1])
        url = origins[-1].base_url + target[1:]
        for origin in reversed(origins[:-1]):
            moved = lambda exchange, to=url: exchange.answer(302, SECRET.encode(), Location=to)
            path, song = self.song(moved, origin)
            url = origin.base_url + path[1:]
        return self.get(song, Range="bytes=1000-50000"), origins[-1].of(target)

    def test_from_http_to_https_and_between_https(self):
        for first in self.plain, self.other:
            with self.subTest(first.base_url):
                response, asked = self.led(first, self.origin)
                self.assertStatus(response, 206)
                self.assertBody(response, content(1000, 50_001))
                self.assertEqual(first.exchanges[0].fields["x-api-key"], SECRET)
                self.assertNotIn("x-api-key", asked[0].fields)

    def test_never_from_https_to_http(self):
        for way in (self.origin, self.plain), (self.plain, self.origin, self.plain):
            with self.subTest(steps=len(way)):
                response, asked = self.led(*way)
                self.assertProblem(response, 502)
                self.assertEqual(asked, [])
                for secret in SECRET, self.origin.authority, self.plain.authority:
                    self.assertNotIn(secret.encode(), response.raw + response.body)
                self.assertIn("leads from https to http", self.tonearm.stderr())


if __name__ == "__main__":
    unittest.main()
