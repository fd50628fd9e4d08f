"""The field: the origin, the peers that run, and what is read off them while a load is on."""

import glob
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request

from peers import ORIGIN, OTHER_PATH, SONG_BYTES

LOAD_CORE, PROXY_CORE = 0, 1


def wait_for(condition, what, seconds=30):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            sys.exit(f"arena: {what} did not come within {seconds} s")
        time.sleep(0.02)


def pin(core):
    return lambda: os.sched_setaffinity(0, {core % os.cpu_count()})


def get(port, path, fields=None):
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", headers=fields or {})
    with urllib.request.urlopen(request, timeout=5) as answer:
        return answer.read()


def answers(port, path):
    try:
        get(port, path, {"Range": "bytes=0-1"})
        return True
    except OSError:
        return False


def family(pid):
    """The process and its children."""
    children = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *map(int, children)]


def cpu_seconds(pid):
    """CPU time of a process and its children, all threads, from the scheduler's nanoseconds."""
    total = 0
    for process in family(pid):
        for task in glob.glob(f"/proc/{process}/task/*/schedstat"):
            total += int(pathlib.Path(task).read_text().split()[0])
    return total / 1e9


def memory(pid):
    """KiB: proportional memory of the process, and what the kernel holds for its sockets."""
    pss = 0
    for process in family(pid):
        for line in pathlib.Path(f"/proc/{process}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                pss += int(line.split()[1])
    owners = [f"pid={process}," for process in family(pid)]
    kernel = 0
    sockets = subprocess.run(["ss", "-tmpnOH"], check=True, stdout=subprocess.PIPE, text=True).stdout
    for line in sockets.splitlines():
        if "skmem:(" in line and any(owner in line for owner in owners):
            fields = line.split("skmem:(")[1].split(")")[0].split(",")
            held = {field.rstrip("0123456789"): int(field[len(field.rstrip("0123456789")):]) for field in fields}
            kernel += sum(held.get(name, 0) for name in ("r", "t", "w", "f"))
    return pss, kernel / 1024


class Field:
    """The origin is there as long as the block; a peer as long as playing()'s."""

    def __init__(self, build):
        self.build = build
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="tonearm-arena-"))
        self.origin = None

    def __enter__(self):
        os.chmod(self.dir, 0o755)
        self.origin = subprocess.Popen([self.build / "bench" / "bench_origin", str(ORIGIN)],
                                       preexec_fn=pin(LOAD_CORE))
        wait_for(lambda: answers(ORIGIN, OTHER_PATH + "1"), "the origin")
        return self

    def __exit__(self, *_):
        self.origin.kill()
        self.origin.wait()
        shutil.rmtree(self.dir)

    def playing(self, peer, environment=None, tool=()):
        return Playing(self, peer, environment or {}, tool)

    def origin_counts(self):
        """What the origin has sent since the last call, when nothing moves any more."""
        total = {"bytes": 0, "requests": 0, "connections": 0}
        while True:
            time.sleep(0.3)
            counts = json.loads(get(ORIGIN, "/sent"))
            total = {key: total[key] + counts[key] for key in total}
            if counts["bytes"] == 0:
                return total

    def start_load(self, mode, **how):
        words = [f"{key}={value}" for key, value in {"length": SONG_BYTES, **how}.items()]
        command = [str(self.build / "bench" / "bench_load"), mode, *words]
        return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                preexec_fn=pin(LOAD_CORE))

    def load(self, mode, **how):
        process = self.start_load(mode, **how)
        result, _ = process.communicate()
        if process.returncode != 0:
            raise RuntimeError(f"the load failed: {mode} {how}")
        return json.loads(result)


class Playing:
    """One peer, freshly started and with nothing in its cache."""

    def __init__(self, field, peer, environment, tool):
        self.field = field
        self.peer = peer
        self.tool = tool  # the words of a command that runs it, valgrind's for one
        self.environment = {**os.environ, **peer.environment(), **environment}
        # It stays until the field's end: ext4 searches long for an inode where many were just freed.
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix=f"{peer.name}-", dir=field.dir))
        self.process = None

    def __enter__(self):
        # What the peer before has written is no longer on its way to the disk.
        os.sync()
        os.chmod(self.dir, 0o777)
        for name, text in self.peer.files(self.dir).items():
            (self.dir / name).write_text(text)
        # nginx, haproxy and Varnish change user where they are started as root.
        with open(self.dir / "output", "wb") as output:
            command = [*self.tool, *self.peer.command(self.dir, self.field.build)]
            self.process = subprocess.Popen(command, stdout=output, stderr=output, env=self.environment,
                                            preexec_fn=pin(PROXY_CORE))
        wait_for(self.is_up, f"{self.peer.title} ({self.dir}/output)")
        self.field.origin_counts()
        return self

    def is_up(self):
        if self.process.poll() is not None:
            sys.exit(f"arena: {self.peer.title} ended: {(self.dir / 'output').read_text()[-2000:]}")
        return answers(self.peer.port, "/songs/listen/999")

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def load(self, mode, **how):
        """The load's own figures, with the CPU time of the peer and what its origin had to do."""
        before = cpu_seconds(self.process.pid)
        result = self.field.load(mode, port=self.peer.port, path="/songs/listen/", **how)
        result["cpu"] = cpu_seconds(self.process.pid) - before
        for key, count in self.field.origin_counts().items():
            result["origin_" + key] = count
        return result

    def hold(self, count, rate, seconds):
        """KiB for each of `count` slow listeners: (process, kernel), and how many of them starved."""
        pss, kernel = memory(self.process.pid)
        load = self.field.start_load("hold", port=self.peer.port, path="/songs/listen/", song=1, songs=1,
                                     rate=rate, seconds=seconds, connections=count)
        load.stdout.readline()
        with_pss, with_kernel = memory(self.process.pid)
        result = json.loads(load.communicate("\n")[0])
        return (with_pss - pss) / count, (with_kernel - kernel) / count, result["starved"]
