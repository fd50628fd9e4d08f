"""The Django music site: its db.sqlite3, its files behind `python3 -m http.server`, real clients."""

import hashlib
import os
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from support.catalog import Catalog
from support.client import Client, command, curl, parts, get
from support.content import content, sha256, write_file
from support.tonearm import Tonearm, sanitized
from support.wait import free_port, listens, wait_for

SIZE = 7_340_037
MODEL = """
import sys, django
from django.conf import settings
settings.configure(DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": sys.argv[1]}},
                   DEFAULT_AUTO_FIELD="django.db.models.AutoField")
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
with connection.schema_editor() as editor:
    editor.create_model(Song)
Song.objects.create(name="Big", artist="A", duration=60, thumbnail="", file="songs/big song.mp3")
Song.objects.create(name="Tone", artist="B", duration=20, thumbnail="", file="songs/tone.wav")
"""


class DjangoSite(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.directory = tempfile.TemporaryDirectory(prefix="tonearm-test-")
        cls.addClassCleanup(cls.directory.cleanup)
        cls.path = cls.directory.name
        media = os.path.join(cls.path, "site", "media", "songs")
        write_file(os.path.join(media, "big song.mp3"), SIZE)
        made = command("ffmpeg", "-loglevel", "error", "-f", "lavfi", "-i", "sine=frequency=330:duration=20",
                       os.path.join(media, "tone.wav"))
        assert made.returncode == 0, made.stderr
        os.utime(os.path.join(media, "tone.wav"), (1_600_000_000, 1_600_000_000))
        cls.database = os.path.join(cls.path, "db.sqlite3")
        made = command("/usr/bin/python3", "-c", MODEL, cls.database)
        assert made.returncode == 0, made.stderr
        cls.origin_port = free_port()
        cls.origin = subprocess.Popen(
            ["/usr/bin/python3", "-m", "http.server", "--bind", "127.0.0.1", str(cls.origin_port)],
            cwd=os.path.join(cls.path, "site"), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        cls.addClassCleanup(cls.origin.wait)
        cls.addClassCleanup(cls.origin.terminate)
        wait_for(lambda: listens(cls.origin_port), "http.server to listen")
        cls.tonearm = Tonearm(cls.path, {
            "catalog": {"path": cls.database},
            "upstream": {"base_url": f"http://127.0.0.1:{cls.origin_port}/media/"}}).start()
        cls.addClassCleanup(cls.tonearm.stop)
        cls.url = cls.tonearm.url(1)

    def fetch(self, *arguments):
        done = curl(*arguments, self.url)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def test_one_range(self):
        self.assertEqual(self.fetch("-r", "1000-1999"), content(1000, 2000))

    def test_a_suffix(self):
        self.assertEqual(self.fetch("-r", "-500"), content(SIZE - 500, SIZE))

    def test_an_open_range(self):
        self.assertEqual(hashlib.sha256(self.fetch("-r", "5-")).hexdigest(), sha256(5, SIZE))

    def test_several_ranges(self):
        with Client(self.tonearm.port) as client:
            answer = client.get("/songs/listen/1", Range="bytes=0-0,10-19")
        self.assertEqual(answer.status, 206)
        self.assertEqual([(span, data) for _, span, data in parts(answer)],
                         [(f"bytes 0-0/{SIZE}", content(0, 1)), (f"bytes 10-19/{SIZE}", content(10, 20))])

    def test_the_whole_to_http_1_0(self):
        self.assertEqual(hashlib.sha256(self.fetch("--http1.0")).hexdigest(), sha256(0, SIZE))

    def test_head(self):
        head = self.fetch("-I").decode()
        self.assertIn("HTTP/1.1 200 OK", head)
        self.assertIn(f"Content-Length: {SIZE}", head)
        self.assertIn("Accept-Ranges: bytes", head)

    def test_if_modified_since(self):
        self.assertIn(b"304", self.fetch("-s", "-o", "/dev/null", "-w", "%{http_code}",
                                         "-z", "Wed, 01 Jan 2025 00:00:00 GMT"))
        self.assertIn(b"200", self.fetch("-s", "-o", "/dev/null", "-w", "%{http_code}",
                                         "-z", "Wed, 01 Jan 2014 00:00:00 GMT"))

    def resume_with(self, name, *arguments):
        """A download that has its first million bytes is completed, and once more when it is whole."""
        target = os.path.join(self.path, name)
        with open(target, "wb") as out:
            out.write(content(0, 1_000_000))
        for _ in range(2):
            done = command(*arguments, cwd=self.path)
            self.assertEqual(done.returncode, 0, done.stderr)
            with open(target, "rb") as file:
                self.assertEqual(hashlib.sha256(file.read()).hexdigest(), sha256(0, SIZE))

    def test_curl_resumes_and_takes_a_416_for_complete(self):
        self.resume_with("curl.mp3", "curl", "-q", "-sS", "-C", "-", "-o", "curl.mp3", self.url)

    def test_wget_resumes_and_takes_a_416_for_complete(self):
        self.resume_with("wget.mp3", "wget", "-q", "--no-proxy", "-c", "-O", "wget.mp3", self.url)

    def test_aria2_fetches_in_pieces(self):
        done = command("aria2c", "--no-conf", "-x8", "-s8", "-k1M", "-q", "--all-proxy=", "-o", "aria.mp3", self.url,
                       cwd=self.path)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        with open(os.path.join(self.path, "aria.mp3"), "rb") as file:
            self.assertEqual(hashlib.sha256(file.read()).hexdigest(), sha256(0, SIZE))

    def test_ffprobe_reads_the_duration(self):
        done = command("ffprobe", "-v", "error", "-show_entries", "format=duration", "-of", "csv=p=0",
                       self.tonearm.url(2))
        self.assertEqual((done.returncode, done.stdout.strip()), (0, b"20.000000"), done.stderr)

    def test_ffmpeg_seeks(self):
        done = command("ffmpeg", "-loglevel", "error", "-ss", "10", "-i", self.tonearm.url(2), "-t", "1",
                       "-f", "s16le", "-")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(len(done.stdout), 44100 * 2)

    @unittest.skipIf(sanitized(), "mpv plays, the sanitizers have seen enough ranges")
    def test_mpv_seeks_and_plays_to_the_end(self):
        done = command("mpv", "--no-config", "--no-video", "--ao=null", "--ao-null-untimed", "--untimed",
                       "--no-audio-display", "--start=15", "--http-proxy=", "--term-status-msg=",
                       self.tonearm.url(2), timeout=60)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertNotIn(b"rror", done.stdout + done.stderr)

    def test_a_new_row_plays_at_the_next_request(self):
        self.assertEqual(get(self.tonearm.port, "/songs/listen/3", Range="bytes=0-9").status, 404)
        Catalog(self.database, create=False).add("songs/big song.mp3")
        self.assertEqual(get(self.tonearm.port, "/songs/listen/3", Range="bytes=0-9").body, content(0, 10))

    def test_the_address_stays_secret(self):
        with Client(self.tonearm.port) as client:
            answer = client.get("/songs/listen/1", Range="bytes=0-9")
        said = answer.raw + answer.body
        self.assertNotIn(str(self.origin_port).encode(), said)
        self.assertNotIn(b"big song", said)
        self.assertNotIn(b"SimpleHTTP", said)


if __name__ == "__main__":
    unittest.main()
