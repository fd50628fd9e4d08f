"""A name that first leads to a public address and then to a private one: the address that is really
connected to decides. Runs in a network namespace with a hosts file of its own."""

import os
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from support.case import Case
from support.client import get
from support.content import content
from support.fault_origin import FaultOrigin, Resource
from support.resolver import Resolver

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

    def start(self):
        resolver = Resolver(self.directory, self.id().rpartition(".")[2],
                            f'print("http://media.test:{self.public.port}/song")')
        return self.serve_apart(
            server={"threads": 8},
            catalog={"path": ":memory:", "lookup": "SELECT 'yt:' || :id AS file"},
            upstream={"retries": 0},
            **{"resolver.yt": resolver.table()})

    @staticmethod
    def resolve_to(*addresses):
        with open("/etc/hosts", "w") as hosts:
            hosts.writelines(f"{address} media.test\n" for address in addresses)

    def test_a_name_that_turns_private_is_not_followed(self):
        self.resolve_to(PUBLIC)
        server = self.start()
        self.assertBody(get(server.port, "/songs/listen/1"), content(0, 1000))
        self.resolve_to("127.0.0.1")
        # Each loop remembers a name for a while: some still know the public address.
        statuses = [get(server.port, "/songs/listen/1").status for _ in range(60)]
        self.assertIn(502, statuses)
        self.assertEqual(self.private.accepted, 0)
        self.assertIn("destination_ip_prohibited", server.stderr())

    def test_of_several_addresses_the_private_one_is_not_tried(self):
        self.resolve_to("198.51.100.9", "127.0.0.1")  # nobody answers at the first
        server = self.start()
        self.assertProblem(get(server.port, "/songs/listen/1"), 502)
        self.assertEqual(self.private.accepted, 0)


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
