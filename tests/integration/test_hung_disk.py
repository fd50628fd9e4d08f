"""A disk that does not answer: what goes on, and how the program ends."""

import os
import shutil
import signal
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from support.case import Case
from support.client import Client, command, get
from support.content import content, write_file
from support.fault_origin import FaultOrigin, Resource
from support.tonearm import Tonearm, sanitized
from support.wait import wait_for

THREADS = 4  # of the pool for files

# Preloaded: a file named hung* is never open, and each try is a byte in $HUNG_FILES.
HUNG = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

long syscall(long number, ...) {
  static long (*real)(long, ...);
  if (!real) real = (long (*)(long, ...))dlsym(RTLD_NEXT, "syscall");
  va_list list;
  long a[6];
  va_start(list, number);
  for (int i = 0; i < 6; ++i) a[i] = va_arg(list, long);
  va_end(list);
  if (number == SYS_openat2 && strncmp((const char *)a[1], "hung", 4) == 0) {
    int mark = open(getenv("HUNG_FILES"), O_WRONLY | O_APPEND);
    if (write(mark, "!", 1) != 1) abort();
    for (;;) pause();
  }
  return real(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}
"""


@unittest.skipIf(sanitized(), "a sanitizer must be loaded before all else")
@unittest.skipUnless(shutil.which("cc"), "no C compiler")
class HungDisk(Case):
    @classmethod
    def prepare(cls):
        source = os.path.join(cls.directory, "hung.c")
        cls.preloaded = os.path.join(cls.directory, "hung.so")
        with open(source, "w") as out:
            out.write(HUNG)
        command("cc", "-shared", "-fPIC", "-o", cls.preloaded, source, "-ldl")
        cls.origin = FaultOrigin()
        cls.addClassCleanup(cls.origin.stop)
        cls.origin.routes["/song.mp3"] = Resource(5000)
        cls.song = cls.catalog.add("song.mp3")
        cls.hung = cls.catalog.add("file:hung.mp3")
        cls.root = os.path.join(cls.directory, "media")
        os.makedirs(cls.root)
        write_file(os.path.join(cls.root, "hung.mp3"), 5000)

    def start(self):
        """A program whose threads for files all hang."""
        mark = os.path.join(self.directory, self.id())
        with open(mark, "w"):
            pass
        config = self.config(self.origin.base_url, files={"root": self.root})
        self.tonearm = Tonearm(self.directory, config)
        self.tonearm.environment = {"LD_PRELOAD": self.preloaded, "HUNG_FILES": mark}
        self.tonearm.start()
        self.addCleanup(self.tonearm.process.wait)
        self.addCleanup(self.tonearm.process.kill)
        for _ in range(2 * THREADS):
            client = Client(self.tonearm.port)
            self.addCleanup(client.close)
            client.ask(f"/songs/listen/{self.hung}")
        wait_for(lambda: os.path.getsize(mark) >= THREADS, "all threads to hang")

    def test_songs_of_other_machines_play(self):
        self.start()
        song = get(self.tonearm.port, f"/songs/listen/{self.song}")
        self.assertStatus(song, 200)
        self.assertBody(song, content(0, 5000))
        self.assertEqual(get(self.tonearm.admin_port, "/readyz").status, 200)

    def test_it_ends_all_the_same(self):
        self.start()
        self.tonearm.process.send_signal(signal.SIGTERM)
        wait_for(lambda: "draining" in self.tonearm.stderr(), "the first signal to count")
        self.tonearm.process.send_signal(signal.SIGTERM)
        self.tonearm.process.wait(30)
        self.tonearm.check_ended(status=1)
        self.assertIn("still waits, for a disk perhaps: ending without it", self.tonearm.stderr())


if __name__ == "__main__":
    unittest.main()
