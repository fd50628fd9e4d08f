"""A program with one song of an origin, for tests of the listener: connections, heads, limits, the log."""

from support.case import Case
from support.client import Client
from support.content import content
from support.fault_origin import FaultOrigin, Resource

SIZE = 2_000_003


def endless(exchange):
    """A song whose origin tells no length and knows no ranges."""
    exchange.head(200, Transfer_Encoding="chunked", Content_Type="audio/mpeg")
    exchange.send_content(0, 1000, chunked=True)
    exchange.raw(b"0\r\n\r\n")


class Listener(Case):
    @classmethod
    def prepare(cls):
        cls.origin = FaultOrigin()
        cls.addClassCleanup(cls.origin.stop)
        cls.origin.routes["/song.mp3"] = Resource(SIZE)
        cls.song = cls.catalog.add("song.mp3")
        cls.target = f"/songs/listen/{cls.song}"
        cls.serve(cls.origin.base_url, **cls.settings())

    @classmethod
    def settings(cls):
        return {}

    def client(self, **options):
        client = Client(self.tonearm.port, **options)
        self.addCleanup(client.close)
        return client

    def still_serves(self):
        response = self.get(self.song, Range="bytes=7-9")
        self.assertBody(response, content(7, 10))

    def refused(self, client, status):
        """The answer arrives whole, and the connection ends after it."""
        response = client.response()
        self.assertProblem(response, status)
        self.assertEqual((response["Connection"] or "").lower(), "close")
        self.assertTrue(client.is_closed())
