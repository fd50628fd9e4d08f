"""Crowds behind nginx: reloads and restarts that nobody notices, long pauses, and an orderly end.

    test_players.py [PLAYERS [PAUSE]]       more of them than the suite has; a pause of so many seconds
"""

import os
import signal
import sys
import threading
import unittest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from support.client import Client, get
from support.content import content
from support.fronted import Fronted
from support.nginx import Nginx
from support.supervisor import Supervisor
from support.tonearm import toml
from support.wait import listens, wait_for
from test_systemd import listening

PLAYERS = 200
PAUSE = 4
SONG = 100_000


class Crowd(Fronted):
    """The program is restarted by somebody who holds its socket, as systemd would."""

    @classmethod
    def serve(cls, base_url=None, **tables):
        # An origin in this process would answer a crowd too slowly: its players run here, too.
        origin = cls.own(Nginx(os.path.join(cls.directory, "origin")))
        with open(os.path.join(origin.root, "short.mp3"), "wb") as out:
            out.write(content(0, SONG))
        cls.short = f"/songs/listen/{cls.catalog.add(origin.base_url + 'short.mp3')}"
        cls.held = cls.hold()
        cls.supervisor = Supervisor(cls.directory, {"tonearm.socket": cls.held})
        cls.addClassCleanup(cls.supervisor.close)
        cls.written = cls.config(base_url, server={"threads": 2}, admin={"listen": []}, log={"access": ""})
        cls.configure()
        cls.process = cls.start()

    @classmethod
    def hold(cls):
        held = listening()
        cls.upstream = "127.0.0.1:%d" % held.getsockname()[1]
        return held

    @classmethod
    def configure(cls):
        cls.file = os.path.join(cls.directory, "tonearm.toml")
        with open(cls.file, "w") as out:
            out.write(toml(cls.written))

    @classmethod
    def start(cls):
        return cls.supervisor.start("serve", "-c", cls.file)

    def reload(self):
        before = len(self.supervisor.hear())
        self.written["stream"] = {"cache_control": f"max-age={before}"}
        self.configure()
        self.process.send_signal(signal.SIGHUP)
        self.supervisor.wait_for("RELOADING", since=before)
        self.supervisor.wait_for("READY", since=before)

    def restart(self):
        self.process.terminate()
        self.assertEqual(self.process.wait(60), 0, self.supervisor.log()[-2000:])
        type(self).process = self.start()

    def test_reload_and_restart_under_load_fail_no_request(self):
        whole = content(0, SONG)
        over = threading.Event()
        failures, served = [], []
        all_play = threading.Barrier(PLAYERS + 1)

        def play(number):
            count = 0
            try:
                with Client(self.port, timeout=90) as client:
                    while not over.is_set():
                        first = (number * 97 + count * 1009) % SONG
                        response = client.get(self.short, Range=f"bytes={first}-")
                        assert response.status == 206 and response.end == "done", response
                        assert response.body == whole[first:], response
                        if count == 0:
                            all_play.wait(90)
                        count += 1
            except Exception as error:  # noqa: BLE001
                failures.append(f"{number}: {error!r}")
                all_play.abort()
            served.append(count)

        players = [threading.Thread(target=play, args=(number,)) for number in range(PLAYERS)]
        for player in players:
            player.start()
        try:
            all_play.wait(90)
            for _ in range(2):
                self.reload()
                self.restart()
        except threading.BrokenBarrierError:
            self.fail(f"not all of them played: {failures[:3]}")
        finally:
            over.set()
            for player in players:
                player.join()
        self.assertEqual(failures[:3], [])
        self.assertEqual(len(served), PLAYERS)


class CrowdOverUnixSocket(Crowd):
    @classmethod
    def hold(cls):
        path = os.path.join(cls.directory, "held.socket")
        cls.upstream = f"unix:{path}"
        return listening(path=path)


class Patience(Fronted):
    @classmethod
    def settings(cls):
        if PAUSE > 60:
            return {}
        # What could go wrong in a minute's pause goes wrong in a second here.
        return {"server": {"idle_timeout": "1s", "header_timeout": "1s"},
                "upstream": {"stall_timeout": "1s", "first_byte_timeout": "1s"},
                "stream": {"release_after": "1s"}}

    def test_a_paused_player_goes_on(self):
        with Client(self.port, receive_buffer=4096, timeout=60) as client:
            client.ask(self.target)
            head = client.head()
            resumed = threading.Event()
            self.assertFalse(resumed.wait(PAUSE))  # nobody reads
            self.assertBody(client.body(head), content(0, int(head["Content-Length"])))


class End(Fronted):
    size = 2 << 20  # more than a client's and a server's socket, and stream.buffer, can take

    @classmethod
    def settings(cls):
        return {"server": {"drain": "60s", "threads": 2}}

    def test_streams_finish_and_nobody_new_gets_in(self):
        clients = [Client(self.tonearm.port, receive_buffer=4096, timeout=60) for _ in range(50)]
        heads = []
        for client in clients:
            self.addCleanup(client.close)
            client.ask(self.target)
            heads.append(client.head())
        self.tonearm.terminate()
        wait_for(lambda: not listens(self.tonearm.port), "the listener to close")
        with self.assertRaises(ConnectionRefusedError):
            get(self.tonearm.port, self.target)
        self.assertIsNone(self.tonearm.process.poll())
        size = int(heads[0]["Content-Length"])
        whole = content(0, size)
        for client, head in zip(clients, heads):
            response = client.body(head)
            self.assertBody(response, whole)
            client.close()
        self.assertEqual(self.tonearm.process.wait(30), 0)
        self.tonearm.check_ended()


if __name__ == "__main__":
    arguments = [int(sys.argv.pop(1)) for _ in range(min(2, len(sys.argv) - 1)) if sys.argv[1].isdigit()]
    PLAYERS, PAUSE = (arguments + [PLAYERS, PAUSE][len(arguments):])[:2]
    unittest.main()
