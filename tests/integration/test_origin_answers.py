"""Origins that refuse, redirect, or say of a part what is not so: each answer is checked against what
was asked, and what it says of the origin stays here."""

import os
import re
import struct
import sys
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from support.client import Client, get, parts
from support.content import content
from support.fault_origin import Exchange, FaultOrigin, Resource
from support.fault_stage import (
    SECRET,
    Case,
    directory,
    names,
    origin,
    played,
    route,
    server,
    setUpModule,
    song,
)
from support.wait import free_port

KIB, MIB = 1 << 10, 1 << 20


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

    def test_parts_that_are_shorter_than_asked_are_no_use_where_nothing_is_proven(self):
        size = 3 * MIB
        for etag in ('"v1"', None):
            file = Resource(size, etag=etag)

            def shortens(exchange, file=file, etag=etag):
                if exchange.range is None:
                    return file(exchange)
                first, last = exchange.range
                end = min(size if last is None else last + 1, size)
                end = min(end, first + max(1000, (end - first) // 2))
                exchange.head(206, Content_Length=end - first, Content_Range=f"bytes {first}-{end - 1}/{size}",
                              **file.fields())
                exchange.send_content(first, end)

            for asked, first, end in ((None, 0, size), ("bytes=0-", 0, size), ("bytes=1000000-", 1000000, size),
                                      ("bytes=1000000-2999999", 1000000, 3000000), ("bytes=-100000", size - 100000, size)):
                with self.subTest(etag=etag, asked=asked):
                    response = played(shortens, **({"Range": asked} if asked else {}))
                    self.assertEqual(response.status, 206 if asked else 200)
                    self.assert_bytes(response, first, end)

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

    def test_retry_after_that_does_not_fit_does_not_count(self):
        file = Resource(1000)
        handler = lambda exchange: exchange.answer(503, Retry_After=3600) if exchange.number == 1 else file(exchange)
        self.assert_bytes(played(handler), 0, 1000)
        path = route(lambda exchange: exchange.answer(503, Retry_After=3600))
        self.assert_problem(get(server().port, song(path)), 502)
        self.assertEqual(len(origin.of(path)), 1 + 3)

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
            # Some of a request's 32 digits are those of a port now and then.
            seen = re.sub(rb"X-Request-Id: \w+", b"", response.raw + response.body)
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


if __name__ == "__main__":
    unittest.main()
