"""The page at / in a real Chromium: lists that come in parts, or not at all, and what is played after them."""

import os
import sqlite3
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from support import browser
from support.case import Case
from support.nginx import Nginx

SONGS = [(f"Song {number:03}", "short.mp3" if number == 50 else "long.mp3") for number in range(1, 121)]
GONE = [(f"Gone {number}", "gone.mp3") for number in range(1, 8)]
PLAYLISTS = {"None": [], "Two": [1, 2], "One is gone": [50, 121, 1], "All are gone": [50, *range(121, 128)]}
PLAYLIST_TABLES = """
CREATE TABLE playlist(id INTEGER PRIMARY KEY, name TEXT NOT NULL);
CREATE TABLE playlist_song(playlist_id INTEGER NOT NULL, song_id INTEGER NOT NULL, position INTEGER NOT NULL);
"""


def fill(path):
    """A song's id is its place among all, from 1 on."""
    connection = sqlite3.connect(path)
    connection.executescript(PLAYLIST_TABLES)
    with connection:
        connection.executemany(
            "INSERT INTO music_song (name, artist, duration, thumbnail, file) VALUES (?, '', 0, '', ?)", SONGS + GONE
        )
        for playlist, (name, songs) in enumerate(PLAYLISTS.items(), 1):
            connection.execute("INSERT INTO playlist VALUES (?, ?)", (playlist, name))
            rows = [(playlist, song, position) for position, song in enumerate(songs)]
            connection.executemany("INSERT INTO playlist_song VALUES (?, ?, ?)", rows)
    connection.close()


def make_tone(path, seconds):
    subprocess.run(
        ["ffmpeg", "-v", "error", "-y", "-f", "lavfi", "-i", f"sine=duration={seconds}", path],
        check=True,
        stdin=subprocess.DEVNULL,
    )


class PageLists(Case):
    @classmethod
    def prepare(cls):
        origin = cls.own(Nginx(cls.directory))
        make_tone(os.path.join(origin.root, "long.mp3"), 30)
        make_tone(os.path.join(origin.root, "short.mp3"), 0.5)
        fill(cls.catalog.path)
        cls.serve(origin.base_url, upstream={"retries": 0})
        cls.seen = browser.run("lists", timeout=240, origin=f"http://127.0.0.1:{cls.tonearm.port}")

    def saw(self, scenario):
        seen = self.seen[scenario]
        self.assertNotIn("failure", seen)
        self.assertEqual(seen["faults"], [])
        return seen

    def test_a_row_plays_while_a_search_is_under_way(self):
        self.saw("playsARowWhileItSearches")

    def test_what_is_listed_stays_when_no_more_can_be_had(self):
        seen = self.saw("keepsWhatItListed")
        self.assertEqual((seen["kept"], seen["more"], seen["said"]), (50, "Show more", ""))
        self.assertEqual(seen["all"], [f"Song {number:03}" for number in range(1, 101)])

    def test_a_list_that_could_not_be_had_is_tried_again(self):
        seen = self.saw("triesAgain")
        self.assertEqual((seen["more"], seen["said"]), ("Try again", ""))

    def test_the_song_of_the_last_visit_is_followed_by_the_next_of_the_list(self):
        self.saw("goesOnAfterAReload")

    def test_playing_goes_on_in_its_list_when_another_is_shown(self):
        self.assertEqual(self.saw("goesOnBehindASearch")["listed"], 50)

    def test_playing_waits_for_songs_that_are_on_their_way(self):
        self.saw("waitsForTheNextSongs")

    def test_playing_passes_over_a_song_that_is_gone_unless_it_was_chosen(self):
        seen = self.saw("passesOverAMissingSong")
        self.assertIn("“Gone 1” cannot be played", seen["said"])
        self.assertEqual((seen["unreachable"], seen["chosen"]), ("Gone 1", "Gone 1"))

    def test_playing_ends_where_one_song_after_the_other_is_gone(self):
        titles = self.saw("passesOverAHandful")["titles"]
        self.assertEqual(titles, ["Song 050", *(f"Gone {number}" for number in range(1, 7))])

    def test_a_playlist_says_how_many_songs_it_has(self):
        seen = self.saw("showsPlaylists")
        self.assertEqual(seen["empty"], "No songs in this playlist.")
        self.assertEqual((seen["count"], seen["more"]), ("10,001 songs", False))
        self.assertEqual(seen["names"], ["Song 001", "Song 002"])


if __name__ == "__main__":
    unittest.main()
