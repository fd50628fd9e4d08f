"""The test case that all black-box tests are: a directory, one program, its log on failure."""

import os
import shutil
import sys
import tempfile
import unittest

from support.catalog import Catalog
from support.client import get
from support.tonearm import Tonearm


class Case(unittest.TestCase):
    """`prepare` of a class starts what its tests share; `cls.own(x)` stops x at the end."""

    maxDiff = 2000

    @classmethod
    def setUpClass(cls):
        cls.directory = tempfile.mkdtemp(prefix="tonearm-test-")
        cls.addClassCleanup(shutil.rmtree, cls.directory, ignore_errors=True)
        cls.tonearm = None
        cls.catalog = Catalog(os.path.join(cls.directory, "catalog.sqlite3"))
        cls.prepare()

    @classmethod
    def prepare(cls):
        """To be overridden."""

    @classmethod
    def own(cls, server):
        """Starts a server that lives as long as the class."""
        server.start()
        cls.addClassCleanup(server.stop)
        return server

    @classmethod
    def config(cls, base_url=None, **tables):
        """The configuration of a program that reads the class's catalog."""
        config = {table: dict(keys) for table, keys in tables.items()}
        config.setdefault("catalog", {}).setdefault("path", cls.catalog.path)
        if base_url:
            config.setdefault("upstream", {}).setdefault("base_url", base_url)
        return config

    @classmethod
    def serve(cls, base_url=None, **tables):
        """The program that the class's tests talk to."""
        cls.tonearm = cls.own(Tonearm(cls.directory, cls.config(base_url, **tables)))
        return cls.tonearm

    def serve_apart(self, base_url=None, **tables):
        """A program of one test's own."""
        server = Tonearm(self.directory, self.config(base_url, **tables))
        server.start()
        self.addCleanup(server.stop)
        self.tonearm = server
        return server

    def run(self, result=None):
        """As unittest's, and prints what the program logged during a test that failed."""
        before = self._log_size()
        faults = self._faults(result)
        super().run(result)
        if self._faults(result) > faults and self.tonearm is not None:
            text = self.tonearm.stderr()
            text = text[before:] if before <= len(text) else text
            print(f"--- log of tonearm during {self.id()}:\n{text[-6000:]}---", file=sys.stderr)

    @staticmethod
    def _faults(result):
        return len(result.failures) + len(result.errors) if result is not None else 0

    def _log_size(self):
        return len(self.tonearm.stderr()) if self.tonearm is not None else 0

    # Conversations with the class's program.

    def get(self, song, **options):
        target = song if str(song).startswith("/") else f"/songs/listen/{song}"
        return get(self.tonearm.port, target, **options)

    def assertStatus(self, response, status):
        self.assertEqual(response.status, status, response)

    def assertBody(self, response, expected):
        """The whole body, compared without a diff of megabytes."""
        self.assertEqual(response.end, "done", response)
        self.assertEqual(len(response.body), len(expected), response)
        self.assertTrue(response.body == expected, f"wrong bytes in {response}")

    def assertProblem(self, response, status):
        self.assertStatus(response, status)
        problem = response.problem()
        self.assertEqual(problem["status"], status)
        self.assertTrue(problem["title"])
        self.assertEqual(response["X-Content-Type-Options"], "nosniff")
        return problem
