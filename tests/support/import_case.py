"""What tests of `tonearm import` share: media files of every format, and a catalog for each test."""

import os
import sqlite3

from support.case import Case
from support.client import command
from support.tonearm import binary

TITLE = 'Ünï 🎵 "q" <script>alert(1)</script>\nsecond'
FORMATS = {"mp3": "audio/mpeg", "m4a": "audio/mp4", "ogg": "audio/ogg", "flac": "audio/flac",
           "wav": "audio/wav"}


def encode(path, title, seconds=1):
    done = command("ffmpeg", "-loglevel", "error", "-nostdin", "-y", "-f", "lavfi", "-i",
                   f"sine=frequency=440:duration={seconds}", "-metadata", f"title={title}",
                   "-metadata", "artist=Björk", "-metadata", "album=Début", path)
    assert done.returncode == 0, done.stderr


class ImportCase(Case):
    @classmethod
    def prepare(cls):
        cls.media = os.path.join(cls.directory, "media")
        os.makedirs(os.path.join(cls.media, "sub dir"))
        for extension in FORMATS:
            encode(os.path.join(cls.media, "sub dir", f"a {extension}.{extension}"), TITLE)
        encode(os.path.join(cls.media, "long.mp3"), "x" * 10_000, 2)

    def setUp(self):
        self.path = os.path.join(self.directory, f"{self._testMethodName}.sqlite3")
        self.conf = os.path.join(self.directory, f"{self._testMethodName}.toml")
        self.configure(self.media)

    def configure(self, root):
        with open(self.conf, "w") as out:
            out.write(f'[catalog]\npath = "{self.path}"\n[files]\nroot = "{root}"\n'
                      '[resolver.yt]\ncommand = ["echo", "{}"]\n')

    def imported(self, *arguments, status=0):
        done = command(binary(), "import", "-c", self.conf, *arguments)
        self.assertEqual(done.returncode, status, done)
        return done

    def rows(self, sql):
        with sqlite3.connect(self.path) as connection:
            self.assertEqual(connection.execute("PRAGMA integrity_check").fetchone(), ("ok",))
            return connection.execute(sql).fetchall()
