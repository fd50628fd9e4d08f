"""`tonearm import --playlist`: what a playlist names, and tables of others that take not all of it."""

import json
import os
import sqlite3
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from support.import_case import ImportCase, encode


class ImportPlaylists(ImportCase):
    def test_playlists(self):
        path = os.path.join(self.media, "sub dir", "Mix.m3u")
        with open(path, "wb") as out:
            out.write(b"\xef\xbb\xbf#EXTM3U\r\n#PLAYLIST:My mix\r\n#EXTINF:1,x\r\na ogg.ogg\r\n"
                      b"../long.mp3\r\nmissing.mp3\r\nfile://" +
                      self.media.encode() + b"/sub%20dir/a%20wav.wav\r\n")
        self.addCleanup(os.remove, path)
        for _ in range(2):
            done = self.imported(self.media, "--playlist", path, status=1)
            self.assertIn(b"missing.mp3 is not in the catalog, and names no media file below", done.stderr)
            self.assertEqual(
                self.rows("SELECT playlist.name, file FROM playlist JOIN playlist_song ON playlist_id ="
                          " playlist.id JOIN music_song s ON s.id = song_id ORDER BY position"),
                [("My mix", "file:sub dir/a ogg.ogg"), ("My mix", "file:long.mp3"),
                 ("My mix", "file:sub dir/a wav.wav")])

    def test_a_playlist_has_an_id_that_its_table_gives_it(self):
        path = os.path.join(self.directory, "Mix.m3u")
        with open(path, "w") as out:
            out.write(f"{self.media}/long.mp3\n")
        self.imported(self.media)
        self.rows("CREATE TABLE playlist(id, name)")
        [line] = self.imported("--playlist", path, status=1).stderr.splitlines()
        self.assertIn(b"make playlist.id an INTEGER PRIMARY KEY, or add the playlist yourself", line)
        self.assertEqual(self.rows("SELECT * FROM playlist"), [])
        self.rows("INSERT INTO playlist VALUES ('80', 'Eighty'), ('80s', 'Mix')")
        self.imported("--playlist", path)
        self.serve_apart(catalog={"path": self.path})
        self.assertEqual([(one["id"], one["songs"]) for one in json.loads(self.get("/playlists").body)["playlists"]],
                         [("80", 0), ("80s", 1)])

    def test_a_playlist_that_may_name_a_song_once_lacks_it_the_second_time(self):
        path = os.path.join(self.media, "twice.m3u")
        with open(path, "w") as out:
            out.write("long.mp3\nmissing.mp3\nsub dir/a ogg.ogg\n./long.mp3\nsub dir/a wav.wav\n")
        self.addCleanup(os.remove, path)
        self.imported(self.media)
        self.rows("CREATE TABLE playlist_song(playlist_id, song_id, position, UNIQUE(playlist_id, song_id))")
        done = self.imported("--playlist", path, status=1)
        self.assertEqual(done.stdout, b"0 added, 0 updated, 3 unchanged, 2 failed\n")
        [missing, twice] = done.stderr.splitlines()
        self.assertIn(b"missing.mp3 is not in the catalog", missing)
        self.assertIn(b"twice.m3u: ./long.mp3: ", twice)
        self.assertIn(b"UNIQUE constraint failed: playlist_song.playlist_id, playlist_song.song_id", twice)
        self.assertEqual(self.rows("SELECT file, position FROM playlist_song JOIN music_song s"
                                   " ON s.id = song_id ORDER BY position"),
                         [("file:long.mp3", 1), ("file:sub dir/a ogg.ogg", 2), ("file:sub dir/a wav.wav", 3)])

    def test_a_playlist_none_of_which_is_found_leaves_the_one_that_is_there(self):
        path = os.path.join(self.directory, "moved.m3u")
        songs = "SELECT file FROM playlist_song JOIN music_song s ON s.id = song_id"
        for entries, status in ((f"{self.media}/long.mp3\n", 0), ("/moved/long.mp3\n", 1)):
            with open(path, "w") as out:
                out.write(entries)
            self.imported(self.media, "--playlist", path, status=status)
            self.assertEqual(self.rows(songs), [("file:long.mp3",)])

    def test_what_a_playlist_names_is_imported_with_it(self):
        root = os.path.join(self.directory, "named")
        os.makedirs(os.path.join(root, "sub"))
        os.makedirs(os.path.join(self.directory, "outside"))
        for name in ("named/a.mp3", "named/sub/b c.ogg", "named/not named.mp3", "outside/o.mp3"):
            encode(os.path.join(self.directory, name), "t")
        self.configure(root)
        path = os.path.join(root, "sub", "list.m3u8")
        with open(path, "w") as out:
            out.write("#EXTM3U\n../a.mp3\nb%20c.ogg\nhttps://radio.example/The%20End.mp3\nlist.m3u8\n"
                      "../../outside/o.mp3\nhttp://\n../a.mp3\n")
        done = self.imported("--playlist", path, status=1)
        self.assertEqual([line.split(b": ")[-1].split(b" is not in the catalog")[0] for line in done.stderr.splitlines()
                          if b"is not in the catalog" in line], [b"list.m3u8", b"../../outside/o.mp3", b"http://"])
        self.assertEqual(self.rows("SELECT name, file FROM music_song ORDER BY file"),
                         [("t", "file:a.mp3"), ("t", "file:sub/b c.ogg"), ("The End", "https://radio.example/The%20End.mp3")])
        self.assertEqual([row[0] for row in self.rows("SELECT file FROM playlist_song JOIN music_song s"
                                                      " ON s.id = song_id ORDER BY position")],
                         ["file:a.mp3", "file:sub/b c.ogg", "https://radio.example/The%20End.mp3", "file:a.mp3"])

    def test_a_playlist_may_name_its_files_as_vlc_does(self):
        root = os.path.join(self.directory, "vlc")
        os.makedirs(os.path.join(root, "Sub Dir"))
        for name in ("My Söng.mp3", "Sub Dir/b #2.mp3", "c%20d.mp3", "c d.mp3", "100%.mp3"):
            encode(os.path.join(root, name), "t")
        self.configure(root)
        path = os.path.join(root, "vlc.m3u")
        with open(path, "w") as out:
            out.write("#EXTM3U\n#EXTINF:1,x\nMy%20S%C3%B6ng.mp3\nSub%20Dir/b%20%232.mp3\n"
                      "c%20d.mp3\nc%2520d.mp3\nc d.mp3\n100%.mp3\n100%25.mp3\nSub Dir\\b #2.mp3\n"
                      "Sub%20Dir\\b%20%232.mp3\n")
        self.imported(root, "--playlist", path)
        self.assertEqual(
            [row[0] for row in self.rows("SELECT file FROM playlist_song JOIN music_song s"
                                         " ON s.id = song_id ORDER BY position")],
            ["file:My Söng.mp3", "file:Sub Dir/b #2.mp3", "file:c%20d.mp3", "file:c%20d.mp3",
             "file:c d.mp3", "file:100%.mp3", "file:100%.mp3", "file:Sub Dir/b #2.mp3",
             "file:Sub Dir/b #2.mp3"])

    def test_a_row_that_the_table_leaves_out_is_a_line_and_no_playlist_plays_another(self):
        root = os.path.join(self.directory, "left out")
        os.makedirs(root)
        for name, title in (("a", "one"), ("b", "two"), ("c", "one"), ("d", "three")):
            encode(os.path.join(root, name + ".mp3"), title)
        path = os.path.join(root, "mix.m3u")
        with open(path, "w") as out:
            out.write("a.mp3\nc.mp3\nd.mp3\n")
        with sqlite3.connect(self.path) as connection:
            connection.execute("CREATE TABLE music_song(id INTEGER PRIMARY KEY,"
                               " name UNIQUE ON CONFLICT IGNORE, file)")
        self.configure(root)
        for counts in (b"3 added, 0 updated, 0 unchanged, 2 failed\n",
                       b"0 added, 0 updated, 3 unchanged, 2 failed\n"):
            done = self.imported(root, "--playlist", path, status=1)
            self.assertEqual(done.stdout, counts)
            [left_out, missing] = done.stderr.splitlines()
            self.assertIn(b"file:c.mp3: ", left_out)
            self.assertIn(b"the table leaves this row out", left_out)
            self.assertTrue(missing.endswith(b"mix.m3u: c.mp3 is not in the catalog"), missing)
            self.assertEqual(self.rows("SELECT file FROM playlist_song LEFT JOIN music_song s"
                                       " ON s.id = song_id ORDER BY position"),
                             [("file:a.mp3",), ("file:d.mp3",)])


if __name__ == "__main__":
    unittest.main()
