"""The disk cache: blocks, restarts, kill -9, damage, a full disk, RFC 9111."""

import fcntl
import os
import random
import struct
import subprocess
import sys
import threading
import unittest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from support import page_cache
from support.cache_case import MIB, CacheCase, parallel
from support.client import Client, get, get_json, parts
from support.content import content
from support.fault_origin import Resource
from support.wait import wait_for

BLOCK = 32 * 1024
KILLS = int(os.environ.get("TONEARM_KILLS", "4"))


class Answers(CacheCase):
    def test_everything_from_the_cache_alone(self):
        size = 3_000_017
        song = self.song("all.mp3", Resource(size))
        self.start()
        cold = self.whole(song, size)
        self.assertEqual(cold["Cache-Status"], "tonearm; fwd=miss")
        self.idle()
        asked = len(self.origin.exchanges)
        warm = self.whole(song, size)
        self.assertEqual(warm["Cache-Status"], "tonearm; hit")
        self.assertIsNotNone(warm["Age"])
        self.assertEqual(self.get(song, method="HEAD")["Content-Length"], str(size))
        for field, first, end in (("bytes=0-0", 0, 1), ("bytes=-7", size - 7, size), (f"bytes={size - 1}-", size - 1, size),
                                  (f"bytes={BLOCK - 1}-{BLOCK}", BLOCK - 1, BLOCK + 1),
                                  (f"bytes={MIB - 5}-{2 * MIB + 5}", MIB - 5, 2 * MIB + 6)):
            answer = self.get(song, Range=field)
            self.assertStatus(answer, 206)
            self.assertBody(answer, content(first, end))
        several = self.get(song, Range="bytes=5-9,2000000-2000003,0-0")
        self.assertEqual([part[2] for part in parts(several)],
                         [content(5, 10), content(2_000_000, 2_000_004), content(0, 1)])
        self.assertStatus(self.get(song, If_None_Match='"v1"'), 304)
        self.assertStatus(self.get(song, Range="bytes=0-9", If_Range='"v1"'), 206)
        self.assertStatus(self.get(song, Range="bytes=0-9", If_Range='"v0"'), 200)
        self.assertStatus(self.get(song, Range=f"bytes={size}-"), 416)
        self.assertEqual(len(self.origin.exchanges), asked)
        entries = self.server.wait_for_access(cache="hit", status=206)
        self.assertEqual(entries[0]["origin_bytes"], 0)

    def test_an_origin_without_ranges_becomes_seekable(self):
        size = 2 * MIB + 5
        for name, resource in (("norange.mp3", Resource(size, ranges=False)),
                               ("nothing.mp3", Resource(size, etag=None, ranges=False))):
            with self.subTest(name):
                song = self.song(name, resource)
                self.start() if self.server is None else None
                self.whole(song, size)
                self.idle()
                answer = self.get(song, Range="bytes=1000000-1000999")
                self.assertBody(answer, content(1_000_000, 1_001_000))
                self.assertEqual(answer["Accept-Ranges"], "bytes")
                self.assertOriginSent("/" + name, size)

    def test_a_chunked_body_becomes_seekable(self):
        size = MIB + 77

        def chunked(exchange):
            exchange.head(200, Content_Type="audio/mpeg", Transfer_Encoding="chunked")
            exchange.send_content(0, size, chunked=True)
            exchange.raw(b"0\r\n\r\n")

        song = self.song("chunked.mp3", chunked)
        self.start()
        first = self.whole(song, size)
        self.assertIsNone(first["Accept-Ranges"])
        self.idle()
        answer = self.get(song, Range="bytes=-10")
        self.assertStatus(answer, 206)
        self.assertBody(answer, content(size - 10, size))
        self.assertEqual(len(self.origin.of("/chunked.mp3")), 1)

    def test_a_position_in_a_sound_that_is_kept(self):
        sound = content(0, 4 * MIB)
        sizes = struct.pack("<4sI4s4sIHHIIHH4sI", b"RIFF", 36 + len(sound), b"WAVE", b"fmt ", 16, 1, 1, 16000,
                            32000, 2, 16, b"data", len(sound))
        wav = sizes + sound

        def origin(exchange):
            first, last = exchange.range or (0, None)
            end = len(wav) if last is None else min(len(wav), last + 1)
            part = {"Content_Range": f"bytes {first}-{end - 1}/{len(wav)}"} if exchange.range else {}
            exchange.head(206 if part else 200, Content_Length=end - first, ETag='"w"', Content_Type="audio/wav", **part)
            exchange.send(wav[first:end])

        song = self.song("kept.wav", origin)
        self.start()
        self.assertBody(self.get(song), wav)
        self.idle()
        asked = len(self.origin.of("/kept.wav"))
        for position in (0, 1, 60.5):
            with self.subTest(position):
                target = f"/songs/listen/{song}?pos={position}"
                whole = get(self.server.port, target)
                self.assertTrue(whole.body[44:] == sound[int(position * 16000) * 2:])
                part = get(self.server.port, target, Range="bytes=10-100043")
                self.assertTrue(part.body == whole.body[10:100044])
        self.assertEqual(len(self.origin.of("/kept.wav")), asked)

    def test_a_sound_heard_in_one_pass_is_not_joined_to_what_is_kept(self):
        sound = content(0, 131073)  # the last sample frame is cut
        sizes = struct.pack("<4sI4s4sIHHIIHH4sI", b"RIFF", 36 + len(sound), b"WAVE", b"fmt ", 16, 1, 1, 8000,
                            16000, 2, 16, b"data", len(sound))

        def chunked(body):
            def origin(exchange):
                exchange.head(200, ETag='"w"', Last_Modified="Mon, 01 Jan 2024 00:00:00 GMT",
                              Content_Type="application/octet-stream", Transfer_Encoding="chunked")
                for part in (body[:100_000], body[100_000:]):
                    exchange.raw(b"%x\r\n" % len(part))
                    exchange.send(part)
                    exchange.raw(b"\r\n")
                    described.wait(20)
                exchange.raw(b"0\r\n\r\n")
            return origin

        self.catalog.execute("ALTER TABLE music_song ADD COLUMN pcm_format TEXT")
        pcm = self.song("pass.raw", chunked(sound))
        self.catalog.execute("UPDATE music_song SET pcm_format = 's16le/8000/1' WHERE id = ?", (pcm,))
        wav = self.song("pass.wav", chunked(sizes + sound))
        self.start()
        for target in (f"/songs/listen/{pcm}", f"/songs/listen/{wav}?pos=0"):
            described = threading.Event()
            with self.subTest(target), Client(self.server.port) as client:
                client.ask(target)
                first = client.head()
                described.set()
                passed = client.body(first)
                self.assertTrue(passed.complete)
                self.assertTrue(passed.body[44:] == sound[:131072])
                self.idle()
                self.assertIsNone(first["ETag"])
                self.assertIsNone(first["Last-Modified"])
                kept = client.get(target)
                self.assertEqual(len(kept.body), 44 + 131072)
                self.assertEqual(kept["Last-Modified"], "Mon, 01 Jan 2024 00:00:00 GMT")
                part = client.get(target, Range="bytes=44-", If_Range=kept["ETag"])
                self.assertStatus(part, 206)
                self.assertBody(part, sound[:131072])
        self.assertEqual(len(self.origin.exchanges), 2)

    def test_what_must_not_be_kept(self):
        self.start()
        for i, extra in enumerate(({"Cache_Control": "no-store"}, {"Cache_Control": "private"},
                                   {"Set_Cookie": "a=b"}, {"Vary": "*"})):
            with self.subTest(extra):
                resource = Resource(100_000)
                resource.extra = extra
                song = self.song(f"never{i}.mp3", resource)
                for _ in range(2):
                    self.assertEqual(self.whole(song, 100_000)["Cache-Status"], "tonearm; fwd=miss")
                self.assertOriginSent(f"/never{i}.mp3", 200_000)
        self.assertEqual(self.files(), [])

    def test_revalidation_staleness_and_change(self):
        resource = Resource(MIB)
        resource.extra = {"Cache_Control": "max-age=0"}
        state = {"resource": resource, "down": False}

        def origin(exchange):
            if state["down"]:
                exchange.reset()
            current = state["resource"]
            if exchange.fields.get("if-none-match") == current.etag:
                return exchange.head(304, ETag=current.etag, Cache_Control="max-age=0")
            current(exchange)

        song = self.song("stale.mp3", origin)
        self.start()
        self.whole(song, MIB)
        self.idle()
        again = self.whole(song, MIB)
        self.assertOriginSent("/stale.mp3", MIB)
        self.assertIn("304", again["Cache-Status"])
        state["down"] = True
        stale = self.whole(song, MIB)
        self.assertIn("hit", stale["Cache-Status"])
        self.whole(song, MIB)
        warnings = self.tonearm.stderr().count(f"song {song}: its origin cannot be asked")
        self.assertEqual(warnings, 1, self.tonearm.stderr())
        state["down"] = False
        self.restart()
        state["resource"] = Resource(MIB + 1, seed=8, etag='"v2"')
        changed = self.whole(song, MIB + 1, seed=8)
        self.assertEqual(changed["Cache-Status"], "tonearm; fwd=stale")

    def test_whose_copy_is_out_of_date_gets_the_new_version(self):
        conditions = {"If_None_Match": '"v0"', "If_Modified_Since": "Sat, 01 Jan 2000 00:00:00 GMT"}
        songs = {field: self.song(f"{field}.mp3", Resource(4 * MIB)) for field in conditions}
        self.start()
        for field, song in songs.items():
            with self.subTest(field):
                self.assertStatus(self.get(song, Range="bytes=0-1"), 206)
                self.idle()
                self.origin.routes[f"/{field}.mp3"] = Resource(4 * MIB, seed=8, etag='"v2"')
                answer = self.get(song, Range="bytes=3000000-3000999", **{field: conditions[field]})
                self.assertStatus(answer, 206)
                self.assertEqual(answer["ETag"], '"v2"')
                self.assertBody(answer, content(3_000_000, 3_001_000, 8))
                self.assertIn("fwd=", answer["Cache-Status"])
                self.assertNotIn("hit", answer["Cache-Status"])

    def test_what_the_origin_corrects_reaches_listeners(self):
        resource = Resource(MIB, kind="audio/mpeg")
        resource.extra = {"Cache_Control": "max-age=0"}

        def origin(exchange):
            if "if-none-match" in exchange.fields:
                return exchange.head(304, ETag='"v1"', Content_Type="audio/flac", Cache_Control="max-age=0")
            resource(exchange)

        song = self.song("corrected.bin", origin)
        self.start()
        self.assertEqual(self.whole(song, MIB)["Content-Type"], "audio/mpeg")
        self.idle()
        self.assertEqual(self.whole(song, MIB)["Content-Type"], "audio/flac")

    def test_a_missing_song_is_remembered_for_a_while(self):
        song = self.catalog.add("absent.mp3")
        self.start()
        for _ in range(3):
            self.assertProblem(self.get(song), 404)
        self.assertEqual(len(self.origin.of("/absent.mp3")), 1)
        self.restart(negative="0s")
        for _ in range(2):
            self.assertProblem(self.get(song), 404)
        self.assertEqual(len(self.origin.of("/absent.mp3")), 3)

    def test_a_missing_song_is_not_remembered_against_the_origins_will(self):
        song = self.song("fleeting.mp3", lambda exchange: exchange.answer(404, Cache_Control="no-store"))
        self.start()
        for _ in range(2):
            self.assertProblem(self.get(song), 404)
        self.assertEqual(len(self.origin.of("/fleeting.mp3")), 2)

    def test_what_cannot_be_forgotten_for_good_is_said(self):
        song = self.song("stuck.mp3", Resource(MIB))
        self.start()
        self.whole(song, MIB)
        self.idle()
        piece = next(path for path in self.files() if "-" in os.path.basename(path))
        os.unlink(piece)
        os.mkdir(piece)
        answer = get(self.server.admin_port, f"/cache/{song}", method="DELETE")
        self.assertStatus(answer, 500)
        self.assertIn("a piece cannot be removed", self.server.stderr())
        os.rmdir(piece)
        self.assertStatus(get(self.server.admin_port, f"/cache/{song}", method="DELETE"), 204)
        self.assertEqual(self.files(), [])

    def test_the_admin_listener(self):
        song = self.song("admin.mp3", Resource(MIB))
        self.start()
        admin = self.server.admin_port
        self.whole(song, MIB)
        self.idle()
        self.whole(song, MIB)
        state = wait_for(lambda: (s := get_json(admin, "/cache")) and s["hits"] + s["misses"] == 2 and s,
                         "both to count")
        self.assertEqual((state["entries"], state["hit_ratio"]), (1, 0.5))
        self.assertGreaterEqual(state["bytes"], MIB)
        metrics = get(admin, "/metrics").body.decode()
        self.assertIn('tonearm_cache_responses_total{state="hit"} 1', metrics)
        self.assertIn(f'tonearm_origin_bytes_total{{source="http"}} {MIB}', metrics)
        self.assertEqual(get(admin, f"/cache/{song}", method="DELETE").status, 204)
        self.assertEqual(self.files(), [])
        self.assertEqual(get(admin, "/cache/12345", method="DELETE").status, 404)
        self.assertEqual(get(admin, f"/cache/{song}").status, 405)
        self.whole(song, MIB)
        self.assertOriginSent("/admin.mp3", 2 * MIB)


class Keeping(CacheCase):
    SONGS = 6
    SIZE = 2 * MIB + 12_345

    def songs(self):
        return [self.song(f"{self._testMethodName}-{i}.mp3", Resource(self.SIZE, seed=i + 1)) for i in range(self.SONGS)]

    def check_all(self, songs):
        for i, song in enumerate(songs):
            self.whole(song, self.SIZE, seed=i + 1)

    def test_a_restart_keeps_everything(self):
        songs = self.songs()
        self.start()
        self.check_all(songs)
        self.idle()
        asked = len(self.origin.exchanges)
        self.restart()
        self.check_all(songs)
        self.assertEqual(len(self.origin.exchanges), asked)

    def test_killed_under_load_no_byte_is_wrong(self):
        songs = self.songs()
        generator = random.Random(7)
        for _ in range(KILLS):
            self.start()
            clients = []
            for i in range(12):
                client = Client(self.server.port)
                self.addCleanup(client.close)
                at = generator.randrange(self.SIZE - 200_000)  # so that all can take their share
                client.ask(f"/songs/listen/{songs[i % self.SONGS]}", Range=f"bytes={at}-")
                clients.append(client)
            for client in clients[: generator.randrange(1, 12)]:
                client.take(generator.randrange(1, 200_000))
            self.kill()
        self.start()
        self.check_all(songs)
        self.idle()
        self.check_all(songs)

    def test_damage_is_never_served(self):
        songs = self.songs()
        generator = random.Random(11)
        self.start()
        self.check_all(songs)
        self.idle()
        for while_running in (True, False):
            if not while_running:
                self.stop()
            for path in self.files():
                self.damage(path, generator)
            if not while_running:
                self.start()
            self.check_all(songs)
            self.idle()
        self.check_all(songs)

    @staticmethod
    def damage(path, generator):
        size = os.path.getsize(path)
        kind = generator.randrange(5)
        if kind == 0:
            os.unlink(path)
        elif kind == 1:
            os.truncate(path, generator.randrange(size))
        elif kind == 2:
            with open(path, "r+b") as file:
                at = generator.randrange(size)
                file.seek(at)
                file.write(b"\0" * min(100_000, size - at))
        elif kind == 3:
            with open(path, "r+b") as file:
                for i in range(20):
                    at = size - 1 - generator.randrange(min(size, (size, 400)[i % 2]))  # the index is at the end
                    file.seek(at)
                    byte = file.read(1)
                    file.seek(at)
                    file.write(bytes([byte[0] ^ 1 << generator.randrange(8)]))

    def test_the_size_is_a_bound_and_the_oldest_goes_first(self):
        songs = [self.song(f"bound{i}.mp3", Resource(8 * MIB, seed=i)) for i in range(4)]
        self.start(size="24MiB")
        for i in (0, 1):
            self.whole(songs[i], 8 * MIB, seed=i)
        self.idle()
        self.restart(size="24MiB")
        self.whole(songs[0], 8 * MIB, seed=0)  # 1 is now the one that was played longest ago
        self.restart(size="24MiB")
        self.whole(songs[2], 8 * MIB, seed=2)
        self.idle()
        self.whole(songs[3], 8 * MIB, seed=3)
        self.idle()
        self.assertLessEqual(self.disk_use(), 24 * MIB)
        self.assertEqual(self.origin.sent("/bound0.mp3") // MIB, 8)
        for i in range(4):
            self.whole(songs[i], 8 * MIB, seed=i)
        self.idle()
        self.assertLessEqual(self.disk_use(), 24 * MIB)

    def disk_use(self):
        return sum(os.stat(path).st_blocks * 512 for path in self.files())

    def test_a_directory_that_cannot_be_written_is_no_cache(self):
        song = self.song("unwritable.mp3", Resource(MIB))
        with open(self.cache, "w"):
            pass  # a file where the directory should be
        self.start()
        for _ in range(2):
            self.whole(song, MIB)
        self.assertEqual(self.server.stderr().count("serving without the cache"), 1)
        told = get_json(self.server.admin_port, "/cache")
        self.assertEqual((told["enabled"], told["writable"]), (True, False))
        os.remove(self.cache)
        wait_for(lambda: get_json(self.server.admin_port, "/cache")["writable"], "the directory to be made")
        self.assertIn(b"\ntonearm_cache_writable 1\n", get(self.server.admin_port, "/metrics").body)

    def test_a_full_disk_is_noticed_by_nobody(self):
        os.makedirs(self.cache)
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", self.cache], capture_output=True)
        if mounted.returncode != 0:
            self.skipTest("a tmpfs cannot be mounted here: " + mounted.stderr.decode().strip())
        self.addCleanup(subprocess.run, ["umount", "-l", self.cache])
        with open(os.path.join(self.cache, "ballast"), "wb") as ballast:
            ballast.write(b"\0" * (44 * MIB))
        count, size = 50, 2 * MIB
        songs = [self.song(f"full{i}.mp3", Resource(size, seed=i)) for i in range(count)]
        self.start()

        def play(i):
            answer = get(self.server.port, f"/songs/listen/{songs[i]}")
            return answer.complete and answer.body == content(0, size, i)

        self.assertEqual(parallel(count, play), [True] * count)
        self.assertEqual(parallel(count, play), [True] * count)
        self.assertEqual(self.server.stderr().count("No space left"), 1)
        # What was played longest ago makes room, so what is played now comes to be kept.
        wait_for(lambda: get_json(self.server.admin_port, "/cache")["evictions"] > 0, "something to make room")
        wait_for(lambda: play(0) and "hit" in self.get(songs[0])["Cache-Status"], "a song to be kept again")

    def test_a_sector_that_cannot_be_read_any_more_is_noticed_by_nobody(self):
        size = 4 * MIB
        song = self.song("sector.mp3", Resource(size))
        image = self.mount_image(64 * MIB)
        self.start()
        self.whole(song, size)
        self.idle()
        blocks = {path: self.middle_block(path) for path in self.files() if not path.endswith(".song")}
        lost = max(blocks, key=blocks.get)
        os.truncate(image, blocks[lost] * 4096)
        page_cache.drop(lost)
        # What was sent within the last second is not looked at before it is sent again.
        wait_for(lambda: get(self.server.port, f"/songs/listen/{song}").complete, "the lost sector to be found out")
        for _ in range(3):
            self.whole(song, size)

    def mount_image(self, size):
        """Puts the cache on a disk of its own, a file; returns its path."""
        image = os.path.join(self.directory, f"disk-{self._testMethodName}")
        with open(image, "wb") as file:
            file.truncate(size)
        os.makedirs(self.cache)
        make = f"mkfs.ext4 -q -b 4096 -O ^has_journal {image} && mount -o loop {image} {self.cache}"
        made = subprocess.run(make, shell=True, capture_output=True)
        if made.returncode != 0:
            self.skipTest("no disk can be made here: " + made.stderr.decode().strip())
        self.addCleanup(subprocess.run, ["umount", "-l", self.cache])
        os.rmdir(os.path.join(self.cache, "lost+found"))
        return image

    @staticmethod
    def middle_block(path):
        """Where on its disk a file's middle lies, in blocks of 4096 bytes."""
        with open(path, "rb") as file:
            os.fsync(file.fileno())
            number = struct.pack("i", os.path.getsize(path) // 2 // 4096)
            return struct.unpack("i", fcntl.ioctl(file.fileno(), 1, number))[0]  # FIBMAP


if __name__ == "__main__":
    unittest.main()
