"""Scenarios in a real headless Chromium: tests/browser/NAME.mjs, driven by playwright-core."""

import fcntl
import json
import os
import shutil
import subprocess

_TREE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
_PACKAGES = ["playwright-core@1.65.1", "axe-core@4.14.1"]


def _modules():
    """Where the npm packages are; installs them below build/ once."""
    prefix = os.path.join(_TREE, "build", "npm-browser")
    os.makedirs(prefix, exist_ok=True)
    with open(os.path.join(prefix, ".lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        stamp = os.path.join(prefix, ".installed")
        if _read(stamp) != " ".join(_PACKAGES):
            subprocess.run(
                ["npm", "install", "--no-save", "--no-audit", "--no-fund", "--prefix", prefix, *_PACKAGES],
                check=True,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=300,
            )
            with open(stamp, "w") as out:
                out.write(" ".join(_PACKAGES))
    return os.path.join(prefix, "node_modules")


def _read(path):
    try:
        with open(path) as file:
            return file.read()
    except FileNotFoundError:
        return None


def run(scenario, timeout=120, **given):
    """What the scenario reported. Its own failure is an AssertionError with what it said."""
    for program in ("node", "npm", "chromium"):
        assert shutil.which(program), f"{program} is missing; run: scripts/packages test"
    done = subprocess.run(
        ["node", os.path.join(_TREE, "tests", "browser", f"{scenario}.mjs"), json.dumps(given)],
        env={**os.environ, "TONEARM_NODE_MODULES": _modules()},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=timeout,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    return json.loads(done.stdout.strip().splitlines()[-1])
