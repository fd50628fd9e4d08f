"""The real program: started with a generated configuration, watched, and stopped with SIGTERM."""

import itertools
import json
import os
import pwd
import re
import resource
import shutil
import signal
import subprocess

from support.client import get
from support.wait import free_port, listens, wait_for

_REPORTS = (
    "ERROR: AddressSanitizer",
    "ERROR: LeakSanitizer",
    "WARNING: ThreadSanitizer",
    "runtime error:",
    "terminate called",
)


def binary():
    """The program under test: $TONEARM, else the release build of this tree."""
    tree = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    return os.environ.get("TONEARM") or os.path.join(tree, "build", "release", "tonearm")


def sanitized():
    """Whether the program is a sanitizer build: slower, larger, and not to be measured."""
    return bool(os.environ.get("TONEARM_SANITIZE"))


def environment():
    env = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    # A proxy in the environment must not matter to the program; that it does not is part of the test.
    env["http_proxy"] = "http://127.0.0.1:9/"
    env.setdefault("ASAN_OPTIONS", "detect_leaks=1:strict_string_checks=1")
    env.setdefault("UBSAN_OPTIONS", "print_stacktrace=1:halt_on_error=1")
    env.setdefault("TSAN_OPTIONS", "second_deadlock_stack=1")
    return env


def run(*arguments, timeout=60, cwd=None, variables=None):
    """One command to its end; the CompletedProcess, output as text. `variables`: more of the environment."""
    return subprocess.run(
        [binary(), *map(str, arguments)],
        env={**environment(), **(variables or {})},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=timeout,
        cwd=cwd,
    )


def toml(tables):
    """{table: {key: value}} as TOML. JSON's scalars, strings and lists are also TOML's."""
    lines = []
    for table, keys in tables.items():
        lines.append(f"[{table}]")
        for key, value in keys.items():
            if isinstance(value, dict):
                inner = ", ".join(f"{json.dumps(k)} = {json.dumps(v)}" for k, v in value.items())
                lines.append(f"{key} = {{{inner}}}")
            else:
                lines.append(f"{key} = {json.dumps(value)}")
    return "\n".join(lines) + "\n"


class Tonearm:
    """`tonearm serve` on free ports of 127.0.0.1."""

    _count = 0

    def __init__(self, directory, config=None):
        Tonearm._count += 1
        self.directory = os.path.join(str(directory), f"tonearm-{Tonearm._count}")
        os.makedirs(self.directory)
        self.port = free_port()
        self.admin_port = free_port()
        config = {table: dict(keys) for table, keys in (config or {}).items()}
        server = config.setdefault("server", {})
        server.setdefault("listen", [f"127.0.0.1:{self.port}"])
        server.setdefault("drain", "2s")
        server.setdefault("threads", 2)
        config.setdefault("admin", {}).setdefault("listen", [f"127.0.0.1:{self.admin_port}"])
        self.config_path = os.path.join(self.directory, "tonearm.toml")
        with open(self.config_path, "w") as out:
            out.write(toml(config))
        self._stdout = os.path.join(self.directory, "stdout")
        self._stderr = os.path.join(self.directory, "stderr")
        self.process = None
        self.arguments = []  # more of them
        self.prefix = []  # a command that becomes the program
        self.user = None  # for root: as whom it runs
        self.environment = {}  # more of it
        self.inherited = []  # descriptors that it shares with the test

    @property
    def pid(self):
        return self.process.pid

    def url(self, song):
        return f"http://127.0.0.1:{self.port}/songs/listen/{song}"

    def descriptors(self):
        """The numbers of those that are open."""
        return set(map(int, os.listdir(f"/proc/{self.pid}/fd")))

    def limit_descriptors(self, limit):
        """The soft limit: who lowers the hard one may not be let raise it again."""
        _, hard = resource.prlimit(self.pid, resource.RLIMIT_NOFILE)
        resource.prlimit(self.pid, resource.RLIMIT_NOFILE, (hard if limit is None else limit, hard))

    def leave_descriptors(self, count):
        """Only so many more can be opened: the limit bounds their numbers, not how many there are."""
        open_now = self.descriptors()
        unused = (number for number in itertools.count() if number not in open_now)
        self.limit_descriptors(next(itertools.islice(unused, count, None)))

    def start(self, until=None):
        """Returns once it listens, or once `until` is true."""
        configured = ["-c", self.config_path] if self.config_path else []
        with open(self._stdout, "wb") as out, open(self._stderr, "wb") as err:
            self.process = subprocess.Popen(
                [*self.prefix, self._program(), "serve", *configured, *self.arguments],
                env={**environment(), **self.environment},
                cwd=self.directory,
                user=self.user,
                group=None if self.user is None else pwd.getpwnam(self.user).pw_gid,
                extra_groups=None if self.user is None else [],
                pass_fds=self.inherited,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
            )
        wait_for(until or self._is_up, "tonearm to start", timeout=30)
        return self

    def _program(self):
        if self.user is None:
            return binary()
        # Where it was built may be closed to others.
        os.chmod(os.path.dirname(self.directory), 0o755)
        return shutil.copy(binary(), self.directory)

    def _is_up(self):
        if self.process.poll() is not None:
            raise AssertionError(f"tonearm ended with {self.process.returncode}: {self.stderr()}")
        if self.admin_port is None:
            return listens(self.port)
        if not listens(self.admin_port):
            return False
        return get(self.admin_port, "/healthz").status == 200

    def stderr(self):
        with open(self._stderr, errors="replace") as err:
            return err.read()

    def stdout(self):
        with open(self._stdout, errors="replace") as out:
            return out.read()

    def access_log(self, **fields):
        """The access log's objects, of them those that have these fields."""
        lines = [json.loads(line) for line in self.stdout().splitlines(keepends=True)
                 if line.endswith("\n")]
        return [entry for entry in lines if all(entry.get(k) == v for k, v in fields.items())]

    def wait_for_access(self, count=1, **fields):
        """The first `count` entries that have these fields; waits until they are written."""

        def enough():
            entries = self.access_log(**fields)
            return entries if len(entries) >= count else None

        return wait_for(enough, f"{count} lines with {fields} in the access log")

    def terminate(self):
        self.process.send_signal(signal.SIGTERM)

    def stop(self):
        """SIGTERM; it must end by itself, with 0 and without a sanitizer's report."""
        if self.process is None:
            return
        if self.process.poll() is None:
            self.terminate()
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
                raise AssertionError(f"did not end on SIGTERM: {self.stderr()[-4000:]}") from None
        self.check_ended()

    def check_ended(self, status=0):
        stderr = self.stderr()
        for report in _REPORTS:
            assert report not in stderr, stderr[-20000:]
        assert self.process.returncode == status, (
            f"ended with {self.process.returncode}, not {status}: {stderr[-4000:]}"
        )

    def resident(self):
        """Bytes of resident memory."""
        with open(f"/proc/{self.pid}/status") as status:
            for line in status:
                if line.startswith("VmRSS:"):
                    return int(line.split()[1]) * 1024
        raise AssertionError("no VmRSS")

    def proportional(self):
        """Bytes of memory, shared pages counted in proportion."""
        with open(f"/proc/{self.pid}/smaps_rollup") as rollup:
            for line in rollup:
                if line.startswith("Pss:"):
                    return int(line.split()[1]) * 1024
        raise AssertionError("no Pss")

    def kernel(self):
        """Bytes that the kernel holds in the queues of its TCP sockets (ss's skmem)."""
        sockets = subprocess.run(["ss", "-tmpnOH"], check=True, stdout=subprocess.PIPE, text=True).stdout
        total = 0
        for line in sockets.splitlines():
            if f"pid={self.pid}," in line and "skmem:(" in line:
                fields = dict(re.findall(r"([a-z]+)(\d+)", line.split("skmem:(")[1].split(")")[0]))
                total += sum(int(fields.get(key, 0)) for key in ("r", "t", "w", "f"))
        return total

    def queued(self):
        """Bytes in its TCP sockets: not acknowledged by a client yet, or not read from an origin."""
        sockets = subprocess.run(["ss", "-tpnOH"], check=True, stdout=subprocess.PIPE, text=True).stdout
        lines = [line.split() for line in sockets.splitlines() if f"pid={self.pid}," in line]
        return sum(int(received) + int(unsent) for _, received, unsent, *_ in lines)
