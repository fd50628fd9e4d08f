"""Tests of programs with a cache."""

import concurrent.futures
import os
import signal

from support.case import Case
from support.client import get_json
from support.content import content
from support.fault_origin import FaultOrigin
from support.tonearm import Tonearm
from support.wait import wait_for

MIB = 1 << 20


def parallel(count, work):
    with concurrent.futures.ThreadPoolExecutor(count) as pool:
        return list(pool.map(work, range(count)))


class CacheCase(Case):
    """An origin whose songs the tests add, and programs that share one cache directory."""

    def setUp(self):
        self.origin = FaultOrigin()
        self.addCleanup(self.origin.stop)
        self.cache = os.path.join(self.directory, f"cache-{self._testMethodName}")
        self.server = None

    def song(self, path, resource, **columns):
        self.origin.routes["/" + path] = resource
        return self.catalog.add(path, **columns)

    def start(self, **cache):
        config = self.config(self.origin.base_url, cache={"path": self.cache, **cache})
        self.server = self.tonearm = Tonearm(self.directory, config).start()
        self.addCleanup(self.stop)
        return self.server

    def stop(self):
        if self.server is not None:
            server, self.server = self.server, None
            server.stop()

    def restart(self, **cache):
        self.stop()
        return self.start(**cache)

    def kill(self):
        self.server.process.send_signal(signal.SIGKILL)
        self.server.process.wait()
        self.server = None

    def whole(self, song, size, seed=1):
        answer = self.get(song)
        self.assertStatus(answer, 200)
        self.assertBody(answer, content(0, size, seed))
        return answer

    def assertOriginSent(self, path, count):
        """The origin counts after it has sent: its clients may be quicker."""
        wait_for(lambda: self.origin.sent(path) >= count, f"{count} bytes of {path}")
        self.assertEqual(self.origin.sent(path), count)

    def idle(self):
        """Waits until no fill runs."""
        wait_for(lambda: get_json(self.server.admin_port, "/cache")["running_fills"] == 0, "the fills to end")

    def files(self):
        return [os.path.join(self.cache, name) for name in sorted(os.listdir(self.cache)) if name != "lock"]
