"""An origin with faults, a catalog of its songs, and the program before them: one of each for a test
module, which imports setUpModule as well."""

import itertools
import os
import tempfile
import unittest

from support.catalog import Catalog
from support.client import get
from support.content import content
from support.fault_origin import FaultOrigin
from support.tonearm import Tonearm

# Faults of time are played against short limits; the others get long ones, so that a busy machine
# is not taken for a slow origin.
LIMITS = {
    "patient": {"first_byte_timeout": "5s", "stall_timeout": "5s", "retries": 3},
    "hasty": {"first_byte_timeout": "500ms", "stall_timeout": "500ms", "retries": 3},
    "windowed": {"window": "64KiB", "retries": 3},
    "open": {"allow_private": True, "retries": 1},
    "narrow": {"max_connections_per_host": 2, "first_byte_timeout": "500ms"},
    "broad": {"max_connections_per_host": 3, "first_byte_timeout": "500ms"},  # and two loops
}
SECRET = "origin-secret"

directory = tempfile.TemporaryDirectory()
origin = FaultOrigin()
catalog = Catalog(os.path.join(directory.name, "catalog.sqlite3"))
servers = {}
names = itertools.count(1)


def setUpModule():
    """Whatever a program says when it is stopped, the origin and the directory go."""
    unittest.addModuleCleanup(directory.cleanup)
    unittest.addModuleCleanup(origin.stop)
    unittest.addModuleCleanup(stop_servers)


def stop_servers():
    for server in servers.values():
        server.stop()


def server(limits="patient"):
    """The program with these limits; started when it is first wanted."""
    if limits not in servers:
        upstream = {"base_url": origin.base_url, **LIMITS[limits]}
        upstream["headers"] = {"X-Api-Key": SECRET}
        config = {
            "server": {"threads": 2 if limits == "broad" else 1},
            "catalog": {"path": catalog.path},
            "upstream": upstream,
            "stream": {"release_after": "300ms" if limits in ("hasty", "windowed") else "30s"},
        }
        servers[limits] = Tonearm(directory.name, config).start()
    return servers[limits]


def route(handler, path=None):
    """A path of the origin that leads to the handler."""
    path = path or f"/{next(names)}.mp3"
    origin.routes[path] = handler
    return path


def song(path):
    """A song of this path or URL, as a target to ask the program for."""
    return f"/songs/listen/{catalog.add(path.removeprefix('/'))}"


def played(handler, limits="patient", **options):
    """What a client gets of a song whose origin is this handler."""
    return get(server(limits).port, song(route(handler)), **options)


class Case(unittest.TestCase):
    def assert_bytes(self, response, first, end, seed=1):
        self.assertEqual(response.end, "done", response)
        self.assertEqual(len(response.body), end - first)
        self.assertTrue(response.body == content(first, end, seed), "wrong bytes")

    def assert_reset(self, response, first=0, at_least=0):
        """Cut off by a RST, and right as far as it came."""
        self.assertEqual(response.end, "reset", response)
        self.assertGreaterEqual(len(response.body), at_least)
        expected = content(first, first + len(response.body))
        self.assertTrue(response.body == expected, "wrong bytes before the reset")

    def assert_problem(self, response, status):
        self.assertEqual(response.status, status, response)
        self.assertEqual(response.problem()["status"], status)
        if status in (502, 504):
            self.assertIn("error=", response["Proxy-Status"])  # RFC 9209 §2.1.1
