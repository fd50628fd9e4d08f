"""file: sources: ranges, never of two versions, nothing outside of files.root, PCM as WAV, ?pos=SECONDS."""

import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from support.case import Case
from support.client import Client, command, curl, get_json, parts
from support.content import content, write_file
from support.recorder import header, make_old, sound
from support.wait import wait_for

SIZE = 3_000_001


class Files(Case):
    @classmethod
    def prepare(cls):
        cls.root = os.path.join(cls.directory, "media")
        os.makedirs(os.path.join(cls.root, "sub"))
        cls.catalog.execute("ALTER TABLE music_song ADD COLUMN pcm_format TEXT")
        write_file(os.path.join(cls.root, "a b%20.mp3"), SIZE)
        cls.song = cls.catalog.add("file:a b%20.mp3")
        cls.serve(files={"root": cls.root})

    @classmethod
    def path(cls, name):
        return os.path.join(cls.root, name)

    def add_pcm(self, name, data, pcm_format="s16le/16000/1"):
        with open(self.path(name), "wb") as out:
            out.write(data)
        make_old(self.path(name))
        song = self.catalog.add(f"file:{name}")
        self.catalog.execute("UPDATE music_song SET pcm_format = ? WHERE id = ?", (pcm_format, song))
        return song

    def test_whole_and_parts(self):
        whole = self.get(self.song)
        self.assertStatus(whole, 200)
        self.assertBody(whole, content(0, SIZE))
        self.assertEqual(whole["Content-Type"], "audio/mpeg")
        self.assertEqual(whole["Accept-Ranges"], "bytes")
        self.assertEqual(whole["Last-Modified"], "Sun, 13 Sep 2020 12:26:40 GMT")
        etag = whole["ETag"]
        part = self.get(self.song, Range="bytes=1000000-1999999", If_Range=etag)
        self.assertStatus(part, 206)
        self.assertEqual(part["Content-Range"], f"bytes 1000000-1999999/{SIZE}")
        self.assertBody(part, content(1_000_000, 2_000_000))
        several = self.get(self.song, Range="bytes=0-0,-7,500-599")
        self.assertEqual([piece for _, _, piece in parts(several)],
                         [content(0, 1), content(SIZE - 7, SIZE), content(500, 600)])
        self.assertStatus(self.get(self.song, If_None_Match=etag), 304)
        self.assertStatus(self.get(self.song, Range=f"bytes={SIZE}-"), 416)
        self.assertStatus(self.get(self.song, method="HEAD"), 200)

    def test_no_way_leads_out(self):
        secret = os.path.join(self.directory, "secret")
        with open(secret, "w") as out:
            out.write("secret")
        os.symlink(secret, self.path("absolute"))
        os.symlink("../secret", self.path("relative"))
        os.symlink("..", self.path("up"))
        os.symlink("../a b%20.mp3", self.path("sub/inside"))
        os.symlink(self.path("a b%20.mp3"), self.path("absolute inside"))
        os.mkfifo(self.path("fifo"))
        for value, status in {
            "../secret": 502, "../../etc/passwd": 502, "sub/../../secret": 502, "/etc/passwd": 502,
            "//etc/passwd": 502, "absolute": 502, "relative": 502, "up/secret": 502, "fifo": 502,
            "sub": 502, ".": 502, "": 502, "%2e%2e/secret": 404, "missing": 404,
            "missing\nline": 404, "a b%20.mp3/x": 404, "nul\0.mp3": 502, "sub/inside": 200,
            "sub/../a b%20.mp3": 200, "absolute inside": 200,
        }.items():
            with self.subTest(value=value):
                response = self.get(self.catalog.add(f"file:{value}"))
                self.assertStatus(response, status)
                self.assertNotIn(b"secret", response.body)
                self.assertNotIn(self.root.encode(), response.body)
        for line in self.tonearm.stderr().splitlines():
            self.assertRegex(line, r"^(\[|20)", "a name must not begin a line of the log")

    @unittest.skipUnless(os.geteuid() == 0, "makes a device")
    def test_devices_are_not_opened(self):
        os.mknod(self.path("zero"), 0o20644, os.makedev(1, 5))
        self.assertProblem(self.get(self.catalog.add("file:zero")), 502)

    def test_overwritten_or_truncated_while_playing_is_a_reset(self):
        size = 30_000_000
        for how in ("truncate", "overwrite"):
            write_file(self.path("victim"), size)
            song = self.catalog.add("file:victim")
            with Client(self.tonearm.port, receive_buffer=65536) as client:
                client.ask(f"/songs/listen/{song}")
                response = client.head()
                self.assertStatus(response, 200)
                first = client.take(100_000)
                self.assertEqual(first, content(0, 100_000))
                if how == "truncate":
                    os.truncate(self.path("victim"), 1000)
                else:
                    write_file(self.path("victim"), size, seed=2)
                rest = client.rest()
                self.assertEqual(client.ended, "reset", how)
                self.assertTrue(rest == content(100_000, 100_000 + len(rest)), f"{how}: not a byte of the new one")

    def test_what_lies_in_the_socket_is_not_overwritten(self):
        size = 60_000
        write_file(self.path("short"), size)
        song = self.catalog.add("file:short")
        with Client(self.tonearm.port, receive_buffer=4096) as client:
            client.ask(f"/songs/listen/{song}", Connection="close")
            self.assertStatus(client.head(), 200)
            wait_for(lambda: not get_json(self.tonearm.admin_port, "/streams")["streams"], "all of it to be handed on")
            with open(self.path("short"), "r+b") as out:
                out.write(content(0, size, seed=2))
            self.assertTrue(client.rest() == content(0, size))

    def test_replaced_by_rename_plays_to_its_end_and_never_a_mixture(self):
        write_file(self.path("old"), 20_000_000)
        write_file(self.path("new"), 20_000_000, seed=2)
        song = self.catalog.add("file:old")
        with Client(self.tonearm.port, receive_buffer=65536) as client:
            client.ask(f"/songs/listen/{song}")
            client.head()
            first = client.take(100_000)
            os.rename(self.path("new"), self.path("old"))
            rest = client.take(19_900_000)
            self.assertTrue(first + rest == content(0, 20_000_000))
        self.assertBody(self.get(song), content(0, 20_000_000, seed=2))

    def test_pcm_is_a_wav(self):
        data = sound(4)
        song = self.add_pcm("tone.pcm", data)
        expected = header(len(data)) + data
        whole = self.get(song)
        self.assertBody(whole, expected)
        self.assertEqual(whole["Content-Type"], "audio/wav")
        for first, last in ((0, 1), (0, 43), (40, 50), (44, 100), (100_000, 128_043)):
            part = self.get(song, Range=f"bytes={first}-{last}", If_Range=whole["ETag"])
            self.assertStatus(part, 206)
            self.assertEqual(part["Content-Range"], f"bytes {first}-{last}/{len(expected)}")
            self.assertBody(part, expected[first : last + 1])
        several = self.get(song, Range="bytes=0-49,-10")
        self.assertEqual([piece for _, _, piece in parts(several)], [expected[:50], expected[-10:]])
        probed = command("ffprobe", "-v", "error", "-show_entries",
                         "stream=codec_name,sample_rate,channels,duration", "-of", "csv=p=0",
                         self.tonearm.url(song))
        self.assertEqual(probed.stdout.decode().strip(), "pcm_s16le,16000,1,4.000000")

    def test_every_encoding_is_understood_by_ffmpeg(self):
        for encoding in ("u8", "s16le", "s24le", "s32le", "f32le"):
            for channels in (1, 2, 6, 8):
                made = command("ffmpeg", "-v", "error", "-f", "lavfi", "-i", "sine=frequency=440:duration=1",
                               "-ac", channels, "-ar", 8000, "-f", encoding, "-")
                self.assertEqual(made.returncode, 0, made.stderr)
                song = self.add_pcm(f"{encoding}.{channels}", made.stdout, f"{encoding}/8000/{channels}")
                read = command("ffmpeg", "-v", "error", "-i", self.tonearm.url(song), "-f", encoding, "-")
                self.assertEqual((read.returncode, read.stderr), (0, b""))
                self.assertTrue(read.stdout == made.stdout, (encoding, channels))

    def test_a_bad_pcm_format_is_502_and_logged(self):
        song = self.add_pcm("bad.pcm", b"xx", "s16be/16000/1")
        self.assertProblem(self.get(song), 502)
        wait_for(lambda: "pcm_format" in self.tonearm.stderr(), "a line in the log")

    def test_positions(self):
        data = sound(4)
        pcm = self.add_pcm("positions.pcm", data)
        with open(self.path("chunks.wav"), "wb") as out:
            extra = b"LIST\x05\0\0\0INFOx\0"
            out.write(header(len(data))[:12] + extra + header(len(data))[12:] + data + extra)
        make_old(self.path("chunks.wav"))
        tags = set()
        for song in (pcm, self.catalog.add("file:chunks.wav")):
            for position, skipped in (("0", 0), ("2", 64000), ("1.00003", 32000), ("1.0000625", 32002),
                                      ("3.99999", 127998)):
                response = self.get(f"/songs/listen/{song}?pos={position}")
                self.assertStatus(response, 200)
                expected = header(len(data) - skipped) + data[skipped:]
                self.assertBody(response, expected)
                self.assertEqual(response["Last-Modified"], "Sun, 13 Sep 2020 12:26:40 GMT")
                part = self.get(f"/songs/listen/{song}?pos={position}", Range="bytes=40-45")
                self.assertEqual(part["Content-Range"], f"bytes 40-45/{len(expected)}")
                self.assertBody(part, expected[40:46])
                tags.add((song, response["ETag"]))
            for position in ("4", "4.5", "100000000000000000000"):
                past = self.get(f"/songs/listen/{song}?pos={position}")
                self.assertProblem(past, 416)
                self.assertIn(b"The position lies", past.body)
            for position in ("-1", "", "x", "1e3", "1.", ".5", "%2B1", "1,5", "nan"):
                self.assertProblem(self.get(f"/songs/listen/{song}?pos={position}"), 400)
        self.assertEqual(len(tags), 10)
        self.assertProblem(self.get(f"/songs/listen/{self.song}?pos=1"), 400)

    def test_curl_continues_at_a_position(self):
        data = sound(4)
        song = self.add_pcm("resume.pcm", data)
        url = self.tonearm.url(song) + "?pos=1.5"
        out = os.path.join(self.directory, "resumed.wav")
        with open(out, "wb") as file:
            file.write((header(80000) + data[48000:])[:1234])
        done = curl("-C", "-", "-o", out, url)
        self.assertEqual(done.returncode, 0, done.stderr)
        with open(out, "rb") as file:
            self.assertEqual(file.read(), header(80000) + data[48000:])


class Unset(Case):
    def test_without_a_root_no_file_is_served(self):
        self.serve_apart()
        self.assertProblem(self.get(self.catalog.add("file:a")), 502)


if __name__ == "__main__":
    unittest.main()
