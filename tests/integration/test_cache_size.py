"""The size of the cache bounds the files that whole songs are kept in, whoever adds them up, and however.

Nobody hears of it, not even where a song comes only once and is larger than the cache.
"""

import concurrent.futures
import os
import random
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from support.cache_case import MIB, CacheCase
from support.client import Client, get_json
from support.content import content
from support.fault_origin import Resource
from support.tonearm import sanitized
from support.wait import wait_for

SIZE = 8 * MIB
SHORT = 100_000
LONG = 2 * MIB + 12_345  # two slices and a bit
LAST_PAGE_SHORT = MIB - 5000  # the index stands one page before the slice's end


class Size(CacheCase):
    def chunked(self, size, seed):
        def answer(exchange):
            exchange.head(200, Content_Type="audio/mpeg", Transfer_Encoding="chunked")
            exchange.send_content(0, size, seed, chunked=True)
            exchange.raw(b"0\r\n\r\n")

        return answer

    def songs(self):
        """Pairs of a song and what it is made of, more than there is room for."""
        count = 40 if sanitized() else 200
        sizes = [SHORT] * count + [LONG] * 4 + [LAST_PAGE_SHORT] * 4
        kinds = [(size, chunked) for size in sizes for chunked in (False, True) if not chunked or size != SHORT]
        kinds += [(SHORT, True)] * (count // 10)
        random.Random(3).shuffle(kinds)
        songs = []
        for seed, (size, chunked) in enumerate(kinds):
            resource = self.chunked(size, seed) if chunked else Resource(size, seed=seed)
            songs.append((self.song(f"{self._testMethodName}-{seed}.mp3", resource), size, seed))
        return songs

    def play(self, songs):
        for song, size, seed in songs:
            answer = self.get(song)
            self.assertTrue(answer.complete and answer.body == content(0, size, seed), (song, size))
        self.idle()

    def assertWithinBound(self):
        status = [os.stat(path) for path in self.files()]
        self.assertLessEqual(sum(s.st_size for s in status), SIZE)
        self.assertLessEqual(sum(s.st_blocks * 512 for s in status), SIZE)
        self.assertGreater(sum(s.st_size for s in status), SIZE // 2, "the room is used")

    def test_the_sizes_of_the_files_are_within_the_bound(self):
        songs = self.songs()
        self.start(size=SIZE)
        self.play(songs)
        self.assertWithinBound()
        pages = sum((os.path.getsize(path) + 4095) // 4096 for path in self.files())
        self.assertEqual(get_json(self.server.admin_port, "/cache")["bytes"], pages * 4096)
        self.restart(size=SIZE)
        self.assertWithinBound()
        self.play(songs)
        self.assertWithinBound()

    def test_who_reads_what_outgrows_the_cache_slowly_gets_all_of_it(self):
        size = 3 * SIZE
        song = self.song("long.mp3", self.chunked(size, seed=1))
        self.start(size=SIZE)
        with concurrent.futures.ThreadPoolExecutor(1) as pool, Client(self.server.port, receive_buffer=8192) as slow:
            slow.ask(f"/songs/listen/{song}")
            response = slow.head()
            fast = pool.submit(self.get, song)
            wait_for(lambda: self.origin.sent("/long.mp3") > SIZE, "the fast one to be ahead")
            self.assertBody(slow.body(response), content(0, size))
            self.assertBody(fast.result(), content(0, size))
        self.assertEqual(len(self.origin.of("/long.mp3")), 1)
        self.idle()
        self.assertEqual(self.files(), [])


if __name__ == "__main__":
    unittest.main()
