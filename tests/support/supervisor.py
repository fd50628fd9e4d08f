"""A stand-in for systemd: holds listening sockets, starts programs on them, and hears what they notify."""

import fcntl
import os
import socket
import subprocess

from support.tonearm import binary, environment
from support.wait import wait_for


class Supervisor:
    """`sockets`: {name: listening socket}, passed to each program as sd_listen_fds(3) expects."""

    def __init__(self, directory, sockets=None):
        self.directory = str(directory)
        self.sockets = sockets or {}
        self.path = os.path.join(self.directory, "notify")
        self._hears = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._hears.setblocking(False)
        self._hears.bind(self.path)
        self._log = os.path.join(self.directory, "supervised.log")
        self.heard = []  # {name: value} of each notification
        self.processes = []

    def close(self):
        for process in self.processes:
            if process.poll() is None:
                process.kill()
            process.wait()
        for held in self.sockets.values():
            held.close()
        self._hears.close()
        os.unlink(self.path)

    def start(self, *arguments, watchdog=None, ready=True):
        """Starts one and waits until it is ready."""
        env = environment()
        env["NOTIFY_SOCKET"] = self.path
        if watchdog:
            env["WATCHDOG_USEC"] = str(int(watchdog * 1e6))
        if self.sockets:
            env["LISTEN_FDS"] = str(len(self.sockets))
            env["LISTEN_FDNAMES"] = ":".join(self.sockets)
        # Copies that lie above where they are put, so that none is overwritten before it was moved.
        use = [fcntl.fcntl(held, fcntl.F_DUPFD, 100) for held in self.sockets.values()]
        put = " ".join(f"{3 + i}<&{fd}" for i, fd in enumerate(use))
        with open(self._log, "ab") as log:
            process = subprocess.Popen(
                # LISTEN_PID is the program's own, which exec keeps. bash: dash takes one digit before <&.
                ["bash", "-c", f'LISTEN_PID=$$ exec "$@" {put}', "bash", binary(), *map(str, arguments)],
                env=env, cwd=self.directory, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                pass_fds=use)
        for fd in use:
            os.close(fd)
        self.processes.append(process)
        before = len(self.heard)
        if ready:
            self.wait_for("READY", since=before)
        return process

    def hear(self):
        """Takes in what has been said."""
        while True:
            try:
                text = self._hears.recv(8192).decode()
            except BlockingIOError:
                return self.heard
            self.heard.append(dict(line.split("=", 1) for line in text.splitlines() if "=" in line))

    def wait_for(self, name, since=0):
        """The first notification from `since` on that sets this variable."""

        def found():
            assert self.processes[-1].poll() in (None, 0), self.log()
            return next((said for said in self.hear()[since:] if name in said), None)

        return wait_for(found, f"{name}= of the program; it says {self.log()[-2000:]}", timeout=30)

    def log(self):
        with open(self._log, errors="replace") as log:
            return log.read()
