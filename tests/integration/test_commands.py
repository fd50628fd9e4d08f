"""The command line: version, check, probe, and what bad arguments and configurations are told."""

import os
import signal
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from support.case import Case
from support.client import get
from support.fault_origin import FaultOrigin, Resource
from support.resolver import Resolver, is_alive
from support.tonearm import Tonearm, binary, environment, run, toml
from support.wait import free_port, wait_for


class Commands(Case):
    @classmethod
    def prepare(cls):
        cls.origin = FaultOrigin()
        cls.addClassCleanup(cls.origin.stop)

    def write(self, text, name="tonearm.toml"):
        path = os.path.join(self.directory, name)
        with open(path, "w") as out:
            out.write(text)
        return path

    def assertRefused(self, result, *words):
        """Exit status 2, and one line that has these words."""
        self.assertEqual(result.returncode, 2, result.stderr)
        self.assertEqual(len(result.stderr.strip().splitlines()), 1, result.stderr)
        for word in words:
            self.assertIn(word, result.stderr)


class Arguments(Commands):
    def test_version_and_help(self):
        version = run("--version")
        self.assertEqual(version.returncode, 0)
        self.assertRegex(version.stdout, r"^tonearm \d+\.\d+\.\d+\n$")
        for arguments in (["--help"], ["serve", "--help"], ["check", "--help"], ["probe", "--help"]):
            shown = run(*arguments)
            self.assertEqual(shown.returncode, 0)
            self.assertIn("Usage", shown.stdout)

    def test_bad_arguments(self):
        for arguments in (
            [],
            ["play"],
            ["--verbose"],
            ["serve", "--port", "80"],
            ["serve", "--listen", "nowhere"],
            ["serve", "--listen", "127.0.0.1:99999"],
            ["serve", "--base-url", "ftp://x/"],
            ["serve", "--log-level", "loud"],
            ["probe"],
        ):
            with self.subTest(arguments):
                result = run(*arguments, cwd=self.directory)
                self.assertEqual(result.returncode, 2, result.stderr)
                self.assertTrue(result.stderr)
                self.assertEqual(result.stdout, "")

    def test_a_configuration_that_is_not_there(self):
        missing = os.path.join(self.directory, "missing.toml")
        for command in ("serve", "check"):
            self.assertRefused(run(command, "-c", missing), missing)

    def test_a_port_that_is_taken_is_a_failure_of_the_work(self):
        taken = run("serve", "--listen", self.origin.authority, cwd=self.directory)
        self.assertEqual(taken.returncode, 1, taken.stderr)
        self.assertIn(str(self.origin.port), taken.stderr)



class Configuration(Commands):
    def test_a_read_that_fails_is_no_empty_file(self):
        # Its first page is not mapped: it can be opened, and not read.
        unreadable = "/proc/self/mem"
        self.assertRefused(run("check", "-c", unreadable), unreadable, "Input/output error")
        path = self.write(f'[access]\nsigning_keys_file = "{unreadable}"\n')
        self.assertRefused(run("check", "-c", path), "access.signing_keys_file", "Input/output error")
        imported = run("import", "--catalog", "new.sqlite3", "--playlist", unreadable, cwd=self.directory)
        self.assertRefused(imported, unreadable, "Input/output error")

    def test_a_pipe_is_as_good_as_a_file(self):
        text = toml(self.config("http://127.0.0.1:9/from-a-pipe/"))
        shown = subprocess.run([binary(), "check", "-c", "/dev/stdin"], input=text, capture_output=True,
                               text=True, timeout=60, env=environment())
        self.assertEqual(shown.returncode, 0, shown.stderr)
        self.assertIn("/from-a-pipe/", shown.stdout)

    BAD = [  # the line that is wrong, and what the message must name
        ("[server]\nlissten = []", ["2", "server.lissten", "listen"]),
        ("[sever]\nthreads = 1", ["1", "sever", "server"]),
        ("[stream]\nbuffer = \"lots\"", ["2", "stream.buffer", "lots"]),
        ("[stream]\nbuffer = \"1KiB\"", ["2", "stream.buffer"]),
        ("[stream]\nbuffer = -1", ["2", "stream.buffer"]),
        ("[server]\nidle_timeout = 75", ["2", "server.idle_timeout", "s"]),
        ("[server]\nidle_timeout = \"75 parsecs\"", ["2", "server.idle_timeout"]),
        ("[server]\nlisten = \"127.0.0.1:8005\"", ["2", "server.listen"]),
        ("[server]\nlisten = [\"127.0.0.1\"]", ["2", "server.listen"]),
        ("[server]\ntrusted_proxies = [\"10.0.0.0/33\"]", ["2", "server.trusted_proxies"]),
        ("[upstream]\nbase_url = \"file:///etc\"", ["2", "upstream.base_url"]),
        ("[upstream]\nallow_private = \"sometimes\"", ["2", "upstream.allow_private", "configured"]),
        ("[upstream]\nretries = 1.5", ["2", "upstream.retries"]),
        ("[upstream]\nheaders = { \"X Y\" = \"z\" }", ["2", "upstream.headers"]),
        ("[log]\nlevel = \"loud\"", ["2", "log.level", "info"]),
        ("[log]\n[server]\nlisten = []", [":3:", "server.listen"]),
        ("[s3]\nregion = \"r\"\naccess_key = \"a\"", [":3:", "s3.secret_key"]),
        ("[catalog]\npath = \":memory:\"", [":2:", "catalog.path", "catalog.lookup"]),
        ("[server]\nlisten = [\"127.0.0.1:9005\"]", [":2:", "admin.listen"]),
        ("[upstream]\nbase_url = \"http://h:99999/\"", ["2", "upstream.base_url", "65535"]),
        ("[server]\nlisten = [\"999.1.1.1:1\"]", [":2:", "server.listen", "999.1.1.1"]),
        ("[admin]\nlisten = [\"a b:1\"]", [":2:", "admin.listen", "a b"]),
        ("[server]\ntrusted_proxies = [\"10.0.0.0/0\"]", [":2:", "server.trusted_proxies", "every address"]),
        ("[server]\ncors_origins = [\"https://*.example\"]", [":2:", "server.cors_origins", "*.example"]),
        ("[s3]\nregion = \"us east 1\"", [":2:", "s3.region", "us east 1"]),
        ("[s3]\naccess_key = \"env:\"", [":2:", "s3.access_key", "names no environment variable"]),
        ("[s3]\naccess_key_file = \"\"", [":2:", "s3.access_key_file", "is empty"]),
        ("[cache]\nsize = \"8388608TiB\"", [":2:", "cache.size", "out of bounds"]),
        ("[resolver.yt]\ncommand = [\"\", \"{}\"]", [":2:", "resolver.yt.command", "the program is empty"]),
        ("[server\nthreads = 1", ["1"]),
        ("[server]\nthreads = 1\nthreads = 2", ["3"]),
    ]

    def test_what_is_wrong_is_named_with_file_line_and_key(self):
        for text, words in self.BAD:
            with self.subTest(text):
                path = self.write(text + "\n")
                for command in ("check", "serve"):
                    self.assertRefused(run(command, "-c", path), path, *words)

    def test_secrets_are_never_shown(self):
        config = self.config(
            "http://127.0.0.1:9/",
            upstream={"base_url": "http://127.0.0.1:9/", "headers": {"Authorization": "Bearer S3CRET"}},
            access={"signing_keys": ["S3CRET"], "api_tokens": ["S3CRET"]},
        )
        shown = run("check", "-c", self.write(toml(config)))
        self.assertEqual(shown.returncode, 0, shown.stderr)
        self.assertNotIn("S3CRET", shown.stdout + shown.stderr)
        self.assertIn("***", shown.stdout)
        printed = self.write(shown.stdout, "printed.toml")
        self.assertRefused(run("check", "-c", printed), "access.api_tokens", "give the secret itself")

    def test_a_secret_may_come_from_a_file_or_the_environment(self):
        self.write("from-file\n", "key")
        for text in (
            '[access]\nsigning_keys_file = "key"\n',
            '[access]\nsigning_keys = ["env:PATH"]\n',
        ):
            path = self.write(f'[catalog]\npath = "{self.catalog.path}"\n{text}')
            shown = run("check", "-c", path)
            self.assertEqual(shown.returncode, 0, shown.stderr)
        path = self.write('[access]\nsigning_keys = ["env:NO_SUCH_VARIABLE"]\n')
        self.assertRefused(run("check", "-c", path), "NO_SUCH_VARIABLE")

    def test_what_check_prints_is_a_configuration(self):
        first = run("check", "-c", self.write(toml(self.config("http://127.0.0.1:9/media/"))))
        self.assertEqual(first.returncode, 0, first.stderr)
        self.assertIn("http://127.0.0.1:9/media/", first.stdout)
        for section in ("server", "catalog", "upstream", "stream"):
            self.assertIn(f"[{section}]", first.stdout)
        second = run("check", "-c", self.write(first.stdout, "printed.toml"))
        self.assertEqual((second.returncode, second.stdout), (0, first.stdout), second.stderr)

    def test_what_check_prints_means_the_same_wherever_it_lies(self):
        os.makedirs(os.path.join(self.directory, "etc", "music"), exist_ok=True)
        self.write('[catalog]\npath = "../%s"\n[files]\nroot = "music"\n[log]\naccess = "a.log"\n'
                   '[server]\nlisten = ["unix:t.socket"]\n[resolver.r]\ncommand = ["./r", "\\n", "{}"]\n'
                   % os.path.basename(self.catalog.path), "etc/t.toml")
        os.chmod(self.write("", "etc/r"), 0o755)
        first = run("check", "-c", "etc/t.toml", cwd=self.directory)
        self.assertEqual((first.returncode, first.stderr), (0, ""))
        self.write(first.stdout, "etc/printed.toml")
        second = run("check", "-c", "etc/printed.toml", cwd=self.directory)
        self.assertEqual((second.returncode, second.stdout), (0, first.stdout), second.stderr)

    def test_command_line_beats_file_beats_default(self):
        port, other = free_port(), free_port()
        path = self.write(
            toml(
                {
                    "server": {"listen": [f"127.0.0.1:{port}"], "threads": 1},
                    "admin": {"listen": []},
                    "catalog": {"path": "nowhere.sqlite3"},
                }
            )
        )
        tonearm = Tonearm(self.directory)
        tonearm.config_path = path
        tonearm.arguments = [
            "--listen", f"127.0.0.1:{other}", "--catalog", self.catalog.path,
            "--base-url", self.origin.base_url,
        ]
        tonearm.port, tonearm.admin_port = other, None
        self.origin.routes["/a.mp3"] = Resource(1000)
        song = self.catalog.add("a.mp3")
        tonearm.start()
        self.addCleanup(tonearm.stop)
        self.assertEqual(get(other, f"/songs/listen/{song}").status, 200)
        with self.assertRaises(ConnectionRefusedError):
            get(port, "/")

    def test_serve_needs_no_configuration_at_all(self):
        # It takes port 8005 then; told another one, nothing else is needed.
        tonearm = Tonearm(self.directory)
        tonearm.config_path = None
        tonearm.arguments = ["--listen", f"127.0.0.1:{tonearm.port}"]
        tonearm.admin_port = None
        tonearm.start()
        self.addCleanup(tonearm.stop)
        self.assertEqual(get(tonearm.port, "/songs/listen/1").status, 503)


class Check(Commands):
    def test_a_bad_catalog_is_named(self):
        broken = self.write("no database" * 500, "broken.sqlite3")
        missing = os.path.join(self.directory, "missing.sqlite3")
        for path in (broken, missing):
            self.assertRefused(run("check", "-c", self.write(toml({"catalog": {"path": path}}))), path)

    def test_what_is_no_catalog_is_told_with_its_key_and_place_and_what_would_be_right(self):
        text = self.write("no database" * 500, "text.sqlite3")
        with open(self.catalog.path, "rb") as whole, open(os.path.join(self.directory, "cut.sqlite3"), "wb") as cut:
            cut.write(whole.read()[:500])
        for path, why in ((text, "is not a database"), (cut.name, "is "), (self.directory, "is not a regular file")):
            for command in (["check"], ["probe", "1"]):
                with self.subTest(path=path, command=command):
                    conf = self.write(f'[catalog]\npath = "{path}"\n')
                    self.assertRefused(run(*command, "-c", conf), f"{conf}:2: catalog.path: {path}: {why}",
                                       "; give an SQLite database that can be read")
        self.assertRefused(run("check", "--catalog", text), "--catalog: catalog.path: ")

    def test_a_name_with_control_characters_is_one_harmless_line(self):
        for command in (["check"], ["probe", "1"]):
            refused = run(*command, "--catalog", "no\nsuch\x1b[31m", cwd=self.directory)
            self.assertRefused(refused, r"no\x0asuch\x1b[31m")
        for command in (["check", "-c", "no\nsuch"], ["check", "st\nray"], ["pl\nay"]):
            self.assertRefused(run(*command, cwd=self.directory))
        taken = f"unix:{self.directory}/no\nsuch\x1b/a.socket"
        failed = run("serve", "--listen", taken, cwd=self.directory)
        self.assertEqual(failed.returncode, 1)
        self.assertIn(r"no\x0asuch\x1b", failed.stderr.splitlines()[-1])

    def test_what_is_not_there_yet_is_a_warning(self):
        nothing = self.write("no certificate", "ca.pem")
        absent = os.path.join(self.directory, "absent")
        config = {
            "catalog": {"path": self.catalog.path},
            "files": {"root": absent},
            "log": {"access": os.path.join(absent, "access.log")},
            "upstream": {"ca_file": nothing},
        }
        told = run("check", "-c", self.write(toml(config)))
        self.assertEqual(told.returncode, 0, told.stderr)
        lines = told.stderr.splitlines()
        self.assertEqual(len(lines), 3, lines)
        for line, key in zip(lines, ("files.root", "upstream.ca_file", "log.access")):
            self.assertTrue(line.startswith(f"tonearm: warning: {key}: "), line)

    def test_what_cannot_work_as_it_stands_is_a_warning(self):
        plain = self.write("no directory", "plain")
        config = {
            "catalog": {"path": self.catalog.path, "list": "SELECT 1 AS id"},
            "log": {"access": self.directory},
            "cache": {"path": plain},
            "resolver.a": {"command": ["no-such-program", "{}"]},
            "resolver.b": {"command": [plain, "{}"]},
            "s3": {"session_token": "t"},
            "access": {"signing_keys": ["k"]},
        }
        told = run("check", "-c", self.write(toml(config)))
        self.assertEqual(told.returncode, 0, told.stderr)
        lines = told.stderr.splitlines()
        keys = ("log.access", "cache.path", "resolver.a.command", "resolver.b.command", "catalog.list",
                "s3.session_token", "access.signing_keys")
        self.assertEqual(len(lines), len(keys), lines)
        for line, key in zip(lines, keys):
            self.assertTrue(line.startswith(f"tonearm: warning: {key}: "), line)

    def test_a_bad_lookup_is_named(self):
        for lookup in (
            "SELECT nothing FROM nowhere WHERE key = :id",
            "SELECT id FROM music_song WHERE id = :id",
            "DELETE FROM music_song WHERE id = :id",
            "SELECT file FROM music_song WHERE id = :id; SELECT 1",
            "SELEKT",
        ):
            with self.subTest(lookup):
                config = {"catalog": {"path": self.catalog.path, "lookup": lookup}}
                self.assertRefused(run("check", "-c", self.write(toml(config))), "lookup")


class Probe(Commands):
    def setUp(self):
        self.path = self.write(toml(self.config(self.origin.base_url)), "probe.toml")

    def probe(self, file):
        return run("probe", "-c", self.path, self.catalog.add(file))

    def test_it_says_what_the_origin_says(self):
        self.origin.routes["/p.mp3"] = Resource(
            123_457, etag='"seventeen"', modified="Sun, 13 Sep 2020 12:26:40 GMT"
        )
        told = self.probe("p.mp3")
        self.assertEqual(told.returncode, 0, told.stderr)
        for word in ("206", "123457", "audio/mpeg", '"seventeen"', "Sun, 13 Sep 2020 12:26:40 GMT"):
            self.assertIn(word, told.stdout)

    def test_what_the_origin_says_does_not_reach_the_terminal(self):
        title = "\x1b]0;x"
        self.origin.routes["/e.mp3"] = Resource(1000, etag='"\x9b31m"', kind="audio/x" + title)
        told = self.probe("e.mp3")
        self.assertEqual(told.returncode, 0, told.stderr)
        self.assertIn("audio/x\\x1b]0;x", told.stdout)
        self.assertIn('"\\x9b31m"', told.stdout)
        self.assertNotIn("\x1b", told.stdout)

    def test_it_says_when_there_are_no_ranges(self):
        self.origin.routes["/n.mp3"] = Resource(1000, etag=None, ranges=False)
        told = self.probe("n.mp3")
        self.assertEqual(told.returncode, 0, told.stderr)
        self.assertIn("200", told.stdout)

    def test_it_takes_what_serve_plays(self):
        song = Resource(1000)

        def without_content_range(exchange):
            if exchange.range:
                return exchange.answer(206, b"ab")
            song(exchange)

        def another_range(exchange):
            if exchange.range:
                return exchange.answer(206, b"ab", Content_Range="bytes 5-6/1000")
            song(exchange)

        def no_range(exchange):
            if exchange.range:
                return exchange.answer(416)
            song(exchange)

        def empty(exchange):
            exchange.answer(416, Content_Range="bytes */0")

        for handler, size, ranges in (
            (without_content_range, 1000, r"no \(answers 0-1 without a Content-Range that makes sense\)"),
            (another_range, 1000, r"no \(answers 0-1 with another range\)"),
            (no_range, 1000, r"no \(answers 0-1 with 416\)"),
            (empty, 0, "yes"),
        ):
            with self.subTest(handler.__name__):
                self.origin.routes["/odd.mp3"] = handler
                told = self.probe("odd.mp3")
                self.assertEqual((told.returncode, told.stderr), (0, ""))
                self.assertRegex(told.stdout, f"(?m)^size: +{size}$")
                self.assertRegex(told.stdout, f"(?m)^ranges: +{ranges}$")

    def test_what_proves_nothing_is_resumed_where_windows_are_wanted_all_the_same(self):
        self.origin.routes["/w.mp3"] = Resource(1000, etag=None)
        self.assertRegex(self.probe("w.mp3").stdout, "(?m)^resumable: +no$")
        self.path = self.write(toml(self.config(self.origin.base_url, upstream={"window": "1MiB"})), "window.toml")
        self.assertRegex(self.probe("w.mp3").stdout, "(?m)^resumable: +yes$")

    def test_what_does_not_work_is_status_1_and_a_reason(self):
        absent = self.probe("absent.mp3")
        self.assertEqual(absent.returncode, 1)
        self.assertIn(f"{self.origin.authority}: the origin answered 404", absent.stderr)
        unknown = run("probe", "-c", self.path, "99999")
        self.assertEqual(unknown.returncode, 1)
        self.assertIn("99999", unknown.stderr)

    def test_of_an_origin_that_is_not_there_it_says_where_it_was_asked(self):
        url = f"http://127.0.0.1:{free_port()}/a.mp3"
        told = self.probe(url)
        self.assertEqual(told.returncode, 1)
        self.assertRegex(told.stdout, rf"(?m)^song: .*\nfile: +{url}\nurl: +{url}\n\Z")
        self.assertIn("Failed to connect to 127.0.0.1", told.stderr)

    def test_of_a_file_that_cannot_be_one_it_says_which(self):
        told = self.probe("../a.mp3")
        self.assertEqual(told.returncode, 1)
        self.assertRegex(told.stdout, r"(?m)^song: .*\nfile: +\.\./a\.mp3\n\Z")

    def test_a_signal_leaves_no_resolver_behind(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            with self.subTest(number):
                resolver = Resolver(self.directory, f"slow{number}", """
helper = subprocess.Popen(["sleep", "1000"])
with open(os.path.join(here, "helper.new"), "w") as file:
    file.write(str(helper.pid))
os.rename(os.path.join(here, "helper.new"), os.path.join(here, "helper"))
helper.wait()
""")
                config = self.config(**{"resolver.slow": resolver.table()})
                path = self.write(toml(config), "slow.toml")
                probing = subprocess.Popen(
                    [binary(), "probe", "-c", path, str(self.catalog.add("slow:one"))], env=environment(),
                    stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                )
                self.addCleanup(probing.kill)
                helper = int(wait_for(lambda: resolver.read("helper"), "the resolver to run"))
                probing.send_signal(number)
                said = probing.communicate(timeout=15)
                self.assertEqual((probing.returncode, *said), (1, "", "tonearm: interrupted\n"))
                wait_for(lambda: not is_alive(helper), "what it started to end")

    def test_a_bad_catalog_is_status_2(self):
        path = self.write(toml({"catalog": {"path": "/nowhere/c.sqlite3"}}), "bad.toml")
        self.assertRefused(run("probe", "-c", path, "1"), "/nowhere/c.sqlite3")


if __name__ == "__main__":
    unittest.main()
