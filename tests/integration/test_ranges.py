"""RFC 9110 over a real nginx: ranges, conditional requests, fields, and what it costs the origin."""

import os
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from support.catalog import Catalog
from support.client import Client, get, parts
from support.content import content, write_file
from support.nginx import Nginx
from support.tonearm import Tonearm
from support.wait import wait_for

SIZE = 3_000_017
NAMES = {2: "songs/a b.mp3", 3: "100% what?#1.mp3", 4: "Bj\u00f6rk & +.mp3", 5: "AC: DC.mp3"}


class Ranges(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        directory = tempfile.TemporaryDirectory(prefix="tonearm-test-")
        cls.addClassCleanup(directory.cleanup)
        cls.nginx = Nginx(directory.name, extra="""
            location /weak/ { alias %s/media/; add_header ETag 'W/"w"'; etag off; }
            location /html/ { alias %s/media/; types { } default_type text/html; }
        """ % (directory.name, directory.name))
        catalog = Catalog(os.path.join(directory.name, "db.sqlite3"))
        write_file(os.path.join(cls.nginx.root, "1.mp3"), SIZE)
        catalog.add("1.mp3")
        for seed, name in NAMES.items():
            write_file(os.path.join(cls.nginx.root, name), 1000, seed)
            catalog.add(name)
        write_file(os.path.join(cls.nginx.root, "empty.mp3"), 0)
        cls.empty = catalog.add("empty.mp3")
        cls.absent = catalog.add("absent.mp3")
        cls.escaping = catalog.add("../1.mp3")
        cls.alien = catalog.add("gopher://x/1.mp3")
        host = f"http://127.0.0.1:{cls.nginx.port}"
        cls.weak = catalog.add(host + "/weak/1.mp3")
        cls.html = catalog.add(host + "/html/1.mp3")
        cls.encoded = catalog.add(host + "/media/songs/a%20b.mp3")
        cls.nginx.start()
        cls.addClassCleanup(cls.nginx.stop)
        cls.tonearm = Tonearm(directory.name, {"catalog": {"path": catalog.path},
                                               "upstream": {"base_url": cls.nginx.base_url}}).start()
        cls.addClassCleanup(cls.tonearm.stop)

    def get(self, song=1, method="GET", **fields):
        return get(self.tonearm.port, f"/songs/listen/{song}", method=method, **fields)


    def test_one_range(self):
        for field, first, end in (("bytes=0-0", 0, 1), ("bytes=0-1", 0, 2), ("bytes=5-9", 5, 10),
                                  ("bytes=-7", SIZE - 7, SIZE), (f"bytes={SIZE - 1}-", SIZE - 1, SIZE),
                                  (f"bytes=2999990-{10**30}", 2_999_990, SIZE), (f"bytes=-{10**30}", 0, SIZE),
                                  ("BYTES=1-2", 1, 3), ("bytes= 1-2 ,", 1, 3), ("bytes=0-", 0, SIZE),
                                  (f"bytes={SIZE}-,3-4", 3, 5)):
            with self.subTest(field):
                answer = self.get(Range=field)
                self.assertEqual(answer.status, 206)
                self.assertEqual(answer["Content-Range"], f"bytes {first}-{end - 1}/{SIZE}")
                self.assertEqual(answer["Content-Length"], str(end - first))
                self.assertEqual(answer.body, content(first, end))

    def test_not_satisfiable(self):
        for field in (f"bytes={SIZE}-", "bytes=-0", f"bytes={10**40}-", "bytes=abc", "bytes=5-2", "bytes=0-2,5-4",
                      "bytes=", "bytes=--1", "bytes=1-2-3"):
            with self.subTest(field):
                answer = self.get(Range=field)
                self.assertEqual((answer.status, answer["Content-Range"]), (416, f"bytes */{SIZE}"))
                self.assertEqual(answer.problem()["status"], 416)

    def test_range_is_ignored(self):
        many = "bytes=" + ",".join(f"{i}-{i}" for i in range(17))
        for field in ("items=0-5", "bytes 0-5", many, "bytes=0-,0-", f"bytes=0-{SIZE},0-1"):
            with self.subTest(field):
                answer = self.get(Range=field)
                self.assertEqual((answer.status, len(answer.body)), (200, SIZE))

    def test_several_ranges_in_the_order_asked(self):
        answer = self.get(Range="bytes=100-199, 0-9,-5")
        self.assertEqual(answer.status, 206)
        self.assertIsNone(answer["Content-Range"])
        self.assertEqual(parts(answer), [
            ("audio/mpeg", f"bytes 100-199/{SIZE}", content(100, 200)),
            ("audio/mpeg", f"bytes 0-9/{SIZE}", content(0, 10)),
            ("audio/mpeg", f"bytes {SIZE - 5}-{SIZE - 1}/{SIZE}", content(SIZE - 5, SIZE))])

    def test_head_ignores_range(self):
        answer = self.get(method="HEAD", Range="bytes=0-1")
        self.assertEqual((answer.status, answer["Content-Length"], answer.body), (200, str(SIZE), b""))
        self.assertIsNone(answer["Content-Range"])

    def test_an_empty_song(self):
        answer = self.get(self.empty)
        self.assertEqual((answer.status, answer["Content-Length"]), (200, "0"))
        for field in ("bytes=0-", "bytes=0-0", "bytes=-1"):
            answer = self.get(self.empty, Range=field)
            self.assertEqual((answer.status, answer["Content-Range"]), (416, "bytes */0"))

    def test_preconditions(self):
        head = self.get(method="HEAD")
        etag, date = head["ETag"], head["Last-Modified"]
        early, late = "Mon, 01 Jan 2001 00:00:00 GMT", "Wed, 01 Jan 2025 00:00:00 GMT"
        for status, fields in (
                (304, {"If_None_Match": etag}), (304, {"If_None_Match": "W/" + etag}), (304, {"If_None_Match": "*"}),
                (200, {"If_None_Match": '"x"'}), (304, {"If_None_Match": f'"x", {etag}'}),
                (304, {"If_Modified_Since": date}), (304, {"If_Modified_Since": late}),
                (200, {"If_Modified_Since": early}), (200, {"If_Modified_Since": "yesterday"}),
                (200, {"If_None_Match": '"x"', "If_Modified_Since": late}),
                (412, {"If_Match": '"x"'}), (412, {"If_Match": "W/" + etag}), (200, {"If_Match": etag}),
                (200, {"If_Match": "*"}), (412, {"If_Unmodified_Since": early}), (200, {"If_Unmodified_Since": date}),
                (200, {"If_Match": etag, "If_Unmodified_Since": early}),
                (304, {"If_Match": etag, "If_None_Match": etag}),
                (304, {"If_None_Match": etag, "Range": "bytes=0-1"}),
                (412, {"If_Match": '"x"', "Range": f"bytes={SIZE}-"}),
                (206, {"If_Range": etag, "Range": "bytes=0-1"}), (206, {"If_Range": date, "Range": "bytes=0-1"}),
                (200, {"If_Range": '"x"', "Range": "bytes=0-1"}), (200, {"If_Range": "W/" + etag, "Range": "bytes=0-1"}),
                (200, {"If_Range": early, "Range": "bytes=0-1"}), (200, {"If_Range": '"x"', "Range": f"bytes={SIZE}-"}),
                (200, {"If_Range": etag})):
            with self.subTest(fields):
                answer = self.get(**fields)
                self.assertEqual(answer.status, status)
                if status == 304:
                    self.assertEqual((answer["ETag"], answer.body), (etag, b""))
                    self.assertIsNotNone(answer["Cache-Control"])
                if status == 412:
                    self.assertEqual(answer.problem()["status"], 412)

    def test_fields_of_a_stream(self):
        answer = self.get(Range="bytes=0-1")
        self.assertEqual(answer["Content-Type"], "audio/mpeg")
        self.assertEqual(answer["Accept-Ranges"], "bytes")
        self.assertEqual(answer["X-Content-Type-Options"], "nosniff")
        self.assertEqual(answer["Content-Security-Policy"], "sandbox")
        self.assertEqual(answer["X-Accel-Buffering"], "no")
        self.assertEqual(answer["Cache-Control"], "private, max-age=3600")
        self.assertEqual(answer["Access-Control-Allow-Origin"], "*")
        self.assertIn("miss", answer["Cache-Status"])
        for field in ("Content-Range", "Accept-Ranges", "Content-Length", "ETag"):
            self.assertIn(field, answer["Access-Control-Expose-Headers"])
        self.assertRegex(answer["X-Request-Id"], r"^[0-9a-f]{32}$")
        self.assertIsNone(answer["Server"])

    def test_a_weak_etag_is_not_handed_on(self):
        answer = self.get(self.weak, Range="bytes=0-1")
        self.assertEqual(answer.status, 206)
        self.assertIsNone(answer["ETag"])
        self.assertIsNotNone(answer["Last-Modified"])

    def test_what_is_no_media_becomes_opaque(self):
        self.assertEqual(self.get(self.html)["Content-Type"], "application/octet-stream")

    def test_names_are_encoded_once(self):
        for seed, name in NAMES.items():
            with self.subTest(name):
                self.assertEqual(self.get(seed).body, content(0, 1000, seed))
        self.assertEqual(self.get(self.encoded).body, content(0, 1000, 2))

    def test_songs_that_cannot_be(self):
        for target, status in (("/songs/listen/99", 404), ("/songs/listen/01", 404), ("/songs/listen/1e0", 404),
                               ("/songs/listen/" + "x" * 129, 400), ("/songs/listen/a%2Fb", 400),
                               ("/songs/listen/..", 400), ("/songs/listen/a%20b", 400), ("/songs/listen/%zz", 400),
                               ("/songs/listen/%00", 400), ("/nothing", 404),
                               (f"/songs/listen/{self.absent}", 404), (f"/songs/listen/{self.escaping}", 502),
                               (f"/songs/listen/{self.alien}", 502)):
            with self.subTest(target):
                answer = get(self.tonearm.port, target)
                self.assertEqual(answer.status, status)
                self.assertEqual(answer.problem()["status"], status)
                self.assertNotIn(b"mp3", answer.body)
                self.assertEqual(answer["X-Content-Type-Options"], "nosniff")

    def test_options_and_other_methods(self):
        answer = self.get(method="OPTIONS", Origin="https://player.example")
        self.assertEqual((answer.status, answer.body), (204, b""))
        self.assertEqual(answer["Access-Control-Max-Age"], "600")
        for field in ("Range", "If-Range", "Authorization"):
            self.assertIn(field, answer["Access-Control-Allow-Headers"])
        for method in ("POST", "PUT", "DELETE", "BREW"):
            answer = self.get(method=method)
            self.assertEqual((answer.status, answer["Allow"]), (405, "GET, HEAD, OPTIONS"))
        answer = get(self.tonearm.port, "media.example:443", method="CONNECT")
        self.assertEqual((answer.status, answer["Allow"]), (405, "GET, HEAD, OPTIONS"))

    def test_the_safari_conversation(self):
        with Client(self.tonearm.port) as client:
            probe = client.get("/songs/listen/1", Range="bytes=0-1")
            self.assertEqual((probe.status, probe["Content-Range"], probe.body),
                             (206, f"bytes 0-1/{SIZE}", content(0, 2)))
            with Client(self.tonearm.port) as whole:
                whole.ask("/songs/listen/1", Range=f"bytes=0-{SIZE - 1}")
                self.assertEqual(whole.head()["Content-Length"], str(SIZE))
                self.assertEqual(whole.take(40_000), content(0, 40_000))
            for first, last in ((40_000, 105_535), (2_900_000, SIZE - 1), (105_536, 171_071)):
                piece = client.get("/songs/listen/1", Range=f"bytes={first}-{last}")
                self.assertEqual((piece.status, piece["Content-Range"]), (206, f"bytes {first}-{last}/{SIZE}"))
                self.assertEqual(piece.body, content(first, last + 1))


class Cost(unittest.TestCase):
    """What one request costs the origin, by its own log."""

    def setUp(self):
        directory = tempfile.TemporaryDirectory(prefix="tonearm-test-")
        self.addCleanup(directory.cleanup)
        self.nginx = Nginx(directory.name)
        catalog = Catalog(os.path.join(directory.name, "db.sqlite3"))
        write_file(os.path.join(self.nginx.root, "1.mp3"), SIZE)
        catalog.add("1.mp3")
        self.nginx.start()
        self.addCleanup(self.nginx.stop)
        self.tonearm = Tonearm(directory.name, {"catalog": {"path": catalog.path}, "server": {"threads": 1},
                                                "upstream": {"base_url": self.nginx.base_url}}).start()
        self.addCleanup(self.tonearm.stop)

    def test_a_closed_range_is_one_request_for_just_that(self):
        get(self.tonearm.port, "/songs/listen/1", Range="bytes=1000-65999")
        log = wait_for(self.nginx.log, "the origin's log")
        self.assertEqual([(line.range, line.bytes) for line in log], [("bytes=1000-65999", 65_000)])

    def test_the_whole_is_windows_on_one_connection(self):
        get(self.tonearm.port, "/songs/listen/1")
        log = wait_for(lambda: (lines := self.nginx.log()) and sum(l.bytes for l in lines) >= SIZE and lines,
                       "the origin's log")
        self.assertEqual(sum(line.bytes for line in log), SIZE)
        self.assertEqual(len({line.connection for line in log}), 1)
        self.assertEqual(log[0].range, "bytes=0-131071")

    def test_a_seek_wastes_one_small_window(self):
        with Client(self.tonearm.port, receive_buffer=4096) as client:
            client.ask("/songs/listen/1", Range="bytes=1000000-")
            client.head()
            client.take(1000)
        self.tonearm.wait_for_access(outcome="client_gone")
        log = wait_for(self.nginx.log, "the origin's log")
        self.assertLessEqual(sum(line.bytes for line in log), 512 * 1024)


if __name__ == "__main__":
    unittest.main()
