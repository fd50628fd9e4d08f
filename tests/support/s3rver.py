"""s3rver: a real S3 server, from npm. It checks no signature, and answers some ranges wrongly."""

import fcntl
import http.client
import os
import shutil
import subprocess
import urllib.parse

from support.wait import free_port, listens, wait_for

_TREE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
_PACKAGE = "s3rver@3.7.1"


def _program():
    """Its command; installs it below build/ once."""
    prefix = os.path.join(_TREE, "build", "npm-s3rver")
    os.makedirs(prefix, exist_ok=True)
    with open(os.path.join(prefix, ".lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        program = os.path.join(prefix, "node_modules", "s3rver", "bin", "s3rver.js")
        stamp = os.path.join(prefix, ".installed")
        if not os.path.exists(stamp):
            subprocess.run(
                ["npm", "install", "--no-save", "--no-audit", "--no-fund", "--prefix", prefix, _PACKAGE],
                check=True, stdin=subprocess.DEVNULL, capture_output=True, timeout=300,
            )
            open(stamp, "w").close()
    return program


class S3rver:
    def __init__(self, directory, bucket):
        for program in ("node", "npm"):
            assert shutil.which(program), f"{program} is missing; run: scripts/packages test"
        self.port = free_port()
        self.endpoint = f"http://127.0.0.1:{self.port}"
        self._bucket = bucket
        self._directory = os.path.join(directory, "s3rver")
        self._process = None

    def start(self):
        self._process = subprocess.Popen(
            ["node", _program(), "-d", self._directory, "-a", "127.0.0.1", "-p", str(self.port),
             "--silent", "--configure-bucket", self._bucket],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )
        wait_for(lambda: self._process.poll() is not None or listens(self.port), "s3rver to listen", 60)
        assert self._process.poll() is None, "s3rver ended"
        return self

    def stop(self):
        self._process.terminate()
        self._process.wait()

    def request(self, method, key, body=None, **fields):
        """(status, body) of a request to one object, unsigned."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        path = f"/{self._bucket}/{urllib.parse.quote(key)}"
        connection.request(method, path, body, fields)
        response = connection.getresponse()
        answer = response.status, response.read()
        connection.close()
        return answer
