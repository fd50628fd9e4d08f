"""Origins with names. The address that is really connected to decides whether it is a private one; of
several addresses the one that answers is used. Runs in a network namespace with a hosts file of its own."""

import contextlib
import os
import socket
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from support.case import Case
from support.client import Client, get
from support.content import content
from support.fault_origin import FaultOrigin, Resource
from support.resolver import Resolver
from support.wait import wait_until_steady

PUBLIC = "198.51.100.1"  # RFC 5737: nobody's, and not private
_INSIDE = "TONEARM_TEST_NAMESPACE"
_SETUP = """
set -e
ip link set lo up
ip addr add 198.51.100.1/32 dev lo
hosts=$(mktemp)
mount --bind "$hosts" /etc/hosts
rm "$hosts"
exec "$@"
"""


class ChangingDnsTest(Case):
    @classmethod
    def prepare(cls):
        cls.public = FaultOrigin(PUBLIC)
        cls.addClassCleanup(cls.public.stop)
        cls.private = FaultOrigin(port=cls.public.port)
        cls.addClassCleanup(cls.private.stop)
        for origin in (cls.public, cls.private):
            origin.routes["/song"] = Resource(1000)

    def start(self, path="/song", retries=0):
        resolver = Resolver(self.directory, self.id().rpartition(".")[2],
                            f'print("http://media.test:{self.public.port}{path}")')
        return self.serve_apart(
            server={"threads": 8},
            catalog={"path": ":memory:", "lookup": "SELECT 'yt:' || :id AS file"},
            upstream={"retries": retries},
            **{"resolver.yt": resolver.table()})

    def test_a_name_that_turns_private_is_not_followed(self):
        resolve_to(PUBLIC)
        server = self.start()
        self.assertBody(get(server.port, "/songs/listen/1"), content(0, 1000))
        resolve_to("127.0.0.1")
        # Each loop remembers a name for a while: some still know the public address.
        statuses = [get(server.port, "/songs/listen/1").status for _ in range(60)]
        self.assertIn(502, statuses)
        self.assertEqual(self.private.accepted, 0)
        self.assertIn("destination_ip_prohibited", server.stderr())

    def test_of_several_addresses_the_private_one_is_not_tried(self):
        resolve_to("198.51.100.9", "127.0.0.1")  # nobody answers at the first
        server = self.start()
        self.assertProblem(get(server.port, "/songs/listen/1"), 502)
        self.assertEqual(self.private.accepted, 0)

    def test_a_private_address_among_others_stands_for_nothing_that_goes_wrong_later(self):
        resolve_to("::1", PUBLIC)
        song = Resource(600_000)
        path = "/breaks-once"
        self.public.routes[path] = lambda exchange: song(exchange, most=60_000 if exchange.number == 1 else None)
        response = get(self.start(path, retries=2).port, "/songs/listen/1")
        self.assertBody(response, content(0, 600_000))


class NamedOriginTest(Case):
    @classmethod
    def prepare(cls):
        cls.origin = FaultOrigin()
        cls.addClassCleanup(cls.origin.stop)
        cls.origin.routes["/song"] = Resource(20_000)
        cls.song = cls.catalog.add("song")

    def start(self, **upstream):
        return self.serve_apart(f"http://media.test:{self.origin.port}/", server={"threads": 1}, upstream=upstream)

    def test_descriptors_that_run_out_in_a_lookup_cost_an_answer_at_most(self):
        resolve_to("127.0.0.1")
        target = f"/songs/listen/{self.song}"
        for room in range(1, 6):
            with self.subTest(room=room):
                server = self.start(connect_timeout="500ms", first_byte_timeout="1s", retries=0)
                with Client(server.port) as client:
                    client.get("/songs/listen/none")
                    server.leave_descriptors(room)
                    self.assertIn(client.get(target).status, (200, 502, 503, 504))
                    server.limit_descriptors(None)
                    self.assertBody(client.get(target), content(0, 20_000))

    def test_a_pause_behind_an_address_that_swallows_everything_is_not_the_end(self):
        resolve_to("::1", "127.0.0.1")
        self.addCleanup(self.swallow("::1", self.origin.port).close)
        size = 40_000_000
        song = Resource(size)
        song.extra = {"Connection": "close"}  # each window tries the addresses anew

        def closing(exchange):
            song(exchange)
            exchange.close()

        self.origin.routes["/long"] = closing
        server = self.start(connect_timeout="60s")
        with Client(server.port) as client:
            client.ask(f"/songs/listen/{self.catalog.add('long')}")
            response = client.head()
            body = bytearray()
            while len(body) < size:
                body += client.take(min(9_000_000, size - len(body)))
                wait_until_steady(lambda: self.origin.sent("/long"))
            self.assertEqual(response.status, 200)
            self.assertTrue(bytes(body) == content(0, size))
        self.assertIn('tonearm_origin_resumes_total{source="http"} 0', get(server.admin_port, "/metrics").body.decode())

    @staticmethod
    def swallow(host, port):
        """An address at which nobody answers: its queue of connections is full."""
        kept = contextlib.ExitStack()
        listener = kept.enter_context(socket.socket(socket.AF_INET6))
        listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        listener.bind((host, port))
        listener.listen(0)
        for _ in range(8):
            waiting = kept.enter_context(socket.socket(socket.AF_INET6))
            waiting.setblocking(False)
            waiting.connect_ex((host, port))
        return kept


def resolve_to(*addresses):
    with open("/etc/hosts", "w") as hosts:
        hosts.writelines(f"{address} media.test\n" for address in addresses)


def _enter():
    """The same tests in namespaces of their own; None where that is not allowed."""
    command = ["unshare", "--net", "--mount", "sh", "-c"]
    if os.geteuid() != 0 or subprocess.run([*command, _SETUP, "sh", "true"],
                                           capture_output=True).returncode != 0:
        return None
    environment = {**os.environ, _INSIDE: "1"}
    return subprocess.run([*command, _SETUP, "sh", sys.executable, *sys.argv],
                          env=environment).returncode


if __name__ == "__main__":
    if os.environ.get(_INSIDE):
        unittest.main()
    status = _enter()
    if status is None:
        print("skipped: namespaces are not to be had here")
    sys.exit(status or 0)
