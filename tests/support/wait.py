"""Waiting for conditions, never for time."""

import random
import socket
import time


def wait_for(condition, what, timeout=15.0):
    """Returns the first true value of condition(); fails, naming `what`, after `timeout` seconds."""
    deadline = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {timeout:g} s in vain for {what}")
        time.sleep(0.01)


def wait_until_steady(read, quiet=0.7, timeout=20.0):
    """Returns read() once it has not changed for `quiet` seconds."""
    deadline = time.monotonic() + timeout
    value, since = read(), time.monotonic()
    while time.monotonic() - since < quiet:
        if time.monotonic() > deadline:
            raise AssertionError(f"still changing after {timeout:g} s: {value}")
        time.sleep(0.02)
        now = read()
        if now != value:
            value, since = now, time.monotonic()
    return value


_given = set()


def free_port(host="127.0.0.1"):
    """A TCP port that nobody listens on at the moment, and that was not given before: who was given one
    may not listen on it yet.

    It lies below the range that the kernel gives to outgoing connections: of those a load test makes
    thousands, and one of them could take it before a server does.
    """
    while True:
        port = random.SystemRandom().randrange(20000, 32000)
        if port in _given:
            continue
        with socket.socket() as probe:
            try:
                probe.bind((host, port))
            except OSError:
                continue
            _given.add(port)
            return port


def listens(port, host="127.0.0.1"):
    """Whether somebody accepts connections there."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((host, port)) == 0
