"""`tonearm import`: real media files, a catalog of Django's, and being killed."""

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from support.client import command
from support.import_case import FORMATS, ImportCase, encode
from support.tonearm import binary


def has_open(process, path):
    """Whether a program of ours has this file open."""
    folder = f"/proc/{process.pid}/fd"
    for descriptor in os.listdir(folder):
        try:
            if os.readlink(os.path.join(folder, descriptor)) == path:
                return True
        except FileNotFoundError:  # closed meanwhile
            pass
    return False


class Import(ImportCase):
    def imported_rows(self):
        """How many songs there are; none also before there is a catalog."""
        try:
            with sqlite3.connect(f"file:{self.path}?mode=ro", uri=True) as connection:
                return connection.execute("SELECT count(*) FROM music_song").fetchone()[0]
        except sqlite3.OperationalError:
            return 0

    def test_reads_tags_of_every_format_once(self):
        done = self.imported(self.media)
        self.assertEqual(done.stdout, b"6 added, 0 updated, 0 unchanged, 0 failed\n")
        rows = self.rows("SELECT name, artist, album, duration, file, content_type FROM music_song"
                         " WHERE file LIKE '%sub dir%' ORDER BY file")
        self.assertEqual({row[4]: row[5] for row in rows},
                         {f"file:sub dir/a {e}.{e}": kind for e, kind in FORMATS.items()})
        for name, artist, album, duration, file, _ in rows:
            self.assertIn("🎵 \"q\" <script>alert(1)</script>", name, file)
            self.assertEqual((artist, album, duration), ("Björk", "Début", 1), file)
        [(name, duration)] = self.rows("SELECT name, duration FROM music_song WHERE file LIKE '%long%'")
        self.assertGreater(len(name), 9_000)
        self.assertEqual(duration, 2)

        again = self.imported(self.media, os.path.join(self.media, "long.mp3"))
        self.assertEqual(again.stdout, b"0 added, 0 updated, 6 unchanged, 0 failed\n")
        os.utime(os.path.join(self.media, "long.mp3"), (1, 1))
        again = self.imported(self.media)
        self.assertEqual(again.stdout, b"0 added, 1 updated, 5 unchanged, 0 failed\n")

    def test_what_is_imported_is_listed_and_found(self):
        self.imported(self.media)
        self.serve_apart(catalog={"path": self.path})
        answer = json.loads(self.get("/songs?q=bjork+uni").body)
        self.assertEqual(answer["total"], 5)
        self.assertEqual(json.loads(self.get("/songs?q=xxx").body)["total"], 1)
        with sqlite3.connect(self.path) as connection:  # the index follows other writers
            connection.execute("UPDATE music_song SET name = 'Okapi' WHERE file LIKE '%long%'")
        self.assertEqual(json.loads(self.get("/songs?q=xxx").body)["total"], 0)
        self.assertEqual(json.loads(self.get("/songs?q=okapi").body)["total"], 1)

    def test_locators_become_rows_as_they_stand(self):
        self.imported("https://h/x/So%20What.flac?t=1", "s3://bucket/k.mp3", "yt:abc")
        self.assertEqual([row[0] for row in self.rows("SELECT file FROM music_song ORDER BY id")],
                         ["https://h/x/So%20What.flac?t=1", "s3://bucket/k.mp3", "yt:abc"])
        self.assertEqual([row[0] for row in self.rows("SELECT name FROM music_song ORDER BY id")],
                         ["So What", "k", ""])

    def test_a_name_tells_nothing_of_a_locator_that_is_secret(self):
        self.imported("http://h/dir/?id=5&tok=geheim", "http://h", "http://u:geheim@h", "yt:geheim",
                      "yt:https://www.youtube.com/watch?v=dQw&key=geheim")
        self.assertEqual([row[0] for row in self.rows("SELECT name FROM music_song ORDER BY id")],
                         ["dir", "", "", "", "watch"])

    def test_a_locator_that_could_never_play_is_refused(self):
        for locator, why in (("s3://my-music/", b"give s3://bucket/key"),
                             ("s3://my-music", b"give s3://bucket/key"),
                             ("s3:///k", b"give s3://bucket/key"),
                             ("http://", b"give http://host/path"), ("yt:", b"give yt:something"),
                             ("ftp://h/a.mp3", b'unknown scheme "ftp://"; known are http,'),
                             ("file:long.mp3", f"give the file itself, {self.media}/long.mp3".encode())):
            with self.subTest(locator):
                [line] = self.imported("https://h", locator, status=2).stderr.splitlines()
                self.assertIn(b"tonearm: " + locator.encode() + b": ", line)
                self.assertIn(why, line)
                self.assertFalse(os.path.exists(self.path))

    def test_a_locator_that_is_there_stays_as_its_owner_wrote_it(self):
        self.imported("http://h/x.mp3", "YT:x")
        self.rows("UPDATE music_song SET name = 'So What', artist = 'Miles', duration = 545,"
                  " content_type = 'audio/flac' WHERE file = 'http://h/x.mp3'")
        before = self.rows("SELECT * FROM music_song")
        done = self.imported("http://h/x.mp3", "YT:x", "s3://b/k", "s3://b/k")
        self.assertEqual(done.stdout, b"1 added, 0 updated, 3 unchanged, 0 failed\n")
        self.assertEqual(self.rows("SELECT * FROM music_song LIMIT 2"), before)

    def test_a_tag_that_is_missing_takes_nothing_away(self):
        root = os.path.join(self.directory, "untagged")
        os.makedirs(root)
        path = os.path.join(root, "a.mp3")
        encode(path, "t")
        self.configure(root)
        self.imported(path)
        command("ffmpeg", "-loglevel", "error", "-y", "-f", "lavfi", "-i", "sine=duration=2",
                "-map_metadata", "-1", path)
        self.assertIn(b"1 updated", self.imported(path).stdout)
        self.assertEqual(self.rows("SELECT name, artist, album, duration FROM music_song"),
                         [("t", "Björk", "Début", 2)])

    def test_a_file_of_unknown_length_is_a_song(self):
        root = os.path.join(self.directory, "unknown")
        os.makedirs(root)
        for name, options in (("a.flac", ["-f", "flac"]), ("b.wav", ["-f", "wav"]),
                              ("c.m4a", ["-f", "mp4", "-movflags", "frag_keyframe+empty_moov"]),
                              ("D.AAC", ["-f", "adts"]), ("E.MKA", ["-f", "matroska"]),
                              ("F.WEBA", ["-f", "webm"])):
            piped = command("ffmpeg", "-loglevel", "error", "-nostdin", "-f", "lavfi", "-i",
                            "sine=duration=1", *options, "pipe:1")
            with open(os.path.join(root, name), "wb") as out:
                out.write(piped.stdout)
        self.configure(root)
        self.imported(root)
        self.assertEqual(self.rows("SELECT name, duration FROM music_song ORDER BY name"),
                         [(name, 0) for name in "DEFabc"])
        for name in ("headless.wav", "empty.wav"):
            with open(os.path.join(root, "b.wav"), "rb") as whole, \
                    open(os.path.join(root, name), "wb") as out:
                out.write(whole.read().partition(b"data")[0] +
                          (b"data\xff\xff\xff\xff" if name == "empty.wav" else b""))
            done = self.imported(os.path.join(root, name), status=1)
            self.assertIn(b"holds no audio", done.stderr)

    def test_a_row_that_the_table_refuses_is_a_line_and_the_rest_is_there(self):
        root = os.path.join(self.directory, "unique")
        os.makedirs(root)
        for name, title in (("a", "one"), ("b", "two"), ("c", "one"), ("d", "three")):
            encode(os.path.join(root, name + ".mp3"), title)
        with sqlite3.connect(self.path) as connection:
            connection.execute("CREATE TABLE music_song(id INTEGER PRIMARY KEY, name UNIQUE, file)")
        self.configure(root)
        for counts in (b"3 added, 0 updated, 0 unchanged, 1 failed\n",
                       b"0 added, 0 updated, 3 unchanged, 1 failed\n"):
            done = self.imported(root, status=1)
            self.assertEqual(done.stdout, counts)
            [line] = done.stderr.splitlines()
            self.assertIn(b"file:c.mp3", line)
            self.assertIn(b"UNIQUE constraint failed: music_song.name", line)
        self.assertEqual(self.rows("SELECT file FROM music_song ORDER BY id"),
                         [("file:a.mp3",), ("file:b.mp3",), ("file:d.mp3",)])

    def test_arguments_are_looked_at_before_anything_is_written(self):
        song = os.path.join(self.media, "long.mp3")
        for arguments in ((song, song + "x"), (song + "x", song), ("http://h/a.mp3", song + "x"),
                          (song, "--playlist", song + ".m3u")):
            with self.subTest(arguments):
                refused = self.imported(*arguments, status=2)
                self.assertIn(b"No such file", refused.stderr)
                self.assertEqual(len(refused.stderr.splitlines()), 1)
                self.assertFalse(os.path.exists(self.path))

    def test_a_name_with_control_characters_is_one_harmless_line(self):
        root = os.path.join(self.directory, "control")
        os.makedirs(root)
        with open(os.path.join(root, "x\ny\x1b[31m.flac"), "wb") as out:
            out.write(b"no audio")
        self.configure(root)
        done = self.imported(root, status=1)
        [line] = done.stderr.splitlines()
        self.assertIn(rb"x\x0ay\x1b[31m.flac", line)
        missing = self.imported(os.path.join(root, "no\nsuch\x1b"), status=2)
        [line] = missing.stderr.splitlines()
        self.assertIn(rb"no\x0asuch\x1b", line)

    def test_one_bad_file_is_a_line_and_the_rest_is_there(self):
        root = os.path.join(self.directory, "bad")
        os.makedirs(os.path.join(root, "d"))
        os.symlink(root, os.path.join(root, "d", "loop"))
        os.symlink("nowhere.mp3", os.path.join(root, "dangling.mp3"))
        for name in ("broken.mp3", "broken.flac"):
            with open(os.path.join(root, name), "wb") as out:
                out.write(b"no audio" * 1000)
        with open(os.path.join(root, "notes.txt"), "w") as out:
            out.write("no media")
        os.mkdir(os.path.join(root, ".trash"))
        for name in ("._good.mp3", ".trash/gone.mp3"):
            with open(os.path.join(root, name), "wb") as out:
                out.write(b"hidden, and therefore no media")
        encode(os.path.join(root, "d", "good.mp3"), "")
        os.rename(os.path.join(root, "d", "good.mp3").encode(),
                  os.path.join(root, "d").encode() + b"/g\xff.mp3")
        self.configure(root)
        done = self.imported(root, status=1)
        self.assertEqual(done.stdout, b"1 added, 0 updated, 0 unchanged, 3 failed\n")
        self.assertEqual(len(done.stderr.splitlines()), 3)
        self.assertEqual(self.rows("SELECT name, file FROM music_song"),
                         [("g\ufffd", b"file:d/g\xff.mp3")])
        # The link leads back to where the broken ones are.
        again = self.imported(os.path.join(root, "d"), status=1)
        self.assertEqual(again.stdout, b"0 added, 0 updated, 1 unchanged, 3 failed\n")

    def test_what_makes_no_sense_is_refused(self):
        outside = os.path.join(self.directory, "outside.mp3")
        encode(outside, "t")
        self.assertIn(b"outside of files.root", self.imported(outside, status=1).stderr)
        self.assertIn(b"No such file", self.imported(outside + "x", status=2).stderr)
        self.imported(status=2)
        self.configure("")
        self.assertIn(b"[files] root = ", self.imported(outside, status=2).stderr)

    def test_a_django_table_is_only_added_to(self):
        script = """
import sys
import django
from django.conf import settings
settings.configure(DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3",
                                          "NAME": sys.argv[1]}}, INSTALLED_APPS=[],
                   DEFAULT_AUTO_FIELD="django.db.models.BigAutoField")
django.setup()
from django.db import connection, models
class Song(models.Model):
    name = models.CharField(max_length=100)
    artist = models.CharField(max_length=100)
    duration = models.IntegerField()
    thumbnail = models.CharField(max_length=200)
    file = models.FileField()
    class Meta:
        app_label = "music"
        db_table = "music_song"
if sys.argv[2] == "make":
    with connection.schema_editor() as editor:
        editor.create_model(Song)
    Song.objects.create(name="Old", artist="A", duration=7, thumbnail="t", file="old.mp3")
else:
    for song in Song.objects.order_by("id"):
        print(song.id, song.artist, song.duration, repr(song.thumbnail), song.file.name, sep="|")
"""
        run = ["/usr/bin/python3", "-c", script, self.path]
        self.assertEqual(command(*run, "make").returncode, 0)
        before = self.rows("SELECT sql FROM sqlite_schema WHERE tbl_name = 'music_song'")
        self.imported(os.path.join(self.media, "sub dir"))
        self.assertEqual(before, self.rows("SELECT sql FROM sqlite_schema WHERE tbl_name ="
                                           " 'music_song'"))
        lines = command(*run, "list").stdout.decode().splitlines()
        self.assertEqual(lines[0], "1|A|7|'t'|old.mp3")
        self.assertEqual(lines[1], "2|Björk|1|''|file:sub dir/a flac.flac")
        self.assertEqual(len(lines), 6)
        self.serve_apart(catalog={"path": self.path})
        self.assertEqual(json.loads(self.get("/songs?q=bjork").body)["total"], 5)

    def test_a_column_that_must_have_a_value_is_named(self):
        with sqlite3.connect(self.path) as connection:
            connection.execute("CREATE TABLE music_song(id INTEGER PRIMARY KEY, name, file,"
                               " owner_id INTEGER NOT NULL)")
        self.assertIn(b"owner_id", self.imported(self.media, status=1).stderr)
        self.assertEqual(self.rows("SELECT count(*) FROM music_song"), [(0,)])

    def test_a_catalog_that_cannot_be_written_is_a_failure(self):
        with open(self.path + ".text", "w") as out:
            out.write("no database " * 1000)
        with sqlite3.connect(self.path + ".other") as connection:
            connection.execute("CREATE TABLE songs(id)")
        for path, why in ((self.directory, b"Is a directory"), (self.path + ".text", b"is not a database"),
                          (self.path + ".other", b"no table music_song")):
            with self.subTest(why):
                done = self.imported("--catalog", path, self.media, status=1)
                [line] = done.stderr.splitlines()
                self.assertIn(why, line)

    def test_a_catalog_whose_name_looks_like_a_uri_is_the_file_of_that_name(self):
        folder = os.path.join(self.directory, "named")
        os.mkdir(folder)
        names = ["file:y.db", "file:y.db?mode=memory", "file::memory:"]
        for name in names:
            with self.subTest(name):
                for subcommand in (["import", "http://h/a.mp3"], ["check"]):
                    done = subprocess.run([binary(), *subcommand, "--catalog", name], cwd=folder,
                                          capture_output=True)
                    self.assertEqual((done.returncode, done.stderr), (0, b""))
        self.assertEqual(sorted(os.listdir(folder)), sorted(names))

    def test_a_directory_that_may_not_be_written_is_told_as_that(self):
        folder = os.path.join(self.directory, "read only")
        os.mkdir(folder, 0o555)
        os.chmod(self.directory, 0o755)  # for another user, as the build's may not be
        program = shutil.copy(binary(), self.directory)
        done = subprocess.run([program, "import", "--catalog", "c.db", "http://h/a.mp3"], cwd=folder,
                              user="nobody" if os.geteuid() == 0 else None, capture_output=True)
        self.assertEqual(done.returncode, 1)
        self.assertEqual(done.stderr, b"tonearm: c.db: cannot be made: Permission denied\n")

    def test_a_file_is_told_by_the_name_that_was_given(self):
        root = os.path.join(self.directory, "told")
        os.makedirs(os.path.join(root, "d"))
        with open(os.path.join(root, "d", "broken.mp3"), "wb") as out:
            out.write(b"no audio" * 1000)
        os.symlink("/", os.path.join(root, "d", "whole system"))
        self.configure(root)
        for argument, folder in (("told", "told/d"), (root, f"{root}/d"), ("told/d/../d", "told/d/../d")):
            with self.subTest(argument):
                done = subprocess.run([binary(), "import", "-c", self.conf, argument], cwd=self.directory,
                                      capture_output=True, text=True)
                self.assertEqual(done.returncode, 1)
                [link, broken] = done.stderr.splitlines()
                self.assertTrue(link.startswith(f"tonearm: {folder}/whole system: lies outside of files.root"), link)
                self.assertTrue(broken.startswith(f"tonearm: {folder}/broken.mp3: "), broken)

    def test_it_waits_for_no_lock_once_interrupted(self):
        self.imported(self.media)
        holder = sqlite3.connect(self.path)
        self.addCleanup(holder.close)
        holder.execute("BEGIN IMMEDIATE")
        process = subprocess.Popen([binary(), "import", "-c", self.conf, self.media],
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.addCleanup(process.kill)
        while not has_open(process, self.path):
            self.assertIsNone(process.poll())
        process.send_signal(signal.SIGINT)
        _, stderr = process.communicate(timeout=5)  # a lock is waited for ten seconds
        self.assertEqual(process.returncode, 1)
        self.assertEqual(stderr, b"tonearm: interrupted; nothing was imported\n")

    def test_killed_at_any_moment_it_leaves_a_whole_catalog(self):
        root = os.path.join(self.directory, "many")
        os.makedirs(root)
        with open(os.path.join(self.media, "long.mp3"), "rb") as source:
            data = source.read()
        for i in range(1500):
            with open(os.path.join(root, f"{i}.mp3"), "wb") as out:
                out.write(data)
        self.configure(root)
        before = 0
        for number in (signal.SIGKILL, signal.SIGKILL, signal.SIGINT):
            process = subprocess.Popen([binary(), "import", "-c", self.conf, root],
                                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            while process.poll() is None and self.imported_rows() == before:
                pass  # until it has committed something more
            process.send_signal(number)
            process.wait(20)
            before = self.imported_rows()
            self.assertEqual(self.rows("SELECT count(DISTINCT file) FROM music_song"), [(before,)])
        self.imported(root)
        self.assertEqual(self.rows("SELECT count(*) FROM music_song"), [(1500,)])
        self.assertEqual(self.rows("SELECT count(*) FROM tonearm_import"), [(1500,)])
        self.rows("INSERT INTO music_song_search(music_song_search) VALUES ('integrity-check')")


if __name__ == "__main__":
    unittest.main()
