"""Chaos: hundreds of verifying listeners, an origin that does what origins do, and a program that is
reloaded, killed and restarted meanwhile. Without and with the cache, half of the time each.

    scripts/chaos [--minutes N] [--clients N] [--seed N] [--no-kill]

Ends with a summary; the exit status is 1 if a wrong byte, a cut body that looked whole, a stuck
stream, a crash or a leak was seen.
"""

import argparse
import collections
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time

from songs import all_songs

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from support.catalog import Catalog  # noqa: E402
from support.tonearm import Tonearm  # noqa: E402
from support.wait import free_port, listens, wait_for  # noqa: E402

PHASES = [("without a cache", False), ("with a cache", True)]
_HERE = os.path.dirname(os.path.abspath(__file__))
_WORKERS = 2
# Memory may grow so much between the middle and the end of a phase, and descriptors so many.
_MEMORY_SLACK = 48 << 20
_DESCRIPTOR_SLACK = 16


def script(name, *arguments):
    return [sys.executable, os.path.join(_HERE, name), *map(str, arguments)]


class Origin:
    """The process that origin.py is; another takes its place when it is killed."""

    def __init__(self, started):
        self.port, self.started, self.process = free_port(), started, None

    def start(self):
        seed = random.randrange(1 << 30)
        self.process = subprocess.Popen(script("origin.py", self.port, self.started, seed))
        wait_for(lambda: listens(self.port), "the origin to listen")

    def stop(self, number=signal.SIGKILL):
        self.process.send_signal(number)
        self.process.wait()


class Program:
    """The tonearm of one phase."""

    def __init__(self, directory, origin, cached):
        catalog = Catalog(os.path.join(directory, "catalog.sqlite3"), create=not cached)
        if not cached:
            for song in all_songs():
                catalog.add(song.file, name=f"Song {song.number}")
        config = {
            "server": {"send_timeout": "20s", "drain": "2s"},
            "log": {"access": "", "level": "error"},
            "catalog": {"path": catalog.path},
            "upstream": {
                "base_url": f"http://127.0.0.1:{origin.port}/",
                "stall_timeout": "2s",
                "first_byte_timeout": "5s",
            },
            "stream": {"release_after": "1s"},
        }
        self.cache = os.path.join(directory, "cache")
        if cached:
            config["cache"] = {"path": self.cache, "size": "32MiB"}
        self.tonearm = Tonearm(directory, config)
        self.samples = []
        self.crashes = []
        self.said = []  # errors of its own; each start makes its stderr anew

    def start(self):
        self.tonearm.start()

    def reload(self):
        self.tonearm.process.send_signal(signal.SIGHUP)

    def restart(self):
        """kill -9, and another one on the same port."""
        self.look_for_a_crash()
        self.tonearm.process.kill()
        self.tonearm.process.wait()
        self.keep_errors()
        self.tonearm.start()
        self.samples.clear()

    def keep_errors(self):
        self.said += [line for line in self.tonearm.stderr().splitlines() if " error " in line]

    def look_for_a_crash(self):
        if self.tonearm.process.poll() is not None:
            self.crashes.append(f"exit {self.tonearm.process.returncode}: {self.tonearm.stderr()[-2000:]}")

    def descriptors(self):
        """Those of the cache's pieces aside, which are kept open by design."""
        count = 0
        directory = f"/proc/{self.tonearm.pid}/fd"
        for number in os.listdir(directory):
            try:
                count += not os.readlink(os.path.join(directory, number)).startswith(self.cache)
            except FileNotFoundError:
                pass
        return count

    def sample(self):
        pid = self.tonearm.pid
        try:
            with open(f"/proc/{pid}/statm") as statm:
                resident = int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
            self.samples.append((resident, self.descriptors()))
        except FileNotFoundError:
            self.look_for_a_crash()


def disturb(program, origin, until, kill):
    """What happens around the listeners, until the phase is over."""
    reload_at, kill_at, origin_at = (time.time() + after for after in (5, 25, 37))
    while time.time() < until:
        time.sleep(0.5)
        program.sample()
        now = time.time()
        if now > reload_at:
            program.reload()
            reload_at = now + 7
        # The last third is left alone, so that what leaks is seen to grow.
        if not kill or until - now < (until - program.began) / 3:
            continue
        if now > kill_at:
            program.restart()
            kill_at = now + 25
        if now > origin_at:
            origin.stop()
            origin.start()
            origin_at = now + 41


def listen(program, started, seconds, clients):
    """Starts the listeners; returns their processes."""
    return [
        subprocess.Popen(
            script("clients.py", program.tonearm.port, started, seconds, clients // _WORKERS,
                   random.randrange(1 << 30)),
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(_WORKERS)
    ]


def leaks(program):
    """What grew between the middle of what was sampled and the end, where no stream is left."""
    faults = []
    if len(program.samples) < 20:
        return faults
    middle = program.samples[len(program.samples) // 2 :]
    memory = min(resident for resident, _ in middle[-5:]) - max(resident for resident, _ in middle[:5])
    if memory > _MEMORY_SLACK:
        faults.append(f"memory grew by {memory >> 20} MiB")
    return faults


def descriptors_left(program, idle):
    """After the last listener has gone, the program holds no more than it began with and its pools."""

    def settled():
        program.sample()
        return program.samples[-1][1] <= idle + _DESCRIPTOR_SLACK

    try:
        wait_for(settled, "descriptors to be closed", timeout=30)
    except AssertionError:
        return [f"{program.samples[-1][1]} descriptors at the end, {idle} at the start"]
    return []


def phase(directory, started, origin, cached, seconds, options):
    program = Program(directory, origin, cached)
    program.start()
    program.sample()
    idle = program.samples[0][1]
    program.began = time.time()
    workers = listen(program, started, seconds, options.clients)
    disturb(program, origin, program.began + seconds, not options.no_kill)
    counts, faults = collections.Counter(), []
    for worker in workers:
        output, _ = worker.communicate(timeout=120)
        report = json.loads(output)
        counts.update(report["counts"])
        faults += report["faults"]
    program.look_for_a_crash()
    faults += program.crashes
    if not program.crashes:
        faults += leaks(program)
        # Idle connections to the origin are kept by design; without the origin they end.
        origin.stop()
        faults += descriptors_left(program, idle)
        origin.start()
        program.tonearm.stop()
    program.keep_errors()
    if faults:
        faults += [f"it said: {line}" for line in program.said[-20:]]
    return counts, faults


def report(name, counts, faults):
    print(f"\n{name}: {counts['requests']} requests, {counts['bytes'] >> 20} MiB verified")
    for key in sorted(counts):
        print(f"  {key:24} {counts[key]}")
    for fault in faults:
        print(f"  WRONG: {fault}")
    sys.stdout.flush()


def main():
    parser = argparse.ArgumentParser(prog="scripts/chaos", description=__doc__.split("\n\n")[0])
    parser.add_argument("--minutes", type=float, default=4)
    parser.add_argument("--clients", type=int, default=150)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--no-cache", action="store_true", help="the phase without a cache alone")
    parser.add_argument("--no-kill", action="store_true", help="no kill -9 of program and origin")
    options = parser.parse_args()
    random.seed(options.seed)
    directory = tempfile.mkdtemp(prefix="tonearm-chaos-")
    started = time.time()
    origin = Origin(started)
    origin.start()
    total = 0
    wrong = []
    try:
        for name, cached in PHASES if not options.no_cache else PHASES[:1]:
            counts, faults = phase(directory, started, origin, cached, options.minutes * 30, options)
            report(name, counts, faults)
            total += counts["requests"]
            wrong += faults
    finally:
        origin.stop()
        shutil.rmtree(directory, ignore_errors=True)
    print(f"\nchaos: {total} requests in {time.time() - started:.0f} s, {len(wrong)} wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
