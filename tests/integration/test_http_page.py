"""The sessions of docs/http.md and README.md, as they stand there but for the port."""

import os
import re
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from support.case import Case
from support.fault_origin import FaultOrigin, Resource

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def page(name):
    with open(os.path.join(ROOT, name)) as text:
        return text.read()


def sessions(text):
    """(command, lines that it prints) of each `$ curl …` in the page's indented blocks."""
    found = []
    for line in text.splitlines():
        if line.startswith("    $ curl "):
            found.append((line[6:], []))
            shown = found[-1][1]
        elif line.startswith("    ") and found:
            shown.append(line[4:])
        elif line.strip():
            shown = []  # no longer of a session
    return found


def pattern(lines):
    """What such lines stand for: `…` alone for any lines, at the end of one for the rest of it."""
    parts = []
    for line in lines:
        if line == "…":
            parts.append(r"(?:.*\n)*?")
        elif line.endswith("…"):
            parts.append(re.escape(line[:-1]) + r".*\n")
        else:
            parts.append(re.escape(line) + r"\n")
    return "".join(parts)


class Sessions(Case):
    @classmethod
    def prepare(cls):
        cls.origin = FaultOrigin()
        cls.origin.routes["/media/a.mp3"] = Resource(2881454, etag='"6b05b2e8-2bf7ae"')
        cls.addClassCleanup(cls.origin.stop)
        cls.catalog.add("a.mp3", "So What", "Miles Davis", 545)
        cls.catalog.add("b.mp3", "Blue in Green", "Miles Davis", 337.5)
        cls.catalog.execute("UPDATE music_song SET thumbnail = 'covers/kob.jpg'")
        cls.serve(f"http://{cls.origin.authority}/media/")

    def run_session(self, command, lines):
        command = command.replace("curl ", "curl -sS ", 1).replace("localhost:8005", f"127.0.0.1:{self.tonearm.port}")
        done = subprocess.run(["sh", "-c", command], cwd=self.directory, stdin=subprocess.DEVNULL,
                              capture_output=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        printed = done.stdout.decode("latin-1").replace("\r\n", "\n")
        if printed and not printed.endswith("\n"):
            printed += "\n"
        self.assertRegex(printed, rf"\A{pattern(lines)}\Z")

    def test_each_prints_what_the_page_shows(self):
        for name, count in (("docs/http.md", 4), ("README.md", 3)):
            found = sessions(page(name))
            self.assertEqual(len(found), count, name)
            for command, lines in found:
                with self.subTest(page=name, command=command):
                    self.run_session(command, lines)


class Errors(unittest.TestCase):
    def test_every_status_that_there_is_has_a_row(self):
        with open(os.path.join(ROOT, "src", "http", "response_head.cc")) as source:
            known = set(re.findall(r"case ([45]\d\d):", source.read()))
        self.assertEqual(set(re.findall(r"^\| ([45]\d\d) \|", page("docs/http.md"), re.M)), known)


if __name__ == "__main__":
    unittest.main()
