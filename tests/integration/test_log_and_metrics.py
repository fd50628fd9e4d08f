"""Whom the program takes a request to be from, and what its log and its admin side tell of it."""

import json
import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from support.client import get, get_json
from support.listening import SIZE, Listener
from support.wait import wait_for


class Proxies(Listener):
    """Whom the log names, and under which id."""

    def logged(self, tonearm=None, **fields):
        tonearm = tonearm or self.tonearm
        have = len(tonearm.access_log())
        response = get(tonearm.port, self.target, Range="bytes=0-1", **fields)
        return response, tonearm.wait_for_access(have + 1)[have]

    def test_a_trusted_proxy_says_who_asks_and_under_which_id(self):
        response, entry = self.logged(X_Forwarded_For="203.0.113.9", X_Request_Id="abc-123")
        self.assertEqual(entry["client"], "203.0.113.9")
        self.assertEqual(entry["request_id"], "abc-123")
        self.assertEqual(response["X-Request-Id"], "abc-123")

    def test_the_client_is_the_rightmost_untrusted_address(self):
        for given, client in [
            ("1.2.3.4, 203.0.113.9", "203.0.113.9"),
            ("203.0.113.9, 127.0.0.1", "203.0.113.9"),
            ("2001:DB8:0::9", "2001:db8::9"),
            ("nonsense", "127.0.0.1"),
        ]:
            with self.subTest(given):
                self.assertEqual(self.logged(X_Forwarded_For=given)[1]["client"], client)

    def test_an_id_that_could_break_the_log_is_not_taken(self):
        for bad in ("a b", 'x"y', "x" * 1000):
            response, entry = self.logged(X_Request_Id=bad)
            self.assertNotEqual(entry["request_id"], bad)
            self.assertEqual(response["X-Request-Id"], entry["request_id"])

    def test_who_is_not_trusted_is_not_believed(self):
        tonearm = self.serve_apart(self.origin.base_url, server={"trusted_proxies": []})
        response, entry = self.logged(tonearm, X_Forwarded_For="203.0.113.9", X_Request_Id="abc")
        self.assertEqual(entry["client"], "127.0.0.1")
        self.assertNotEqual(response["X-Request-Id"], "abc")
        self.assertEqual(response["X-Request-Id"], entry["request_id"])


class Log(Listener):
    def entry(self, **fields):
        return self.tonearm.wait_for_access(**fields)[-1]

    def test_one_object_a_request(self):
        response = self.get(self.song, Range="bytes=100-299", User_Agent='M "x" \\ \u00e4')
        entry = self.entry(range="bytes=100-299")
        self.assertEqual(entry["request_id"], response["X-Request-Id"])
        self.assertEqual(entry["method"], "GET")
        self.assertEqual(entry["path"], self.target)
        self.assertEqual((entry["status"], entry["bytes"]), (206, 200))
        self.assertEqual(entry["song"], str(self.song))
        self.assertEqual(entry["origin_bytes"], 200)
        self.assertEqual(entry["outcome"], "done")
        self.assertTrue(entry["user_agent"].startswith('M "x" \\ '))
        self.assertRegex(entry["time"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")
        self.assertLessEqual(entry["ttfb_ms"], entry["duration_ms"])

    FIELDS = (
        "time request_id client method path status range bytes duration_ms ttfb_ms song source"
        " origin_bytes cache outcome user_agent"
    ).split()

    def test_every_line_has_every_field(self):
        self.get(self.song, Range="bytes=0-1", User_Agent="fields")
        self.get("/nothing", User_Agent="fields")
        with self.client() as client:
            client.send("garbage\r\n\r\n")
            self.assertStatus(client.response(), 400)
        self.tonearm.wait_for_access(2, user_agent="fields")
        self.tonearm.wait_for_access(status=400)
        for entry in self.tonearm.access_log():
            self.assertEqual(sorted(entry), sorted(self.FIELDS))
        self.assertNotIn(None, self.tonearm.access_log(user_agent="fields", status=206)[0].values())

    def test_neither_query_nor_origin_get_into_it(self):
        self.get(f"{self.target}?exp=1&sig=SECRETSIG", method="HEAD", User_Agent="query")
        self.assertEqual(self.entry(user_agent="query")["path"], self.target)
        everything = self.tonearm.stdout() + self.tonearm.stderr()
        self.assertNotIn("SECRETSIG", everything)
        self.assertNotIn(self.origin.base_url, everything)

    def test_refusals_and_those_who_left_are_told_apart(self):
        self.get("unknown-song", User_Agent="refused")
        entry = self.entry(user_agent="refused")
        self.assertEqual((entry["status"], entry["outcome"]), (404, "refused"))
        self.assertEqual(entry["song"], "unknown-song")
        client = self.client(receive_buffer=4096)
        client.ask(self.target, User_Agent="gone")
        client.head()
        client.reset()
        entry = self.entry(user_agent="gone")
        self.assertEqual(entry["outcome"], "client_gone")
        self.assertLess(entry["bytes"], SIZE)

    def test_it_can_be_a_file_or_nothing(self):
        path = os.path.join(self.directory, "access.log")
        apart = self.serve_apart(self.origin.base_url, log={"access": path})
        self.get(self.song, method="HEAD")
        apart.stop()
        with open(path) as log:
            self.assertEqual(json.loads(log.read())["method"], "HEAD")
        self.assertEqual(apart.stdout(), "")
        silent = self.serve_apart(self.origin.base_url, log={"access": ""})
        self.get(self.song, method="HEAD")
        silent.stop()
        self.assertEqual(silent.stdout(), "")


class Admin(Listener):
    def admin(self, target, **options):
        return get(self.tonearm.admin_port, target, **options)

    def metrics(self):
        """{name{labels}: value}"""
        text = self.admin("/metrics").body.decode()
        lines = [line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#")]
        return {name: float(value) for name, value in lines}

    def test_health_and_readiness(self):
        self.assertStatus(self.admin("/healthz"), 200)
        self.assertStatus(self.admin("/readyz"), 200)
        self.assertStatus(self.admin("/nothing"), 404)
        self.assertStatus(self.admin("/healthz", method="POST"), 405)

    def test_both_addresses_are_in_the_log(self):
        log = self.tonearm.stderr()
        self.assertIn(f" listening on 127.0.0.1:{self.tonearm.port}\n", log)
        self.assertIn(f" admin: listening on 127.0.0.1:{self.tonearm.admin_port}\n", log)

    def test_the_admin_paths_are_not_on_the_public_listener(self):
        for path in ("/healthz", "/readyz", "/metrics", "/streams"):
            self.assertProblem(self.get(path), 404)

    def test_metrics_count_what_was_served(self):
        before = self.metrics()
        self.assertStatus(self.get(self.song, Range="bytes=0-99999"), 206)
        self.tonearm.wait_for_access(range="bytes=0-99999")
        after = self.metrics()

        def grown(name):
            found = [n for n in after if n.startswith(name)]
            self.assertTrue(found, f"{name} is in {sorted(after)[:20]}")
            return sum(after[n] - before.get(n, 0) for n in found)

        self.assertEqual(grown("tonearm_requests_total"), 1)
        self.assertGreaterEqual(grown("tonearm_client_bytes_total"), 100_000)
        self.assertEqual(grown("tonearm_origin_bytes_total"), 100_000)
        self.assertEqual(grown("tonearm_origin_requests_total"), 1)

    def test_streams_lists_what_is_playing_now(self):
        self.assertEqual(get_json(self.tonearm.admin_port, "/streams")["streams"], [])
        client = self.client(receive_buffer=4096)
        client.ask(self.target)
        client.head()
        (stream,) = get_json(self.tonearm.admin_port, "/streams")["streams"]
        self.assertIn(str(self.song), json.dumps(stream))
        self.assertNotIn(self.origin.authority, json.dumps(stream))
        client.reset()
        wait_for(
            lambda: not get_json(self.tonearm.admin_port, "/streams")["streams"],
            "the stream to be gone from the list",
        )


if __name__ == "__main__":
    unittest.main()
