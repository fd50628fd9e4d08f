"""Resolvers of the tests' own: small Python programs that count how often they were run."""

import os
import stat

_HEAD = """#!/usr/bin/python3
import json, os, signal, subprocess, sys, time
here = os.path.dirname(os.path.abspath(__file__))
value = sys.argv[-1]
with open(os.path.join(here, "runs"), "a") as runs:
    runs.write(f"{os.getpid()} {value}\\n")
"""


class Resolver:
    """A program with this body; `value` is what it is to resolve."""

    def __init__(self, directory, name, body):
        self.directory = os.path.join(directory, name)
        os.makedirs(self.directory)
        self.program = os.path.join(self.directory, "resolve")
        with open(self.program, "w") as out:
            out.write(_HEAD + body)
        os.chmod(self.program, stat.S_IRWXU | stat.S_IRGRP | stat.S_IXGRP)

    def table(self, **keys):
        return {"command": [self.program, "--", "{}"], **keys}

    def runs(self):
        """(process id, value) of each run so far."""
        try:
            with open(os.path.join(self.directory, "runs")) as runs:
                lines = [line.rstrip("\n").split(" ", 1) for line in runs if line.endswith("\n")]
        except FileNotFoundError:
            return []
        return [(int(pid), value) for pid, value in lines]

    def write(self, name, text):
        """Leaves a file beside the program."""
        path = os.path.join(self.directory, name)
        with open(path + ".new", "w") as out:
            out.write(text)
        os.rename(path + ".new", path)

    def read(self, name):
        try:
            with open(os.path.join(self.directory, name)) as file:
                return file.read()
        except FileNotFoundError:
            return ""


def is_alive(pid):
    """Whether a process runs; a zombie does not."""
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False
