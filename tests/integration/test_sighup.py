"""SIGHUP opens the access log anew, for logrotate; nothing that runs is touched."""

import json
import os
import signal
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from support.catalog import Catalog
from support.client import get
from support.tonearm import Tonearm
from support.wait import wait_for


class Hangup(unittest.TestCase):
    def test_lines_go_to_the_new_file(self):
        temporary = tempfile.TemporaryDirectory(prefix="tonearm-test-")
        self.addCleanup(temporary.cleanup)
        directory = temporary.name
        catalog = Catalog(os.path.join(directory, "db.sqlite3"))
        log = os.path.join(directory, "access.log")
        tonearm = Tonearm(directory, {"catalog": {"path": catalog.path}, "log": {"access": log}}).start()
        self.addCleanup(tonearm.stop)
        self.assertEqual(get(tonearm.port, "/songs/listen/1").status, 404)
        wait_for(lambda: os.path.getsize(log), "the first line")
        os.rename(log, log + ".1")
        tonearm.process.send_signal(signal.SIGHUP)
        wait_for(lambda: os.path.exists(log), "the new file")
        self.assertEqual(get(tonearm.port, "/songs/listen/2").status, 404)
        wait_for(lambda: os.path.getsize(log), "a line in it")
        with open(log) as new, open(log + ".1") as old:
            self.assertEqual([json.loads(line)["song"] for line in old], ["1"])
            self.assertEqual([json.loads(line)["song"] for line in new], ["2"])


if __name__ == "__main__":
    unittest.main()
