"""The catalog while others write it: new rows, broken files, other schemas, missing rights."""

import json
import os
import shutil
import sqlite3
import sys
import unittest
from contextlib import closing

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from support.case import Case
from support.catalog import Catalog
from support.client import Client, get
from support.content import content
from support.fault_origin import FaultOrigin, Resource
from support.tonearm import Tonearm
from support.wait import wait_for

SIZE = 10_000


class CatalogCase(Case):
    """Song `n` of the origin has bytes of its own: /n.mp3."""

    @classmethod
    def prepare(cls):
        cls.origin = FaultOrigin()
        cls.addClassCleanup(cls.origin.stop)
        for seed in range(1, 6):
            cls.origin.routes[f"/{seed}.mp3"] = Resource(SIZE, seed=seed, etag=f'"{seed}"')

    def setUp(self):
        folder = os.path.join(self.directory, self._testMethodName)
        os.makedirs(folder)
        self.catalog = Catalog(os.path.join(folder, "db.sqlite3"))

    def start(self, threads=0, **catalog):
        catalog = {"path": self.catalog.path, **catalog}
        return self.serve_apart(self.origin.base_url, catalog=catalog, server={"threads": threads})

    def plays(self, song, seed):
        response = self.get(song)
        self.assertStatus(response, 200)
        self.assertBody(response, content(0, SIZE, seed))

    def ready(self):
        return get(self.tonearm.admin_port, "/readyz").status


class Changes(CatalogCase):
    def test_a_new_row_plays_at_the_next_request(self):
        self.start()
        self.assertProblem(self.get(1), 404)
        self.assertEqual(self.catalog.add("1.mp3"), 1)
        self.plays(1, 1)

    def test_a_changed_row_counts_at_the_next_request(self):
        song = self.catalog.add("1.mp3")
        self.start()
        with Client(self.tonearm.port) as client:
            for seed in (1, 2, 3, 1):
                self.catalog.execute(
                    "UPDATE music_song SET file = ? WHERE id = ?", (f"{seed}.mp3", song)
                )
                response = client.get(f"/songs/listen/{song}")
                self.assertBody(response, content(0, SIZE, seed))
            self.catalog.execute("DELETE FROM music_song")
            self.assertStatus(client.get(f"/songs/listen/{song}"), 404)

    def test_in_wal_mode_too(self):
        self.catalog.execute("PRAGMA journal_mode = wal", script=True)
        song = self.catalog.add("1.mp3")
        self.start()
        self.plays(song, 1)
        writer = sqlite3.connect(self.catalog.path)
        self.addCleanup(writer.close)
        for seed in (2, 3):
            writer.execute("UPDATE music_song SET file = ?", (f"{seed}.mp3",))
            writer.commit()
            self.plays(song, seed)

    def test_a_writer_in_mid_transaction_is_no_hindrance(self):
        song = self.catalog.add("1.mp3")
        self.start()
        writer = sqlite3.connect(self.catalog.path, isolation_level=None)
        self.addCleanup(writer.close)
        writer.execute("BEGIN IMMEDIATE")
        writer.execute("UPDATE music_song SET file = '2.mp3'")
        self.plays(song, 1)
        writer.execute("COMMIT")
        self.plays(song, 2)

    def waiting(self, target, changes):
        """The answer to a request that comes while the catalog is locked for these changes."""
        writer = sqlite3.connect(self.catalog.path, isolation_level=None)
        self.addCleanup(writer.close)
        writer.execute("BEGIN EXCLUSIVE")
        for change in changes:
            writer.execute(change)
        with Client(self.tonearm.port) as client:
            client.ask(target)
            self.assertStatus(self.get("/"), 200)  # the one loop has heard of the other, too
            writer.execute("COMMIT")
            return client.body(client.head())

    def test_a_request_that_waits_for_another_schema_is_answered_from_that(self):
        self.start(threads=1)
        song = self.catalog.add("1.mp3", artist="Nina")
        self.plays(song, 1)
        change = "ALTER TABLE music_song DROP COLUMN artist"
        self.assertBody(self.waiting(f"/songs/listen/{song}", [change]), content(0, SIZE, 1))
        change = "ALTER TABLE music_song ADD COLUMN artist TEXT DEFAULT 'Miles'"
        answer = self.waiting(f"/songs/{song}", [change])
        self.assertEqual(json.loads(answer.body)["artist"], "Miles")

    def test_a_request_that_waits_for_other_columns_gets_what_stands_in_them(self):
        self.catalog.execute("CREATE TABLE tracks (id TEXT, file TEXT, name TEXT);"
                             "INSERT INTO tracks VALUES ('x', '1.mp3', '2.mp3')", script=True)
        self.start(threads=1, lookup="SELECT * FROM tracks WHERE id = :id", list="SELECT * FROM tracks")
        self.plays("x", 1)
        changes = ["DROP TABLE tracks", "CREATE TABLE tracks (id TEXT, name TEXT, file TEXT)",
                   "INSERT INTO tracks VALUES ('x', '2.mp3', '3.mp3')"]
        self.assertBody(self.waiting("/songs/listen/x", changes), content(0, SIZE, 3))
        self.assertEqual(json.loads(self.get("/songs").body)["songs"][0]["name"], "2.mp3")
        changes = ["DROP TABLE tracks", "CREATE TABLE tracks (id TEXT, file TEXT, name TEXT)",
                   "INSERT INTO tracks VALUES ('x', '3.mp3', 'Three')"]
        answer = self.waiting("/songs", changes)
        self.assertEqual(json.loads(answer.body)["songs"][0]["name"], "Three")

    def test_a_file_replaced_by_rename_is_noticed(self):
        song = self.catalog.add("1.mp3")
        self.start()
        self.plays(song, 1)
        new = Catalog(self.catalog.path + ".new")
        new.add("2.mp3")
        os.rename(new.path, self.catalog.path)
        self.plays(song, 2)


    def test_a_file_with_a_log_is_replaced_whole(self):
        self.catalog.execute("PRAGMA journal_mode = wal", script=True)
        song = self.catalog.add("1.mp3")
        self.start()
        writer = sqlite3.connect(self.catalog.path)
        self.addCleanup(writer.close)
        for seed in (2, 3):
            writer.execute("UPDATE music_song SET file = ?", (f"{seed}.mp3",))
            writer.commit()
            self.plays(song, seed)
            self.assertStatus(self.get("/songs"), 200)
        writer.close()
        folder = os.path.dirname(self.catalog.path)
        self.assertEqual(os.listdir(folder), [os.path.basename(self.catalog.path)])
        new = Catalog(self.catalog.path + ".new")
        new.execute("PRAGMA journal_mode = wal", script=True)
        for _ in range(100):
            last = new.add("4.mp3")
        os.replace(new.path, self.catalog.path)
        self.plays(song, 4)
        self.plays(last, 4)
        self.assertEqual(json.loads(self.get("/songs").body)["total"], 100)
        self.tonearm.stop()
        with closing(sqlite3.connect(self.catalog.path)) as owner:
            self.assertEqual(owner.execute("PRAGMA integrity_check").fetchall(), [("ok",)])
            self.assertEqual(owner.execute("SELECT count(*) FROM music_song").fetchone(), (100,))


class Broken(CatalogCase):
    def test_a_missing_one_is_503_until_it_is_there(self):
        os.remove(self.catalog.path)
        self.start()
        wait_for(lambda: self.catalog.path in self.tonearm.stderr(), "a warning that names the file")
        problem = self.get(1)
        self.assertProblem(problem, 503)
        self.assertIsNotNone(problem["Retry-After"])
        self.assertEqual(self.ready(), 503)
        self.assertEqual(get(self.tonearm.admin_port, "/healthz").status, 200)
        self.catalog.create()
        self.catalog.add("1.mp3")
        wait_for(lambda: self.ready() == 200, "readiness")
        self.plays(1, 1)

    def test_one_that_breaks_is_503_not_404_and_mends_itself(self):
        song = self.catalog.add("1.mp3")
        self.start()
        self.plays(song, 1)
        good = self.catalog.path + ".good"
        shutil.copy(self.catalog.path, good)
        for wreck in (b"this is no database at all" * 400, b""):
            with open(self.catalog.path + ".bad", "wb") as out:
                out.write(wreck)
            os.rename(self.catalog.path + ".bad", self.catalog.path)
            self.assertProblem(self.get(song), 503)
            self.assertEqual(self.ready(), 503)
            shutil.copy(good, self.catalog.path + ".mended")
            os.rename(self.catalog.path + ".mended", self.catalog.path)
            self.plays(song, 1)
        os.remove(self.catalog.path)
        self.assertProblem(self.get(song), 503)

    def test_a_stream_goes_on_without_its_catalog(self):
        self.origin.routes["/long.mp3"] = Resource(16 << 20)
        song = self.catalog.add("long.mp3")
        self.start()
        with Client(self.tonearm.port, receive_buffer=4096) as client:
            client.ask(f"/songs/listen/{song}")
            head = client.head()
            os.remove(self.catalog.path)
            self.assertProblem(self.get(song), 503)
            self.assertBody(client.body(head), content(0, 16 << 20))

    def test_one_that_stays_locked_is_503_and_mends_itself(self):
        song = self.catalog.add("1.mp3")
        self.start()
        writer = sqlite3.connect(self.catalog.path, isolation_level=None)
        self.addCleanup(writer.close)
        writer.execute("BEGIN EXCLUSIVE")
        self.assertProblem(self.get(song), 503)
        writer.execute("ROLLBACK")
        self.plays(song, 1)

    def test_a_table_without_file_is_503_and_says_why(self):
        self.catalog.execute("DROP TABLE music_song; CREATE TABLE music_song (id INTEGER)", script=True)
        self.start()
        self.assertProblem(self.get(1), 503)
        wait_for(lambda: "file" in self.tonearm.stderr(), "a warning that names the column")


class Schemas(CatalogCase):
    def test_optional_columns(self):
        self.catalog.execute(
            "DROP TABLE music_song;"
            "CREATE TABLE music_song (id INTEGER PRIMARY KEY, file TEXT, content_type TEXT);"
            "INSERT INTO music_song VALUES (1, '1.mp3', 'audio/x-special'), (2, '2.mp3', NULL),"
            "                              (3, '3.mp3', 'text/html'), (4, NULL, NULL)",
            script=True,
        )
        self.start()
        self.assertEqual(self.get(1)["Content-Type"], "audio/x-special")
        self.assertEqual(self.get(2)["Content-Type"], "audio/mpeg")
        self.assertEqual(self.get(3)["Content-Type"], "application/octet-stream")
        self.assertIn(self.get(4).status, (404, 502))

    def test_a_plain_name_stays_at_the_host_of_the_base_url(self):
        other = FaultOrigin()
        self.addCleanup(other.stop)
        other.routes["/1.mp3"] = Resource(SIZE)
        self.catalog.add("1.mp3")
        self.catalog.add(f"@{other.authority}/1.mp3")
        self.serve_apart(f"http://{self.origin.authority}", catalog={"path": self.catalog.path},
                         upstream={"headers": {"Authorization": "Bearer S3CRET"}, "retries": 0})
        self.plays(1, 1)
        self.assertProblem(self.get(2), 404)
        self.assertEqual(other.exchanges, [])

    def test_a_view_that_depends_on_the_clock_counts_as_time_goes_by(self):
        self.catalog.execute(
            "DROP TABLE music_song;"
            "CREATE TABLE tracks (id INTEGER PRIMARY KEY, due REAL, file TEXT);"
            "CREATE VIEW music_song AS SELECT id, file, julianday('now') AS name FROM tracks"
            " WHERE due <= julianday('now')", script=True)
        self.start()
        soon = 2 / 86400  # days
        self.catalog.execute("INSERT INTO tracks VALUES (1, julianday('now') + ?, '1.mp3')", (soon,))
        wait_for(lambda: self.get(1).status == 200, "the song that was not due yet")
        first = self.get("/songs/1").body
        wait_for(lambda: self.get("/songs/1").body != first, "the name at another time")

    def test_lookup_reads_any_schema(self):
        self.catalog.execute(
            "CREATE TABLE tracks (key TEXT, path TEXT, mime TEXT);"
            "INSERT INTO tracks VALUES ('a-b.c~d', '1.mp3', 'audio/flac'), ('7', '2.mp3', NULL)",
            script=True,
        )
        self.start(lookup="SELECT path AS file, mime AS content_type FROM tracks WHERE key = :id")
        self.plays("a-b.c~d", 1)
        self.assertEqual(self.get("a-b.c~d")["Content-Type"], "audio/flac")
        self.assertProblem(self.get("nobody"), 404)

    def test_lookup_without_any_table(self):
        self.start(path=":memory:", lookup=f"SELECT '{self.origin.base_url}' || :id AS file")
        self.plays("3.mp3", 3)
        self.assertProblem(self.get("9.mp3"), 404)

    def test_lookup_is_bound_not_pasted(self):
        self.start(path=":memory:", lookup="SELECT '1.mp3' AS file WHERE :id = 'it.is'")
        self.plays("it.is", 1)
        self.assertProblem(self.get("a'%20OR%20'1'='1"), 400)


class Rights(CatalogCase):
    """What a service may do that runs as somebody else than the catalog's owner."""

    def as_nobody(self):
        if os.geteuid() != 0:
            self.skipTest("only root can become somebody else")
        config = self.config(self.origin.base_url, catalog={"path": self.catalog.path})
        nobody = Tonearm(self.directory, config)
        nobody.user = "nobody"
        nobody.start()
        self.addCleanup(nobody.stop)
        self.tonearm = nobody

    def readable(self):
        os.chmod(self.directory, 0o755)
        os.chmod(os.path.dirname(self.catalog.path), 0o755)
        os.chmod(self.catalog.path, 0o644)
        return sorted(os.listdir(os.path.dirname(self.catalog.path)))

    def test_no_write_permission_is_needed_and_nothing_is_left_behind(self):
        for journal in ("delete", "wal"):
            with self.subTest(journal):
                self.catalog.execute(f"PRAGMA journal_mode = {journal}", script=True)
                song = self.catalog.add("1.mp3")
                before = self.readable()
                self.as_nobody()
                self.plays(song, 1)
                self.assertEqual(self.readable(), before)
                self.plays(self.catalog.add("2.mp3"), 2)
                self.tonearm.stop()
                self.assertEqual(self.readable(), before)

    def test_run_by_root_it_locks_the_owner_out_of_nothing(self):
        self.catalog.execute("PRAGMA journal_mode = wal", script=True)
        song = self.catalog.add("1.mp3")
        before = self.readable()
        self.start()
        self.plays(song, 1)
        self.assertEqual(self.readable(), before)


if __name__ == "__main__":
    unittest.main()
