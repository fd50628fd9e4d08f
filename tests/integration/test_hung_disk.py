"""A disk that does not answer: what goes on, and how the program ends."""

import os
import shutil
import signal
import sys
import threading
import unittest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from support.cache_case import MIB, CacheCase
from support.case import Case
from support.client import Client, command, get, get_json
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

# Preloaded: while $SILENT is there, nothing below $SILENT_DIRECTORY is answered that a disk may be needed for. Each
# call that begins to wait is a byte in $SILENT_ASKED.
SILENT = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

static int hangs(void) { return syscall(SYS_access, getenv("SILENT"), F_OK) == 0; }

static void wait_for(const char *path) {
  const char *directory = getenv("SILENT_DIRECTORY");
  if (strncmp(path, directory, strlen(directory)) != 0 || !hangs()) return;
  int asked = syscall(SYS_open, getenv("SILENT_ASKED"), O_WRONLY | O_APPEND | O_CLOEXEC);
  if (syscall(SYS_write, asked, "?", 1) != 1) abort();
  close(asked);
  while (hangs()) usleep(5000);
}

static void wait_for_file(int file) {
  char name[64], path[4096];
  snprintf(name, sizeof name, "/proc/self/fd/%d", file);
  ssize_t length = readlink(name, path, sizeof path - 1);
  if (length < 0) return;
  path[length] = 0;
  wait_for(path);
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))
#define OPEN(name)                                         \
  int name(const char *path, int flags, ...) {             \
    va_list list;                                          \
    va_start(list, flags);                                 \
    int mode = flags & O_CREAT ? va_arg(list, int) : 0;    \
    va_end(list);                                          \
    wait_for(path);                                        \
    return REAL(name)(path, flags, mode);                  \
  }
#define READ(name, offset)                                             \
  ssize_t name(int file, void *bytes, size_t count, offset at) {       \
    wait_for_file(file);                                               \
    return REAL(name)(file, bytes, count, at);                         \
  }
#define WRITE(name, offset)                                                   \
  ssize_t name(int file, const struct iovec *pieces, int count, offset at) {  \
    wait_for_file(file);                                                      \
    return REAL(name)(file, pieces, count, at);                               \
  }
OPEN(open)
OPEN(open64)
READ(pread, off_t)
READ(pread64, off64_t)
WRITE(pwritev, off_t)
WRITE(pwritev64, off64_t)
int access(const char *path, int mode) { wait_for(path); return REAL(access)(path, mode); }
int rename(const char *from, const char *to) { wait_for(from); return REAL(rename)(from, to); }
int unlink(const char *path) { wait_for(path); return REAL(unlink)(path); }
int stat(const char *path, struct stat *is) { wait_for(path); return REAL(stat)(path, is); }
"""


def preload(directory, code):
    source = os.path.join(directory, "hung.c")
    preloaded = os.path.join(directory, "hung.so")
    with open(source, "w") as out:
        out.write(code)
    command("cc", "-shared", "-fPIC", "-o", preloaded, source, "-ldl")
    return preloaded


@unittest.skipIf(sanitized(), "a sanitizer must be loaded before all else")
@unittest.skipUnless(shutil.which("cc"), "no C compiler")
class HungDisk(Case):
    @classmethod
    def prepare(cls):
        cls.preloaded = preload(cls.directory, HUNG)
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


@unittest.skipIf(sanitized(), "a sanitizer must be loaded before all else")
@unittest.skipUnless(shutil.which("cc"), "no C compiler")
class HungCache(CacheCase):
    """Songs play past a cache whose disk is silent, and from it again when it answers."""

    @classmethod
    def prepare(cls):
        cls.preloaded = preload(cls.directory, SILENT)

    def setUp(self):
        super().setUp()
        self.silent = os.path.join(self.directory, f"silent-{self._testMethodName}")
        self.asked = os.path.join(self.directory, f"asked-{self._testMethodName}")
        with open(self.asked, "w"):
            pass

    def start(self):
        config = self.config(self.origin.base_url, cache={"path": self.cache})
        self.server = self.tonearm = Tonearm(self.directory, config)
        self.server.environment = {"LD_PRELOAD": self.preloaded, "SILENT": self.silent,
                                   "SILENT_DIRECTORY": self.cache, "SILENT_ASKED": self.asked}
        self.server.start()
        self.addCleanup(self.stop)

    def fall_silent(self):
        with open(self.silent, "w"):
            pass
        self.addCleanup(self.answer)

    def answer(self):
        if os.path.exists(self.silent):
            os.remove(self.silent)

    def is_writable(self):
        return get_json(self.server.admin_port, "/cache")["writable"]

    def keep(self, song, size):
        """It is on disk, and nothing of it was looked at yet."""
        self.start()
        self.whole(song, size)
        self.idle()
        self.stop()
        self.start()

    def comes_back(self):
        self.answer()
        wait_for(self.is_writable, "the cache to be used again")
        self.assertIn("answers again", self.server.stderr())

    def test_songs_play_past_it_and_from_it_again(self):
        size = 3_000_017
        kept = self.song("kept.mp3", Resource(size))
        new = self.song("new.mp3", Resource(size))
        self.keep(kept, size)
        self.fall_silent()
        for song in (kept, new):
            self.assertEqual(self.whole(song, size)["Cache-Status"], "tonearm; fwd=miss")
        self.assertIn("does not answer", self.server.stderr())
        self.assertFalse(self.is_writable())
        asked = os.path.getsize(self.asked)
        for song in (kept, new):
            self.whole(song, size)
            part = self.get(song, Range="bytes=1000000-1000999")
            self.assertBody(part, content(1_000_000, 1_001_000))
        self.assertEqual(os.path.getsize(self.asked), asked, "nobody else waits for it")
        self.comes_back()
        self.assertEqual(self.whole(kept, size)["Cache-Status"], "tonearm; hit")
        self.whole(new, size)
        self.idle()
        self.assertEqual(self.whole(new, size)["Cache-Status"], "tonearm; hit")

    def test_what_plays_from_it_goes_on(self):
        size = 12 * MIB
        song = self.song("long.mp3", Resource(size))
        self.keep(song, size)
        with Client(self.server.port, receive_buffer=64 * 1024) as client:
            client.ask(f"/songs/listen/{song}", Range="bytes=1000-")
            self.assertEqual(client.head().status, 206)
            begin = client.take(100_000)
            self.fall_silent()
            rest = client.take(size - 101_000)
        self.assertTrue(begin + rest == content(1000, size))
        self.assertFalse(self.is_writable())
        self.comes_back()
        self.assertEqual(self.whole(song, size)["Cache-Status"], "tonearm; hit")

    def test_what_is_being_fetched_goes_on(self):
        for name, answer in (("parts.mp3", Resource(4 * MIB)), ("whole.mp3", Resource(4 * MIB, etag=None, ranges=False))):
            with self.subTest(name):
                may_go = threading.Event()

                def origin(exchange, answer=answer, may_go=may_go):
                    first, end = answer.head(exchange)
                    if first < MIB:
                        exchange.send_content(first, min(end, MIB))
                        may_go.wait(20)
                    exchange.send_content(max(first, MIB), end)

                song = self.song(name, origin)
                self.start()
                with Client(self.server.port) as client:
                    client.ask(f"/songs/listen/{song}")
                    self.assertEqual(client.head().status, 200)
                    begin = client.take(MIB - 64 * 1024)
                    self.fall_silent()
                    may_go.set()
                    rest = client.take(3 * MIB + 64 * 1024)
                self.assertTrue(begin + rest == content(0, 4 * MIB))
                self.assertFalse(self.is_writable())
                self.comes_back()
                self.idle()
                self.whole(song, 4 * MIB)
                self.idle()
                self.whole(song, 4 * MIB)
                self.stop()


if __name__ == "__main__":
    unittest.main()
