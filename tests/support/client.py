"""Clients: a raw one that says exactly what it is told to, and curl."""

import fcntl
import json
import socket
import subprocess
import sys
import termios


class Response:
    """One answer. `end` tells how its body ended: done, eof (too early) or reset."""

    def __init__(self, version, status, reason, fields, raw):
        self.version, self.status, self.reason = version, status, reason
        self.fields, self.raw = fields, raw
        self.body = b""
        self.end = None

    def __getitem__(self, name):
        """The field's value; None when it is missing; fails when it stands there twice."""
        values = self.all(name)
        assert len(values) < 2, f"{name} occurs {len(values)} times"
        return values[0] if values else None

    def all(self, name):
        return [value for key, value in self.fields if key.lower() == name.lower()]

    def problem(self):
        """The RFC 9457 object that the body is."""
        assert self["Content-Type"] == "application/problem+json", self["Content-Type"]
        return json.loads(self.body)

    @property
    def complete(self):
        return self.end == "done"

    def __repr__(self):
        return f"<{self.status} {len(self.body)} bytes, {self.end}: {self.raw!r}>"


class Client:
    """One connection. Its buffer holds what has come but is not yet parsed."""

    def __init__(self, port=None, unix=None, host="127.0.0.1", receive_buffer=None, timeout=20):
        family = socket.AF_UNIX if unix else socket.AF_INET
        self.sock = socket.socket(family, socket.SOCK_STREAM)
        if receive_buffer:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.sock.settimeout(timeout)
        try:
            self.sock.connect(unix or (host, port))
        except OSError:
            self.sock.close()
            raise
        self._buffer = b""
        self._ended = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.sock.close()

    def reset(self):
        """Closes with RST."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        self.sock.close()

    def send(self, data):
        self.sock.sendall(data if isinstance(data, bytes) else data.encode("latin-1"))

    def half_close(self):
        self.sock.shutdown(socket.SHUT_WR)

    def ask(self, target, method="GET", version="1.1", host="tonearm.test", **fields):
        """Sends a request; a field is named If_Range for If-Range."""
        head = [f"{method} {target} HTTP/{version}"]
        if host is not None:
            head.append(f"Host: {host}")
        head += [f"{name.replace('_', '-')}: {value}" for name, value in fields.items()]
        self.send("\r\n".join(head) + "\r\n\r\n")

    def get(self, target, method="GET", **options):
        """One whole exchange."""
        self.ask(target, method, **options)
        return self.response(method)

    def response(self, method="GET"):
        """Reads one answer to its end."""
        response = self.head()
        return self.body(response, method)

    def head(self):
        """Reads an answer's head; ConnectionResetError or EOFError when there is none."""
        while b"\r\n\r\n" not in self._buffer:
            if not self._receive():
                if self._ended == "reset":
                    raise ConnectionResetError(f"in the head, after {self._buffer!r}")
                raise EOFError(f"in the head, after {self._buffer!r}")
        head, _, self._buffer = self._buffer.partition(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        version, _, rest = lines[0].partition(" ")
        assert version.startswith("HTTP/1."), lines[0]
        status, _, reason = rest.partition(" ")
        fields = []
        for line in lines[1:]:
            name, colon, value = line.partition(":")
            assert colon and name and name == name.strip(), f"a field line: {line!r}"
            fields.append((name, value.strip()))
        return Response(version[5:], int(status), reason, fields, head)

    def body(self, response, method="GET"):
        """Reads the body that belongs to a head."""
        if method == "HEAD" or response.status in (204, 304):
            response.end = "done"
        elif (response["Transfer-Encoding"] or "").lower() == "chunked":
            response.body = self._chunks(response)
        elif response["Content-Length"] is not None:
            response.body = self.take(int(response["Content-Length"]))
            whole = len(response.body) == int(response["Content-Length"])
            response.end = "done" if whole else self._ended
        else:
            response.body = self.rest()
            response.end = "done" if self._ended == "eof" else self._ended
        return response

    def queued(self):
        """Bytes that have come and were not taken."""
        waiting = fcntl.ioctl(self.sock, termios.FIONREAD, bytes(4))
        return len(self._buffer) + int.from_bytes(waiting, sys.byteorder)

    def take(self, count):
        """`count` bytes, fewer when the connection ends first."""
        parts, have = [self._buffer], len(self._buffer)
        self._buffer = b""
        while have < count and self._receive():
            parts.append(self._buffer)
            have += len(self._buffer)
            self._buffer = b""
        data = b"".join(parts)
        self._buffer = data[count:]
        return data[:count]

    def rest(self):
        """All until the connection ends; `ended` says how it did."""
        parts = [self._buffer]
        self._buffer = b""
        while self._receive():
            parts.append(self._buffer)
            self._buffer = b""
        return b"".join(parts)

    @property
    def ended(self):
        """None, eof or reset."""
        return self._ended

    def is_closed(self):
        """Waits for the end of the connection; False when data comes instead."""
        return not self._buffer and not self._receive()

    def _line(self):
        while b"\r\n" not in self._buffer:
            if not self._receive():
                return None
        line, _, self._buffer = self._buffer.partition(b"\r\n")
        return line

    def _chunks(self, response):
        body = []
        while True:
            line = self._line()
            if line is None:
                response.end = self._ended
                return b"".join(body)
            size = int(line.split(b";")[0], 16)
            if size == 0:
                response.end = "done" if self._line() == b"" else self._ended
                return b"".join(body)
            piece = self.take(size)
            body.append(piece)
            if len(piece) < size or self._line() != b"":
                response.end = self._ended
                return b"".join(body)

    def _receive(self):
        if self._ended:
            return False
        try:
            data = self.sock.recv(1 << 18)
        except (ConnectionResetError, BrokenPipeError):
            self._ended = "reset"
            return False
        if not data:
            self._ended = "eof"
            return False
        self._buffer += data
        return True


def get(port, target, **options):
    """One exchange on a connection of its own."""
    with Client(port) as client:
        return client.get(target, **options)


def get_json(port, target):
    response = get(port, target)
    assert response.status == 200, response
    return json.loads(response.body)


def command(*arguments, timeout=120, cwd=None):
    """Runs a program to its end; output as bytes."""
    return subprocess.run(
        [str(argument) for argument in arguments],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=timeout,
        cwd=cwd,
    )


def curl(*arguments, timeout=120, cwd=None):
    """curl, quiet, and without the user's configuration."""
    return command("curl", "-q", "-sS", "--noproxy", "*", *arguments, timeout=timeout, cwd=cwd)


def parts(response):
    """[(content type, content range, bytes)] of a multipart/byteranges answer."""
    kind, _, parameter = response["Content-Type"].partition(";")
    assert kind.strip() == "multipart/byteranges", response["Content-Type"]
    boundary = parameter.strip().removeprefix("boundary=").strip('"').encode()
    found, rest = [], response.body
    delimiter = b"--" + boundary
    assert rest.lstrip(b"\r\n").startswith(delimiter), rest[:100]
    _, _, rest = rest.partition(delimiter)
    while not rest.startswith(b"--"):
        assert rest.startswith(b"\r\n"), rest[:100]
        head, _, rest = rest[2:].partition(b"\r\n\r\n")
        fields = dict(line.split(": ", 1) for line in head.decode().split("\r\n"))
        fields = {name.lower(): value for name, value in fields.items()}
        span = fields["content-range"]
        first, last = span.removeprefix("bytes ").split("/")[0].split("-")
        size = int(last) - int(first) + 1
        found.append((fields.get("content-type"), span, rest[:size]))
        rest = rest[size:]
        assert rest.startswith(b"\r\n" + delimiter), rest[:100]
        rest = rest[2 + len(delimiter) :]
    assert rest in (b"--", b"--\r\n"), rest
    return found
