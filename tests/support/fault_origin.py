"""An HTTP origin that misbehaves on command: resources of any size, made from their offsets.

A path leads to a handler, a callable that takes one Exchange. A Resource is a handler that behaves;
a fault is a function that does something else and leaves the rest to a Resource.
"""

import contextlib
import re
import socket
import struct
import threading

from support.content import pieces

RESET = struct.pack("ii", 1, 0)  # SO_LINGER: close with RST
_BLOCK = 64 * 1024


class Cut(Exception):
    """This connection is to end: with a RST if `reset`, and under TLS without a word if `mute`."""

    def __init__(self, reset=False, mute=False):
        super().__init__()
        self.reset = reset
        self.mute = mute


class Exchange:
    """One request and the means to answer it. What has been sent is counted as it leaves."""

    def __init__(self, sock, head):
        lines = head.decode("latin-1").split("\r\n")
        self.method, self.target, self.version = lines[0].split(" ")
        self.path = self.target.partition("?")[0]
        self.fields = {}
        for line in lines[1:]:
            name, _, value = line.partition(":")
            self.fields[name.strip().lower()] = value.strip()
        self.sock = sock
        self.sent = 0  # bytes of body
        self.number = 0  # the how many-th request of its path this is, from 1
        self.ended = False

    @property
    def range(self):
        """(first, last or None) of the one range that is asked for; None without."""
        found = re.fullmatch(r"bytes=(\d+)-(\d*)", self.fields.get("range", ""))
        return found and (int(found[1]), int(found[2]) if found[2] else None)

    def head(self, status, **fields):
        """A status line and fields; Content_Length stands for Content-Length."""
        lines = [f"HTTP/1.1 {status} Whatever"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in fields.items()]
        self.raw(("\r\n".join(lines) + "\r\n\r\n").encode("latin-1"))

    def raw(self, data):
        self.sock.sendall(data)

    def send(self, data):
        self.raw(data)
        self.sent += len(data)

    def send_content(self, first, end, seed=1, chunked=False):
        """The bytes [first, end) of the content, as one chunk per block if `chunked`."""
        for piece in pieces(first, end, seed):
            for at in range(0, len(piece), _BLOCK):
                block = piece[at : at + _BLOCK]
                if chunked:
                    self.raw(b"%x\r\n" % len(block))
                self.send(block)
                if chunked:
                    self.raw(b"\r\n")

    def answer(self, status, body=b"", **fields):
        """A whole answer that is not of the song."""
        self.head(status, Content_Length=len(body), **fields)
        if self.method != "HEAD":
            self.send(body)

    def close(self):
        raise Cut()

    def close_mute(self):
        """As close(), but without the close_notify that TLS ends with; many servers do so."""
        raise Cut(mute=True)

    def reset(self):
        raise Cut(reset=True)

    def hang(self):
        """Says nothing more until the peer goes away."""
        while self.sock.recv(_BLOCK):
            pass
        raise Cut()


class Resource:
    """A well-behaved origin's file. `etag`, `modified`: None for no such field."""

    def __init__(self, size, seed=1, etag='"v1"', modified=None, ranges=True, kind="audio/mpeg"):
        self.size, self.seed, self.etag, self.modified = size, seed, etag, modified
        self.ranges, self.kind = ranges, kind
        self.extra = {}

    def select(self, exchange):
        """(status, first, end) for a request; RFC 9110 §13.1.5, §14.2."""
        asked = exchange.range if self.ranges else None
        if asked and exchange.fields.get("if-range") in (None, self.etag, self.modified):
            first, last = asked
            if first >= self.size:
                return 416, 0, 0
            return 206, first, min(self.size if last is None else last + 1, self.size)
        return 200, 0, self.size

    def fields(self):
        fields = {"Content_Type": self.kind, **self.extra}
        if self.etag:
            fields["ETag"] = self.etag
        if self.modified:
            fields["Last_Modified"] = self.modified
        return fields

    def head(self, exchange, **changes):
        """Sends the head that is due; (first, end) of the body that must follow.

        `changes` are fields that are due otherwise; None leaves one out.
        """
        status, first, end = self.select(exchange)
        fields = {"Content_Length": end - first, **self.fields()}
        if status == 206:
            fields["Content_Range"] = f"bytes {first}-{end - 1}/{self.size}"
        if status == 416:
            fields["Content_Range"] = f"bytes */{self.size}"
        fields.update(changes)
        fields = {name: value for name, value in fields.items() if value is not None}
        exchange.head(status, **fields)
        return first, end

    def __call__(self, exchange, most=None, then=Exchange.reset, **changes):
        """The whole answer; of a body longer than `most` only so much, `then` what is to happen."""
        first, end = self.head(exchange, **changes)
        if exchange.method == "HEAD":
            return
        cut = end if most is None else min(end, first + most)
        exchange.send_content(first, cut, self.seed)
        if cut < end:
            then(exchange)


class FaultOrigin:
    """A thread per connection. `routes` maps paths to handlers; another path is a 404.

    `tls`: an ssl.SSLContext to speak it with.
    """

    def __init__(self, host="127.0.0.1", port=0, tls=None):
        self.routes = {}
        self.exchanges = []
        self._lock = threading.Lock()
        self._open = {}
        self._accepted = 0
        self._tls = tls
        self._listener = socket.create_server((host, port), backlog=256)
        self.port = self._listener.getsockname()[1]
        self.authority = f"{host}:{self.port}"
        self.base_url = f"{'https' if tls else 'http'}://{self.authority}/"
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def stop(self):
        # A listener that is only closed would stay in accept().
        self._listener.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._listener.close()
        with self._lock:
            for sock in self._open:
                with contextlib.suppress(OSError):
                    # That of an SSLSocket would let its thread go on in clear text.
                    socket.socket.shutdown(sock, socket.SHUT_RDWR)
            threads = list(self._open.values())
        for thread in threads:
            thread.join(10)

    def of(self, path):
        """The exchanges of one path so far."""
        with self._lock:
            return [exchange for exchange in self.exchanges if exchange.path == path]

    def busy(self, path):
        """How many answers of one path are under way."""
        return sum(not exchange.ended for exchange in self.of(path))

    def sent(self, path):
        """Bytes of bodies sent for one path."""
        return sum(exchange.sent for exchange in self.of(path))

    @property
    def accepted(self):
        """Connections that have ever been opened."""
        return self._accepted

    @property
    def open(self):
        """Connections open now, idle ones too."""
        return len(self._open)

    @property
    def standing(self):
        """Connections open now whose peer has not ended them; not under TLS."""
        with self._lock:
            return sum(not _has_ended(sock) for sock in self._open)

    def _accept(self):
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            with contextlib.suppress(OSError):  # the peer has gone again
                self._begin(sock)

    def _begin(self, sock):
        # Small, so that what the peer does not read soon stops the sender.
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 128 * 1024)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self._tls:
            sock = self._tls.wrap_socket(sock, server_side=True, do_handshake_on_connect=False)
        thread = threading.Thread(target=self._serve, args=(sock,), daemon=True)
        with self._lock:
            self._open[sock] = thread
            self._accepted += 1
        thread.start()

    def _serve(self, sock):
        try:
            if self._tls:
                sock.do_handshake()
            while self._serve_one(sock):
                pass
        except Cut as cut:
            if cut.reset:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            elif self._tls and not cut.mute:
                _say_goodbye(sock)
        except OSError:
            pass  # the peer has gone
        finally:
            with self._lock:
                del self._open[sock]
            sock.close()

    def _serve_one(self, sock):
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            data = sock.recv(_BLOCK)
            if not data:
                return False
            head += data
        exchange = Exchange(sock, head[:-4])
        with self._lock:
            self.exchanges.append(exchange)
            exchange.number = sum(other.path == exchange.path for other in self.exchanges)
        try:
            self.routes.get(exchange.path, _missing)(exchange)
        finally:
            exchange.ended = True
        return True


def _say_goodbye(sock):
    """Sends close_notify. The peer may answer it or not."""
    sock.settimeout(5)
    with contextlib.suppress(OSError):
        sock.unwrap()


def _has_ended(sock):
    try:
        return sock.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True


def _missing(exchange):
    exchange.answer(404, b"no such file")
