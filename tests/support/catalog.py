"""A catalog as Django makes it: music_song, all columns NOT NULL, and a stray table beside it."""

import sqlite3

_SCHEMA = """
CREATE TABLE "music_song" (
  "id" integer NOT NULL PRIMARY KEY AUTOINCREMENT,
  "name" varchar(100) NOT NULL,
  "artist" varchar(100) NOT NULL,
  "duration" integer NOT NULL,
  "thumbnail" varchar(200) NOT NULL,
  "file" varchar(100) NOT NULL);
CREATE TABLE songs (id integer, title text);
"""


class Catalog:
    def __init__(self, path, create=True):
        self.path = str(path)
        if create:
            self.create()

    def create(self):
        self.execute(_SCHEMA, script=True)

    def add(self, file, name="A song", artist="Somebody", duration=60):
        """Adds one song and returns its id."""
        return self.execute(
            "INSERT INTO music_song (name, artist, duration, thumbnail, file)"
            " VALUES (?, ?, ?, '', ?)",
            (name, artist, duration, file),
        )

    def execute(self, sql, values=(), script=False):
        """Runs and commits; the id of an inserted row."""
        connection = sqlite3.connect(self.path, timeout=10)
        try:
            if script:
                connection.executescript(sql)
                return None
            with connection:
                return connection.execute(sql, values).lastrowid
        finally:
            connection.close()
