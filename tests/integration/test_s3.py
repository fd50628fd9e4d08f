"""Private buckets: S3's rules for signatures, on an origin that keeps them to the letter."""

import datetime
import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from support.case import Case
from support.client import Client, get
from support.content import content
from support.fault_origin import FaultOrigin, Resource
from support.s3_origin import EMPTY, S3Origin, signature
from support.tonearm import Tonearm, run

KiB, MiB = 1024, 1024 * 1024
ID, SECRET = "AKIATONEARM", "s3cret/with+signs"
KEYS = {"access_key": ID, "secret_key": SECRET}
ODD_KEYS = [
    "plain.mp3",
    "a b.mp3",
    "a+b.mp3",
    "100%.mp3",
    "a%20b%2Fc.mp3",
    "dir//file.mp3",
    "/leading.mp3",
    "trailing/",
    "ünï/日本.mp3",
    "q?a=b&c#d;e.mp3",
    "!$'()*,:;=@[]^`{|}~\"<>\\.mp3",
    "-._~.mp3",
    "...mp3",
]


class Verifier(unittest.TestCase):
    def test_it_knows_amazons_documented_example(self):
        fields = {
            "host": "examplebucket.s3.amazonaws.com",
            "range": "bytes=0-9",
            "x-amz-content-sha256": EMPTY,
            "x-amz-date": "20130524T000000Z",
        }
        due = signature("GET", "/test.txt", "", fields, sorted(fields), EMPTY,
                        "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "20130524T000000Z", "us-east-1")
        self.assertEqual(due, "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41")


class S3Case(Case):
    """A bucket `music` of an origin that is the class's."""

    @classmethod
    def prepare(cls):
        cls.origin = S3Origin()
        cls.addClassCleanup(cls.origin.stop)
        cls.origin.keys[ID] = (SECRET, None)

    def setUp(self):
        self.origin.refusals.clear()

    @classmethod
    def add(cls, key, size=300 * KiB, bucket="music", **options):
        cls.origin.objects[bucket, key] = Resource(size, **options)
        return cls.catalog.add(f"s3://{bucket}/{key}")

    def serve_with(self, endpoint=None, environment=None, upstream=None, user=None, **s3):
        """A program of one test's own; its keys those of `s3`."""
        s3.setdefault("endpoint", endpoint or self.origin.base_url)
        config = self.config(s3=s3, upstream=upstream or {}, server={"threads": 1})
        self.tonearm = Tonearm(self.directory, config)
        self.tonearm.user = user
        self.tonearm.environment = {"HOME": self.directory, **(environment or {})}
        self.tonearm.start()
        self.addCleanup(self.tonearm.stop)
        return self.tonearm

    def credentials_file(self, key_id, secret=SECRET, token=None, profile="default"):
        path = os.path.join(self.directory, "credentials")
        lines = [f"[{profile}]", f"aws_access_key_id = {key_id}", f"aws_secret_access_key = {secret}"]
        lines += [f"aws_session_token = {token}"] if token else []
        with open(path + ".new", "w") as out:
            out.write("\n".join(lines) + "\n")
        os.replace(path + ".new", path)
        return path


class Objects(S3Case):
    @classmethod
    def prepare(cls):
        super().prepare()
        cls.serve(s3={"endpoint": cls.origin.base_url, **KEYS})

    def test_the_bucket_lets_no_stranger_in(self):
        self.add("private.mp3")
        self.assertStatus(get(self.origin.port, "/music/private.mp3"), 403)

    def test_every_key_is_found(self):
        for number, key in enumerate(ODD_KEYS):
            with self.subTest(key):
                song = self.add(key, seed=number)
                self.assertBody(self.get(song), content(0, 300 * KiB, number))
        self.assertEqual(self.origin.refusals, [])

    def test_safaris_conversation(self):
        size = 3 * MiB
        song = self.add("safari.mp3", size)
        with Client(self.tonearm.port) as client:
            probe = client.get(f"/songs/listen/{song}", Range="bytes=0-1")
            self.assertStatus(probe, 206)
            self.assertEqual(probe["Content-Range"], f"bytes 0-1/{size}")
            self.assertBody(probe, content(0, 2))
        with Client(self.tonearm.port) as client:
            client.ask(f"/songs/listen/{song}", Range=f"bytes=0-{size - 1}")
            self.assertEqual(client.head().status, 206)
            self.assertEqual(client.take(40_000), content(0, 40_000))
        with Client(self.tonearm.port) as client:
            for first in (0, 655360, 1310720, 2621440):
                last = min(first + 655359, size - 1)
                piece = client.get(f"/songs/listen/{song}", Range=f"bytes={first}-{last}")
                self.assertEqual(piece["Content-Range"], f"bytes {first}-{last}/{size}")
                self.assertBody(piece, content(first, last + 1))

    def test_later_windows_ask_for_the_same_version_alone(self):
        song = self.add("version.mp3", 600 * KiB)
        self.assertBody(self.get(song), content(0, 600 * KiB))
        asked = self.origin.of("/music/version.mp3")
        self.assertGreater(len(asked), 1)
        self.assertNotIn("if-match", asked[0].fields)
        for exchange in asked[1:]:
            self.assertEqual(exchange.fields["if-match"], '"v1"')
            self.assertNotIn("if-range", exchange.fields)

    def test_a_replaced_object_is_never_spliced(self):
        size = 8 * MiB
        song = self.add("replaced.mp3", size)
        with Client(self.tonearm.port, receive_buffer=64 * KiB) as client:
            client.ask(f"/songs/listen/{song}")
            response = client.head()
            client.take(100 * KiB)
            self.origin.objects["music", "replaced.mp3"] = Resource(size, seed=2, etag='"v2"')
            self.assertLess(len(client.take(size)), size - 100 * KiB)
            self.assertEqual(client.ended, "reset")
        self.assertIn("PreconditionFailed", self.origin.refusals)

    def test_what_is_not_there_is_a_404(self):
        for row, code in (("s3://music/none.mp3", "NoSuchKey"), ("s3://nowhere/a.mp3", "NoSuchBucket")):
            response = self.get(self.catalog.add(row))
            self.assertProblem(response, 404)
            self.assertEqual(self.origin.refusals.pop(), code)

    def test_a_refusal_is_a_502_that_says_nothing_and_a_line_that_says_which(self):
        song = self.add("forbidden.mp3")
        self.origin.denied.add(("music", "forbidden.mp3"))
        response = self.get(song)
        self.assertProblem(response, 502)
        self.assertIn("AccessDenied", self.tonearm.stderr())
        for secret in ("music", "forbidden", ID, SECRET, "127.0.0.1", "AWS4"):
            self.assertNotIn(secret, (response.raw + response.body).decode())

    def test_a_skewed_clock_is_a_502_and_a_line_that_says_so(self):
        song = self.add("skewed.mp3")
        self.origin.skew = datetime.timedelta(minutes=16)
        try:
            self.assertProblem(self.get(song), 502)
        finally:
            self.origin.skew = datetime.timedelta(0)
        self.assertIn("RequestTimeTooSkewed", self.tonearm.stderr())

    def test_a_key_that_leads_out_of_its_bucket_is_refused(self):
        for row in ("s3://music/../other/a.mp3", "s3://music/a/./b.mp3", "s3://music", "s3://"):
            self.assertProblem(self.get(self.catalog.add(row)), 502)

    def test_probe_says_what_the_bucket_said(self):
        song = self.add("probed.mp3")
        said = run("probe", "-c", self.tonearm.config_path, song)
        self.assertEqual(said.returncode, 0, said.stderr)
        self.assertIn("status:        206", said.stdout)
        self.assertIn("size:          307200", said.stdout)
        self.assertIn("resumable:     yes", said.stdout)
        self.origin.denied.add(("music", "probed.mp3"))
        said = run("probe", "-c", self.tonearm.config_path, song)
        self.assertEqual(said.returncode, 1)
        self.assertIn("AccessDenied", said.stderr)
        self.assertIn("status:        403", said.stdout)


class Keys(S3Case):
    def test_without_any_the_request_is_unsigned(self):
        song = self.add("unsigned.mp3")
        self.serve_with()
        self.assertProblem(self.get(song), 502)
        self.assertNotIn("authorization", self.origin.of("/music/unsigned.mp3")[0].fields)

    def test_the_environment_has_them(self):
        song = self.add("environment.mp3")
        self.origin.keys["AKIAENV"] = ("env", "token/of+env==")
        self.serve_with(environment={"AWS_ACCESS_KEY_ID": "AKIAENV", "AWS_SECRET_ACCESS_KEY": "env",
                                     "AWS_SESSION_TOKEN": "token/of+env=="})
        self.assertBody(self.get(song), content(0, 300 * KiB))

    def test_a_profile_of_the_credentials_file_has_them(self):
        song = self.add("profile.mp3")
        path = self.credentials_file(ID, profile="radio")
        self.serve_with(environment={"AWS_SHARED_CREDENTIALS_FILE": path, "AWS_PROFILE": "radio"})
        self.assertBody(self.get(song), content(0, 300 * KiB))

    def test_the_home_directory_has_them(self):
        song = self.add("home.mp3")
        os.makedirs(os.path.join(self.directory, ".aws"), exist_ok=True)
        os.replace(self.credentials_file(ID), os.path.join(self.directory, ".aws", "credentials"))
        self.addCleanup(os.remove, os.path.join(self.directory, ".aws", "credentials"))
        self.serve_with()
        self.assertBody(self.get(song), content(0, 300 * KiB))

    def test_a_credentials_file_that_cannot_be_read_is_named(self):
        song = self.add("unreadable.mp3")
        path = self.credentials_file(ID)
        os.chmod(path, 0)
        os.chmod(self.directory, 0o755)
        os.chmod(self.catalog.path, 0o644)
        # Root may read all.
        self.serve_with(environment={"AWS_SHARED_CREDENTIALS_FILE": path},
                        user="nobody" if os.geteuid() == 0 else None)
        response = self.get(song)
        self.assertProblem(response, 502)
        self.assertNotIn("credentials", response.body.decode())
        fault = f"cannot read {path}: Permission denied"
        said = self.tonearm.stderr()
        self.assertIn(f"s3.access_key: empty, and {fault}: requests to S3 are unsigned", said)
        self.assertIn(f"AccessDenied, to an unsigned request: {fault}", said)
        os.chmod(path, 0o644)
        self.assertBody(self.get(song), content(0, 300 * KiB))

    def test_check_and_probe_name_the_fault_of_a_credentials_file(self):
        song = self.add("checked.mp3")
        config = self.serve_with().config_path
        variables = {"AWS_SHARED_CREDENTIALS_FILE": self.directory}
        checked = run("check", "-c", config, variables=variables)
        self.assertEqual(checked.returncode, 0)
        self.assertIn(f"warning: s3.access_key: empty, and cannot read {self.directory}: Is a directory",
                      checked.stderr)
        probed = run("probe", "-c", config, song, variables=variables)
        self.assertEqual(probed.returncode, 1)
        self.assertIn(f"to an unsigned request: cannot read {self.directory}: Is a directory", probed.stderr)
        quiet = run("check", "-c", config, variables={"HOME": "/nonexistent"})
        self.assertNotIn("s3.", quiet.stderr)

    def test_the_configuration_beats_all_others(self):
        song = self.add("configured.mp3")
        self.serve_with(environment={"AWS_ACCESS_KEY_ID": "X", "AWS_SECRET_ACCESS_KEY": "Y"}, **KEYS)
        self.assertBody(self.get(song), content(0, 300 * KiB))

    def play_while(self, key, change):
        """Plays a song during which `change` happens."""
        size = 8 * MiB
        song = self.add(key, size)
        with Client(self.tonearm.port, receive_buffer=64 * KiB) as client:
            client.ask(f"/songs/listen/{song}")
            response = client.head()
            self.assertStatus(response, 200)
            start = client.take(100 * KiB)
            change()
            played = start + client.take(size - len(start))
        self.assertEqual(len(played), size)
        self.assertTrue(played == content(0, size))

    def test_rotated_keys_are_not_noticed_by_who_listens(self):
        self.origin.keys["AKIAOLD"] = ("old", None)
        path = self.credentials_file("AKIAOLD", "old")
        self.serve_with(environment={"AWS_SHARED_CREDENTIALS_FILE": path})

        def rotate():
            self.credentials_file("AKIANEW", "new")
            self.origin.keys["AKIANEW"] = ("new", None)
            del self.origin.keys["AKIAOLD"]

        self.play_while("rotated.mp3", rotate)
        self.assertEqual(self.origin.refusals, ["InvalidAccessKeyId"])

    def test_an_expired_session_is_not_noticed_by_who_listens(self):
        self.origin.keys["ASIAONE"] = ("one", "first-token")
        path = self.credentials_file("ASIAONE", "one", "first-token")
        self.serve_with(environment={"AWS_SHARED_CREDENTIALS_FILE": path})

        def expire():
            self.credentials_file("ASIATWO", "two", "second-token")
            self.origin.keys["ASIATWO"] = ("two", "second-token")
            self.origin.expired.add("ASIAONE")

        self.play_while("expired.mp3", expire)
        self.assertEqual(self.origin.refusals, ["ExpiredToken"])

    def test_keys_that_stay_wrong_are_refused_once_for_each_request(self):
        song = self.add("wrong.mp3")
        self.serve_with(environment={"AWS_SHARED_CREDENTIALS_FILE": self.credentials_file(ID, "no")})
        self.assertProblem(self.get(song), 502)
        self.assertEqual(self.origin.refusals, ["SignatureDoesNotMatch"])
        self.assertIn("SignatureDoesNotMatch", self.tonearm.stderr())
        self.credentials_file(ID)
        self.assertBody(self.get(song), content(0, 300 * KiB))

    def test_amazons_fields_of_the_operator_are_signed(self):
        song = self.add("payer.mp3")
        self.serve_with(upstream={"headers": {"X-Amz-Request-Payer": "requester"}}, **KEYS)
        self.assertBody(self.get(song), content(0, 300 * KiB))
        asked = self.origin.of("/music/payer.mp3")[0]
        self.assertEqual(asked.fields["x-amz-request-payer"], "requester")


class Places(S3Case):
    def test_a_bucket_as_a_host(self):
        song = self.add("virtual.mp3")
        self.serve_with(f"http://localhost:{self.origin.port}", **KEYS)
        self.assertBody(self.get(song), content(0, 300 * KiB))
        asked = self.origin.of("/virtual.mp3")[0]
        self.assertEqual(asked.fields["host"], f"music.localhost:{self.origin.port}")

    def test_a_bucket_in_the_path_of_a_host(self):
        song = self.add("path style.mp3")
        self.serve_with(f"http://localhost:{self.origin.port}", path_style=True, **KEYS)
        self.assertBody(self.get(song), content(0, 300 * KiB))
        self.assertEqual(len(self.origin.of("/music/path%20style.mp3")), 3)

    def test_an_endpoint_with_a_path(self):
        song = self.add("below.mp3")
        self.origin.prefix = "/storage"
        self.addCleanup(setattr, self.origin, "prefix", "")
        self.serve_with(self.origin.base_url + "storage/", **KEYS)
        self.assertBody(self.get(song), content(0, 300 * KiB))

    def in_other_region(self, bucket):
        songs = [self.add(f"{number}.mp3", bucket=bucket) for number in (1, 2)]
        self.origin.regions[bucket] = "eu-west-3"
        self.serve_with(**KEYS)
        for song in songs:
            self.assertBody(self.get(song), content(0, 300 * KiB))

    def test_the_region_that_a_malformed_authorization_names(self):
        self.in_other_region("malformed")
        self.assertEqual(self.origin.refusals, ["AuthorizationHeaderMalformed"], "once, then known")

    def test_the_region_that_a_permanent_redirect_names(self):
        self.origin.tells_region = "PermanentRedirect"
        self.addCleanup(setattr, self.origin, "tells_region", "AuthorizationHeaderMalformed")
        self.in_other_region("redirected")
        self.assertEqual(self.origin.refusals, ["PermanentRedirect"])

    def other_place(self, url):
        """Another server, with the bucket that the first one redirects to `url`, which names its port."""
        other = S3Origin()
        self.addCleanup(other.stop)
        other.keys = self.origin.keys
        other.objects["moved", "a.mp3"] = Resource(300 * KiB)
        self.origin.elsewhere["moved"] = url.format(port=other.port)
        return other

    def test_a_temporary_redirect_to_the_regions_own_place(self):
        other = self.other_place("http://127.0.0.1:{port}")
        self.serve_with(**KEYS)
        self.assertBody(self.get(self.catalog.add("s3://moved/a.mp3")), content(0, 300 * KiB))
        self.assertEqual(other.refusals, [])

    def test_a_signature_to_another_host_of_s3_takes_no_other_secret_along(self):
        other = self.other_place("http://localhost:{port}/moved")
        headers = {"X-Key": "secret", "x-amz-request-payer": "requester"}
        self.serve_with(endpoint=f"http://localhost:{self.origin.port}",
                        upstream={"headers": headers, "allow_private": True}, **KEYS)
        self.assertBody(self.get(self.catalog.add("s3://moved/a.mp3")), content(0, 300 * KiB))
        self.assertEqual(other.refusals, [])
        self.assertIn("x-key", self.origin.of("/a.mp3")[-1].fields)
        asked = other.of("/moved/a.mp3")
        self.assertTrue(asked)
        for exchange in asked:
            self.assertIn("authorization", exchange.fields)
            self.assertIn("x-amz-request-payer", exchange.fields)
            self.assertNotIn("x-key", exchange.fields)

    def test_no_signature_goes_to_a_stranger(self):
        stranger = FaultOrigin("127.0.0.2")
        self.addCleanup(stranger.stop)
        stranger.routes["/strange/a.mp3"] = Resource(300 * KiB)
        self.origin.elsewhere["strange"] = f"http://{stranger.authority}"
        song = self.catalog.add("s3://strange/a.mp3")
        self.serve_with(upstream={"allow_private": True}, session_token="t0ken", **KEYS)
        self.assertBody(self.get(song), content(0, 300 * KiB))
        for exchange in stranger.of("/strange/a.mp3"):
            self.assertNotIn("authorization", exchange.fields)
            self.assertNotIn("x-amz-security-token", exchange.fields)
        self.serve_with(**KEYS)
        self.assertProblem(self.get(song), 502)
        self.assertIn("allow_private", self.tonearm.stderr())


if __name__ == "__main__":
    unittest.main()
