"""config/nginx.conf, really run in front of the program."""

import json
import os
import re
import sqlite3
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from support.client import Client, curl, get, parts
from support.content import content
from support.fault_origin import Resource
from support.front import replaced
from support.fronted import Fronted
from support.tonearm import Tonearm
from support.wait import wait_until_steady

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SIZE = Fronted.size


class Sample(Fronted):
    def test_a_whole_song_and_ranges_come_through(self):
        whole = self.through()
        self.assertStatus(whole, 200)
        self.assertBody(whole, content(0, SIZE))
        part = self.through(Range="bytes=1000-1999")
        self.assertStatus(part, 206)
        self.assertEqual(part["Content-Range"], f"bytes 1000-1999/{SIZE}")
        self.assertBody(part, content(1000, 2000))
        several = parts(self.through(Range="bytes=0-0,10-19"))
        self.assertEqual([piece for _, _, piece in several], [content(0, 1), content(10, 20)])

    def test_errors_and_conditionals_come_through(self):
        self.assertEqual(self.through(Range=f"bytes={SIZE}-")["Content-Range"], f"bytes */{SIZE}")
        etag = self.through(method="HEAD")["ETag"]
        self.assertStatus(self.through(If_None_Match=etag), 304)
        self.assertStatus(self.through(If_Match='"x"'), 412)
        self.assertStatus(self.through(Range="bytes=0-1", If_Range='"x"'), 200)
        missing = get(self.port, "/songs/listen/9999")
        self.assertEqual(missing.problem()["status"], 404)

    def test_the_program_learns_who_asks_and_under_which_id(self):
        self.through(method="HEAD", X_Forwarded_For="203.0.113.9", User_Agent="forwarded")
        entry = self.tonearm.wait_for_access(user_agent="forwarded")[0]
        # nginx, which nobody has told to trust anyone, appends whom it saw.
        self.assertEqual(entry["client"], "203.0.113.9")
        self.assertTrue(re.fullmatch(r"[0-9a-f]{32}", entry["request_id"]))

    def test_a_listed_song_plays_through_the_front_whatever_the_client_says_of_itself(self):
        forged = {"Forwarded": "for=203.0.113.9;host=forged.example;proto=https",
                  "X_Forwarded_Host": "forged.example", "X_Forwarded_Prefix": "/forged",
                  "X_Forwarded_Proto": "https"}
        listed = get(self.port, "/songs", host=f"127.0.0.1:{self.port}", **forged)
        url = json.loads(listed.body)["songs"][0]["stream_url"]
        self.assertEqual(url, f"http://127.0.0.1:{self.port}{self.target}")
        self.assertEqual(curl(url, "-r", "7-99").stdout, content(7, 100))

    def test_connections_to_the_program_are_kept(self):
        def sockets():
            """Both ends of what is open, and the ends that wait in TIME_WAIT."""
            with open("/proc/net/tcp") as table:
                pairs = [line.split()[1:3] for line in table]
            return sum(f"{self.tonearm.port:04X}" in end.split(":")[1:] for pair in pairs for end in pair)

        before = sockets()
        for _ in range(60):
            self.assertStatus(self.through(Range="bytes=0-1"), 206)
        self.assertLess(sockets() - before, 20)

    def test_a_slow_player_holds_the_origin_back_and_nothing_is_spooled(self):
        size, queues = 256 << 20, 128 << 20  # three connections, of up to 36 MiB in the kernel each
        self.origin.routes["/long.mp3"] = Resource(size)
        client = Client(self.port, receive_buffer=4096)
        self.addCleanup(client.close)
        client.ask(f"/songs/listen/{self.catalog.add('long.mp3')}")
        self.assertEqual(client.head()["Content-Length"], str(size))
        self.assertLess(wait_until_steady(lambda: self.origin.sent("/long.mp3")), queues)
        spooled = [
            name for _, _, files in os.walk(os.path.join(self.prefix, "proxy")) for name in files
        ]
        self.assertEqual(spooled, [])
        self.assertTrue(client.take(SIZE) == content(0, SIZE))

    def test_a_song_that_breaks_does_not_look_whole(self):
        song = Resource(1 << 20, etag=None)
        self.origin.routes["/broken.mp3"] = lambda exchange: song(exchange, most=500_000)
        target = f"/songs/listen/{self.catalog.add('broken.mp3')}"
        response = get(self.port, target)
        self.assertFalse(response.complete, response)
        self.assertTrue(response.body == content(0, len(response.body)))

        def endless(exchange):
            exchange.head(200, Transfer_Encoding="chunked", Content_Type="audio/mpeg")
            exchange.send_content(0, 500_000, chunked=True)
            exchange.reset()

        self.origin.routes["/endless.mp3"] = endless
        target = f"/songs/listen/{self.catalog.add('endless.mp3')}"
        response = get(self.port, target)
        self.assertFalse(response.complete, response)


class OverUnixSocket(Fronted):
    @classmethod
    def settings(cls):
        path = os.path.join(cls.directory, "tonearm.socket")
        cls.upstream = f"unix:{path}"
        return {"server": {"listen": [f"unix:{path}"]}}

    def test_it_serves_and_believes_the_forwarded_address(self):
        response = self.through(Range="bytes=5-9", User_Agent="unix")
        self.assertBody(response, content(5, 10))
        self.assertEqual(self.tonearm.wait_for_access(user_agent="unix")[0]["client"], "127.0.0.1")

    def test_a_song_that_breaks_does_not_look_whole(self):
        song = Resource(1 << 20, etag=None)
        self.origin.routes["/broken.mp3"] = lambda exchange: song(exchange, most=500_000)
        response = get(self.port, f"/songs/listen/{self.catalog.add('broken.mp3')}")
        self.assertFalse(response.complete, response)


class OfTheReadme(Fronted):
    """The `location` that README.md shows, in place of the sample's."""

    @classmethod
    def prepare(cls):
        with sqlite3.connect(cls.catalog.path) as catalog:
            catalog.executescript("CREATE TABLE playlist(id INTEGER PRIMARY KEY, name TEXT);"
                                  "CREATE TABLE playlist_song(playlist_id, song_id, position);")
        super().prepare()

    @classmethod
    def changed(cls, text):
        with open(os.path.join(ROOT, "README.md")) as page:
            [shown] = re.findall(r"^    location .*?^    }$", page.read(), re.M | re.S)
        [own] = re.findall(r"^ *location .*?^        }$", text, re.M | re.S)
        return text.replace(own, replaced(shown, "127.0.0.1:8005", f"127.0.0.1:{cls.tonearm.port}"))

    def test_all_that_the_program_has_comes_through(self):
        self.assertBody(self.through(Range="bytes=5-9"), content(5, 10))
        for target, kind in (("/", "text/html"), ("/songs?q=", "application/json"),
                             ("/songs.m3u", "audio/x-mpegurl"), ("/playlists", "application/json")):
            with self.subTest(target):
                answer = get(self.port, target)
                self.assertStatus(answer, 200)
                self.assertEqual(answer["Content-Type"].split(";")[0], kind)


class SeveralNodes(Fronted):
    """The other upstream of the sample: each song has a node of its own."""

    @classmethod
    def changed(cls, text):
        cls.second = cls.own(Tonearm(cls.directory, cls.config(cls.origin.base_url)))
        first = text[text.index("    upstream tonearm {"):]
        text = text.replace(first[: first.index("}") + 1], "", 1)
        commented = text[text.index("    #upstream tonearm {"):]
        commented = commented[: commented.index("#}") + 2]
        assert "hash $uri consistent;" in commented
        text = text.replace(commented, commented.replace("#", ""))
        for node, server in (("10.0.0.1:8005", cls.tonearm), ("10.0.0.2:8005", cls.second)):
            assert text.count(node) == 1, node
            text = text.replace(node, f"127.0.0.1:{server.port}")
        return text

    def test_each_song_has_its_node_and_another_when_that_is_gone(self):
        self.origin.routes["/short.mp3"] = Resource(1000)
        songs = [f"/songs/listen/{self.catalog.add('short.mp3')}" for _ in range(30)]
        for _ in range(2):
            for song in songs:
                self.assertBody(get(self.port, song), content(0, 1000))
        nodes = (self.tonearm, self.second)
        served = [{e["song"] for e in node.wait_for_access(2, source="http")} for node in nodes]
        self.assertFalse(served[0] & served[1])
        self.second.stop()
        for song in songs:
            self.assertBody(get(self.port, song), content(0, 1000))


if __name__ == "__main__":
    unittest.main()
