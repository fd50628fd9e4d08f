"""A recording that is still written: players follow it to its end, ranges of it are honest."""

import contextlib
import glob
import os
import re
import shutil
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from support import browser
from support.case import Case
from support.client import Client, command, curl
from support.recorder import BYTES_PER_SECOND, Recorder, header, make_old, sound
from support.tonearm import sanitized
from support.wait import wait_for

MOST = 4294967303


class Recording(Case):
    count = 0
    growth_timeout = "1s"

    @classmethod
    def prepare(cls):
        cls.root = os.path.join(cls.directory, "media")
        os.makedirs(cls.root)
        cls.catalog.execute("ALTER TABLE music_song ADD COLUMN pcm_format TEXT")
        cls.catalog.execute("ALTER TABLE music_song ADD COLUMN growing INTEGER")
        cls.sound = sound(12)
        cls.serve(files={"root": cls.root, "growth_timeout": cls.growth_timeout})

    def song(self, pcm=True):
        """A new growing song: its id and where it is recorded."""
        Recording.count += 1
        name = f"take{Recording.count}.pcm"
        song = self.catalog.add(f"file:{name}")
        self.catalog.execute("UPDATE music_song SET growing = 1, pcm_format = ? WHERE id = ?",
                             ("s16le/16000/1" if pcm else None, song))
        return song, os.path.join(self.root, name)

    def record(self, path, **options):
        recorder = Recorder(path, self.sound, **options).start()
        self.addCleanup(recorder.stop)
        return recorder

    def watches(self):
        count = 0
        for info in glob.glob(f"/proc/{self.tonearm.pid}/fdinfo/*"):
            with contextlib.suppress(FileNotFoundError):  # closed meanwhile
                with open(info) as file:
                    count += len(re.findall(r"^inotify wd:", file.read(), re.M))
        return count


class Following(Recording):
    def test_curl_gets_all_of_it(self):
        song, path = self.song()
        self.record(path, speed=6, existing=64000)
        for range_ in (None, "0-"):
            done = curl("-D", "-", *(["-r", range_] if range_ else []), self.tonearm.url(song))
            head, _, body = done.stdout.partition(b"\r\n\r\n")
            self.assertEqual(done.returncode, 0, done.stderr)
            if range_ is None:
                self.assertTrue(head.startswith(b"HTTP/1.1 200 "), head)
                self.assertIn(b"\r\nTransfer-Encoding: chunked", head)
                self.assertIn(b"\r\nCache-Control: no-store", head)
                for name in (b"Accept-Ranges", b"ETag", b"Last-Modified", b"Content-Length"):
                    self.assertNotIn(b"\r\n" + name, head)
                self.assertTrue(body == header() + self.sound)
            else:  # by then it has ended
                self.assertTrue(body == header(len(self.sound)) + self.sound)
                self.assertIn(f"/{len(self.sound) + 44}".encode(), head)

    def test_http_1_0_ends_with_the_connection(self):
        song, path = self.song()
        self.record(path, speed=8)
        response = self.get(song, version="1.0")
        self.assertIsNone(response["Transfer-Encoding"])
        self.assertBody(response, header() + self.sound)

    def test_a_range_ends_where_growing_does(self):
        song, path = self.song()
        self.record(path, speed=8)
        response = self.get(song, Range="bytes=1000-9999999")
        self.assertStatus(response, 206)
        self.assertEqual(response["Content-Range"], f"bytes 1000-9999999/{MOST}")
        self.assertBody(response, (header() + self.sound)[1000:])

    def test_a_position_is_followed_too(self):
        song, path = self.song()
        self.record(path, speed=6, existing=100_000)
        response = self.get(f"/songs/listen/{song}?pos=2.5")
        self.assertStatus(response, 200)
        self.assertBody(response, header() + self.sound[80000:])
        self.assertProblem(self.get(f"/songs/listen/{song}?pos=12"), 416)

    def test_a_follower_is_less_than_a_second_behind(self):
        song, path = self.song()
        recorder = self.record(path)
        worst = received = 0
        with Client(self.tonearm.port) as client:
            client.ask(f"/songs/listen/{song}")
            self.assertStatus(client.head(), 200)
            while recorder.written < 3 * BYTES_PER_SECOND:
                size = int(client._line(), 16)
                client.take(size + 2)
                received += size
                worst = max(worst, recorder.written + 44 - received)
        self.assertLess(worst, BYTES_PER_SECOND)

    def test_a_time_in_the_future_is_no_growing(self):
        song, path = self.song()
        with open(path, "wb") as out:
            out.write(self.sound[:64000])
        os.utime(path, (4_000_000_000, 4_000_000_000))

        def has_ended():
            with Client(self.tonearm.port) as client:
                client.ask(f"/songs/listen/{song}", method="HEAD")
                return client.head()["Content-Length"] == "64044"

        wait_for(has_ended, "the recording to end")
        self.assertBody(self.get(song), header(64000) + self.sound[:64000])

    def test_a_truncated_file_is_a_reset(self):
        song, path = self.song()
        recorder = self.record(path, speed=1, existing=64000)
        with Client(self.tonearm.port) as client:
            client.ask(f"/songs/listen/{song}")
            client.head()
            client.take(10_000)
            recorder.stop()
            os.truncate(path, 100)
            client.rest()
            self.assertEqual(client.ended, "reset")

    def test_a_recording_made_anew_is_a_reset(self):
        takes = [os.urandom(20_000_000) for _ in range(2)]
        for ended in (True, False):
            for mode in ("wb", "r+b"):
                song, path = self.song()
                with open(path, "wb") as out:
                    out.write(takes[0])
                if ended:
                    make_old(path)
                with self.subTest(ended=ended, mode=mode), \
                        Client(self.tonearm.port, receive_buffer=65536) as client:
                    client.ask(f"/songs/listen/{song}", Connection="close")
                    self.assertEqual(client.head()["Content-Length"],
                                     str(len(takes[0]) + 44) if ended else None)
                    client.take(100_000)
                    with open(path, mode) as out:
                        out.write(takes[1])
                    client.rest()
                    self.assertEqual(client.ended, "reset")

    def test_a_recording_made_anew_in_its_first_moments_is_a_reset(self):
        song, path = self.song()
        takes = [os.urandom(100), os.urandom(16_000)]
        with open(path, "wb") as out:
            out.write(takes[0])
        with Client(self.tonearm.port) as client:
            client.ask(f"/songs/listen/{song}", Connection="close")
            self.assertStatus(client.head(), 200)
            heard = b""
            while len(heard) < 144:
                heard += client.take(int(client._line(), 16) + 2)[:-2]
            self.assertTrue(heard == header() + takes[0])
            with open(path, "r+b") as out:
                out.write(takes[1])
            client.rest()
            self.assertEqual(client.ended, "reset")

    def test_many_followers_cost_one_watch(self):
        song, path = self.song()
        recorder = self.record(path, existing=64000)
        clients = []
        for _ in range(100 if sanitized() else 1000):
            client = Client(self.tonearm.port)
            self.addCleanup(client.close)
            client.ask(f"/songs/listen/{song}")
            clients.append(client)
        for client in clients:
            self.assertStatus(client.head(), 200)
        self.assertEqual(self.watches(), 1)
        threads = len(os.listdir(f"/proc/{self.tonearm.pid}/task"))
        self.assertLess(threads, 20)
        recorder.stop()


class Ranges(Recording):
    """Of a recording that pauses: what exists does not change."""

    growth_timeout = "1h"

    def setUp(self):
        self.recording, path = self.song()
        self.exists = 64044
        with open(path, "wb") as out:
            out.write(self.sound[:64000])
        self.path = path
        self.expected = header() + self.sound

    def ask(self, range_, take, **fields):
        """The head, and the first bytes of a body that is followed."""
        with Client(self.tonearm.port) as client:
            client.ask(f"/songs/listen/{self.recording}", Range=range_, **fields)
            response = client.head()
            body = b""
            while len(body) < take:
                size = int(client._line(), 16)
                body += client.take(size)
                client.take(2)
            return response, body

    def assertFollowed(self, range_, content_range, first):
        response, body = self.ask(range_, min(1000, self.exists - first))
        self.assertStatus(response, 206)
        self.assertEqual(response["Content-Range"], content_range)
        self.assertEqual(response["Transfer-Encoding"], "chunked")
        self.assertEqual(response["Cache-Control"], "no-store")
        self.assertIsNone(response["ETag"])
        self.assertTrue(self.expected[first:].startswith(body[:1000]))

    def test_open_end(self):
        self.assertFollowed("bytes=1-", f"bytes 1-{MOST - 1}/{MOST}", 1)
        self.assertFollowed("bytes=64044-", f"bytes 64044-{MOST - 1}/{MOST}", 64044)
        self.assertFollowed("bytes=96044-", f"bytes 96044-{MOST - 1}/{MOST}", self.exists)

    def test_inside_what_exists_is_ordinary(self):
        for first, last in ((0, 1), (40, 50), (100, 64043)):
            response = self.get(self.recording, Range=f"bytes={first}-{last}")
            self.assertStatus(response, 206)
            self.assertEqual(response["Content-Range"], f"bytes {first}-{last}/{MOST}")
            self.assertEqual(response["Content-Length"], str(last + 1 - first))
            self.assertBody(response, self.expected[first : last + 1])

    def test_past_what_exists(self):
        self.assertFollowed("bytes=10-64044", f"bytes 10-64044/{MOST}", 10)
        for range_ in ("bytes=96045-", "bytes=4294967000-", "bytes=96045-96050", "bytes=abc"):
            response = self.get(self.recording, Range=range_)
            self.assertProblem(response, 416)
            self.assertEqual(response["Content-Range"], f"bytes */{self.exists}")

    def test_rfc_8673(self):
        self.assertFollowed("bytes=0-9007199254740991", "bytes 0-9007199254740991/*", 0)
        self.assertFollowed("bytes=100-9007199254740991", "bytes 100-9007199254740991/*", 100)

    def test_range_is_ignored(self):
        for range_, fields in (("bytes=0-", {}), ("bytes=-5", {}), ("bytes=0-1,4-5", {}),
                               ("bytes=5-", {"If_Range": '"x"'}), ("items=1-2", {})):
            response, body = self.ask(range_, 1000, **fields)
            self.assertStatus(response, 200)
            self.assertIsNone(response["Accept-Ranges"])
            self.assertIsNone(response["Content-Range"])
            self.assertEqual(body[:1000], self.expected[:1000])

    def test_head(self):
        response = self.get(self.recording, method="HEAD", Range="bytes=5-")
        self.assertStatus(response, 200)
        for name in ("Content-Length", "Accept-Ranges", "ETag", "Content-Range"):
            self.assertIsNone(response[name])

    def test_a_range_that_reaches_past_ends_where_growing_does(self):
        song, path = self.song()
        with open(path, "wb") as out:
            out.write(self.sound[:64000])
        with Client(self.tonearm.port) as client:
            client.ask(f"/songs/listen/{song}", Range="bytes=64000-64099")
            head = client.head()
            self.assertEqual(head["Content-Range"], f"bytes 64000-64099/{MOST}")
            with open(path, "ab") as out:
                out.write(self.sound[64000:70000])
            self.assertBody(client.body(head), self.expected[64000:64100])

    def test_a_position_in_a_wav_waits_for_its_header(self):
        song, path = self.song(pcm=False)
        with open(path, "wb", buffering=0) as out, Client(self.tonearm.port) as client:
            client.ask(f"/songs/listen/{song}?pos=0.5", Range="bytes=0-1043")
            wait_for(lambda: self.watches() == 1, "somebody who waits")
            out.write(header(0) + self.sound[:64000])
            head = client.head()
            self.assertStatus(head, 206)
            self.assertBody(client.body(head), header() + self.sound[16000:17000])

    def test_without_a_format_it_has_no_header_and_no_total(self):
        song, path = self.song(pcm=False)
        with open(path, "wb") as out:
            out.write(self.sound[:64000])
        response = self.get(song, Range="bytes=5-10")
        self.assertEqual(response["Content-Range"], "bytes 5-10/*")
        self.assertBody(response, self.sound[5:11])
        with Client(self.tonearm.port) as client:
            client.ask(f"/songs/listen/{song}", Range="bytes=5-")
            self.assertEqual(client.head()["Content-Range"], "bytes 5-4294967302/*")
        self.assertStatus(self.get(song, Range="bytes=129537-"), 416)
        with Client(self.tonearm.port) as client:
            client.ask(f"/songs/listen/{song}", Range="bytes=129536-")
            self.assertStatus(client.head(), 206)

    def test_what_has_ended_is_an_ordinary_file(self):
        os.utime(self.path, (1_600_000_000, 1_600_000_000))
        response = self.get(self.recording, Range="bytes=44-")
        self.assertEqual(response["Content-Range"], f"bytes 44-{self.exists - 1}/{self.exists}")
        self.assertBody(response, self.sound[:64000])
        self.assertTrue(response["ETag"])


class Players(Recording):
    def test_ffmpeg(self):
        song, path = self.song()
        self.record(path, speed=6, existing=64000)
        done = command("ffmpeg", "-v", "error", "-i", self.tonearm.url(song), "-f", "s16le", "-")
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        self.assertTrue(done.stdout == self.sound)

    def test_mpv(self):
        song, path = self.song()
        self.record(path, speed=6, existing=64000)
        out = os.path.join(self.directory, "mpv.wav")
        done = command("mpv", "--no-config", "--really-quiet", "--no-video", "--ao=pcm",
                       f"--ao-pcm-file={out}", "--ao-pcm-waveheader=no", "--untimed",
                       self.tonearm.url(song) + "?pos=3")
        self.assertEqual(done.returncode, 0, done.stderr)
        with open(out, "rb") as file:
            self.assertEqual(len(file.read()), len(self.sound) - 96000)

    @unittest.skipUnless(shutil.which("chromium"), "wants Chromium")
    def test_chromium_plays_a_position_to_the_end_of_the_recording(self):
        song, path = self.song()
        self.sound = sound(34)
        # Chromium wants some 224 kB before it says what it is.
        self.record(path, speed=2, existing=26 * BYTES_PER_SECOND)
        result = browser.run("position", origin=f"http://127.0.0.1:{self.tonearm.port}",
                             url=f"/songs/listen/{song}?pos=25")
        self.assertEqual((result["ended"], result["error"]), (True, None))
        self.assertIn("ended", result["seen"])
        self.assertAlmostEqual(result["currentTime"], 9, delta=0.2)


if __name__ == "__main__":
    unittest.main()
