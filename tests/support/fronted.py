"""Test cases that talk to the program through nginx with our sample configuration."""

from support.case import Case
from support.client import get
from support.fault_origin import FaultOrigin, Resource
from support.front import Front


class Fronted(Case):
    size = 24 << 20  # of the song
    upstream = None  # what stands in place of 127.0.0.1:8005; None: the program's port

    @classmethod
    def prepare(cls):
        cls.origin = FaultOrigin()
        cls.addClassCleanup(cls.origin.stop)
        cls.origin.routes["/song.mp3"] = Resource(cls.size)
        cls.song = cls.catalog.add("song.mp3")
        cls.target = f"/songs/listen/{cls.song}"
        cls.serve(cls.origin.base_url, **cls.settings())
        cls.start_front()

    @classmethod
    def settings(cls):
        return {}

    @classmethod
    def changed(cls, sample):
        """The sample as it is to be run."""
        return sample

    @classmethod
    def start_front(cls):
        upstream = cls.upstream or f"127.0.0.1:{cls.tonearm.port}"
        front = cls.own(Front(cls.directory, upstream, changed=cls.changed))
        cls.port, cls.prefix = front.port, front.prefix

    def through(self, **options):
        return get(self.port, self.target, **options)
