"""What the system refuses: descriptors, threads, memory, an output that takes nothing."""

import os
import resource
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from support.case import Case
from support.client import get, get_json
from support.content import content
from support.fault_origin import FaultOrigin, Resource
from support.tonearm import Tonearm, binary, environment, sanitized

MiB = 1 << 20


class Resources(Case):
    @classmethod
    def prepare(cls):
        cls.origin = FaultOrigin()
        cls.addClassCleanup(cls.origin.stop)
        cls.origin.routes["/song.mp3"] = Resource(10_000)
        cls.song = cls.catalog.add("song.mp3")

    def configured(self, **tables):
        """The path of a configuration on free ports."""
        return Tonearm(self.directory, self.config(self.origin.base_url, **tables)).config_path

    def run_limited(self, limit, value, *arguments, user=None):
        """One command with less of what the system gives; the CompletedProcess."""
        program = binary()
        if user is not None:
            helper = Tonearm(self.directory)
            helper.user = user
            program = helper._program()
        return subprocess.run(
            [program, *arguments],
            env=environment(),
            cwd=self.directory,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            user=user,
            preexec_fn=lambda: resource.setrlimit(limit, (value, value)),
        )

    def assertFailed(self, done, *words):
        """Exit status 1, and one line that says why."""
        self.assertEqual(done.returncode, 1, done.stderr[-2000:])
        said = [line for line in done.stderr.splitlines() if line.startswith("tonearm: ")]
        self.assertEqual(len(said), 1, done.stderr[-2000:])
        for word in words:
            self.assertIn(word, said[0])


class Refused(Resources):
    @unittest.skipIf(sanitized(), "UBSan looks into memory through a pipe")
    def test_too_few_descriptors(self):
        config = self.configured(server={"threads": 300})
        for limit in (8, 12, 16, 24, 32, 64, 256, 1024):
            with self.subTest(limit):
                done = self.run_limited(resource.RLIMIT_NOFILE, limit, "serve", "-c", config)
                self.assertFailed(done, "Too many open files")

    @unittest.skipIf(sanitized(), "UBSan looks into memory through a pipe")
    def test_too_few_descriptors_for_a_probe(self):
        config = self.configured()
        for limit in (5, 6, 8):
            with self.subTest(limit):
                done = self.run_limited(resource.RLIMIT_NOFILE, limit, "probe", "-c", config, str(self.song))
                self.assertFailed(done, "Too many open files")

    @unittest.skipIf(os.geteuid() != 0, "only root can run it as somebody who has no processes yet")
    def test_too_few_threads(self):
        config = self.configured(server={"threads": 16})
        os.chmod(self.directory, 0o755)
        for limit in range(1, 20, 2):
            with self.subTest(limit):
                done = self.run_limited(resource.RLIMIT_NPROC, limit, "serve", "-c", config, user="nobody")
                self.assertFailed(done, "Resource temporarily unavailable")

    @unittest.skipIf(sanitized(), "a sanitizer takes terabytes of address space")
    def test_a_row_that_memory_cannot_hold(self):
        server = self.serve_apart(self.origin.base_url)
        size = 64 * MiB
        large = self.catalog.execute(
            "INSERT INTO music_song (name, artist, duration, thumbnail, file)"
            f" VALUES (zeroblob({size}), '', 0, '', 'large.mp3')"
        )
        self.addCleanup(self.catalog.execute, "DELETE FROM music_song WHERE id = ?", (large,))
        with open(f"/proc/{server.pid}/statm") as statm:
            used = int(statm.read().split()[0]) * resource.getpagesize()
        # Enough for SQLite to read it, and not for another copy.
        resource.prlimit(server.pid, resource.RLIMIT_AS, (used + size * 5 // 2,) * 2)
        self.assertProblem(get(server.port, f"/songs/{large}"), 502)
        self.assertProblem(get(server.port, f"/songs/listen/{large}"), 502)
        self.assertProblem(get(server.port, "/songs"), 503)
        self.assertProblem(get(server.port, "/songs?q=song"), 503)
        self.assertIn("holds a value of more than 8 MiB", server.stderr())
        self.assertBody(get(server.port, f"/songs/listen/{self.song}"), content(0, 10_000))
        self.assertEqual(get_json(server.port, f"/songs/{self.song}")["id"], self.song)


    def test_files_that_may_grow_no_more(self):
        size = 3 * MiB
        self.origin.routes["/large.mp3"] = Resource(size)
        song = f"/songs/listen/{self.catalog.add('large.mp3')}"
        server = Tonearm(self.directory, self.config(self.origin.base_url, cache={"path": "cache"})).start()
        self.addCleanup(server.stop)
        resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (300_000, 300_000))
        for _ in range(2):
            self.assertBody(get(server.port, song), content(0, size))
        self.assertIn("File too large", server.stderr())
        config = self.configured(catalog={"path": os.path.join(self.directory, "new.sqlite3")})
        self.assertFailed(self.run_limited(resource.RLIMIT_FSIZE, 0, "import", "-c", config, "http://h/a.mp3"))


class Output(Resources):
    def commands(self):
        config = self.configured(
            access={"signing_keys": ["secret"], "api_tokens": ["token"]}, files={"root": self.directory}
        )
        empty = os.path.join(self.directory, "empty")
        os.makedirs(empty, exist_ok=True)
        return [
            ["--version"],
            ["--help"],
            ["check", "-c", config],
            ["sign", "-c", config, "/songs/listen/1"],
            ["probe", "-c", config, str(self.song)],
            ["import", "-c", config, empty],
        ]

    def test_a_full_disk_is_a_failure(self):
        for arguments in self.commands():
            with self.subTest(arguments), open("/dev/full", "wb") as full:
                done = subprocess.run([binary(), *arguments], env=environment(), stdin=subprocess.DEVNULL,
                                      stdout=full, stderr=subprocess.PIPE, text=True, timeout=60)
                self.assertFailed(done, "stdout cannot be written: No space left on device")

    def test_a_closed_output_is_a_failure(self):
        for arguments in self.commands():
            with self.subTest(arguments):
                done = subprocess.run(["/bin/sh", "-c", 'exec "$0" "$@" >&-', binary(), *arguments],
                                      env=environment(), stdin=subprocess.DEVNULL, stderr=subprocess.PIPE,
                                      text=True, timeout=60)
                self.assertFailed(done, "stdout cannot be written: Bad file descriptor")

    def test_who_does_not_read_the_error_log_holds_nobody_up(self):
        server = Tonearm(self.directory, self.config(self.origin.base_url, log={"level": "debug"}))
        os.mkfifo(server._stderr)
        unread = os.open(server._stderr, os.O_RDONLY | os.O_NONBLOCK)
        self.addCleanup(os.close, unread)
        server.start()
        self.addCleanup(server.process.kill)
        # Each leaves a line of some hundred bytes: more than a pipe holds.
        for number in range(1000):
            self.assertStatus(get(server.port, f"/songs/listen/{'x' * 100}{number}"), 404)
        self.assertStatus(get(server.admin_port, "/healthz"), 200)
        server.terminate()
        self.assertEqual(server.process.wait(15), 0)


if __name__ == "__main__":
    unittest.main()
