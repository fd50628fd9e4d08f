"""docs/moving.md: each configuration and each rewrite of the page, as it stands there but for places."""

import json
import os
import re
import stat
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from support.case import Case
from support.catalog import Catalog
from support.client import get
from support.content import content
from support.fault_origin import FaultOrigin, Resource
from support.front import Front, replaced
from support.s3_origin import S3Origin
from support.tonearm import Tonearm, binary, environment

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SIZE = 300_000


def block(language, system):
    """The page's one block of this language that begins with `# system`."""
    with open(os.path.join(ROOT, "docs", "moving.md")) as page:
        found = re.findall(rf"^```{language}\n# {system}\n(.*?)^```$", page.read(), re.M | re.S)
    assert len(found) == 1, f"{len(found)} blocks of {language} for {system}"
    return found[0]


class Moved(Case):
    def move(self, system, places, environment=None):
        """The system's program and its front; `places` are what this machine has elsewhere."""
        text = block("toml", system)
        self.assertLessEqual(len(text.splitlines()), 20)
        for old, new in places.items():
            text = replaced(text, old, new)
        server = Tonearm(self.directory)
        with open(server.config_path, "a") as out:
            out.write(text)
        server.environment = environment or {}
        self.tonearm = server.start()
        self.addCleanup(server.stop)
        directory = os.path.join(self.directory, system)
        os.mkdir(directory)
        front = Front(directory, f"127.0.0.1:{server.port}", block("nginx", system)).start()
        self.addCleanup(front.stop)
        return front

    def test_the_django_site(self):
        origin = FaultOrigin()
        self.addCleanup(origin.stop)
        origin.routes["/media/songs/a%20b.mp3"] = Resource(SIZE)
        catalog = Catalog(os.path.join(self.directory, "db.sqlite3"))
        song = catalog.add("songs/a b.mp3")
        front = self.move("django", {
            "/srv/site/db.sqlite3": catalog.path,
            "localhost:8000": origin.authority,
        })
        self.assertBody(get(front.port, f"/stream/{song}/"), content(0, SIZE))
        self.assertBody(get(front.port, f"/songs/listen/{song}"), content(0, SIZE))

    def test_the_django_site_with_an_authors_table(self):
        origin = FaultOrigin()
        self.addCleanup(origin.stop)
        origin.routes["/media/a.mp3"] = Resource(SIZE)
        catalog = Catalog(os.path.join(self.directory, "site.sqlite3"), create=False)
        # As Django's own sqlmigrate has it.
        catalog.execute("""
            CREATE TABLE "music_author" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "name" varchar(100) NOT NULL);
            CREATE TABLE "music_song" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "name" varchar(100) NOT NULL,
              "duration" bigint NOT NULL, "thumbnail" varchar(100) NOT NULL, "file" varchar(100) NOT NULL,
              "author_id" bigint NULL REFERENCES "music_author" ("id") DEFERRABLE INITIALLY DEFERRED);
            INSERT INTO music_author VALUES (7, 'Miles Davis');
            INSERT INTO music_song VALUES (1, 'So What', 545000000, '', 'a.mp3', 7), (2, 'Who', 0, '', 'b.mp3', NULL);
            """, script=True)
        text = block("toml", "django, with an author's table and a DurationField")
        for old, new in (("/srv/site/db.sqlite3", catalog.path), ("localhost:8000", origin.authority)):
            text = replaced(text, old, new)
        server = Tonearm(os.path.join(self.directory, "authors"))
        with open(server.config_path, "a") as out:
            out.write(text)
        server.start()
        self.addCleanup(server.stop)
        self.assertBody(get(server.port, "/songs/listen/1"), content(0, SIZE))
        songs = json.loads(get(server.port, "/songs").body)["songs"]
        self.assertEqual([(song["name"], song["artist"], song["duration"]) for song in songs],
                         [("So What", "Miles Davis", 545), ("Who", "", None)])

    def test_the_page_link_streamer(self):
        origin = FaultOrigin()
        self.addCleanup(origin.stop)
        origin.routes["/found-abc_1.mp3"] = Resource(SIZE)
        resolver = os.path.join(self.directory, "resolve")
        with open(resolver, "w") as out:
            out.write('#!/bin/sh\nfor page; do :; done\n'
                      f'echo "http://{origin.authority}/found-${{page##*=}}.mp3"\n')
        os.chmod(resolver, stat.S_IRWXU)
        # What a resolver prints may have a private address only here.
        front = self.move("resolver", {
            '"yt-dlp"': f'"{resolver}"',
            "[resolver.yt]": "[upstream]\nallow_private = true\n[resolver.yt]",
        })
        self.assertBody(get(front.port, "/play?v=abc_1"), content(0, SIZE))
        self.assertProblem(get(front.port, "/play?v=none"), 404)

    def test_the_recorder(self):
        recordings = os.path.join(self.directory, "recordings")
        os.mkdir(recordings)
        with open(os.path.join(recordings, "x.pcm"), "wb") as out:
            out.write(content(0, 32000 * 30))
        os.utime(out.name, (1_600_000_000, 1_600_000_000))
        front = self.move("recorder", {"/srv/recordings": recordings})
        response = get(front.port, "/getAudio/x.wav?pos=25")
        self.assertStatus(response, 200)
        self.assertEqual(response.body[:4], b"RIFF")
        self.assertEqual(response.body[44:], content(32000 * 25, 32000 * 30))
        self.assertStatus(get(front.port, "/getAudio/x.wav?pos=31"), 416)

    def test_the_private_bucket(self):
        origin = S3Origin()
        self.addCleanup(origin.stop)
        origin.keys["AKIAMOVE"] = ("m0ve", None)
        origin.regions["my-music"] = "eu-west-3"
        origin.objects["my-music", "songs/a.mp3"] = Resource(SIZE)
        front = self.move("s3", {"https://s3.amazonaws.com": origin.base_url},
                          {"MUSIC_KEY_ID": "AKIAMOVE", "MUSIC_SECRET": "m0ve"})
        self.assertBody(get(front.port, "/download/a.mp3?X-Amz-Signature=0"), content(0, SIZE))
        self.assertEqual(origin.refusals, [])
        self.assertProblem(get(front.port, "/download/b.mp3"), 404)

    def test_the_private_bucket_with_a_table(self):
        """By the page's pipeline, with an `aws` of ours that lists."""
        origin = S3Origin()
        self.addCleanup(origin.stop)
        origin.keys["AKIAMOVE"] = ("m0ve", None)
        origin.regions["my-music"] = "eu-west-3"
        origin.objects["my-music", "songs/it's a b.mp3"] = Resource(SIZE)
        directory = os.path.join(self.directory, "table")
        os.mkdir(directory)
        with open(os.path.join(directory, "aws"), "w") as out:
            out.write("#!/bin/sh\nfor object in \"it's a b.mp3\" c.mp3; do echo \"songs/$object\"; done\n")
        os.chmod(out.name, stat.S_IRWXU)
        os.symlink(binary(), os.path.join(directory, "tonearm"))
        text = replaced(block("toml", "s3"), "https://s3.amazonaws.com", origin.base_url)
        lookup, = re.findall(r"^lookup = .*\n", text, re.M)
        text = replaced(replaced(text, lookup, ""), ":memory:", "catalog.sqlite3")
        server = Tonearm(directory)
        with open(server.config_path, "a") as out:
            out.write(text)
        server.environment = {"MUSIC_KEY_ID": "AKIAMOVE", "MUSIC_SECRET": "m0ve"}
        subprocess.run(["sh", "-c", block("sh", "s3")], cwd=server.directory, check=True, capture_output=True,
                       env={**environment(), **server.environment, "PATH": directory + ":" + os.environ["PATH"]})
        server.start()
        self.addCleanup(server.stop)
        self.assertBody(get(server.port, "/songs/listen/1"), content(0, SIZE))
        self.assertProblem(get(server.port, "/songs/listen/2"), 404)


if __name__ == "__main__":
    unittest.main()
