"""Playing from buckets: a real S3 server, and a real Chromium on a bucket that is really private."""

import os
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from support import browser
from support.case import Case
from support.client import get, parts
from support.content import content
from support.s3_origin import Blob, S3Origin
from support.s3rver import S3rver

SIZE = 700_000
KEYS = {"access_key": "S3RVER", "secret_key": "S3RVER"}


class RealServer(Case):
    @classmethod
    def prepare(cls):
        cls.server = cls.own(S3rver(cls.directory, "music"))
        cls.songs = {}
        for key in ("plain.mp3", "a b+c%20d.mp3", "ünï/日本.mp3"):
            status, said = cls.server.request("PUT", key, content(0, SIZE), **{"Content-Type": "audio/mpeg"})
            assert status == 200, said
            cls.songs[key] = cls.catalog.add(f"s3://music/{key}")
        cls.serve(s3={"endpoint": cls.server.endpoint, **KEYS})

    def test_every_key_plays(self):
        for key, song in self.songs.items():
            with self.subTest(key):
                response = self.get(song)
                self.assertStatus(response, 200)
                self.assertEqual(response["Content-Type"], "audio/mpeg")
                self.assertBody(response, content(0, SIZE))

    def test_ranges_are_right_where_the_servers_own_are_not(self):
        _, said = self.server.request("GET", "plain.mp3", Range="bytes=0-0")
        self.assertEqual(len(said), SIZE, "s3rver has mended its ranges")
        song = self.songs["plain.mp3"]
        for asked, first, end in (
            ("0-0", 0, 1),
            ("0-1", 0, 2),
            ("-7", SIZE - 7, SIZE),
            ("100000-", 100_000, SIZE),
            (f"{SIZE - 1}-{SIZE + 5}", SIZE - 1, SIZE),
        ):
            with self.subTest(asked):
                response = self.get(song, Range=f"bytes={asked}")
                self.assertStatus(response, 206)
                self.assertEqual(response["Content-Range"], f"bytes {first}-{end - 1}/{SIZE}")
                self.assertBody(response, content(first, end))
        several = self.get(song, Range="bytes=0-9,-5")
        self.assertEqual([part[2] for part in parts(several)],
                         [content(0, 10), content(SIZE - 5, SIZE)])

    def test_what_is_not_there(self):
        beyond = self.get(self.songs["plain.mp3"], Range=f"bytes={SIZE}-")
        self.assertStatus(beyond, 416)
        self.assertEqual(beyond["Content-Range"], f"bytes */{SIZE}")
        self.assertProblem(self.get(self.catalog.add("s3://music/none.mp3")), 404)
        self.assertProblem(self.get(self.catalog.add("s3://nowhere/none.mp3")), 404)


class PrivateBucket(Case):
    @classmethod
    def prepare(cls):
        cls.origin = S3Origin()
        cls.addClassCleanup(cls.origin.stop)
        cls.origin.keys["S3RVER"] = ("S3RVER", None)
        path = os.path.join(cls.directory, "noise.flac")
        subprocess.run(
            ["ffmpeg", "-v", "error", "-f", "lavfi", "-i",
             "anoisesrc=duration=60:sample_rate=44100:seed=1", path],
            check=True, stdin=subprocess.DEVNULL,
        )
        with open(path, "rb") as noise:
            cls.origin.objects["music", "noise.flac"] = Blob(noise.read(), kind="binary/octet-stream")
        cls.song = cls.catalog.add("s3://music/noise.flac")
        cls.serve(s3={"endpoint": cls.origin.base_url, **KEYS})

    def test_chromium_plays_and_seeks(self):
        self.assertStatus(get(self.origin.port, "/music/noise.flac"), 403)
        self.origin.refusals.clear()
        page = f"http://127.0.0.1:{self.tonearm.port}"
        result = browser.run("formats", origin=page, songs=[self.song])[str(self.song)]
        self.assertNotIn("error", result)
        self.assertAlmostEqual(result["duration"], 60, delta=0.5)
        self.assertGreater(result["played"][1], 54)
        self.assertEqual(self.origin.refusals, [])


if __name__ == "__main__":
    unittest.main()
