"""Songs that a command finds: one run for all, links that end, and commands that behave badly."""

import json
import os
import resource
import shutil
import signal
import sys
import threading
import unittest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from support.case import Case
from support.client import Client, get
from support.content import content
from support.fault_origin import FaultOrigin, Resource
from support.resolver import Resolver, is_alive
from support.tonearm import Tonearm, run, sanitized
from support.wait import wait_for

KIB, MIB = 1 << 10, 1 << 20
LOOKUP = "SELECT '{0}:' || :id AS file"
SECRET = "operator-secret"


class TokenOrigin:
    """Songs that are to be had with the token of the hour alone; at most `longest` bytes a request."""

    def __init__(self, size, longest=None, **resource):
        self.file = Resource(size, **resource)
        self.longest = longest
        self.token = "1"
        self.refused = 0

    def __call__(self, exchange):
        token = exchange.target.partition("token=")[2].partition("&")[0]
        asked = exchange.range
        length = asked[1] - asked[0] + 1 if asked and asked[1] is not None else None
        too_long = self.longest and (length is None or length > self.longest)
        if token != self.token or too_long:
            self.refused += 1
            exchange.answer(403, b"no")
        else:
            self.file(exchange)


class ResolverCase(Case):
    @classmethod
    def prepare(cls):
        cls.origin = FaultOrigin()
        cls.addClassCleanup(cls.origin.stop)

    def resolver(self, body, name=None):
        name = name or self.id().rpartition(".")[2]
        return Resolver(self.directory, name, body)

    def serve_resolved(self, resolver, upstream=None, **keys):
        return self.serve_apart(
            catalog={"path": ":memory:", "lookup": LOOKUP.format("yt")},
            upstream={"allow_private": True, "headers": {"X-Api-Key": SECRET}, **(upstream or {})},
            **{"resolver.yt": resolver.table(**keys)},
        )

    def url(self, path):
        return f"http://{self.origin.authority}{path}"


class LinkTest(ResolverCase):
    def test_what_yt_dlp_prints_is_streamed_with_its_fields_and_type(self):
        self.origin.routes["/s1"] = Resource(300_000, kind="application/octet-stream")
        resolver = self.resolver(f"""
print("WARNING: harmless", file=sys.stderr)
print(json.dumps({{"url": {self.url("/s1")!r}, "ext": "webm", "vcodec": "none", "acodec": "opus",
    "http_headers": {{"User-Agent": "Browser", "Referer": "http://page/", "Range": "bytes=0-1"}}}}))
""")
        server = self.serve_resolved(resolver)
        response = get(server.port, "/songs/listen/abc")
        self.assertStatus(response, 200)
        self.assertBody(response, content(0, 300_000))
        self.assertEqual(response["Content-Type"], "audio/webm")
        self.assertEqual([value for _, value in resolver.runs()], ["abc"])
        fields = self.origin.of("/s1")[0].fields
        self.assertEqual(fields["user-agent"], "Browser")
        self.assertEqual(fields["referer"], "http://page/")
        self.assertNotIn("x-api-key", fields)
        entry = server.wait_for_access(song="abc")[0]
        self.assertEqual(entry["source"], "resolver")
        probed = run("probe", "-c", server.config_path, "abc")
        self.assertEqual(probed.returncode, 0, probed.stderr)
        self.assertIn(self.url("/s1"), probed.stdout)
        self.assertEqual(run("check", "-c", server.config_path).returncode, 0)

    def test_a_hundred_first_listeners_start_one_process(self):
        self.origin.routes["/s2"] = Resource(200_000)
        resolver = self.resolver(f"""
while not os.path.exists(os.path.join(here, "go")): time.sleep(0.01)
print({self.url("/s2")!r})
""")
        server = self.serve_resolved(resolver)
        clients = [Client(server.port) for _ in range(100)]
        for client in clients:
            self.addCleanup(client.close)
            client.ask("/songs/listen/1")
        wait_for(resolver.runs, "a run")
        resolver.write("go", "")
        for client in clients:
            self.assertBody(client.response(), content(0, 200_000))
        self.assertEqual(len(resolver.runs()), 1)
        self.assertBody(get(server.port, "/songs/listen/1"), content(0, 200_000))
        self.assertEqual(len(resolver.runs()), 1, "later ones need none")

    def test_a_link_that_ends_in_mid_play_is_found_anew_where_it_broke(self):
        origin = TokenOrigin(8 * MIB)
        self.origin.routes["/s3"] = origin
        resolver = self.resolver(f"""
print({self.url("/s3")!r} + "?token=" + open(os.path.join(here, "token")).read())
""")
        resolver.write("token", "1")
        server = self.serve_resolved(resolver, window="256KiB")
        with Client(server.port, receive_buffer=64 * KIB) as client:
            client.ask("/songs/listen/1")
            head = client.head()
            start = client.take(MIB)
            origin.token = "2"
            resolver.write("token", "2")
            body = start + client.take(8 * MIB - len(start))
        self.assertEqual(head.status, 200)
        self.assertTrue(body == content(0, 8 * MIB), f"{len(body)} bytes")
        self.assertEqual((len(resolver.runs()), origin.refused), (2, 1))

    def test_a_dead_link_at_the_head_is_found_anew_once(self):
        origin = TokenOrigin(100_000)
        self.origin.routes["/s4"] = origin
        resolver = self.resolver(f"""
print({self.url("/s4")!r} + "?token=" + open(os.path.join(here, "token")).read())
""")
        resolver.write("token", "1")
        server = self.serve_resolved(resolver)
        self.assertBody(get(server.port, "/songs/listen/1"), content(0, 100_000))
        origin.token = "2"
        resolver.write("token", "2")
        self.assertBody(get(server.port, "/songs/listen/1"), content(0, 100_000))
        self.assertEqual(len(resolver.runs()), 2)
        origin.token = "never"
        for _ in range(5):
            self.assertProblem(get(server.port, "/songs/listen/1"), 502)
        self.assertLessEqual(len(resolver.runs()), 5, "not one for each request")

    def test_another_version_behind_the_new_link_is_never_joined(self):
        old, new = TokenOrigin(8 * MIB), TokenOrigin(8 * MIB + 1, seed=2, etag='"v2"')
        new.token = "2"
        self.origin.routes["/s5"] = lambda exchange: (
            new if "token=2" in exchange.target else old)(exchange)
        resolver = self.resolver(f"""
print({self.url("/s5")!r} + "?token=" + open(os.path.join(here, "token")).read())
""")
        resolver.write("token", "1")
        server = self.serve_resolved(resolver, window="256KiB")
        with Client(server.port, receive_buffer=64 * KIB) as client:
            client.ask("/songs/listen/1")
            client.head()
            body = client.take(MIB)
            old.token = "gone"
            resolver.write("token", "2")
            body += client.rest()
            self.assertEqual(client.ended, "reset")
        self.assertTrue(body == content(0, len(body)), "wrong bytes before the reset")

    def test_the_links_own_end_beats_the_ttl(self):
        self.origin.routes["/s6"] = Resource(1000)
        resolver = self.resolver(f"""
print({self.url("/s6")!r} + "?expire=" + str(int(time.time()) + 2))
""")
        server = self.serve_resolved(resolver)
        get(server.port, "/songs/listen/1")

        def again():
            self.assertBody(get(server.port, "/songs/listen/1"), content(0, 1000))
            return len(resolver.runs()) > 1

        wait_for(again, "the link to end")

    def test_a_window_bounds_every_request(self):
        size = (8 if sanitized() else 60) * MIB
        # No validators, as with many such origins: size and type are the proof.
        origin = TokenOrigin(size, longest=MIB, etag=None)
        self.origin.routes["/s7"] = origin
        resolver = self.resolver(f'print({self.url("/s7")!r} + "?token=1")')
        server = self.serve_resolved(resolver, window="1MiB")
        response = get(server.port, "/songs/listen/1")
        self.assertBody(response, content(0, size))
        self.assertEqual(origin.refused, 0)
        response = get(server.port, "/songs/listen/1", Range=f"bytes=1000-{4 * MIB}")
        self.assertStatus(response, 206)
        self.assertBody(response, content(1000, 4 * MIB + 1))
        self.assertEqual(origin.refused, 0)


class CookieTest(ResolverCase):
    def test_cookies_that_yt_dlp_prints_go_to_their_host_alone(self):
        cookies = ('sid="operator=s\\054secret"; Domain=127.0.0.1; Path=/; '
                   "https=1; Domain=127.0.0.1; Path=/; Secure; other=1; Domain=.example.com; Path=/; "
                   "there=1; Domain=127.0.0.1; Path=/elsewhere; Expires=4102444800")
        elsewhere = FaultOrigin()
        self.addCleanup(elsewhere.stop)
        elsewhere.routes["/song"] = Resource(100_000)
        self.origin.routes["/c1"] = lambda exchange: exchange.answer(
            302, Location=f"http://{elsewhere.authority}/song")
        resolver = self.resolver(
            f'print(json.dumps({{"url": {self.url("/c1")!r}, "cookies": {cookies!r}}}))')
        server = self.serve_apart(
            catalog={"path": ":memory:", "lookup": LOOKUP.format("yt")},
            upstream={"allow_private": True}, log={"level": "debug"},
            **{"resolver.yt": resolver.table()})
        self.assertBody(get(server.port, "/songs/listen/1"), content(0, 100_000))
        self.assertEqual(self.origin.of("/c1")[0].fields["cookie"], "sid=operator=s,secret")
        self.assertNotIn("cookie", elsewhere.of("/song")[0].fields)
        self.assertNotIn("secret", server.stderr())
        self.assertNotIn("secret", run("probe", "-c", server.config_path, "1").stdout)

    def test_a_cookie_among_the_fields_counts_alone(self):
        self.origin.routes["/c2"] = Resource(1000)
        server = self.serve_resolved(self.resolver(f"""
print(json.dumps({{"url": {self.url("/c2")!r}, "http_headers": {{"Cookie": "a=1"}},
                  "cookies": "b=2; Domain=127.0.0.1; Path=/"}}))
"""))
        self.assertBody(get(server.port, "/songs/listen/1"), content(0, 1000))
        self.assertEqual(self.origin.of("/c2")[0].fields["cookie"], "a=1")


class CrowdTest(ResolverCase):
    MOST_WAITING = 1024

    def ask(self, server, song):
        client = Client(server.port)
        self.addCleanup(client.close)
        client.ask(f"/songs/listen/{song}")
        return client

    def test_who_leaves_takes_his_place_in_the_queue_along(self):
        _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        if hard < 2 * self.MOST_WAITING:
            self.skipTest("not enough descriptors")
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        self.origin.routes["/crowd"] = Resource(1000)
        resolver = self.resolver(f"""
while not os.path.exists(os.path.join(here, "go")): time.sleep(0.01)
print({self.url("/crowd")!r})
""")
        server = self.serve_resolved(resolver, max_running=1, timeout="5m")
        first = self.ask(server, "first")
        wait_for(resolver.runs, "a run")
        crowd = {f"s{i}": self.ask(server, f"s{i}") for i in range(self.MOST_WAITING + 1)}
        refused = crowd.pop(server.wait_for_access(status=503)[0]["song"]).response()
        self.assertProblem(refused, 503)
        self.assertGreater(int(refused["Retry-After"]), 0)
        for client in crowd.values():
            client.reset()
        server.wait_for_access(len(crowd), outcome="client_gone")
        self.assertEqual(len(server.access_log(status=503)), 1, "one too many")
        last = self.ask(server, "last")
        resolver.write("go", "")
        for client in (first, last):
            self.assertBody(client.response(), content(0, 1000))
        self.assertEqual([value for _, value in resolver.runs()], ["first", "last"])


class ChattyResolverTest(ResolverCase):
    def test_a_warning_before_the_json_does_no_harm(self):
        self.origin.routes["/s3"] = Resource(1000)
        server = self.serve_resolved(self.resolver(
            f'print("WARNING: {{old}} version"); print(json.dumps({{"url": {self.url("/s3")!r}}}))'))
        response = get(server.port, "/songs/listen/1")
        self.assertEqual((response.status, len(response.body)), (200, 1000))


class BadResolverTest(ResolverCase):
    def refused(self, body, status=502, upstream=None, song="1", **keys):
        resolver = self.resolver(body)
        server = self.serve_resolved(resolver, upstream, **keys)
        response = get(server.port, f"/songs/listen/{song}")
        self.assertProblem(response, status)
        return server, resolver, response

    def test_a_failure_is_502_and_its_words_are_for_the_log_alone(self):
        server, _, response = self.refused(
            'print("ERROR: \\x1b[31mprivate words", file=sys.stderr); sys.exit(1)')
        self.assertNotIn(b"private", response.body + response.raw)
        self.assertIn("ERROR: \\x1b[31mprivate words", server.stderr())

    def test_links_in_its_words_are_logged_at_debug_only(self):
        say = 'print("ERROR: no https://cdn.example/a?key=hidden today", file=sys.stderr); sys.exit(1)'
        server, _, _ = self.refused(say)
        self.assertIn("ERROR: no https://... today", server.stderr())
        self.assertNotIn("hidden", server.stderr())
        server = self.serve_apart(
            catalog={"path": ":memory:", "lookup": LOOKUP.format("yt")}, log={"level": "debug"},
            **{"resolver.yt": self.resolver(say, "debug").table()})
        self.assertProblem(get(server.port, "/songs/listen/1"), 502)
        self.assertIn("key=hidden today", server.stderr())

    def test_garbage_is_502(self):
        self.refused('print("{\\"url\\": ")')

    def refuses_page(self, answer):
        self.origin.routes["/page"] = Resource(1000, kind="text/html")
        answer = answer.replace("PAGE", json.dumps({"_type": "url", "url": self.url("/page")}))
        server, _, _ = self.refused(f"print({answer!r})", upstream={"allow_private": True})
        self.assertIn("is a page and not media", server.stderr())
        self.assertEqual(self.origin.of("/page"), [])

    def test_a_page_is_not_streamed_as_a_song(self):
        self.refuses_page("PAGE")

    def test_nor_is_a_list_of_pages(self):
        self.refuses_page('{"_type": "playlist", "entries": [PAGE, PAGE]}')

    def test_a_gigabyte_is_502(self):
        server, resolver, _ = self.refused('for _ in range(1 << 10): print("x" * (1 << 20))')
        self.assertFalse(is_alive(resolver.runs()[0][0]))
        if not sanitized():
            self.assertLess(server.resident(), 200 * MIB)

    def test_a_file_url_is_502(self):
        _, _, response = self.refused('print("file:///etc/passwd")')
        self.assertNotIn(b"root:", response.body)

    def test_a_program_that_is_missing_is_502(self):
        server = self.serve_apart(
            catalog={"path": ":memory:", "lookup": LOOKUP.format("yt")},
            **{"resolver.yt": {"command": ["no-such-program", "--", "{}"]}})
        self.assertProblem(get(server.port, "/songs/listen/1"), 502)
        self.assertIn("no-such-program", server.stderr())

    def test_what_hangs_is_killed_with_its_children_and_504(self):
        _, resolver, _ = self.refused("""
signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = subprocess.Popen(["sleep", "1000"])
with open(os.path.join(here, "child"), "w") as out: out.write(str(child.pid))
time.sleep(1000)
""", 504, timeout="5s")
        self.assertFalse(is_alive(resolver.runs()[0][0]))
        child = int(resolver.read("child"))
        wait_for(lambda: not is_alive(child), "the grandchild to be killed")

    def test_a_private_address_is_refused(self):
        self.origin.routes["/private"] = Resource(1000)
        self.refused(f'print({self.url("/private")!r})', upstream={"allow_private": "configured"})
        self.assertEqual(self.origin.of("/private"), [])

    def test_a_value_never_becomes_an_option(self):
        resolver = self.resolver('print("http://127.0.0.1:1/")')
        server = self.serve_apart(
            catalog={"path": ":memory:", "lookup": LOOKUP.format("yt")},
            **{"resolver.yt": {"command": [resolver.program, "{}"]}})
        self.assertProblem(get(server.port, "/songs/listen/--exec"), 502)
        self.assertEqual(resolver.runs(), [])

    def test_no_process_is_left_when_the_program_ends(self):
        for name, end in (("term", signal.SIGTERM), ("kill", signal.SIGKILL)):
            with self.subTest(name):
                resolver = self.resolver("time.sleep(1000)", name)
                server = Tonearm(self.directory, self.config(
                    catalog={"path": ":memory:", "lookup": LOOKUP.format("yt")},
                    server={"drain": "0s"}, **{"resolver.yt": resolver.table()})).start()
                thread = threading.Thread(target=self._ask_in_vain, args=(server.port,))
                thread.start()
                wait_for(resolver.runs, "the command to run")
                server.process.send_signal(end)
                server.process.wait(20)
                thread.join()
                pid = resolver.runs()[0][0]
                wait_for(lambda pid=pid: not is_alive(pid), "the command to end")

    @staticmethod
    def _ask_in_vain(port):
        try:
            get(port, "/songs/listen/1")
        except (EOFError, OSError):
            pass


@unittest.skipUnless(shutil.which("yt-dlp"), "yt-dlp is not installed")
class YtDlpTest(ResolverCase):
    def test_a_page_that_embeds_audio_plays(self):
        page = b'<html><title>A page</title><body><audio src="song.mp3"></audio></body></html>'
        self.origin.routes["/page.html"] = lambda exchange: exchange.answer(
            200, page, Content_Type="text/html")
        self.origin.routes["/song.mp3"] = Resource(400_000)
        # The tests' environment names a proxy that is not there.
        command = ["yt-dlp", "--proxy", "", "--no-cache-dir", "--no-playlist", "-f",
                   "bestaudio/best", "-J", "--", "{}"]
        lookup = f"SELECT 'yt:{self.url('/')}' || :id AS file"
        server = self.serve_apart(
            catalog={"path": ":memory:", "lookup": lookup},
            upstream={"allow_private": True},
            **{"resolver.yt": {"command": command}})
        with Client(server.port, timeout=60) as client:
            response = client.get("/songs/listen/page.html")
        self.assertBody(response, content(0, 400_000))
        self.assertEqual(response["Content-Type"], "audio/mpeg")
        pages = len(self.origin.of("/page.html"))
        self.assertBody(get(server.port, "/songs/listen/page.html"), content(0, 400_000))
        self.assertEqual(len(self.origin.of("/page.html")), pages, "the link is known")


if __name__ == "__main__":
    unittest.main()
