"""Fields, names and policies: what the answer says besides its bytes, and what the origin is asked."""

import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from support.case import Case
from support.client import Client, get, parts
from support.content import content, write_file
from support.nginx import Nginx
from support.wait import wait_for

SIZE = 1_000_003
PLACES = """
  location /untyped/ { alias ROOT/; types { } default_type ''; }
  location /html/ { alias ROOT/; types { } default_type text/html; }
  location /playlist/ { alias ROOT/; types { } default_type audio/mpegurl; }
  location /ogg/ { alias ROOT/; types { } default_type application/ogg; }
  location /weak/ { alias ROOT/; etag off; add_header ETag 'W/"weak"'; }
  location /talkative/ { alias ROOT/; add_header Set-Cookie a=b; add_header X-Backend one;
                         add_header Cache-Control public; }
  location /forbidden/ { return 403 "the origin's own words"; }
"""


class Song(Case):
    @classmethod
    def prepare(cls):
        root = os.path.join(cls.directory, "media")
        cls.nginx = cls.own(Nginx(cls.directory, PLACES.replace("ROOT", root)))
        cls.put("song.mp3", SIZE)
        cls.song = cls.catalog.add("song.mp3")
        cls.serve(cls.nginx.base_url)

    @classmethod
    def put(cls, name, size, seed=1):
        write_file(os.path.join(cls.nginx.root, name), size, seed)

    def at(self, place, name="song.mp3"):
        """The song at another place of the origin."""
        return self.catalog.add(f"http://127.0.0.1:{self.nginx.port}/{place}/{name}")

    def ask(self, *, song=None, **fields):
        return self.get(song or self.song, **fields)


class Fields(Song):
    def test_head_says_what_get_says(self):
        def fields(response):
            own = ("date", "x-request-id")
            return sorted((n.lower(), v) for n, v in response.fields if n.lower() not in own)

        with Client(self.tonearm.port) as client:
            for song in (self.song, self.at("ogg"), self.at("weak")):
                target = f"/songs/listen/{song}"
                self.assertEqual(fields(client.get(target, "HEAD")), fields(client.get(target)))

    def test_a_206_says_what_the_200_would(self):  # RFC 9110 §15.3.7
        whole, part = self.ask(), self.ask(Range="bytes=5-9")
        for name in ("Content-Type", "Cache-Control", "ETag", "Last-Modified", "Vary", "Expires"):
            self.assertEqual(part[name], whole[name], name)
        self.assertIsNotNone(part["Date"])

    def test_nothing_of_the_origin_but_bytes_and_validators_gets_out(self):
        response = self.ask(song=self.at("talkative"))
        self.assertStatus(response, 200)
        for name in ("Set-Cookie", "X-Backend", "Server", "Via", "Location"):
            self.assertIsNone(response[name])
        self.assertEqual(response["Cache-Control"], "private, max-age=3600")
        self.assertNotIn(str(self.nginx.port).encode(), response.raw)

    def test_the_origins_error_body_stays_home(self):
        response = self.ask(song=self.at("forbidden"))
        self.assertProblem(response, 502)
        self.assertIn("tonearm", response["Proxy-Status"])
        for secret in (b"own words", str(self.nginx.port).encode(), b"forbidden/"):
            self.assertNotIn(secret, response.raw + response.body)

    def test_content_types(self):
        for name in ("a.flac", "a.bin", "a.opus", "a.wav", "A.MP3", "none"):
            self.put(name, 10)
        for song, kind in [
            (self.song, "audio/mpeg"),
            (self.catalog.add("a.flac"), "audio/flac"),
            (self.catalog.add("a.bin"), "application/octet-stream"),
            (self.catalog.add("none"), "application/octet-stream"),
            (self.catalog.add("A.MP3"), "audio/mpeg"),
            (self.at("untyped"), "audio/mpeg"),
            (self.at("html"), "application/octet-stream"),
            (self.at("playlist"), "audio/mpegurl"),
            (self.at("ogg"), "application/ogg"),
        ]:
            self.assertEqual(self.ask(song=song, method="HEAD")["Content-Type"], kind)
        for name in ("a.opus", "a.wav"):
            kind = self.ask(song=self.catalog.add(name), method="HEAD")["Content-Type"]
            self.assertTrue(kind.startswith("audio/"), f"{name}: {kind}")

    def test_a_weak_etag_in_if_range_gets_the_whole_song_and_a_date_works(self):
        song = self.at("weak")
        date = self.ask(song=song, method="HEAD")["Last-Modified"]
        self.assertStatus(self.ask(song=song, Range="bytes=5-9", If_Range='W/"weak"'), 200)
        part = self.ask(song=song, Range="bytes=900000-900009", If_Range=date)
        self.assertStatus(part, 206)
        self.assertBody(part, content(900_000, 900_010))

    def test_a_304_leaves_the_connection_usable(self):
        etag = self.ask(method="HEAD")["ETag"]
        with Client(self.tonearm.port) as client:
            response = client.get(f"/songs/listen/{self.song}", If_None_Match=etag)
            self.assertStatus(response, 304)
            self.assertIn(response["Content-Length"], (None, str(SIZE)))  # RFC 9110 §15.4.5
            self.assertStatus(client.get(f"/songs/listen/{self.song}", Range="bytes=0-1"), 206)

    def test_sixteen_ranges_and_blanks_around_commas(self):
        spans = [(n * 1000, n * 1000 + 9) for n in range(16)]
        answer = parts(self.ask(Range="bytes=" + " ,\t".join(f"{a}-{b}" for a, b in spans)))
        self.assertEqual([piece for _, _, piece in answer], [content(a, b + 1) for a, b in spans])


class Cors(Song):
    def test_for_named_origins_only(self):
        self.serve_apart(self.nginx.base_url, server={"cors_origins": ["https://a.example"]})
        allowed = self.ask(Origin="https://a.example", method="HEAD")
        self.assertEqual(allowed["Access-Control-Allow-Origin"], "https://a.example")
        self.assertIn("Origin", allowed["Vary"])
        other = self.ask(Origin="https://b.example", method="HEAD")
        self.assertIsNone(other["Access-Control-Allow-Origin"])
        self.assertIn("Origin", other["Vary"])
        preflight = self.ask(Origin="https://a.example", method="OPTIONS")
        self.assertEqual(preflight["Access-Control-Allow-Origin"], "https://a.example")
        self.assertIn("Origin", preflight["Vary"])

    def test_errors_have_it_too(self):
        response = self.ask(Origin="https://a.example", Range="bytes=9999999-")
        self.assertStatus(response, 416)
        self.assertEqual(response["Access-Control-Allow-Origin"], "*")
        self.assertIsNone(response["Vary"])

    def test_it_can_be_off(self):
        self.serve_apart(self.nginx.base_url, server={"cors_origins": []})
        for method in ("HEAD", "OPTIONS"):
            response = self.ask(Origin="https://a.example", method=method)
            self.assertEqual([n for n, _ in response.fields if n.startswith("Access-Control")], [])


class MaxRange(Song):
    @classmethod
    def serve(cls, base_url=None, **tables):
        return super().serve(base_url, stream={"max_range": "64KiB"})

    def test_it_caps_one_open_range(self):
        for asked, first, last in [
            ("bytes=0-", 0, 65_535),
            ("bytes=5-", 5, 65_540),
            ("bytes=999000-", 999_000, SIZE - 1),
        ]:
            response = self.ask(Range=asked)
            self.assertEqual(response["Content-Range"], f"bytes {first}-{last}/{SIZE}")
            self.assertBody(response, content(first, last + 1))

    def test_and_nothing_else(self):
        self.assertBody(self.ask(), content(0, SIZE))
        self.assertBody(self.ask(Range="bytes=0-99999"), content(0, 100_000))
        self.assertBody(self.ask(Range="bytes=-100000"), content(SIZE - 100_000, SIZE))
        several = parts(self.ask(Range="bytes=0-9,100000-"))
        self.assertEqual([len(piece) for _, _, piece in several], [10, SIZE - 100_000])


class Names(Song):
    """What stands in the catalog's file column, and what the origin is asked for."""

    def test_every_byte_of_a_plain_name_reaches_the_origin(self):
        for name in (
            "a b.mp3",
            "100%.mp3",
            "50%20off.mp3",
            "what?.mp3",
            "no#1.mp3",
            "K\u00e4se \u266b.mp3",
            "a+b&c;d=e,f!'(g)*[h]~.mp3",
            "AC: DC.mp3",
            'quo"te\\<>^`{|}.mp3',
            "tab\tand\x01control.mp3",
            "folder/sub folder/x.mp3",
        ):
            with self.subTest(name):
                self.put(name, 1000, seed=len(name))
                response = self.ask(song=self.catalog.add(name), Range="bytes=100-199")
                self.assertStatus(response, 206)
                self.assertBody(response, content(100, 200, seed=len(name)))

    def test_what_a_url_has_encoded_stays_as_it_is(self):
        self.put("x y%.mp3", 500, seed=9)
        song = self.catalog.add(f"{self.nginx.base_url}x%20y%25.mp3?token=a%2Fb")
        self.assertBody(self.ask(song=song), content(0, 500, seed=9))
        wait_for(
            lambda: [line for line in self.nginx.log() if "x%20y%25.mp3?token=a%2Fb" in line.request],
            "the request in the origin's log",
        )

    def test_names_that_leave_the_base_are_refused_unasked(self):
        for name in ("../media/song.mp3", "a/../song.mp3", "./song.mp3", "a//song.mp3", "..", "/song.mp3"):
            with self.subTest(name):
                self.assertProblem(self.ask(song=self.catalog.add(name)), 502)

    def test_an_unknown_scheme_is_502(self):
        for file in ("gopher://x/y", "file:///etc/passwd", "ftp://127.0.0.1/a"):
            self.assertProblem(self.ask(song=self.catalog.add(file)), 502)

    def test_ids(self):
        for song in (f"0{self.song}", f"{self.song}.0", f"+{self.song}", "x" * 128, "-1", "9" * 30):
            with self.subTest(song):
                self.assertIn(self.ask(song=song).status, (400,) if "+" in song else (404,))
        for song in ("%2e%2e", ".", "%2E", "a*b", "%C3%A4", "1;2", "1%", "%", "%4", "%0a", "%25"):
            with self.subTest(song):
                self.assertProblem(self.ask(song=song), 400)
        encoded = "".join(f"%{byte:02x}" for byte in str(self.song).encode())
        self.assertStatus(self.ask(song=encoded, method="HEAD"), 200)
        self.assertStatus(get(self.tonearm.port, f"/songs/listen/{self.song}/"), 404)


if __name__ == "__main__":
    unittest.main()
