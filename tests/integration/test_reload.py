"""SIGHUP reads the configuration and opens the logs anew; nothing that runs is touched."""

import fcntl
import json
import os
import pwd
import re
import signal
import sqlite3
import struct
import subprocess
import sys
import termios
import threading
import unittest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from support.case import Case
from support.catalog import Catalog
from support.client import Client, get, get_json
from support.content import content
from support.fault_origin import FaultOrigin, Resource
from support.tonearm import Tonearm, toml
from support.wait import wait_for

SIZE = 32 << 20


def read(path):
    with open(path) as file:
        return file.read()


def waiting_in(pipe):
    """How many bytes its reader could read."""
    return struct.unpack("i", fcntl.ioctl(pipe, termios.FIONREAD, b"\0" * 4))[0]


class Reload(Case):
    @classmethod
    def prepare(cls):
        cls.origin, cls.other = FaultOrigin(), FaultOrigin()
        for origin in (cls.origin, cls.other):
            cls.addClassCleanup(origin.stop)
        cls.origin.routes["/song.mp3"] = Resource(SIZE)
        cls.other.routes["/song.mp3"] = Resource(1000, etag='"other"')
        cls.song = cls.catalog.add("song.mp3")
        cls.target = f"/songs/listen/{cls.song}"

    def start(self, arguments=(), user=None, **tables):
        """A program of the test's own, and `self.settings`, what its file says."""
        self.settings = self.config(self.origin.base_url, **tables)
        tonearm = self.tonearm = Tonearm(self.directory, self.settings)
        tonearm.arguments, tonearm.user = list(arguments), user
        tonearm.start()
        self.addCleanup(tonearm.stop)
        server = self.settings.setdefault("server", {})
        server.setdefault("listen", [f"127.0.0.1:{tonearm.port}"])
        server.setdefault("threads", 2)
        self.settings.setdefault("admin", {}).setdefault("listen", [f"127.0.0.1:{tonearm.admin_port}"])
        return tonearm

    def reload(self, text=None, says="reload: configuration read"):
        """Writes the file anew, sends SIGHUP, and waits for what the log says to it."""
        with open(self.tonearm.config_path, "w") as out:
            out.write(text if text is not None else toml(self.settings))
        before = len(self.tonearm.stderr())
        self.tonearm.process.send_signal(signal.SIGHUP)
        wait_for(lambda: says in self.tonearm.stderr()[before:], f"{says!r} in the log")
        return self.tonearm.stderr()[before:]

    def test_log_lines_go_to_the_new_file(self):
        log = os.path.join(self.directory, "access.log")
        tonearm = self.start(log={"access": log})
        self.assertEqual(get(tonearm.port, "/songs/listen/missing1").status, 404)
        wait_for(lambda: os.path.getsize(log), "the first line")
        os.rename(log, log + ".1")
        self.reload()
        self.assertEqual(get(tonearm.port, "/songs/listen/missing2").status, 404)
        wait_for(lambda: os.path.getsize(log), "a line in it")
        with open(log) as new, open(log + ".1") as old:
            self.assertEqual([json.loads(line)["song"] for line in old], ["missing1"])
            self.assertEqual([json.loads(line)["song"] for line in new], ["missing2"])
        elsewhere = os.path.join(self.directory, "elsewhere.log")
        self.settings["log"]["access"] = elsewhere
        self.reload()
        self.assertEqual(get(tonearm.port, "/songs/listen/missing3").status, 404)
        wait_for(lambda: os.path.getsize(elsewhere), "a line elsewhere")

    def test_a_log_that_nobody_reads_is_left_for_a_file(self):
        pipe = os.path.join(self.directory, "access.pipe")
        os.mkfifo(pipe)
        reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
        self.addCleanup(os.close, reader)
        size = fcntl.fcntl(reader, fcntl.F_SETPIPE_SZ, 4096)
        tonearm = self.start(log={"access": pipe})
        self.assertStatus(get(tonearm.port, "/songs/listen/stuck", User_Agent="x" * 2 * size), 404)
        wait_for(lambda: waiting_in(reader) == size, "a pipe full of the first part of a line")
        log = self.settings["log"]["access"] = os.path.join(self.directory, "instead.log")
        self.reload(says="logs reopened")
        self.assertStatus(get(tonearm.port, "/songs/listen/later"), 404)
        wait_for(lambda: '"later"' in read(log), "the line in the file")
        songs = [json.loads(line)["song"] for line in read(log).splitlines()]
        self.assertEqual(songs, ["stuck", "later"])

    def test_the_next_request_is_served_by_the_new_one_and_a_running_stream_by_the_old(self):
        tonearm = self.start()
        playing = Client(tonearm.port, receive_buffer=4096)
        self.addCleanup(playing.close)
        playing.ask(self.target)
        head = playing.head()
        kept = Client(tonearm.port)
        self.addCleanup(kept.close)
        self.assertBody(kept.get(self.target, Range="bytes=0-9"), content(0, 10))
        self.settings["upstream"]["base_url"] = self.other.base_url
        self.settings["stream"] = {"cache_control": "no-cache", "max_range": "100B"}
        self.settings["server"]["cors_origins"] = ["https://player.example"]
        self.reload()
        response = kept.get(self.target, Range="bytes=1-", Origin="https://player.example")
        self.assertEqual(response["ETag"], '"other"')
        self.assertEqual(response["Content-Range"], "bytes 1-100/1000")
        self.assertEqual(response["Cache-Control"], "no-cache")
        self.assertEqual(response["Access-Control-Allow-Origin"], "https://player.example")
        self.assertBody(response, content(1, 101))
        # Longer than any window: it goes on asking its own origin.
        self.assertBody(playing.body(head), content(0, SIZE))
        self.assertStatus(get(tonearm.admin_port, "/healthz"), 200)

    def test_a_limit_of_songs_counts_what_plays_already(self):
        tonearm = self.start()
        other = f"/songs/listen/{self.catalog.add('song.mp3')}"
        playing = Client(tonearm.port, receive_buffer=4096)
        self.addCleanup(playing.close)
        playing.ask(self.target)
        playing.head()
        self.assertStatus(get(tonearm.port, other, Range="bytes=0-9"), 206)
        self.settings["access"] = {"streams_per_client": 1}
        self.reload()
        self.assertProblem(get(tonearm.port, other, Range="bytes=0-9"), 429)
        self.assertStatus(get(tonearm.port, self.target, Range="bytes=0-9"), 206)
        self.settings["access"] = {"streams_per_client": 0}
        self.reload()
        self.assertStatus(get(tonearm.port, other, Range="bytes=0-9"), 206)

    def test_a_log_that_cannot_be_written_is_not_said_to_be_reopened(self):
        tonearm = self.start(log={"access": os.path.join(self.directory, "kept.log")})
        kept = self.settings["log"]["access"]
        self.settings["log"]["access"] = os.path.join(self.directory, "nowhere", "access.log")
        os.rename(kept, kept + ".1")
        log = self.reload()
        self.assertIn("the old log goes on", log)
        self.assertNotIn("logs reopened", log)
        self.assertTrue(os.path.exists(kept), "as one that was rotated")
        self.settings["log"]["access"] = os.path.join(self.directory, "other.log")
        self.assertIn("logs reopened", self.reload())
        self.assertStatus(get(tonearm.admin_port, "/healthz"), 200)

    def test_the_catalog_is_another(self):
        tonearm = self.start()
        catalog = Catalog(os.path.join(self.directory, "other.sqlite3"))
        song = [catalog.add("song.mp3") for _ in range(5)][-1]
        self.assertStatus(get(tonearm.port, f"/songs/listen/{song}", method="HEAD"), 404)
        self.settings["catalog"] = {"path": catalog.path}
        self.reload()
        self.assertStatus(get(tonearm.port, f"/songs/listen/{song}", method="HEAD"), 200)
        self.settings["catalog"] = {"path": os.path.join(self.directory, "none.sqlite3")}
        self.reload(says="none.sqlite3: does not exist; set catalog.path, or make it with tonearm "
                         "import: answering 503")
        self.assertStatus(get(tonearm.port, self.target), 503)

    def test_sql_that_the_catalog_refuses_changes_nothing(self):
        tonearm = self.start(catalog={"lookup": "SELECT file FROM music_song WHERE id = :id"})
        self.assertStatus(get(tonearm.port, self.target, method="HEAD"), 200)
        for key, sql, why in (("lookup", "SELECT file FROM music_songs WHERE id = :id", "no such table: music_songs"),
                              ("lookup", "SELECT file FROM music_song", "must use :id"),
                              ("list", "SELEC id FROM music_song", 'near "SELEC": syntax error')):
            with self.subTest(sql=sql):
                kept = self.settings["catalog"].copy()
                self.settings["catalog"][key] = sql
                log = self.reload(says="going on with the old configuration")
                self.assertRegex(log, rf"reload: {re.escape(tonearm.config_path)}:\d+: catalog\.{key}: .*{re.escape(why)}")
                self.assertStatus(get(tonearm.port, self.target, method="HEAD"), 200)
                self.settings["catalog"] = kept
        self.settings["catalog"]["lookup"] = "SELECT file FROM music_song WHERE id = :id + 0"
        self.reload()
        self.assertStatus(get(tonearm.port, self.target, method="HEAD"), 200)

    def test_reloads_that_wait_for_a_locked_catalog_are_all_done(self):
        tonearm = self.start()
        locked = sqlite3.connect(self.catalog.path, isolation_level=None)
        self.addCleanup(locked.close)
        locked.execute("BEGIN EXCLUSIVE")
        before = tonearm.stderr().count("configuration read")
        for sql in ("SELECT file FROM music_song WHERE id = :id", "SELECT 'no.mp3' AS file, :id AS id"):
            self.settings["catalog"] = {"path": self.catalog.path, "lookup": sql}
            with open(tonearm.config_path, "w") as out:
                out.write(toml(self.settings))
            tonearm.process.send_signal(signal.SIGHUP)
        locked.execute("ROLLBACK")
        wait_for(lambda: tonearm.stderr().count("configuration read") > before, "a reload")
        wait_for(lambda: get(tonearm.port, self.target, method="HEAD").status == 404, "what the last file says")

    def test_the_cache_has_other_bounds(self):
        tonearm = self.start(cache={"path": os.path.join(self.directory, "cache"), "size": "64MiB"})
        size = 20 << 20
        self.origin.routes["/large.mp3"] = Resource(size)
        large = f"/songs/listen/{self.catalog.add('large.mp3')}"
        self.assertBody(get(tonearm.port, large), content(0, size))
        self.settings["cache"].update(size="16MiB", slice="64KiB", fresh="1s", stale_if_error="1s", negative="1s", read_ahead="1MiB")
        self.assertNotIn("wants a restart", self.reload())
        wait_for(lambda: get_json(tonearm.admin_port, "/cache")["bytes"] <= 16 << 20, "a smaller cache")
        self.assertEqual(get_json(tonearm.admin_port, "/cache")["size"], 16 << 20)
        self.assertBody(get(tonearm.port, large), content(0, size))

    def test_a_bad_file_changes_nothing(self):
        tonearm = self.start()
        log = self.reload("[upstream]\nbase_urk = 'http://127.0.0.1:1/'\n", says="reload: ")
        self.assertIn(f"{tonearm.config_path}:2: upstream.base_urk: is unknown", log)
        self.assertIn("old configuration", log)
        self.assertBody(get(tonearm.port, self.target, Range="bytes=0-9"), content(0, 10))
        os.rename(tonearm.config_path, tonearm.config_path + ".gone")
        tonearm.process.send_signal(signal.SIGHUP)
        wait_for(lambda: "No such file" in tonearm.stderr(), "the complaint")
        self.assertBody(get(tonearm.port, self.target, Range="bytes=0-9"), content(0, 10))
        self.reload()
        self.assertBody(get(tonearm.port, self.target, Range="bytes=0-9"), content(0, 10))

    def limit_threads(self, user, count):
        """Of the program, which runs as this user."""
        subprocess.run(["prlimit", f"--pid={self.tonearm.pid}", f"--nproc={count}:"], check=True,
                       user=user, group=pwd.getpwnam(user).pw_gid, extra_groups=[])

    @unittest.skipIf(os.geteuid() != 0, "only root can run it as somebody who has a limit")
    def test_a_resolver_without_a_thread_changes_nothing(self):
        tonearm = self.start(user="nobody")
        self.limit_threads("nobody", 1)
        self.settings["log"] = {"level": "debug"}
        self.settings["resolver.late"] = {"command": ["/bin/false", "{}"]}
        log = self.reload(says="going on with the old configuration")
        self.assertIn("resolver: no thread to run its commands: Resource temporarily", log)
        get(tonearm.port, "/songs/listen/missing6")
        self.assertNotIn("song missing6", tonearm.stderr())
        self.limit_threads("nobody", 1000)
        self.reload()
        self.assertStatus(get(tonearm.admin_port, "/healthz"), 200)

    def assertKeptWhatAPipeSaid(self, tonearm):
        """A second look would find an empty file, which asks for no token, or would wait for ever."""
        self.addCleanup(tonearm.stop)
        self.assertProblem(get(tonearm.port, "/songs"), 401)
        tonearm.process.send_signal(signal.SIGHUP)
        wait_for(lambda: "it is a pipe, which can be read only once" in tonearm.stderr(), "the complaint")
        self.assertIn("going on with the old configuration", tonearm.stderr())
        self.assertProblem(get(tonearm.port, "/songs"), 401)

    def from_pipe(self):
        """A program, what its configuration says, and none started yet."""
        tonearm = self.tonearm = Tonearm(self.directory, self.config(access={"api_tokens": ["token"]}))
        with open(tonearm.config_path, "rb") as file:
            return tonearm, file.read()

    def test_a_configuration_from_a_pipe_stays(self):
        tonearm, text = self.from_pipe()
        reading, writing = os.pipe()
        self.addCleanup(os.close, reading)
        os.write(writing, text)
        os.close(writing)
        tonearm.inherited, tonearm.config_path = [reading], f"/dev/fd/{reading}"
        self.assertKeptWhatAPipeSaid(tonearm.start())

    def test_a_named_pipe_is_not_waited_for(self):
        tonearm, text = self.from_pipe()
        os.remove(tonearm.config_path)
        os.mkfifo(tonearm.config_path)

        def write():
            with open(tonearm.config_path, "wb") as pipe:
                pipe.write(text)

        writer = threading.Thread(target=write)
        writer.start()
        tonearm.start()
        writer.join()
        self.assertKeptWhatAPipeSaid(tonearm)

    def test_what_wants_a_restart_is_named_and_stays(self):
        tonearm = self.start()
        self.settings["server"]["listen"] = ["127.0.0.1:1"]
        self.settings["server"]["threads"] = 1
        self.settings["admin"]["listen"] = []
        log = self.reload()
        for key in ("server.listen", "server.threads", "admin.listen"):
            self.assertIn(f"{key} has changed: that wants a restart", log)
        self.assertStatus(get(tonearm.port, self.target, method="HEAD"), 200)
        self.assertStatus(get(tonearm.admin_port, "/readyz"), 200)
        self.settings["server"]["listen"] = [f"127.0.0.1:{tonearm.port}"]
        self.assertNotIn("server.listen", self.reload())

    def test_the_log_level_changes(self):
        tonearm = self.start()
        get(tonearm.port, "/songs/listen/missing4")
        self.settings["log"] = {"level": "debug"}
        self.reload()
        get(tonearm.port, "/songs/listen/missing5")
        wait_for(lambda: "song missing5" in tonearm.stderr(), "a line of level debug")
        self.assertNotIn("song missing4", tonearm.stderr())

    def test_the_command_line_still_beats_the_file(self):
        tonearm = self.start(["--base-url", self.origin.base_url])
        self.settings["upstream"]["base_url"] = self.other.base_url
        self.reload()
        self.assertBody(get(tonearm.port, self.target, Range="bytes=0-9"), content(0, 10))
        self.assertEqual(get(tonearm.port, self.target, method="HEAD")["ETag"], '"v1"')

    def test_reloads_under_load_fail_no_request_and_leave_nothing_behind(self):
        tonearm = self.start(log={"access": ""})

        def descriptors():
            return len(os.listdir(f"/proc/{tonearm.pid}/fd"))

        clients = [Client(tonearm.port) for _ in range(4)]
        for client in clients:
            self.addCleanup(client.close)
        started = None
        for i in range(40):
            for client in clients:
                first = i * 1000
                response = client.get(self.target, Range=f"bytes={first}-{first + 99}")
                self.assertBody(response, content(first, first + 100))
            self.reload()
            started = started or descriptors()
        self.assertLess(descriptors(), started + 20)


if __name__ == "__main__":
    unittest.main()
