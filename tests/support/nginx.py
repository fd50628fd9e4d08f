"""A real nginx as the origin: its own configuration and prefix, never the system's."""

import os
import subprocess

from support.wait import free_port, listens, wait_for

_CONFIGURATION = """
{user}
daemon off;
worker_processes 1;
pid {prefix}/nginx.pid;
error_log {prefix}/error.log warn;
events {{ worker_connections 8192; }}
http {{
  types {{ audio/mpeg mp3; audio/flac flac; audio/x-wav wav; application/octet-stream bin; }}
  default_type application/octet-stream;
  log_format cost '$status\\t$body_bytes_sent\\t$connection\\t$http_range\\t$request';
  access_log {prefix}/access.log cost;
  client_body_temp_path {prefix}/body;
  proxy_temp_path {prefix}/proxy;
  fastcgi_temp_path {prefix}/fastcgi;
  uwsgi_temp_path {prefix}/uwsgi;
  scgi_temp_path {prefix}/scgi;
  sendfile on;
  keepalive_requests 1000000;
  server {{
    listen 127.0.0.1:{port} backlog=4096;
    location /media/ {{ alias {root}/; }}
    {extra}
  }}
}}
"""


class LogLine:
    """One finished request: what it cost the origin."""

    def __init__(self, line):
        status, size, connection, self.range, self.request = line.rstrip("\n").split("\t")
        self.status, self.bytes, self.connection = int(status), int(size), int(connection)


class Nginx:
    def __init__(self, directory, extra=""):
        self.prefix = os.path.join(directory, "nginx")
        self.root = os.path.join(directory, "media")
        os.makedirs(self.prefix, exist_ok=True)
        os.makedirs(self.root, exist_ok=True)
        self.port = free_port()
        self.base_url = f"http://127.0.0.1:{self.port}/media/"
        self._configuration = os.path.join(self.prefix, "nginx.conf")
        # The workers of a master that runs as root would be somebody who cannot read our directory.
        user = "user root;" if os.geteuid() == 0 else ""
        with open(self._configuration, "w") as out:
            out.write(
                _CONFIGURATION.format(
                    user=user, prefix=self.prefix, port=self.port, root=self.root, extra=extra
                )
            )
        self._process = None

    def start(self):
        self._process = subprocess.Popen(
            ["nginx", "-p", self.prefix, "-c", self._configuration, "-e",
             os.path.join(self.prefix, "error.log")],
            env={**os.environ, "PATH": os.environ.get("PATH", "") + ":/usr/sbin:/sbin"},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        wait_for(self._is_up, "nginx to listen")
        return self

    def _is_up(self):
        if self._process.poll() is not None:
            with open(os.path.join(self.prefix, "error.log")) as log:
                raise AssertionError(f"nginx ended: {log.read()}")
        return listens(self.port)

    def stop(self):
        self._process.terminate()
        self._process.wait(10)

    def log(self):
        """The requests that have ended so far."""
        try:
            with open(os.path.join(self.prefix, "access.log")) as log:
                return [LogLine(line) for line in log if line.endswith("\n")]
        except FileNotFoundError:
            return []
