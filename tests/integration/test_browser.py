"""Chromium plays what tonearm streams: each format with seeks, and from a page of another origin."""

import http.server
import os
import subprocess
import sys
import threading
import unittest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from support import browser
from support.case import Case
from support.nginx import Nginx

FORMATS = {
    "mp3": ["-c:a", "libmp3lame"],
    "m4a": ["-c:a", "aac", "-movflags", "+faststart"],
    "ogg": ["-c:a", "libvorbis"],
    "flac": ["-c:a", "flac"],
    "wav": ["-c:a", "pcm_s16le"],
}
SECONDS = 60


def make_audio(path, coding):
    """Noise, since a tone would be too small to need a second window."""
    subprocess.run(
        ["ffmpeg", "-v", "error", "-y", "-f", "lavfi", "-i",
         f"anoisesrc=duration={SECONDS}:sample_rate=44100:seed=1", *coding, path],
        check=True,
        stdin=subprocess.DEVNULL,
    )


class EmptyPage(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", "15")
        self.end_headers()
        self.wfile.write(b"<!doctype html>")

    def log_message(self, *_):
        pass


class Chromium(Case):
    @classmethod
    def prepare(cls):
        cls.origin = cls.own(Nginx(cls.directory))
        cls.songs = {}
        for extension, coding in FORMATS.items():
            make_audio(os.path.join(cls.origin.root, f"noise.{extension}"), coding)
            cls.songs[extension] = cls.catalog.add(f"noise.{extension}", duration=SECONDS)
        cls.serve(cls.origin.base_url)

    def test_each_format_plays_and_seeks(self):
        origin = f"http://127.0.0.1:{self.tonearm.port}"
        results = browser.run("formats", origin=origin, songs=list(self.songs.values()))
        for extension, song in self.songs.items():
            result = results[str(song)]
            self.assertNotIn("error", result, extension)
            self.assertAlmostEqual(result["duration"], SECONDS, delta=1, msg=extension)
            at_start, near_end, back = result["played"]
            self.assertLess(at_start, 0.5 * SECONDS, extension)
            self.assertGreater(near_end, 0.9 * SECONDS - 1, extension)
            self.assertTrue(0.1 * SECONDS - 1 < back < 0.5 * SECONDS, (extension, back))

    def test_a_page_of_another_origin_may_play_and_read_the_fields(self):
        page = http.server.ThreadingHTTPServer(("127.0.0.1", 0), EmptyPage)
        thread = threading.Thread(target=page.serve_forever, daemon=True)
        thread.start()
        self.addCleanup(page.server_close)
        self.addCleanup(page.shutdown)
        size = os.path.getsize(os.path.join(self.origin.root, "noise.mp3"))
        result = browser.run(
            "cross_origin",
            page=f"http://127.0.0.1:{page.server_address[1]}/",
            url=self.tonearm.url(self.songs["mp3"]),
        )
        self.assertEqual((result["status"], result["bytes"]), (206, 2))
        self.assertEqual(result["exposed"]["Content-Range"], f"bytes 0-1/{size}")
        self.assertEqual(result["exposed"]["Content-Length"], "2")
        self.assertEqual(result["exposed"]["Accept-Ranges"], "bytes")
        self.assertTrue(result["exposed"]["ETag"])
        self.assertAlmostEqual(result["duration"], SECONDS, delta=1)


if __name__ == "__main__":
    unittest.main()
