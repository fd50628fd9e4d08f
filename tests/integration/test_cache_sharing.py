"""The disk cache: one fetch for everyone, of what is wanted and no more."""

import concurrent.futures
import os
import random
import sys
import threading
import unittest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from support.cache_case import MIB, CacheCase, parallel
from support.client import Client, get, get_json
from support.content import content
from support.fault_origin import Resource
from support.tonearm import sanitized
from support.wait import wait_for


class Sharing(CacheCase):
    def test_many_clients_of_one_cold_song_cost_one_fetch(self):
        size, count = 8 * MIB, 30 if sanitized() else 200
        song = self.song("crowd.mp3", Resource(size))
        self.start()
        expected = content(0, size)

        def play(_):
            answer = get(self.server.port, f"/songs/listen/{song}")
            return answer.complete and answer.body == expected

        self.assertEqual(parallel(count, play), [True] * count)
        self.assertOriginSent("/crowd.mp3", size)

    def test_many_who_ask_an_origin_without_ranges_for_a_part_cost_one_fetch(self):
        size, count = 4 * MIB + 17, 40
        asks = {"end": ({"Range": "bytes=-100000"}, 206, size - 100000), "new": ({"If_None_Match": '"old"'}, 200, 0)}
        songs = {name: self.song(f"{name}.mp3", Resource(size, ranges=False)) for name in asks}
        self.start()
        for name, (fields, status, first) in asks.items():
            with self.subTest(name):

                def ask(_, song=songs[name], fields=fields, status=status, expected=content(first, size)):
                    answer = get(self.server.port, f"/songs/listen/{song}", **fields)
                    return answer.status == status and answer.complete and answer.body == expected

                self.assertEqual(parallel(count, ask), [True] * count)
                self.assertOriginSent(f"/{name}.mp3", size)
                self.assertEqual(len(self.origin.of(f"/{name}.mp3")), 1)
                self.idle()
                self.assertEqual(self.get(songs[name], **fields)["Cache-Status"], "tonearm; hit")

    def test_many_who_want_a_part_of_what_comes_only_whole_read_along(self):
        """Nothing identifies it, and its origin has ranges: each could have asked for its part alone."""
        size, resource, goes_on = 8 * MIB, Resource(8 * MIB, etag=None), threading.Event()

        def drips_in_the_middle(exchange):
            first, end = resource.head(exchange)
            at = max(first, min(end, MIB))
            exchange.send_content(first, at)
            while at < end and not goes_on.wait(0.02):
                exchange.send_content(at, at + 10)
                at += 10
            exchange.send_content(at, end)

        song = self.song("part.mp3", drips_in_the_middle)
        self.start()
        self.addCleanup(goes_on.set)
        firsts = [1000, 300_000, MIB // 2] * (3 if sanitized() else 13)
        followers = f"tonearm_cache_followers_total {len(firsts)}"

        def play(first):
            answer = self.get(song, Range=f"bytes={first}-")
            whole = answer.complete and answer.body == content(first, size)
            return answer.status, answer["Content-Range"], whole

        with concurrent.futures.ThreadPoolExecutor(len(firsts) + 1) as pool:
            one = pool.submit(self.whole, song, size)
            wait_for(lambda: get_json(self.server.admin_port, "/cache")["bytes"] > MIB / 2, "what has come to be kept")
            others = [pool.submit(play, first) for first in firsts]
            wait_for(lambda: followers in get(self.server.admin_port, "/metrics").body.decode(), followers)
            goes_on.set()
            one.result()
            for first, other in zip(firsts, others):
                self.assertEqual(other.result(), (206, f"bytes {first}-{size - 1}/{size}", True))
        self.assertEqual([exchange.range for exchange in self.origin.of("/part.mp3")], [(0, 131071), (0, size - 1)])
        self.idle()
        self.assertEqual(self.whole(song, size)["Cache-Status"], "tonearm; hit")

    def test_cold_ranges_cost_at_most_twice_what_was_asked(self):
        size, count = 64 * MIB, 100 if sanitized() else 400
        song = self.song("ranges.mp3", Resource(size))
        self.start()
        firsts = random.Random(4).sample(range(0, size - 65536, 1000), count)

        def ask(i):
            first = firsts[i]
            answer = get(self.server.port, f"/songs/listen/{song}", Range=f"bytes={first}-{first + 65535}")
            return answer.status == 206 and answer.body == content(first, first + 65536)

        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            self.assertTrue(all(pool.map(ask, range(count))))
        self.idle()
        self.assertLessEqual(self.origin.sent("/ranges.mp3"), 2 * count * 65536)
        # Each range costs the blocks that it touches, and no way between two of them.
        block = 32 * 1024
        touched = {i for first in firsts for i in range(first // block, (first + 65535) // block + 1)}
        self.assertLessEqual(self.origin.sent("/ranges.mp3"), 1.05 * len(touched) * block)

    def test_songs_with_one_file_share_and_a_repointed_row_gets_the_new_bytes(self):
        one = self.song("shared.mp3", Resource(MIB))
        two = self.catalog.add("shared.mp3")
        self.song("other.mp3", Resource(MIB, seed=5))
        self.start()
        self.whole(one, MIB)
        self.idle()
        self.assertEqual(self.whole(two, MIB)["Cache-Status"], "tonearm; hit")
        self.assertOriginSent("/shared.mp3", MIB)
        self.catalog.execute("UPDATE music_song SET file = 'other.mp3' WHERE id = ?", (two,))
        self.whole(two, MIB, seed=5)

    def test_a_fill_that_nobody_reads_asks_for_no_more_than_its_slice(self):
        resource, left = Resource(32 * MIB), threading.Event()

        def waits_for_the_end_of_the_client(exchange):
            self.assertTrue(exchange.number == 1 or left.wait(20))
            resource(exchange)

        song = self.song("left.mp3", waits_for_the_end_of_the_client)
        self.start()
        with Client(self.server.port, receive_buffer=8192) as client:
            client.ask(f"/songs/listen/{song}", Range="bytes=0-")
            client.take(1000)
            wait_for(lambda: len(self.origin.of("/left.mp3")) == 2, "the second window")
        wait_for(lambda: not get_json(self.server.admin_port, "/streams")["streams"], "the client's end")
        left.set()
        self.idle()
        self.assertEqual(max(exchange.range[1] for exchange in self.origin.of("/left.mp3")), MIB - 1)
        self.assertOriginSent("/left.mp3", MIB)

    def test_who_asks_conditionally_is_not_left_with_half_a_song(self):
        """It reads what is kept while the one who began it leaves, and the rest comes only once."""
        size = 8 * MIB
        conditions = {"If_None_Match": '"zzz"', "If_Modified_Since": "Sat, 01 Jan 2000 00:00:00 GMT"}
        songs = {field: self.song(f"{field}.mp3", Resource(size, etag=None)) for field in conditions}
        self.start()
        for field, song in songs.items():
            with self.subTest(field), Client(self.server.port, receive_buffer=8192) as second:
                kept = get_json(self.server.admin_port, "/cache")["bytes"]
                with Client(self.server.port, receive_buffer=8192) as first:
                    first.ask(f"/songs/listen/{song}")
                    first.take(MIB)
                    wait_for(lambda: get_json(self.server.admin_port, "/cache")["bytes"] > kept + MIB, "what is kept")
                    second.ask(f"/songs/listen/{song}", **{field: conditions[field]})
                    response = second.head()
                    self.assertStatus(response, 200)
                wait_for(lambda: len(get_json(self.server.admin_port, "/streams")["streams"]) == 1, "the first to leave")
                self.assertBody(second.body(response), content(0, size))

    def test_a_seek_does_not_wait_for_what_lies_before(self):
        song = self.song("seek.mp3", Resource(32 * MIB))
        self.start()
        with Client(self.server.port, receive_buffer=8192) as slow:
            slow.ask(f"/songs/listen/{song}")
            self.assertEqual(slow.take(1000)[:4], b"HTTP")
            first = 30 * MIB + 77
            answer = self.get(song, Range=f"bytes={first}-{first + 999}")
            self.assertBody(answer, content(first, first + 1000))
            self.assertLess(self.origin.sent("/seek.mp3"), 16 * MIB)

    def test_a_seek_does_not_wait_for_an_answer_that_drips(self):
        """Some origins send each answer no faster than it is heard."""
        resource, goes_on = Resource(8 * MIB), threading.Event()

        def drips(exchange):
            first, end = resource.head(exchange)
            at = first
            while first < MIB and at < end and not goes_on.wait(0.02):
                exchange.send_content(at, min(end, at + 1024))
                at = min(end, at + 1024)
            if at < end:
                exchange.send_content(at, end)

        song = self.song("drips.mp3", drips)
        self.start()
        with Client(self.server.port, receive_buffer=8192) as listener:
            listener.ask(f"/songs/listen/{song}", Range="bytes=0-")
            self.assertEqual(listener.take(1000)[:4], b"HTTP")
            first = MIB + 77
            try:
                answer = self.get(song, Range=f"bytes={first}-{first + 9999}")
            finally:
                goes_on.set()
            self.assertBody(answer, content(first, first + 10000))
            sought = self.origin.of("/drips.mp3")[-1]
            self.assertEqual(sought.range[0], MIB, "it was asked for the place itself")


if __name__ == "__main__":
    unittest.main()
