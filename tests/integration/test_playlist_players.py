"""Real players go through /songs.m3u by a signed link, and the links in it end when they say so."""

import os
import re
import subprocess
import sys
import unittest
import wave

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from support.case import Case
from support.client import get
from support.tonearm import run
from support.wait import wait_for

RATE = 8000
SECONDS = (1, 2, 3)
KEY = "0123456789abcdef0123456789abcdef"


def sound(seconds):
    """A song's own bytes, so that a wrong order shows."""
    return b"".join(((i * seconds * 37) % 4000).to_bytes(2, "little") for i in range(seconds * RATE))


class PlaylistPlayers(Case):
    @classmethod
    def prepare(cls):
        for seconds in SECONDS:
            name = f"{seconds}.wav"
            with wave.open(os.path.join(cls.directory, name), "wb") as file:
                file.setnchannels(1)
                file.setsampwidth(2)
                file.setframerate(RATE)
                file.writeframes(sound(seconds))
            cls.catalog.add(f"file:{name}", name=f"Song, {seconds}", artist='"A" - B', duration=seconds)
        cls.serve(files={"root": cls.directory}, access={"signing_keys": [KEY]})

    def signed(self, path, seconds):
        done = run("sign", "-c", self.tonearm.config_path, "--expires", f"{seconds}s", path)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout.strip()

    def test_mpv_plays_it_through(self):
        out = os.path.join(self.directory, "mpv.pcm")
        address = f"http://127.0.0.1:{self.tonearm.port}" + self.signed("/songs.m3u", 60)
        done = subprocess.run(
            ["mpv", "--no-config", "--really-quiet", "--no-video", "--gapless-audio=yes", "--untimed", "--ao=pcm",
             f"--ao-pcm-file={out}", "--ao-pcm-waveheader=no", address],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60)
        self.assertEqual(done.returncode, 0, done.stdout)
        with open(out, "rb") as file:
            played = file.read()
        expected = b"".join(sound(seconds) for seconds in SECONDS)
        self.assertEqual(len(played), len(expected))
        self.assertTrue(played == expected, "not the songs one after the other")

    def test_ffplays_decoder_plays_every_line(self):
        lines = self.get(self.signed("/songs.m3u", 60)).body.decode().split("\n")
        # The test's own client names another host than the one that it asks.
        here = f"http://127.0.0.1:{self.tonearm.port}/"
        addresses = [re.sub("^http://[^/]+/", here, line) for line in lines if line.startswith("http")]
        self.assertEqual(len(addresses), len(SECONDS))
        for seconds, address in zip(SECONDS, addresses):
            done = subprocess.run(["ffmpeg", "-v", "error", "-i", address, "-f", "s16le", "-"],
                                  stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, timeout=60)
            self.assertTrue(done.stdout == sound(seconds), f"song {seconds}")

    def test_the_links_in_it_end(self):
        self.serve_apart(files={"root": self.directory}, access={"signing_keys": [KEY], "link_ttl": "5s"})
        body = self.get(self.signed("/songs.m3u", 60)).body.decode()
        target = re.search(r"http://[^/]+(/\S+)", body)[1]
        self.assertStatus(self.get(target, Range="bytes=0-1"), 206)
        wait_for(lambda: get(self.tonearm.port, target, Range="bytes=0-1").status != 206, "the end of a link")
        self.assertIn("expired", self.assertProblem(self.get(target), 403)["detail"])


if __name__ == "__main__":
    unittest.main()
