"""Origins that break, stall, lie and change: the client gets the right bytes, an honest error, or a
reset. Never a wrong byte, and never a truncated body that looks whole."""

import hashlib
import itertools
import os
import select
import struct
import sys
import tempfile
import threading
import time
import unittest
from concurrent.futures import ThreadPoolExecutor

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from support.catalog import Catalog
from support.client import Client, get, parts
from support.content import content, sha256
from support.fault_origin import Exchange, FaultOrigin, Resource
from support.tonearm import Tonearm, sanitized
from support.wait import free_port, wait_for, wait_until_steady

KIB, MIB = 1 << 10, 1 << 20
# Faults of time are played against short limits; the others get long ones, so that a busy machine
# is not taken for a slow origin.
LIMITS = {
    "patient": {"first_byte_timeout": "5s", "stall_timeout": "5s", "retries": 3},
    "hasty": {"first_byte_timeout": "500ms", "stall_timeout": "500ms", "retries": 3},
    "windowed": {"window": "64KiB", "retries": 3},
    "open": {"allow_private": True, "retries": 1},
    "narrow": {"max_connections_per_host": 2, "first_byte_timeout": "500ms"},
    "broad": {"max_connections_per_host": 3, "first_byte_timeout": "500ms"},  # and two loops
}
SECRET = "origin-secret"

names = itertools.count(1)


def setUpModule():
    global directory, origin, catalog, servers
    directory = tempfile.TemporaryDirectory()
    unittest.addModuleCleanup(directory.cleanup)
    origin = FaultOrigin()
    unittest.addModuleCleanup(origin.stop)
    catalog = Catalog(os.path.join(directory.name, "catalog.sqlite3"))
    servers = {}
    unittest.addModuleCleanup(stop_servers)


def stop_servers():
    for server in servers.values():
        server.stop()


def server(limits="patient"):
    """The program with these limits; started when it is first wanted."""
    if limits not in servers:
        upstream = {"base_url": origin.base_url, **LIMITS[limits]}
        upstream["headers"] = {"X-Api-Key": SECRET}
        config = {
            "server": {"threads": 2 if limits == "broad" else 1},
            "catalog": {"path": catalog.path},
            "upstream": upstream,
            "stream": {"release_after": "300ms" if limits in ("hasty", "windowed") else "30s"},
        }
        servers[limits] = Tonearm(directory.name, config).start()
    return servers[limits]


def route(handler, path=None):
    """A path of the origin that leads to the handler."""
    path = path or f"/{next(names)}.mp3"
    origin.routes[path] = handler
    return path


def song(path):
    """A song of this path or URL, as a target to ask the program for."""
    return f"/songs/listen/{catalog.add(path.removeprefix('/'))}"


def played(handler, limits="patient", **options):
    """What a client gets of a song whose origin is this handler."""
    return get(server(limits).port, song(route(handler)), **options)


class Case(unittest.TestCase):
    def assert_bytes(self, response, first, end, seed=1):
        self.assertEqual(response.end, "done", response)
        self.assertEqual(len(response.body), end - first)
        self.assertTrue(response.body == content(first, end, seed), "wrong bytes")

    def assert_reset(self, response, first=0, at_least=0):
        """Cut off by a RST, and right as far as it came."""
        self.assertEqual(response.end, "reset", response)
        self.assertGreaterEqual(len(response.body), at_least)
        expected = content(first, first + len(response.body))
        self.assertTrue(response.body == expected, "wrong bytes before the reset")

    def assert_problem(self, response, status):
        self.assertEqual(response.status, status, response)
        self.assertEqual(response.problem()["status"], status)
        if status in (502, 504):
            self.assertIn("error=", response["Proxy-Status"])  # RFC 9209 §2.1.1


class BrokenTransferTest(Case):
    def test_song_is_whole_although_the_origin_resets_every_2_mib(self):
        size = (16 if sanitized() else 60) * MIB
        file = Resource(size)
        path = route(lambda exchange: file(exchange, most=2 * MIB))
        response = get(server().port, song(path))
        self.assertEqual((response.status, response.end), (200, "done"))
        self.assertEqual(hashlib.sha256(response.body).hexdigest(), sha256(0, size))
        cut = sum(exchange.sent == 2 * MIB for exchange in origin.of(path))
        self.assertGreater(cut, size // (8 * MIB), "the origin did break")

    def test_orderly_close_before_the_declared_end_is_a_break_too(self):
        file = Resource(2 * MIB)
        response = played(lambda exchange: file(exchange, most=300_000, then=Exchange.close))
        self.assert_bytes(response, 0, 2 * MIB)

    def test_strong_last_modified_proves_as_an_etag_does(self):
        file = Resource(2 * MIB, etag=None, modified="Sun, 13 Sep 2020 12:26:40 GMT")
        date = "Mon, 14 Sep 2020 12:26:40 GMT"
        response = played(lambda exchange: file(exchange, most=300_000, Date=date))
        self.assert_bytes(response, 0, 2 * MIB)

    def test_whole_answer_of_an_origin_without_ranges_is_resumed_by_skipping(self):
        file = Resource(3 * MIB, ranges=False)
        once = lambda exchange: file(exchange, most=MIB if exchange.number == 1 else None)
        self.assert_bytes(played(once), 0, 3 * MIB)

    def test_without_validators_a_break_resets_the_client(self):
        file = Resource(8 * MIB, etag=None)
        response = played(lambda exchange: file(exchange, most=2 * MIB))
        self.assert_reset(response)

    def test_weak_etag_is_no_proof(self):
        file = Resource(8 * MIB, etag='W/"v1"')
        response = played(lambda exchange: file(exchange, most=2 * MIB))
        self.assert_reset(response)
        self.assertIsNone(response["ETag"])

    def test_weak_last_modified_is_no_proof(self):
        # RFC 9110 §8.8.2.2: less than a second before Date, so it may change once more.
        date = "Sun, 13 Sep 2020 12:26:40 GMT"
        file = Resource(8 * MIB, etag=None, modified=date)
        response = played(lambda exchange: file(exchange, most=2 * MIB, Date=date))
        self.assert_reset(response)

    def test_retries_run_out_when_nothing_comes_any_more(self):
        file = Resource(4 * MIB)

        def handler(exchange):
            if exchange.number > 2:
                exchange.reset()
            file(exchange)

        path = route(handler)
        response = get(server().port, song(path))
        self.assert_reset(response, at_least=128 * KIB)
        # libcurl itself repeats, once, what broke on a connection that was used before.
        self.assertIn(len(origin.of(path)), (2 + 1 + 3, 2 + 1 + 1 + 3))

    def test_http_1_0_client_sees_a_reset(self):
        file = Resource(8 * MIB, etag=None)
        response = played(lambda exchange: file(exchange, most=2 * MIB), version="1.0")
        self.assertEqual(response.status, 200)
        self.assert_reset(response)

    def test_multipart_broken_in_mid_body_is_reset(self):
        file = Resource(8 * MIB, etag=None)
        response = played(
            lambda exchange: file(exchange, most=2 * MIB), Range="bytes=0-999,3000000-7999999"
        )
        self.assertEqual((response.status, response.end), (206, "reset"))
        self.assertIn(content(0, 1000), response.body)

    def test_multipart_is_resumed_like_any_other_body(self):
        file = Resource(8 * MIB)
        response = played(
            lambda exchange: file(exchange, most=200_000), Range="bytes=0-999,3000000-3999999"
        )
        self.assertEqual(response.end, "done", response)
        self.assertEqual(
            [(span, len(body)) for _, span, body in parts(response)],
            [("bytes 0-999/8388608", 1000), ("bytes 3000000-3999999/8388608", 1000000)],
        )
        self.assertTrue(parts(response)[1][2] == content(3000000, 4000000))

    def test_link_that_expires_in_mid_body_resets(self):
        file = Resource(4 * MIB)
        for status in (403, 410):
            with self.subTest(status=status):

                def handler(exchange):
                    file(exchange) if exchange.number < 3 else exchange.answer(status, b"expired")

                self.assert_reset(played(handler))

    def test_target_of_a_redirect_that_expires_is_asked_for_anew(self):
        file = Resource(4 * MIB)

        def expiring(exchange):
            file(exchange) if exchange.number < 3 else exchange.answer(410, b"expired")

        targets = [route(expiring), route(file)]
        path = route(lambda exchange: exchange.answer(302, Location=targets[exchange.number > 1]))
        self.assert_bytes(get(server().port, song(path)), 0, 4 * MIB)
        self.assertEqual(len(origin.of(path)), 2)


class StrayBytesTest(Case):
    """What an origin sends after its answer is no answer to what is asked next (RFC 9112 §6.3)."""

    def check(self, strays):
        first, second = Resource(1000), Resource(2 * MIB, seed=2)
        sent = threading.Event()

        def with_strays(exchange):
            first(exchange)
            exchange.raw(strays)
            sent.set()

        before = song(route(with_strays))
        path = route(second)
        after = song(path)
        for _ in range(2):
            sent.clear()
            self.assert_bytes(get(server().port, before), 0, 1000)
            self.assertTrue(sent.wait(10))
            for _ in range(2):
                self.assert_bytes(get(server().port, after), 0, 2 * MIB, seed=2)

    def test_an_answer_that_nobody_asked_for_is_nobodys(self):
        self.check(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Type: audio/mpeg\r\n\r\nEVIL!")

    def test_what_is_no_answer_breaks_no_other_song(self):
        for strays in (b"\r\n", b"x" * 100_000):
            with self.subTest(strays=strays[:2]):
                self.check(strays)


class ChangedRepresentationTest(Case):
    """Two versions are never spliced, whatever the origin does with If-Range."""

    def check(self, change, honest):
        old, new = Resource(4 * MIB), change(Resource(4 * MIB, seed=2, etag='"v2"'))

        def handler(exchange):
            if not honest:
                exchange.fields.pop("if-range", None)
            (old if exchange.number < 3 else new)(exchange)

        path = route(handler)
        self.assert_reset(get(server().port, song(path)), at_least=1)
        self.assertGreaterEqual(len(origin.of(path)), 3)

    def test_etag_that_changes_at_the_third_window(self):
        self.check(lambda new: new, honest=True)

    def test_etag_that_changes_at_an_origin_that_ignores_if_range(self):
        self.check(lambda new: new, honest=False)

    def test_etag_that_becomes_weak(self):
        self.check(lambda new: setattr(new, "etag", 'W/"v1"') or new, honest=False)

    def test_etag_that_disappears(self):
        self.check(lambda new: setattr(new, "etag", None) or new, honest=False)

    def test_size_that_changes_under_the_same_etag(self):
        def change(new):
            new.etag, new.size = '"v1"', 5 * MIB
            return new

        self.check(change, honest=False)

    def test_song_that_became_shorter_than_where_the_client_is(self):
        def change(new):
            new.size = 1000
            return new

        self.check(change, honest=False)


class NoRangesTest(Case):
    def test_origin_that_ignores_range_still_yields_206(self):
        for etag in ('"v1"', None):
            file = Resource(3 * MIB, etag=etag, ranges=False)
            for asked, first, end in (
                ("bytes=1000-1999", 1000, 2000),
                ("bytes=2000000-", 2000000, 3 * MIB),
                ("bytes=-1000", 3 * MIB - 1000, 3 * MIB),
                ("bytes=0-1", 0, 2),
            ):
                with self.subTest(etag=etag, asked=asked):
                    response = played(file, Range=asked)
                    self.assertEqual(response.status, 206)
                    expected = f"bytes {first}-{end - 1}/{3 * MIB}"
                    self.assertEqual(response["Content-Range"], expected)
                    self.assert_bytes(response, first, end)

    def test_origin_that_ignores_range_still_yields_multipart_in_the_order_asked(self):
        file = Resource(3 * MIB, ranges=False)
        response = played(file, Range="bytes=2000000-2000099,100-199")
        self.assertEqual(response.status, 206)
        self.assertEqual(
            [body for _, _, body in parts(response)],
            [content(2000000, 2000100), content(100, 200)],
        )

    def test_several_ranges_of_an_origin_without_validators(self):
        size = 3 * MIB
        for ranges in (True, False):
            file = Resource(size, etag=None, ranges=ranges)
            for asked, spans in (
                ("0-4,5-9", [(0, 5), (5, 10)]),
                ("0-0,-1", [(0, 1), (size - 1, size)]),
                ("0-99999,200000-299999", [(0, 100_000), (200_000, 300_000)]),
            ):
                with self.subTest(ranges=ranges, asked=asked):
                    response = played(file, Range=f"bytes={asked}")
                    self.assertEqual((response.status, response.end), (206, "done"))
                    bodies = [body for _, _, body in parts(response)]
                    self.assertEqual(bodies, [content(first, end) for first, end in spans])

    def test_wav_of_an_origin_without_validators_is_heard_from_a_position(self):
        sound = content(0, 400_000)
        sizes = struct.pack("<4sI4s4sIHHIIHH4sI", b"RIFF", 36 + len(sound), b"WAVE", b"fmt ", 16, 1,
                            1, 16000, 32000, 2, 16, b"data", len(sound))
        wav = sizes + sound

        def without_ranges(exchange):
            exchange.answer(200, wav, Content_Type="audio/wav")

        def with_ranges(exchange):
            if not exchange.range:
                return without_ranges(exchange)
            first, last = exchange.range
            part = wav[first : last + 1]
            span = f"bytes {first}-{first + len(part) - 1}/{len(wav)}"
            exchange.answer(206, part, Content_Type="audio/wav", Content_Range=span)

        for handler in (with_ranges, without_ranges):
            target = song(route(handler))
            for seconds in (0, 1, 10):
                left = sound[seconds * 32000 :]
                for fields, part in ({}, slice(None)), ({"Range": "bytes=44-99"}, slice(0, 56)):
                    with self.subTest(handler.__name__, seconds=seconds, **fields):
                        response = get(server().port, f"{target}?pos={seconds}", **fields)
                        self.assertEqual(response.status, 206 if fields else 200)
                        self.assertEqual(response.end, "done")
                        body = response.body if fields else response.body[44:]
                        self.assertTrue(body == left[part], "wrong bytes")

    def test_origin_that_ignores_range_still_yields_416(self):
        response = played(Resource(1000, ranges=False), Range="bytes=1000-")
        self.assert_problem(response, 416)
        self.assertEqual(response["Content-Range"], "bytes */1000")


class NoLengthTest(Case):
    """Neither ranges nor a length: all that is left is the whole, in one go."""

    size = 3 * MIB

    def chunked(self, exchange, end=size, then=None):
        exchange.head(200, Content_Type="audio/mpeg", Transfer_Encoding="chunked")
        exchange.send_content(0, end, chunked=True)
        if then:
            then(exchange)
        exchange.raw(b"0\r\n\r\n")

    def until_close(self, exchange, end=size, then=Exchange.close):
        exchange.head(200, Content_Type="audio/mpeg", Connection="close")
        exchange.send_content(0, end)
        then(exchange)

    def test_client_gets_it_chunked_and_range_is_ignored(self):
        for handler in (self.chunked, self.until_close):
            for fields in ({}, {"Range": "bytes=1000-1999"}, {"Range": "bytes=-5"}):
                with self.subTest(handler=handler.__name__, **fields):
                    response = played(handler, **fields)
                    self.assertEqual(response.status, 200)
                    self.assertEqual(response["Transfer-Encoding"], "chunked")
                    for field in ("Content-Length", "Content-Range", "Accept-Ranges"):
                        self.assertIsNone(response[field])
                    self.assert_bytes(response, 0, self.size)

    def test_break_is_resumed_under_a_strong_etag(self):
        for etag, resumed in ('"v1"', True), ('W/"v1"', False), (None, False):
            with self.subTest(etag=etag):

                def handler(exchange):
                    fields = {"ETag": etag} if etag else {}
                    exchange.head(200, Transfer_Encoding="chunked", **fields)
                    first = exchange.number == 1
                    exchange.send_content(0, MIB if first else self.size, chunked=True)
                    if first:
                        exchange.reset()
                    exchange.raw(b"0\r\n\r\n")

                response = played(handler)
                if resumed:
                    self.assert_bytes(response, 0, self.size)
                else:
                    self.assert_reset(response)

    def test_http_1_0_gets_it_until_close(self):
        for handler in (self.chunked, self.until_close):
            with self.subTest(handler=handler.__name__):
                response = played(handler, version="1.0", Connection="keep-alive")
                self.assertEqual(response.status, 200)
                self.assertIsNone(response["Transfer-Encoding"])
                self.assertIsNone(response["Content-Length"])
                self.assertIsNone(response["Accept-Ranges"])
                self.assert_bytes(response, 0, self.size)

    def test_head_has_no_length(self):
        with Client(server().port) as client:
            target = song(route(self.chunked))
            response = client.get(target, "HEAD")
            self.assertEqual(response.status, 200)
            self.assertIsNone(response["Content-Length"])
            self.assertIsNone(response["Accept-Ranges"])
            self.assert_bytes(client.get(target), 0, self.size)

    def test_broken_chunks_reset_the_client(self):
        for then in (Exchange.reset, Exchange.close, lambda exchange: exchange.raw(b"xyz\r\n")):
            for version in ("1.1", "1.0"):
                with self.subTest(version=version):
                    response = played(
                        lambda exchange: self.chunked(exchange, 2 * MIB, then), version=version
                    )
                    self.assert_reset(response)

    def test_a_program_that_is_killed_ends_no_http_1_0_body(self):
        hang = lambda exchange: self.until_close(exchange, 2 * MIB, Exchange.hang)
        target = song(route(hang))
        doomed = Tonearm(directory.name, {"catalog": {"path": catalog.path},
                                          "upstream": {"base_url": origin.base_url}}).start()
        with Client(doomed.port) as client:
            client.ask(target, version="1.0")
            response = client.head()
            response.body = client.take(2 * MIB)
            doomed.process.kill()
            doomed.process.wait()
            client.rest()
            response.end = client.ended
            self.assert_reset(response, at_least=2 * MIB)

    def test_reset_instead_of_a_close_resets_the_client(self):
        handler = lambda exchange: self.until_close(exchange, 2 * MIB, Exchange.reset)
        self.assert_reset(played(handler))


class WrongRangeTest(Case):
    """What an origin says of a part is checked against what was asked."""

    def test_another_part_than_asked(self):
        file = Resource(2 * MIB)

        def handler(exchange):
            if not exchange.range:
                return file(exchange)
            first = exchange.range[0] + 100
            exchange.head(
                206,
                Content_Length=1000,
                Content_Range=f"bytes {first}-{first + 999}/{file.size}",
                ETag=file.etag,
            )
            exchange.send_content(first, first + 1000)

        self.assert_bytes(played(handler), 0, 2 * MIB)
        self.assert_bytes(played(handler, Range="bytes=1000000-1000099"), 1000000, 1000100)

    def test_part_rounded_to_blocks(self):
        file = Resource(2 * MIB)

        def handler(exchange):
            if exchange.range:
                first, last = exchange.range
                last = min(last | 0xFFFF, file.size - 1)
                exchange.fields["range"] = f"bytes={first & ~0xFFFF}-{last}"
            file(exchange)

        self.assert_bytes(played(handler), 0, 2 * MIB)
        self.assert_bytes(played(handler, Range="bytes=1000000-1000099"), 1000000, 1000100)

    def test_part_shorter_than_asked_for_is_only_a_part(self):
        file = Resource(300_000)

        def handler(exchange):
            if exchange.range:
                first, last = exchange.range
                exchange.fields["range"] = f"bytes={first}-{min(last, first + 49_999)}"
            file(exchange)

        self.assert_bytes(played(handler), 0, 300_000)

    def test_content_range_that_makes_no_sense_is_asked_again_without_range(self):
        file = Resource(2 * MIB)
        for nonsense in (
            "bytes 0-131071/100",
            "bytes 0-131071/*",
            "bytes 131071-0/2097152",
            "bytes 0-99999999999999999999999/2097152",
            "octets 0-131071/2097152",
            "hello",
            None,
        ):
            with self.subTest(content_range=nonsense):

                def handler(exchange):
                    file(exchange, **({"Content_Range": nonsense} if exchange.range else {}))

                response = played(handler)
                self.assertEqual(response.status, 200)
                self.assert_bytes(response, 0, 2 * MIB)

    def test_total_that_changes_in_mid_body_resets(self):
        file = Resource(2 * MIB)

        def handler(exchange):
            first, last = exchange.range
            last = min(last, file.size - 1)
            total = file.size + (exchange.number > 2)
            file(exchange, Content_Range=f"bytes {first}-{last}/{total}")

        self.assert_reset(played(handler), at_least=1)

    def test_206_that_nobody_asked_for(self):
        def handler(exchange):
            exchange.head(206, Content_Length=1000, Content_Range="bytes 5-1004/1000000")
            exchange.send_content(5, 1005)

        self.assert_problem(played(handler, Range="bytes=500000-"), 502)

    def test_part_longer_than_its_content_range_is_never_passed_on(self):
        file = Resource(2 * MIB)

        def handler(exchange):
            if not exchange.range:
                return file(exchange)
            first, end = file.head(exchange, Content_Length=None, Transfer_Encoding="chunked")
            exchange.send_content(first, end + 500, chunked=True)
            exchange.raw(b"0\r\n\r\n")

        response = played(handler, Range="bytes=1000-1999")
        if response.status == 502:
            self.assert_problem(response, 502)
            return
        self.assertEqual(response.status, 206)
        if response.end == "done":
            self.assert_bytes(response, 1000, 2000)
        else:
            self.assert_reset(response, 1000)

    def test_part_shorter_than_its_content_range_is_continued(self):
        file = Resource(MIB)

        def handler(exchange):
            first, end = file.head(exchange, Content_Length=None, Transfer_Encoding="chunked")
            exchange.send_content(first, end - min(500, (end - first) // 2), chunked=True)
            exchange.raw(b"0\r\n\r\n")

        self.assert_bytes(played(handler, Range="bytes=1000-200999"), 1000, 201000)

    def test_416_without_content_range(self):
        file = Resource(MIB)
        bare = {"Content_Range": None}

        def past_the_end(exchange):
            wrong = exchange.range and exchange.range[0] >= file.size
            file(exchange, **(bare if wrong else {}))

        def always(exchange):
            exchange.answer(416, b"no") if exchange.range else file(exchange)

        for handler in (past_the_end, always):
            with self.subTest(handler=handler.__name__):
                response = played(handler, Range="bytes=99999999-")
                self.assert_problem(response, 416)
                self.assertEqual(response["Content-Range"], f"bytes */{MIB}")
                response = played(handler, Range="bytes=1000-1999")
                self.assertEqual(response.status, 206)
                self.assert_bytes(response, 1000, 2000)
        self.assert_problem(played(lambda exchange: exchange.answer(416, b"no")), 502)

    def test_empty_file(self):
        for ranges in (True, False):
            with self.subTest(ranges=ranges):
                response = played(Resource(0, ranges=ranges))
                self.assertEqual((response.status, response["Content-Length"]), (200, "0"))
                response = played(Resource(0, ranges=ranges), Range="bytes=0-")
                self.assert_problem(response, 416)
                self.assertEqual(response["Content-Range"], "bytes */0")


class RefusalTest(Case):
    def test_status_of_the_origin_and_what_the_client_gets(self):
        for status, expected in ((404, 404), (410, 404), (401, 502), (403, 502), (418, 502)):
            with self.subTest(status=status):
                path = route(lambda exchange: exchange.answer(status, SECRET.encode()))
                response = get(server().port, song(path))
                self.assert_problem(response, expected)
                self.assertEqual(len(origin.of(path)), 1, "nothing to retry")

    def test_answer_that_may_pass_is_asked_for_again(self):
        file = Resource(200_000)
        for status in (429, 500, 502, 503, 504):
            with self.subTest(status=status):

                def handler(exchange):
                    exchange.answer(status, b"busy") if exchange.number < 3 else file(exchange)

                self.assert_bytes(played(handler), 0, 200_000)

    def test_answer_that_does_not_pass_is_502_after_all_retries(self):
        path = route(lambda exchange: exchange.answer(503, SECRET.encode()))
        self.assert_problem(get(server().port, song(path)), 502)
        self.assertEqual(len(origin.of(path)), 1 + 3)

    def test_retry_after_counts_if_it_fits(self):
        file = Resource(1000)
        times = []

        def handler(exchange):
            times.append(time.monotonic())
            busy = exchange.number == 1
            exchange.answer(503, Retry_After=1) if busy else file(exchange)

        self.assert_bytes(played(handler), 0, 1000)
        self.assertGreater(times[1] - times[0], 0.95)

    def test_retry_after_that_does_not_fit_is_not_waited_for(self):
        path = route(lambda exchange: exchange.answer(503, Retry_After=3600))
        self.assert_problem(get(server().port, song(path)), 502)
        self.assertEqual(len(origin.of(path)), 1)

    def test_content_encoding_is_502(self):
        file = Resource(1000)
        handler = lambda exchange: file(exchange, Content_Encoding="gzip")
        self.assert_problem(played(handler), 502)
        self.assert_problem(played(handler, Range="bytes=0-1"), 502)

    def test_identity_is_no_encoding(self):
        file = Resource(1000)
        handler = lambda exchange: file(exchange, Content_Encoding="identity")
        self.assert_bytes(played(handler), 0, 1000)

    def test_head_that_is_no_http_is_502(self):
        for head in (
            b"GARBAGE\r\n\r\n",
            b"\0" * 1000,
            b"HTTP/1.1 abc Whatever\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 7\r\n\r\nhello",
            b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nhello",
            b"HTTP/1.1 200 OK\r\nContent-Length: 5x\r\n\r\nhello",
            b"HTTP/1.1 200 OK\r\nX: " + b"y" * MIB + b"\r\n\r\n",
        ):
            with self.subTest(head=head[:60]):

                def handler(exchange):
                    exchange.raw(head)
                    exchange.close()

                self.assert_problem(played(handler), 502)

    def test_connection_that_ends_without_an_answer_is_502(self):
        for then in (Exchange.close, Exchange.reset):
            self.assert_problem(played(then), 502)

    def test_nobody_listens(self):
        url = f"http://127.0.0.1:{free_port()}/a.mp3"
        self.assert_problem(get(server().port, song(url)), 502)

    def test_connection_to_the_client_survives_an_error(self):
        with Client(server().port) as client:
            target = song(route(lambda exchange: exchange.answer(403)))
            self.assert_problem(client.get(target), 502)
            self.assert_bytes(client.get(song(route(Resource(1000)))), 0, 1000)

    def test_interim_answers_are_skipped(self):
        file = Resource(1000)

        def handler(exchange):
            exchange.raw(b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n")
            file(exchange)

        self.assert_bytes(played(handler), 0, 1000)


class RedirectTest(Case):
    def redirect_to(self, location, status=302):
        return route(lambda exchange: exchange.answer(status, SECRET.encode(), Location=location))

    def test_redirects_are_followed(self):
        target = route(Resource(MIB))
        for status in (301, 302, 303, 307, 308):
            for location in (target, origin.base_url.rstrip("/") + target):
                with self.subTest(status=status, location=location):
                    path = self.redirect_to(location, status)
                    response = get(server().port, song(path), Range="bytes=1000-1999")
                    self.assertEqual(response.status, 206)
                    self.assert_bytes(response, 1000, 2000)

    def test_location_that_is_no_url_is_taken_as_browsers_take_it(self):
        route(Resource(1000), "/a%20b%5B1%5D%C3%BC.mp3")
        path = self.redirect_to("/a b[1]\xc3\xbc.mp3")
        self.assert_bytes(get(server().port, song(path)), 0, 1000)

    def test_loop_is_502(self):
        path = f"/{next(names)}.mp3"
        route(lambda exchange: exchange.answer(302, Location=path), path)
        self.assert_problem(get(server().port, song(path)), 502)
        self.assertEqual(len(origin.of(path)), 1 + 5)

    def test_other_schemes_are_502(self):
        target = os.path.join(directory.name, "passwd")
        with open(target, "w") as out:
            out.write(SECRET)
        for location in (f"file://{target}", "ftp://127.0.0.1/a", "gopher://127.0.0.1/", "", "//"):
            with self.subTest(location=location):
                response = get(server().port, song(self.redirect_to(location)))
                self.assert_problem(response, 502)
                self.assertNotIn(SECRET.encode(), response.body)

    def test_private_address_of_another_host_name_is_refused(self):
        target = route(Resource(1000))
        path = self.redirect_to(f"http://localhost:{origin.port}{target}")
        self.assert_problem(get(server().port, song(path)), 502)
        self.assertEqual(origin.of(target), [], "no request went there")

    def test_private_address_of_another_host_name_is_reached_where_that_is_allowed(self):
        target = route(Resource(1000))
        path = self.redirect_to(f"http://localhost:{origin.port}{target}")
        self.assert_bytes(get(server("open").port, song(path)), 0, 1000)

    def test_address_that_the_catalog_names_may_be_private(self):
        target = route(Resource(1000))
        url = f"http://localhost:{origin.port}{target}"
        self.assert_bytes(get(server().port, song(url)), 0, 1000)

    def test_credentials_stay_with_the_host_they_are_for(self):
        other = FaultOrigin()
        self.addCleanup(other.stop)
        other.routes["/a.mp3"] = Resource(1000)
        path = self.redirect_to(other.base_url + "a.mp3")
        self.assert_bytes(get(server().port, song(path)), 0, 1000)
        self.assertEqual(origin.of(path)[0].fields["x-api-key"], SECRET)
        self.assertNotIn("x-api-key", other.of("/a.mp3")[0].fields)


class UrlTest(Case):
    def test_url_of_the_catalog_has_encoded_what_a_url_cannot_hold(self):
        for name, asked in (
            ("a b.mp3", "a%20b.mp3"),
            ("ü.mp3", "%C3%BC.mp3"),
            ("pl|us.mp3", "pl%7Cus.mp3"),
            ("b[x].mp3", "b%5Bx%5D.mp3"),
            ("q1.mp3?a=b c", "q1.mp3?a=b%20c"),
            ("q2.mp3?x=%zz", "q2.mp3?x=%25zz"),
            ("e%20%2f.mp3?%3f", "e%20%2f.mp3?%3f"),
        ):
            with self.subTest(name=name):
                path = route(Resource(1000), "/" + asked.partition("?")[0])
                response = get(server().port, song(origin.base_url + name))
                self.assert_bytes(response, 0, 1000)
                self.assertEqual(origin.of(path)[0].target, "/" + asked)


class SlowOriginTest(Case):
    def test_no_head_in_time_is_504(self):
        response = played(Exchange.hang, "hasty")
        self.assert_problem(response, 504)

    def test_head_that_drips_is_504(self):
        def handler(exchange):
            while not select.select([exchange.sock], [], [], 0.05)[0]:
                exchange.raw(b"HTTP/1.1 103 Wait\r\n\r\n")
            exchange.close()

        self.assert_problem(played(handler, "hasty"), 504)

    def test_stall_in_mid_body_is_resumed(self):
        file = Resource(2 * MIB)

        def handler(exchange):
            stalls = exchange.number in (2, 4)
            file(exchange, most=100_000 if stalls else None, then=Exchange.hang)

        path = route(handler)
        self.assert_bytes(get(server("hasty").port, song(path)), 0, 2 * MIB)
        self.assertGreaterEqual(len(origin.of(path)), 5)

    def test_stall_of_what_cannot_be_resumed_resets(self):
        file = Resource(8 * MIB, etag=None)
        handler = lambda exchange: file(exchange, most=2 * MIB, then=Exchange.hang)
        self.assert_reset(played(handler, "hasty"))


class ConnectionLimitTest(Case):
    def test_never_more_connections_than_max_connections_per_host(self):
        file = Resource(MIB, ranges=False)
        go_on = threading.Event()
        self.addCleanup(go_on.set)

        def wait(exchange):
            go_on.wait(30)
            exchange.send_content(100_000, file.size)

        path = route(lambda exchange: file(exchange, most=100_000, then=wait))
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
        file = Resource(MIB, ranges=False)
        go_on = threading.Event()
        self.addCleanup(go_on.set)

        def wait(exchange):
            go_on.wait(30)
            exchange.send_content(100_000, file.size)

        path = route(lambda exchange: file(exchange, most=100_000, then=wait))
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

    def serve_many_loops(self, **upstream):
        config = {
            "server": {"threads": 4},
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


class SecrecyTest(Case):
    def leaky(self, handler):
        def leak(exchange):
            exchange_head = exchange.head
            exchange.head = lambda status, **fields: exchange_head(
                status,
                Server=SECRET,
                X_Powered_By=SECRET,
                Set_Cookie=SECRET,
                Content_Disposition=f"attachment; filename={SECRET}",
                Content_Security_Policy=SECRET,
                **fields,
            )
            handler(exchange)

        return leak

    def test_nothing_of_the_origin_reaches_the_client(self):
        file = Resource(10_000)
        error = lambda status: lambda exchange: exchange.answer(status, SECRET.encode())
        handlers = [(file, {}), (file, {"Range": "bytes=5-9"}), (file, {"Range": "bytes=0-1,5-9"})]
        handlers += [(file, {"Range": "bytes=99999-"}), (file, {"method": "HEAD"})]
        handlers += [(error(status), {}) for status in (401, 403, 404, 416, 500, 503)]
        handlers += [(lambda e: e.answer(302, Location=f"ftp://{SECRET}/"), {}), (Exchange.reset, {})]
        for handler, options in handlers:
            path = route(self.leaky(handler))
            response = get(server().port, song(path), **options)
            seen = response.raw + response.body
            for secret in (SECRET, path, origin.authority, str(origin.port)):
                with self.subTest(status=response.status, secret=secret):
                    self.assertNotIn(secret.encode(), seen)

    def test_which_origin_failed_is_for_the_log_alone(self):
        gone = f"127.0.0.1:{free_port()}"
        response = get(server().port, song(f"http://{gone}/{SECRET}.mp3?key={SECRET}"))
        self.assert_problem(response, 502)
        self.assertNotIn(gone.encode(), response.raw + response.body)
        request = response["X-Request-Id"]
        lines = [line for line in server().stderr().splitlines() if request in line]
        self.assertEqual(len(lines), 1)
        self.assertIn(f"connection_refused: {gone}: Failed to connect", lines[0])
        self.assertNotIn(SECRET, lines[0])

    def test_nothing_of_the_client_reaches_the_origin(self):
        path = route(Resource(1000))
        get(server().port, song(path), Cookie="a=b", Authorization="Basic x", User_Agent="me",
            Referer="http://x/", X_Forwarded_For="1.2.3.4", Accept="audio/*")
        fields = origin.of(path)[0].fields
        self.assertEqual(fields["accept-encoding"], "identity")
        self.assertEqual(fields["x-api-key"], SECRET)
        for name in ("cookie", "authorization", "referer", "x-forwarded-for"):
            self.assertNotIn(name, fields)
        self.assertNotIn("me", (fields.get("user-agent"), fields.get("accept")))
        self.assertNotEqual(fields.get("accept"), "audio/*")


class WindowTest(Case):
    """`upstream.window`: windows on every origin, and equal size and type as the proof."""

    def test_windows_on_an_origin_without_validators(self):
        path = route(Resource(MIB, etag=None))
        self.assert_bytes(get(server("windowed").port, song(path)), 0, MIB)
        for exchange in origin.of(path):
            first, last = exchange.range
            self.assertLessEqual(last - first + 1, 64 * KIB)
        self.assertGreaterEqual(len(origin.of(path)), 16)

    def test_closed_range_is_cut_into_windows_too(self):
        path = route(Resource(MIB))
        response = get(server("windowed").port, song(path), Range="bytes=1000-500999")
        self.assert_bytes(response, 1000, 501000)
        for exchange in origin.of(path):
            self.assertLessEqual(exchange.range[1] - exchange.range[0] + 1, 64 * KIB)

    def test_break_is_resumed_without_validators(self):
        file = Resource(500_000, etag=None)
        response = played(lambda exchange: file(exchange, most=40_000), "windowed")
        self.assert_bytes(response, 0, 500_000)

    def test_pause_never_ends_a_body_of_unknown_length(self):
        size = 16 * MIB

        def chunked(exchange):
            exchange.head(200, Content_Type="audio/mpeg", Transfer_Encoding="chunked")
            exchange.send_content(0, size, chunked=True)
            exchange.raw(b"0\r\n\r\n")

        path, other_path = route(chunked), route(Resource(size, ranges=False))
        port = server("windowed").port
        with Client(port, receive_buffer=64 * KIB) as client:
            with Client(port, receive_buffer=64 * KIB) as other:
                client.ask(song(path))
                head = client.head()
                wait_until_steady(lambda: origin.sent(path))
                other.ask(song(other_path))
                other.head()
                wait_for(lambda: origin.busy(other_path), "the other one to be played")
                wait_for(lambda: not origin.busy(other_path), "the other one to be let go")
            self.assert_bytes(client.body(head), 0, size)

    def test_other_size_or_type_resets(self):
        for change in ({"size": 600_000}, {"kind": "audio/flac"}):
            with self.subTest(**change):
                file, other = Resource(500_000, etag=None), Resource(500_000, seed=2, etag=None)
                vars(other).update(change)
                response = played(
                    lambda exchange: (file if exchange.number < 3 else other)(exchange), "windowed"
                )
                self.assert_reset(response, at_least=1)


if __name__ == "__main__":
    unittest.main()
