"""docs/security.md names a test for each promise: all of them are there."""

import os
import re
import unittest

TREE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def names_of_tests():
    names = set()
    for folder, _, files in os.walk(os.path.join(TREE, "tests")):
        for file in files:
            if not file.endswith((".cc", ".py")):
                continue
            with open(os.path.join(folder, file), errors="replace") as source:
                text = source.read()
            for suite, name in re.findall(r"^TEST(?:_F|_P)?\((\w+), (\w+)\)", text, re.MULTILINE):
                names.add(f"{suite}.{name}")
            names.update(re.findall(r"def (test_\w+)\(", text))
    return names


class SecurityPage(unittest.TestCase):
    def test_every_named_test_exists(self):
        with open(os.path.join(TREE, "docs", "security.md")) as page:
            promises = page.read().partition("## What is promised")[2].partition("\n## ")[0]
        named = set(re.findall(r"`([A-Z]\w+\.[A-Z]\w+|test_\w+)`", promises))
        self.assertGreater(len(named), 30)
        self.assertEqual(named - names_of_tests(), set())

    def test_every_promise_names_one(self):
        with open(os.path.join(TREE, "docs", "security.md")) as page:
            promises = page.read().partition("## What is promised")[2].partition("\n## ")[0]
        for paragraph in promises.strip().split("\n\n"):
            self.assertRegex(paragraph, r"`([A-Z]\w+\.[A-Z]\w+|test_\w+)`")


if __name__ == "__main__":
    unittest.main()
