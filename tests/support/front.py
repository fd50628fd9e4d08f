"""config/nginx.conf, really run in front of the program."""

import os
import subprocess

from support.wait import free_port, listens, wait_for

_ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def replaced(text, old, new):
    """text with `old`, which must stand in it exactly once, replaced."""
    assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in the sample"
    return text.replace(old, new)


class Front:
    """nginx with the sample as it stands but for its ports, in a directory of its own. `upstream`
    stands in place of 127.0.0.1:8005; `extra` are lines of the server block, `changed` makes of the
    sample what is to be run."""

    def __init__(self, directory, upstream, extra="", changed=str):
        with open(os.path.join(_ROOT, "config", "nginx.conf")) as sample:
            text = sample.read()
        self.port = free_port()
        self.prefix = os.path.join(directory, "front")
        os.mkdir(self.prefix)
        text = replaced(text, "listen 8080;", f"listen 127.0.0.1:{self.port};\n{extra}")
        text = changed(replaced(text, "127.0.0.1:8005", upstream))
        temporary = "".join(
            f"    {kind}_temp_path {self.prefix}/{kind};\n"
            for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        text = replaced(text, "http {\n", "http {\n" + temporary)
        if os.geteuid() == 0:
            text = "user root;\n" + text  # workers that may enter our directory
        self._configuration = os.path.join(self.prefix, "nginx.conf")
        with open(self._configuration, "w") as out:
            out.write(text)
        self._process = None

    def start(self):
        environment = {**os.environ, "PATH": os.environ.get("PATH", "") + ":/usr/sbin:/sbin"}
        log = os.path.join(self.prefix, "log")
        with open(log, "wb") as out:
            self._process = subprocess.Popen(
                ["nginx", "-p", self.prefix, "-c", self._configuration, "-g", "daemon off;"],
                env=environment, stdin=subprocess.DEVNULL, stdout=out, stderr=out,
            )
        wait_for(lambda: self._process.poll() is not None or listens(self.port), "nginx to listen")
        with open(log) as said:
            assert self._process.poll() is None, said.read()
        return self

    def stop(self):
        self._process.terminate()
        self._process.wait()
