"""What a service manager sees: readiness, reloads, the end, the watchdog; and sockets that it passes."""

import ctypes
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from support.case import Case
from support.client import Client, get
from support.content import content
from support.fault_origin import FaultOrigin, Resource
from support.supervisor import Supervisor
from support.tonearm import binary, environment, toml
from support.wait import free_port, listens, wait_for

SIZE = 32 << 20


def listening(backlog=4096, path=None):
    sock = socket.socket(socket.AF_UNIX if path else socket.AF_INET, socket.SOCK_STREAM)
    sock.bind(path or ("127.0.0.1", 0))
    sock.listen(backlog)
    return sock


class Managed(Case):
    @classmethod
    def prepare(cls):
        cls.origin = FaultOrigin()
        cls.addClassCleanup(cls.origin.stop)
        cls.origin.routes["/song.mp3"] = Resource(SIZE)
        cls.origin.routes["/short.mp3"] = Resource(1000)
        cls.target = f"/songs/listen/{cls.catalog.add('song.mp3')}"
        cls.short = f"/songs/listen/{cls.catalog.add('short.mp3')}"

    def supervisor(self, sockets=None, **tables):
        directory = os.path.join(self.directory, self.id().rsplit(".", 1)[-1])
        os.mkdir(directory)
        supervisor = Supervisor(directory, sockets)
        self.addCleanup(supervisor.close)
        config = self.config(self.origin.base_url, **tables)
        config.setdefault("admin", {}).setdefault("listen", [])
        config.setdefault("log", {}).setdefault("access", "")
        config.setdefault("server", {}).setdefault("threads", 2)
        self.file = os.path.join(directory, "tonearm.toml")
        with open(self.file, "w") as out:
            out.write(toml(config))
        self.supervised = supervisor
        return supervisor

    def start(self, **options):
        return self.supervised.start("serve", "-c", self.file, **options)

    def ends(self, process, status=0):
        self.assertEqual(process.wait(30), status, self.supervised.log()[-2000:])


class Notify(Managed):
    def test_it_says_when_it_listens_reloads_and_ends(self):
        port = free_port()
        supervisor = self.supervisor(server={"listen": [f"127.0.0.1:{port}"]})
        process = self.start()
        self.assertTrue(listens(port))
        self.assertEqual(supervisor.heard[0]["READY"], "1")
        self.assertEqual(supervisor.heard[0]["STATUS"], "0 streams, 0 connections")
        before = time.clock_gettime(time.CLOCK_MONOTONIC)
        process.send_signal(signal.SIGHUP)
        reloading = supervisor.wait_for("RELOADING", since=1)
        self.assertGreaterEqual(int(reloading["MONOTONIC_USEC"]), int(before * 1e6))
        supervisor.wait_for("READY", since=1)
        process.terminate()
        self.assertIn("STOPPING", supervisor.wait_for("STOPPING"))
        self.ends(process)
        self.assertEqual([said for said in supervisor.hear() if "WATCHDOG" in said], [])

    def test_a_bad_file_ends_the_reload_as_well(self):
        supervisor = self.supervisor(server={"listen": [f"127.0.0.1:{free_port()}"]})
        process = self.start()
        with open(self.file, "w") as out:
            out.write("[nonsense]\n")
        process.send_signal(signal.SIGHUP)
        supervisor.wait_for("RELOADING", since=1)
        supervisor.wait_for("READY", since=2)
        process.terminate()
        self.ends(process)

    def test_a_stuck_loop_silences_the_watchdog(self):
        supervisor = self.supervisor(server={"listen": [f"127.0.0.1:{free_port()}"]})
        process = self.start(watchdog=2)
        supervisor.wait_for("WATCHDOG")
        tasks = f"/proc/{process.pid}/task"
        names = {}
        for task in os.listdir(tasks):
            with open(f"{tasks}/{task}/comm") as comm:
                names[comm.read().strip()] = int(task)
        self.assertIn("loop 0", names)
        libc = ctypes.CDLL(None, use_errno=True)
        seize, interrupt, detach = 0x4206, 0x4207, 17
        if libc.ptrace(seize, names["loop 1"], 0, 0) != 0:
            self.skipTest("no thread may be stopped here")
        try:
            libc.ptrace(interrupt, names["loop 1"], 0, 0)
            wait_for(lambda: "loop 1 is stuck" in supervisor.log(), "the watchdog to notice")
            said = len(supervisor.hear())
            stuck = supervisor.log().count("loop 1 is stuck")
            wait_for(lambda: supervisor.log().count("loop 1 is stuck") > stuck, "another look")
            self.assertEqual([m for m in supervisor.hear()[said:] if "WATCHDOG" in m], [])
        finally:
            # A thread that is being traced has to be waited for before it can be let go.
            os.waitpid(names["loop 1"], 0x40000000)
            libc.ptrace(detach, names["loop 1"], 0, 0)
        supervisor.wait_for("WATCHDOG", since=len(supervisor.hear()))
        process.terminate()
        self.ends(process)


class Activation(Managed):
    def test_passed_sockets_take_the_place_of_the_configured(self):
        path = os.path.join(self.directory, "passed.socket")
        sockets = {"tonearm.socket": listening(), "other": listening(path=path), "admin": listening()}
        taken = free_port()
        supervisor = self.supervisor(sockets, server={"listen": [f"127.0.0.1:{taken}"]},
                                     admin={"listen": ["127.0.0.1:1"]})
        process = self.start()
        port, admin = (sockets[name].getsockname()[1] for name in ("tonearm.socket", "admin"))
        self.assertFalse(listens(taken))
        self.assertBody(get(port, self.short), content(0, 1000))
        self.assertStatus(get(admin, "/readyz"), 200)
        self.assertStatus(get(admin, self.short), 404)
        with Client(unix=path) as client:
            self.assertBody(client.get(self.short), content(0, 1000))
        process.terminate()
        self.ends(process)
        self.assertTrue(os.path.exists(path), "the socket's file is the manager's")

    def test_who_comes_while_it_drains_is_served_by_the_next(self):
        sockets = {"tonearm.socket": listening()}
        supervisor = self.supervisor(sockets)
        port = sockets["tonearm.socket"].getsockname()[1]
        first = self.start()
        with Client(port, receive_buffer=4096) as playing, Client(port) as late:
            playing.ask(self.target)
            head = playing.head()
            first.terminate()
            supervisor.wait_for("STOPPING")
            with Client(port) as early:  # waits in the queue
                early.ask(self.short)
                self.assertIsNone(first.poll())
                self.assertBody(playing.body(head), content(0, SIZE))
                self.ends(first)
                second = self.start()
                self.assertBody(early.response(), content(0, 1000))
            self.assertTrue(late.is_closed())
        second.terminate()
        self.ends(second)

    def test_restarts_under_load_lose_no_connection_attempt(self):
        sockets = {"tonearm.socket": listening()}
        self.supervisor(sockets)
        port = sockets["tonearm.socket"].getsockname()[1]
        process = self.start()
        over = threading.Event()
        served, failures = [], []

        def visit():
            count = 0
            while not over.is_set():
                try:
                    response = get(port, self.short, Connection="close")
                    assert response.status == 200 and response.body == content(0, 1000), response
                    count += 1
                except Exception as error:  # noqa: BLE001
                    failures.append(repr(error))
            served.append(count)

        visitors = [threading.Thread(target=visit) for _ in range(8)]
        for visitor in visitors:
            visitor.start()
        for _ in range(5):
            process.terminate()
            self.ends(process)
            process = self.start()
        over.set()
        for visitor in visitors:
            visitor.join()
        self.assertEqual(failures, [])
        self.assertGreater(min(served), 0)
        process.terminate()
        self.ends(process)

    @unittest.skipUnless(shutil.which("systemd-socket-activate"), "no systemd-socket-activate")
    def test_systemd_socket_activate_starts_it_at_the_first_connection(self):
        self.supervisor()
        port = free_port()
        log = os.path.join(self.directory, "activate.log")
        passed = [f"--setenv={k}={v}" for k, v in environment().items()
                  if k.endswith("_OPTIONS") or k == "http_proxy"]
        with open(log, "wb") as out:
            process = subprocess.Popen(
                ["systemd-socket-activate", "-l", f"127.0.0.1:{port}", *passed,
                 binary(), "serve", "-c", self.file], stdout=out, stderr=out)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        wait_for(lambda: listens(port), "systemd-socket-activate to listen")
        self.assertBody(get(port, self.short), content(0, 1000))
        process.terminate()
        self.assertEqual(process.wait(30), 0)
        with open(log) as said:
            self.assertIn("passed by the service manager", said.read())


if __name__ == "__main__":
    unittest.main()
