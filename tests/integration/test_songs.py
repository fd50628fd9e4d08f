"""/songs, /songs/{id}, /songs.m3u, thumbnails and playlists over catalogs of several schemas."""

import json
import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from support.case import Case
from support.catalog import Catalog
from support.client import Client
from support.fault_origin import FaultOrigin, Resource

PLAYLISTS = """
CREATE TABLE playlist(id INTEGER PRIMARY KEY, name TEXT NOT NULL);
CREATE TABLE playlist_song(playlist_id INTEGER, song_id INTEGER, position INTEGER);
INSERT INTO playlist VALUES (1, 'Mix "1"'), (2, 'Leer');
INSERT INTO playlist_song VALUES (1, 3, 1), (1, 1, 2), (1, 999, 3);
"""
HOSTILE = '</script><script>alert(1)</script>"\'\\ 🎵\nsecond line\t\x07'
FIELDS = ["id", "name", "artist", "duration", "thumbnail", "content_type", "stream_url"]


class Songs(Case):
    @classmethod
    def prepare(cls):
        cls.origin = FaultOrigin()
        cls.addClassCleanup(cls.origin.stop)
        for path, kind in (
            ("/t/a.jpg", "image/jpeg"),
            ("/t/b.svg", "image/svg+xml"),
            ("/t/c.png", "text/html"),
            ("/t/d.webp", "application/octet-stream"),
        ):
            cls.origin.routes[path] = Resource(5000, kind=kind)
        cls.catalog.add("secret place/a.mp3", "Déjà Vu", "Björk", 60)
        cls.catalog.add("http://origin.example/secret?token=x", HOSTILE, "Miles Davis", 61)
        cls.catalog.add("s3://bucket/secret.flac", "x" * 10_000, "y" * 10_000, 0)
        cls.catalog.execute(
            "INSERT INTO music_song (name, artist, duration, thumbnail, file)"
            " VALUES (CAST(x'fffe41' AS TEXT), 'AC/DC', 3, '', 'd.ogg')"
        )
        cls.catalog.execute(PLAYLISTS, script=True)
        cls.serve(cls.origin.base_url)

    def json(self, target, **options):
        response = self.get(target, **options)
        self.assertStatus(response, 200)
        self.assertEqual(response["Content-Type"], "application/json")
        self.assertNotIn(b"secret", response.body)
        return json.loads(response.body.decode())

    def ids(self, query):
        return [song["id"] for song in self.json(f"/songs?{query}")["songs"]]

    def thumbnail(self, value):
        return self.catalog.execute(
            "INSERT INTO music_song (name, artist, duration, thumbnail, file)"
            " VALUES ('picture', '', 1, ?, 'p.mp3')",
            (value,),
        )

    def test_lists_songs_with_all_their_fields(self):
        answer = self.json("/songs?limit=3")
        self.assertEqual(list(answer), ["songs", "total", "limit", "offset"])
        self.assertEqual((answer["limit"], answer["offset"]), (3, 0))
        first = answer["songs"][0]
        self.assertEqual(list(first), FIELDS)
        self.assertEqual(first["name"], "Déjà Vu")
        self.assertEqual(first["duration"], 60)
        self.assertEqual(first["content_type"], "audio/mpeg")
        self.assertEqual(first["stream_url"], "http://tonearm.test/songs/listen/1")
        self.assertEqual(answer["songs"][1]["name"], HOSTILE)
        self.assertEqual(answer["songs"][2]["name"], "x" * 10_000)
        self.assertIsNone(answer["songs"][2]["duration"])

    def test_invalid_utf8_is_valid_json_all_the_same(self):
        self.assertEqual(self.json("/songs/4")["name"], "\ufffd\ufffdA")

    def test_one_song_is_the_one_that_is_listed(self):
        self.assertEqual(self.json("/songs/2"), self.json("/songs?q=miles")["songs"][0])
        self.assertProblem(self.get("/songs/77"), 404)
        self.assertProblem(self.get("/songs/01"), 404)
        self.assertProblem(self.get("/songs/a%20b"), 400)

    def test_searches_words_and_pages(self):
        self.assertEqual(self.ids("q=deja"), [1])
        self.assertEqual(self.ids("q=bjork+VU"), [1])
        self.assertEqual(self.ids("q=dc"), [4])
        self.assertEqual(self.ids("q=%25"), [])
        self.assertEqual(self.ids("limit=1&offset=1"), [2])
        self.assertEqual(self.ids("q=&limit=1"), [1])

    def test_a_bad_limit_or_offset_is_400(self):
        for query in ("limit=0", "limit=501", "limit=-1", "limit=x", "limit=", "limit=1.5",
                      "limit=%2B1", "offset=-1", "offset=x", "offset=99999999999999999999"):
            for path in ("/songs", "/songs.m3u"):
                self.assertProblem(self.get(f"{path}?{query}"), 400)

    def test_an_unchanged_list_is_304(self):
        for target in ("/songs", "/songs/1", "/songs.m3u?q=deja", "/playlists", "/playlists/1"):
            first = self.get(target)
            self.assertStatus(first, 200)
            again = self.get(target, If_None_Match=first["ETag"])
            self.assertStatus(again, 304)
            self.assertEqual(again["ETag"], first["ETag"])
            self.assertEqual(again["Cache-Control"], first["Cache-Control"])
            self.assertStatus(self.get(target, If_Match='"other"'), 412)
        before = self.get("/songs?q=okapi")
        self.catalog.add("o.mp3", "Okapi")
        self.assertStatus(self.get("/songs?q=okapi", If_None_Match=before["ETag"]), 200)

    def test_head_and_other_methods(self):
        for target in ("/songs", "/songs/1", "/songs.m3u", "/playlists", "/playlists/1.m3u"):
            whole = self.get(target)
            head = self.get(target, method="HEAD")
            self.assertStatus(head, 200)
            self.assertEqual(head["Content-Length"], str(len(whole.body)))
            refused = self.get(target, method="POST", Content_Length="0")
            self.assertProblem(refused, 405)
            self.assertEqual(refused["Allow"], "GET, HEAD, OPTIONS")
            self.assertStatus(self.get(target, method="OPTIONS"), 204)

    def test_m3u_has_two_lines_a_song_whatever_its_title_holds(self):
        response = self.get("/songs.m3u?limit=4")
        self.assertTrue(response["Content-Type"].startswith("audio/x-mpegurl"))
        self.assertNotIn(b"secret", response.body)
        lines = response.body.decode().split("\n")
        self.assertEqual(lines[0], "#EXTM3U")
        self.assertEqual(lines[1], "#EXTINF:60,Björk - Déjà Vu")
        self.assertEqual(lines[2], "http://tonearm.test/songs/listen/1")
        self.assertTrue(lines[3].startswith("#EXTINF:61,Miles Davis - </script>"))
        self.assertIn("🎵 second line", lines[3])
        self.assertLess(max(map(len, lines)), 1200)
        self.assertEqual(len(lines), 1 + 2 * 4 + 1)

    def test_public_addresses_come_from_a_trusted_proxy(self):
        song = self.json("/songs/1", X_Forwarded_Proto="https", X_Forwarded_Host="m.example",
                         X_Forwarded_Prefix="/radio")
        self.assertEqual(song["stream_url"], "https://m.example/radio/songs/listen/1")
        apart = self.serve_apart(self.origin.base_url, server={"public_url": "https://p.example/x/"})
        self.assertIsNotNone(apart)
        song = self.json("/songs/1", X_Forwarded_Host="m.example")
        self.assertEqual(song["stream_url"], "https://p.example/x/songs/listen/1")
        apart = self.serve_apart(self.origin.base_url, server={"trusted_proxies": []})
        song = self.json("/songs/1", X_Forwarded_Host="m.example", X_Forwarded_Proto="https")
        self.assertEqual(song["stream_url"], "http://tonearm.test/songs/listen/1")

    def test_thumbnails(self):
        absolute = self.thumbnail("https://images.example/a b.jpg")
        self.assertEqual(self.json(f"/songs/{absolute}")["thumbnail"],
                         "https://images.example/a b.jpg")
        self.assertProblem(self.get(f"/songs/{absolute}/thumbnail"), 404)
        self.assertProblem(self.get("/songs/1/thumbnail"), 404)
        self.assertIsNone(self.json("/songs/1")["thumbnail"])

        picture = self.thumbnail("t/a.jpg")
        path = self.json(f"/songs/{picture}")["thumbnail"]
        self.assertEqual(path, f"/songs/{picture}/thumbnail")
        response = self.get(path)
        self.assertStatus(response, 200)
        self.assertEqual(response["Content-Type"], "image/jpeg")
        self.assertEqual(response["X-Content-Type-Options"], "nosniff")
        self.assertEqual(response["Content-Security-Policy"], "sandbox")
        self.assertEqual(len(response.body), 5000)
        self.assertStatus(self.get(path, If_None_Match=response["ETag"]), 304)
        self.assertStatus(self.get(path, Range="bytes=0-1"), 200)
        head = self.get(path, method="HEAD")
        self.assertEqual(head["Content-Length"], "5000")
        self.assertEqual(self.get(f"/songs/{self.thumbnail('t/d.webp')}/thumbnail")["Content-Type"],
                         "image/webp")
        for name in ("t/b.svg", "t/c.png", "t/missing.jpg"):
            self.assertProblem(self.get(f"/songs/{self.thumbnail(name)}/thumbnail"), 404)

    def test_playlists(self):
        self.assertEqual(
            self.json("/playlists"),
            {"playlists": [{"id": 2, "name": "Leer", "songs": 0},
                           {"id": 1, "name": 'Mix "1"', "songs": 2}], "total": 2},
        )
        one = self.json("/playlists/1")
        self.assertEqual((one["id"], one["name"], one["total"]), (1, 'Mix "1"', 2))
        self.assertEqual([song["id"] for song in one["songs"]], [3, 1])
        self.assertEqual(list(one["songs"][0]), FIELDS)
        lines = self.get("/playlists/1.m3u").body.decode().split("\n")
        self.assertEqual(lines[:2], ["#EXTM3U", '#PLAYLIST:Mix "1"'])
        self.assertEqual(lines[3::2], [f"http://tonearm.test/songs/listen/{id}" for id in (3, 1)] + [])
        self.assertProblem(self.get("/playlists/3"), 404)
        self.assertProblem(self.get("/playlists/3.m3u"), 404)


class LargeList(Case):
    """More songs than one page."""

    count = 1234

    @classmethod
    def prepare(cls):
        rows = ",".join(f"('Song {i}', 'A', {i}, '', '{i}.mp3')" for i in range(cls.count))
        cls.catalog.execute(
            f"INSERT INTO music_song (name, artist, duration, thumbnail, file) VALUES {rows}")
        cls.serve()

    def test_the_m3u_holds_them_all(self):
        for version in ("1.1", "1.0"):
            response = self.get("/songs.m3u?q=song", version=version)
            self.assertStatus(response, 200)
            self.assertTrue(response.complete)
            lines = response.body.decode().splitlines()
            self.assertEqual(lines[0], "#EXTM3U")
            self.assertEqual(lines[2::2], [f"http://tonearm.test/songs/listen/{i + 1}"
                                           for i in range(self.count)])
        self.assertStatus(self.get("/songs.m3u", method="HEAD"), 200)
        self.assertEqual(len(self.get("/songs.m3u?limit=500").body.splitlines()), 1001)
        self.assertEqual(len(self.get("/songs.m3u?offset=1200").body.splitlines()), 69)

    def test_what_goes_while_the_m3u_is_read_takes_no_other_song_with_it(self):
        catalog = Catalog(os.path.join(self.directory, "changing.sqlite3"))
        count = 6000
        rows = ",".join(f"('{'x' * 400}', 'A', {i}, '', '{i}.mp3')" for i in range(count))
        catalog.execute(
            f"INSERT INTO music_song (name, artist, duration, thumbnail, file) VALUES {rows}")
        self.serve_apart(catalog={"path": catalog.path})
        with Client(self.tonearm.port, receive_buffer=4096) as client:
            client.ask("/songs.m3u")
            head = client.head()
            catalog.execute("DELETE FROM music_song WHERE id <= 10")
            body = client.body(head)
        self.assertTrue(body.complete)
        ids = [int(line.rpartition("/")[2]) for line in body.body.decode().splitlines()[2::2]]
        self.assertEqual(ids, list(range(1, count + 1)))

    def test_there_are_no_playlists(self):
        for path in ("/playlists", "/playlists/1", "/playlists/1.m3u"):
            self.assertProblem(self.get(path), 404)


class LargePlaylist(Case):
    """More songs than a playlist's page."""

    count = 10_123

    @classmethod
    def prepare(cls):
        for name in ("a", "b", "c"):
            cls.catalog.add(f"{name}.mp3")
        cls.catalog.execute(
            "CREATE TABLE playlist(id INTEGER PRIMARY KEY, name TEXT NOT NULL);"
            "CREATE TABLE playlist_song(playlist_id INTEGER, song_id INTEGER, position INTEGER);"
            "INSERT INTO playlist VALUES (1, 'Long');"
            "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n"
            f" WHERE i + 1 < {cls.count}) INSERT INTO playlist_song SELECT 1, 1 + i % 3, i FROM n",
            script=True)
        cls.serve()

    def test_the_m3u_holds_them_all(self):
        for version in ("1.1", "1.0"):
            response = self.get("/playlists/1.m3u", version=version)
            self.assertStatus(response, 200)
            self.assertTrue(response.complete)
            lines = response.body.decode().splitlines()
            self.assertEqual(lines[:2], ["#EXTM3U", "#PLAYLIST:Long"])
            self.assertTrue(lines[3::2] == [f"http://tonearm.test/songs/listen/{1 + i % 3}"
                                            for i in range(self.count)], len(lines))
        self.assertStatus(self.get("/playlists/1.m3u", method="HEAD"), 200)
        self.assertEqual(len(self.get("/playlists/1.m3u?limit=500").body.splitlines()), 1002)
        self.assertEqual(len(self.get("/playlists/1.m3u?offset=10100").body.splitlines()), 48)

    def test_what_json_leaves_out_is_had_by_offset(self):
        pages = [json.loads(self.get(f"/playlists/1{query}").body) for query in ("", "?offset=10000")]
        self.assertEqual([len(page["songs"]) for page in pages], [10_000, 123])
        self.assertEqual([page["total"] for page in pages], [self.count] * 2)


class ForeignSchema(Case):
    @classmethod
    def prepare(cls):
        cls.catalog.execute(
            "CREATE TABLE tracks(key TEXT PRIMARY KEY, title TEXT, path TEXT);"
            "INSERT INTO tracks VALUES ('b~1', 'Zwölf', 'x.mp3'), ('a.2', 'Eins', 'y.mp3')",
            script=True)
        cls.lookup = "SELECT path AS file FROM tracks WHERE key = :id"
        cls.list = "SELECT key AS id, title AS name FROM tracks ORDER BY title"
        cls.serve(catalog={"path": cls.catalog.path, "lookup": cls.lookup, "list": cls.list})

    def test_is_listed_by_catalog_list(self):
        answer = json.loads(self.get("/songs").body)
        self.assertEqual([song["id"] for song in answer["songs"]], ["a.2", "b~1"])
        answer = json.loads(self.get("/songs?q=zwolf").body)
        self.assertEqual(answer["total"], 1)
        self.assertEqual(answer["songs"][0]["stream_url"], "http://tonearm.test/songs/listen/b~1")
        self.assertEqual(json.loads(self.get("/songs/b~1").body)["name"], "Zwölf")
        self.assertProblem(self.get("/songs/c"), 404)

    def test_without_a_list_there_is_none(self):
        self.serve_apart(catalog={"path": self.catalog.path, "lookup": self.lookup})
        for path in ("/songs", "/songs/b~1", "/songs.m3u"):
            self.assertProblem(self.get(path), 404)

    def test_a_catalog_that_cannot_be_read_is_503(self):
        self.serve_apart(catalog={"path": self.catalog.path + ".missing"})
        for path in ("/songs", "/songs/1", "/songs.m3u", "/playlists", "/playlists/1"):
            self.assertProblem(self.get(path), 503)


if __name__ == "__main__":
    unittest.main()
