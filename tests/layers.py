"""A layer includes only layers to its left, and nobody's private headers (docs/architecture.md)."""

import pathlib
import re
import sys
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent

BELOW = {
    "base": set(),
    "http": {"base"},
    "io": {"base", "http"},
    "catalog": {"base", "http", "io"},
    "source": {"base", "http", "io"},
    "cache": {"base", "http", "io", "source"},
    "server": {"base", "http", "io", "catalog", "source", "cache"},
    "app": {"base", "http", "io", "catalog", "source", "cache", "server"},
}
# Libraries that belong to one layer, so that the others stay free of them.
ONLY = {
    r"curl/": {"source"},
    r"sqlite3\.h": {"catalog"},
    r"toml\+\+/": {"app"},
    r"CLI/": {"app"},
    r"taglib/": {"app"},
    r"prometheus/": {"server"},
    r"nlohmann/": {"server"},
    r"boost/json": {"source"},
    r"boost/beast/(?!core/string)": {"http", "server"},
    r"boost/asio": {"io", "catalog", "source", "cache", "server", "app"},
    r"xxhash": {"base"},
}
LONGEST = 500


def sources():
    for folder in ("src", "include/tonearm"):
        for layer in BELOW:
            for file in sorted((ROOT / folder / layer).glob("*")):
                if file.suffix in (".h", ".cc"):
                    yield layer, file


def includes(file):
    return re.findall(r'^#include [<"]([^>"]+)[>"]', file.read_text(), re.M)


class Layers(unittest.TestCase):
    def test_there_are_sources_to_look_at(self):
        self.assertGreater(len(list(sources())), 100)

    def test_a_layer_includes_only_layers_to_its_left(self):
        for layer, file in sources():
            for name in includes(file):
                match = re.match(r"tonearm/(\w+)/", name)
                if match:
                    self.assertIn(match[1], BELOW[layer] | {layer}, f"{file} includes {name}")

    def test_private_headers_stay_private(self):
        for layer, file in sources():
            public = "include" in file.relative_to(ROOT).parts
            for name in includes(file):
                first = name.split("/")[0]
                if first in BELOW and (ROOT / "src" / name).exists():
                    self.assertEqual(first, layer, f"{file} includes the private {name}")
                    self.assertFalse(public, f"{file} is public and includes the private {name}")

    def test_a_library_belongs_to_its_layer(self):
        for layer, file in sources():
            for name in includes(file):
                for library, allowed in ONLY.items():
                    if re.match(library, name):
                        self.assertIn(layer, allowed, f"{file} includes {name}")

    def test_no_file_is_too_long_to_read(self):
        for _, file in sources():
            self.assertLessEqual(len(file.read_text().splitlines()), LONGEST, str(file))


if __name__ == "__main__":
    sys.exit(unittest.main())
