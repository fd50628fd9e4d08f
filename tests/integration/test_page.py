"""The page at / in a real Chromium: search, play, queue, keys, errors, phone and desk, both schemes."""

import os
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from support import browser
from support.case import Case
from support.catalog import Catalog
from support.nginx import Nginx
from support.tonearm import Tonearm, run, toml
from support.wait import free_port

TOKEN = "open-sesame"
FOREIGN_TOKEN = "s\u00e9same \u2603"  # which curl sends as UTF-8
HOSTILE = '<img src=x onerror="window.hacked=1">"\'</script><script>window.hacked=1</script>'


def make_tone(path, seconds, pitch, *options):
    subprocess.run(
        ["ffmpeg", "-v", "error", "-y", "-f", "lavfi", "-i",
         f"sine=frequency={pitch}:duration={seconds}", *options, path],
        check=True,
        stdin=subprocess.DEVNULL,
    )


class Page(Case):
    @classmethod
    def prepare(cls):
        origin = cls.own(Nginx(cls.directory))
        make_tone(os.path.join(origin.root, "tone.mp3"), 20, 220)
        make_tone(os.path.join(origin.root, "other.mp3"), 30, 330)
        make_tone(os.path.join(origin.root, "night.wav"), 600, 110, "-ar", "8000")
        with open(os.path.join(origin.root, "broken.mp3"), "wb") as out:
            out.write(b"this is no music" * 100)
        cls.catalog.add("tone.mp3", name="Nocturne in E\u266d major", artist="Fr\u00e9d\u00e9ric Chopin", duration=20)
        cls.catalog.add("other.mp3", name="Second \U0001f3b5", artist="Somebody", duration=30)
        cls.catalog.add("other.mp3", name=HOSTILE, artist="<b>Mallory</b>", duration=30)
        cls.catalog.add("other.mp3", name="x" * 10_000, artist="Long", duration=30)
        cls.catalog.add("gone.mp3", name="Gone")
        cls.catalog.add("broken.mp3", name="Broken")
        cls.catalog.add(f"http://127.0.0.1:{free_port()}/a.mp3", name="Unreachable")
        cls.catalog.add("night.wav", name="Nightlong", duration=600)
        cls.serve(origin.base_url, upstream={"retries": 0})
        empty = Catalog(os.path.join(cls.directory, "empty.sqlite3"))
        nobody = cls.own(Tonearm(cls.directory, {"catalog": {"path": empty.path}}))
        guarded = cls.own(
            Tonearm(
                cls.directory,
                cls.config(origin.base_url, access={"api_tokens": [TOKEN, FOREIGN_TOKEN], "signing_keys": ["key"]}),
            )
        )
        signed = cls.own(cls.from_elsewhere(origin, access={"signing_keys": ["key"], "link_ttl": "2s"}))
        elsewhere = cls.own(cls.from_elsewhere(origin))
        lost = cls.own(cls.from_elsewhere(origin, port=free_port()))
        cls.screenshots = os.path.join(cls.directory, "screenshots")
        given = {
            "origin": f"http://127.0.0.1:{cls.tonearm.port}",
            "empty": f"http://127.0.0.1:{nobody.port}",
            "guarded": f"http://127.0.0.1:{guarded.port}",
            "token": TOKEN,
            "foreignToken": FOREIGN_TOKEN,
            "signed": f"http://127.0.0.1:{signed.port}",
            "elsewhere": f"http://127.0.0.1:{elsewhere.port}",
            "lost": f"http://127.0.0.1:{lost.port}",
            "screenshots": cls.screenshots,
        }
        cls.seen = {}
        for scenarios in ("page", "obstacles"):
            cls.seen |= browser.run(scenarios, timeout=240, **given)

    @classmethod
    def from_elsewhere(cls, origin, port=None, **tables):
        """Its page is at 127.0.0.1, its streams are at localhost: to a browser another origin."""
        own = free_port()
        server = {
            "listen": [f"127.0.0.1:{own}"],
            "public_url": f"http://localhost:{port or own}",
            "cors_origins": [],
        }
        config = cls.config(origin.base_url, upstream={"retries": 0}, server=server, **tables)
        made = Tonearm(cls.directory, config)
        made.port = own
        return made

    def saw(self, scenario):
        seen = self.seen[scenario]
        self.assertNotIn("failure", seen)
        self.assertEqual(seen.get("faults", []), [])
        return seen

    def test_it_lists_and_searches_with_no_request_beyond_itself_and_songs(self):
        seen = self.saw("lists")
        self.assertEqual(seen["atFirst"][:2], ["/", "/songs"])
        self.assertLessEqual(set(seen["atFirst"]), {"/", "/songs", "/playlists"})
        self.assertEqual(seen["found"], ["Nocturne in E\u266d major"])
        self.assertIn("nothing like that", seen["none"])

    def test_it_plays_seeks_pauses_and_goes_on_after_the_end(self):
        seen = self.saw("plays")
        self.assertGreater(seen["afterArrow"], 6)
        self.assertEqual(seen["label"], "Play")
        self.assertEqual(seen["next"], "Second \U0001f3b5")
        self.assertEqual(seen["metadata"], "Second \U0001f3b5")
        self.assertIn("Second", seen["title"])

    def test_it_is_used_by_keyboard(self):
        seen = self.saw("keys")
        self.assertEqual((seen["search"], seen["first"], seen["queue"]), ("search", "song", True))

    def test_what_is_queued_plays_next(self):
        self.saw("queues")

    def test_it_remembers_song_and_position(self):
        title, elapsed = self.saw("remembers")["shown"]
        self.assertEqual(title, "Nocturne in E\u266d major")
        self.assertIn(elapsed, ("0:09", "0:10", "0:11"))

    def test_it_says_why_a_song_cannot_be_played(self):
        seen = self.saw("complains")
        self.assertIn("(404)", seen["said"]["Gone"])
        self.assertIn("cannot decode", seen["said"]["Broken"])
        self.assertIn("(502)", seen["said"]["Unreachable"])
        self.assertEqual(seen["after"], "")

    def test_it_renews_an_expired_link_to_another_origin(self):
        seen = self.saw("renews")
        self.assertEqual((seen["asked"], seen["said"]), (1, ""))

    def test_it_says_why_a_song_of_another_origin_cannot_be_played(self):
        seen = self.saw("complainsOfElsewhere")
        self.assertIn("(404)", seen["said"]["Gone"])
        self.assertIn("cannot decode", seen["said"]["Broken"])
        self.assertRegex(seen["lost"]["Nocturne"], r"localhost:\d+ cannot be reached")
        self.assertEqual((seen["asked"], seen["after"]), (2, ""))

    def test_a_hostile_title_is_text(self):
        seen = self.saw("isNotFooled")
        self.assertIsNone(seen["hacked"])
        self.assertEqual(seen["title"], HOSTILE)

    def test_it_is_accessible_on_desk_and_phone_light_and_dark(self):
        seen = self.saw("looks")
        self.assertEqual(len(seen), 4)
        for kind, look in seen.items():
            self.assertEqual(look["violations"], [], kind)
            self.assertLessEqual(look["overflow"], 0, kind)

    def test_it_asks_for_the_token(self):
        self.saw("asksForTheToken")

    def test_it_works_where_the_browser_stores_nothing(self):
        self.saw("needsNoStorage")

    def test_it_takes_a_token_as_it_was_pasted(self):
        self.saw("takesATokenAsItWasPasted")

    def test_space_pauses_whatever_was_clicked(self):
        seen = self.saw("pausesAfterClicks")
        self.assertEqual((seen["queued"], seen["slider"]), ("1", "seek"))
        self.assertEqual(seen["title"], "Nocturne in E\u266d major")
        self.assertEqual(seen["next"], "Second \U0001f3b5")

    def test_it_says_that_the_connection_broke_off(self):
        seen = self.saw("saysThatTheConnectionBroke")
        self.assertEqual(seen["asked"], 1)
        self.assertIn("the connection broke off", seen["said"])

    def test_what_it_says_of_a_song_and_of_the_list_stand_together(self):
        seen = self.saw("keepsComplaintsApart")
        self.assertIn("(404)", seen["afterSearch"])
        self.assertIn("(503)", seen["both"])

    def test_a_seek_while_it_is_paused_stays_silent_where_the_link_has_ended(self):
        seen = self.saw("staysSilent")
        self.assertEqual((seen["sounded"], seen["said"]), (False, ""))

    def test_long_names_cover_nothing(self):
        seen = self.saw("fits")
        self.assertLess(seen["shift"], 40)
        self.assertLessEqual(seen["complaint"], 0)  # nothing of it is scrolled out of sight
        self.assertLessEqual(seen["lastRow"]["bottom"], seen["bar"]["top"])
        self.assertLessEqual(seen["queue"]["bottom"], seen["bar"]["top"] + 1)
        self.assertGreaterEqual(seen["queue"]["top"], seen["header"]["bottom"])

    def test_the_focus_is_seen_and_kept(self):
        self.assertEqual(self.saw("keepsTheFocusInSight")["hidden"], [])
        seen = self.saw("keepsTheFocusInTheQueue")
        self.assertEqual(seen["seen"], ["remove", "show-queue", "remove", "show-queue", "body"])
        self.assertEqual(seen["left"], "")

    def test_an_empty_catalog_fits_on_a_phone(self):
        self.assertLessEqual(self.saw("isEmptyOnAPhone")["overflow"], 0)

    def test_an_empty_catalog_says_how_to_import(self):
        seen = self.saw("isEmpty")
        self.assertIn("files.root", seen["said"])
        music = os.path.join(self.directory, "Music")
        os.mkdir(music)
        make_tone(os.path.join(music, "tone.mp3"), 1, 220)
        with open(os.path.join(self.directory, "tonearm.toml"), "w") as out:
            out.write(toml({"catalog": {"path": "imported.sqlite3"}, "files": {"root": music}}))
        program, *words = seen["command"].replace("~", self.directory).split()
        done = run(*words, cwd=self.directory)
        self.assertEqual((program, done.returncode), ("tonearm", 0), done.stderr)


if __name__ == "__main__":
    unittest.main()
