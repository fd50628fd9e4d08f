"""Origins that break, stall and change: the client gets the right bytes, an honest error, or a reset.
Never a wrong byte, and never a truncated body that looks whole."""

import hashlib
import os
import select
import struct
import sys
import threading
import unittest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from support.client import Client, get, parts
from support.content import content, sha256
from support.fault_origin import Exchange, Resource
from support.fault_stage import (
    Case,
    catalog,
    directory,
    origin,
    played,
    route,
    server,
    setUpModule,
    song,
)
from support.tonearm import Tonearm, sanitized
from support.wait import wait_for, wait_until_steady

KIB, MIB = 1 << 10, 1 << 20


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
        # RFC 9110 §6.6.1: without a Date it is the time of receipt.
        for date in ("Mon, 14 Sep 2020 12:26:40 GMT", None):
            with self.subTest(date):
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
        # What broke on a connection that was used before is repeated at once, and no attempt.
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

    def test_song_that_is_replaced_before_its_first_byte_is_the_new_one(self):
        old, new = Resource(300_000), Resource(300_001, seed=2, etag='"v2"')
        # The first question to the origin only describes what these ask for.
        for asked, first in (({"Range": "bytes=-100"}, 299_901), ({"If-None-Match": '"v0"'}, 0)):
            with self.subTest(asked):
                path = route(lambda exchange: (old if exchange.number == 1 else new)(exchange))
                response = get(server().port, song(path), **asked)
                self.assertEqual(response["ETag"], '"v2"', response)
                self.assert_bytes(response, first, new.size, seed=2)

    def test_song_that_is_another_one_each_time_is_502(self):
        def another(exchange):
            Resource(300_000, etag=f'"v{exchange.number}"')(exchange)

        self.assert_problem(played(another, Range="bytes=-100"), 502)

    def test_song_that_became_shorter_than_where_the_client_is(self):
        def change(new):
            new.size = 1000
            return new

        self.check(change, honest=False)


class LongFieldTest(Case):
    """A front before the program refuses a head that does not fit its buffer (nginx: 4 KiB)."""

    def test_nothing_of_an_origin_makes_a_long_head(self):
        kind = "audio/mpeg; x=" + "a" * 90_000
        response = played(Resource(1000, etag='"' + "e" * 90_000 + '"', kind=kind))
        self.assert_bytes(response, 0, 1000)
        self.assertEqual(response["Content-Type"], "audio/mpeg")
        self.assertIsNone(response["ETag"])


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

    def test_wav_is_heard_from_a_position_before_its_end(self):
        sound = content(0, 64_001)  # the last sample frame is cut

        for promised in (0, 0xFFFFFFFF, 96_000):
            wav = struct.pack("<4sI4s4sIHHIIHH4sI", b"RIFF", 0xFFFFFFFF, b"WAVE", b"fmt ", 16, 1, 1, 16000, 32000, 2,
                              16, b"data", promised) + sound

            def chunked(exchange):
                exchange.head(200, Content_Type="audio/wav", Transfer_Encoding="chunked")
                exchange.raw(b"%x\r\n%s\r\n0\r\n\r\n" % (len(wav), wav))

            def until_close(exchange):
                exchange.head(200, Content_Type="audio/wav", Connection="close")
                exchange.raw(wav)
                exchange.close()

            for handler in (chunked, until_close):
                target = song(route(handler))
                for position, first in (("0", 0), ("1.5", 48_000), ("1.9999", 63_996)):
                    with self.subTest(handler.__name__, promised=promised, position=position):
                        response = get(server().port, f"{target}?pos={position}")
                        self.assertEqual((response.status, response.end), (200, "done"))
                        self.assertTrue(response.body[44:] == sound[first:64_000], "wrong bytes")
                for position in ("2", "2.9"):
                    with self.subTest(handler.__name__, promised=promised, position=position):
                        response = get(server().port, f"{target}?pos={position}")
                        self.assert_problem(response, 416)
                        self.assertEqual(response["Content-Range"], "bytes */64044")

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

    def test_trailer_fields_are_skipped(self):
        def handler(exchange):
            exchange.head(200, Transfer_Encoding="chunked")
            exchange.send_content(0, self.size, chunked=True)
            exchange.raw(b"0\r\n" + b"X-Sum: 1\r\n" * 100 + b"\r\n")

        self.assert_bytes(played(handler), 0, self.size)

    def test_trailer_fields_without_end_are_not_read_for_ever(self):
        sent = []

        def endless(exchange):
            exchange.head(200, Transfer_Encoding="chunked")
            exchange.send_content(0, KIB, chunked=True)
            exchange.raw(b"0\r\n")
            block = (b"X-More: " + b"a" * 1000 + b"\r\n") * 64
            while len(sent) * len(block) < 200 * MIB:
                exchange.raw(block)
                sent.append(block)

        self.assert_reset(played(endless), at_least=KIB)
        self.assertLess(sum(map(len, sent)), 32 * MIB, "what fits the kernel's queues")

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

    def test_protocols_that_nobody_wants_switched_are_502_at_once(self):
        def handler(exchange):
            exchange.head(101, Upgrade="websocket", Connection="Upgrade")
            exchange.hang()

        self.assert_problem(played(handler, "hasty"), 502)

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
