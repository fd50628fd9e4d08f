"""The Debian package: what is in it, that it runs, and that its manual and units are sound."""

import glob
import os
import re
import shutil
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from support.case import Case
from support.tonearm import binary, environment, sanitized

PAGES = ("usr/share/man/man1/tonearm.1.gz", "usr/share/man/man5/tonearm.toml.5.gz")


def output(*command, **options):
    return subprocess.run([str(word) for word in command], check=True, stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, env=environment(), **options).stdout


@unittest.skipIf(sanitized(), "not of a sanitizer build")
@unittest.skipUnless(shutil.which("cpack") and shutil.which("dpkg-deb"), "no cpack or dpkg-deb")
class Package(Case):
    @classmethod
    def prepare(cls):
        build = os.path.dirname(binary())
        cls.built = os.path.join(cls.directory, "packages")
        made = subprocess.run(
            ["cpack", "-G", "DEB", "--config", os.path.join(build, "CPackConfig.cmake"), "-B", cls.built],
            capture_output=True, text=True)
        assert made.returncode == 0, made.stdout + made.stderr
        cls.package, = glob.glob(os.path.join(cls.built, "tonearm_*.deb"))
        cls.root = os.path.join(cls.directory, "root")
        output("dpkg", "-x", cls.package, cls.root)

    def path(self, name):
        return os.path.join(self.root, name)

    def test_it_has_what_a_package_has(self):
        control = output("dpkg-deb", "-f", self.package)
        for library in ("libcurl4", "libsqlite3-0", "libsystemd0", "libc6"):
            self.assertIn(library, control)
        kept = output("dpkg-deb", "-I", self.package, "conffiles")
        self.assertEqual(kept.split(), ["/etc/tonearm/tonearm.toml"])
        for name in ("usr/bin/tonearm", "etc/tonearm/tonearm.toml", "usr/lib/systemd/system/tonearm.service",
                     "usr/lib/systemd/system/tonearm.socket", "usr/share/doc/tonearm/copyright",
                     "usr/share/doc/tonearm/docs/operations.md", "usr/share/doc/tonearm/config/nginx.conf",
                     *PAGES):
            self.assertTrue(os.path.exists(self.path(name)), name)
        owners = {line.split()[1] for line in output("dpkg-deb", "-c", self.package).splitlines()}
        self.assertEqual(owners, {"root/root"})

    def test_its_pages_lead_to_pages_that_are_there(self):
        documentation = self.path("usr/share/doc/tonearm")
        pages = glob.glob(os.path.join(documentation, "**", "*.md"), recursive=True)
        self.assertIn(os.path.join(documentation, "docs", "http.md"), pages)
        for page in pages:
            with open(page) as text:
                links = re.findall(r"\]\(([^)#]+)[^)]*\)", text.read())
            for link in links:
                if "://" not in link:
                    there = os.path.exists(os.path.join(os.path.dirname(page), link))
                    self.assertTrue(there, f"{os.path.relpath(page, documentation)} leads to {link}")

    def test_its_program_runs_with_its_configuration(self):
        program = self.path("usr/bin/tonearm")
        self.assertIn("tonearm ", output(program, "--version"))
        checked = subprocess.run([program, "check", "-c", self.path("etc/tonearm/tonearm.toml")],
                                 capture_output=True, text=True, env=environment())
        self.assertEqual(checked.returncode, 2, checked)
        self.assertIn("/var/lib/tonearm/catalog.sqlite3", checked.stderr)  # and nothing else is wrong

    @unittest.skipUnless(shutil.which("mandoc"), "no mandoc")
    def test_its_manual_is_sound(self):
        for page in PAGES:
            text = subprocess.run(["gzip", "-dc", self.path(page)], check=True, capture_output=True).stdout
            checked = subprocess.run(["mandoc", "-T", "lint", "-W", "warning"], input=text, capture_output=True)
            self.assertEqual((checked.stdout + checked.stderr).decode(), "", page)
        shown = subprocess.run(["mandoc", "-T", "ascii", self.path(PAGES[0])], capture_output=True, text=True).stdout
        self.assertIn("validate configuration", shown.replace("_\b", "").lower())
        self.assertIn("SIGHUP", shown)

    @unittest.skipUnless(shutil.which("systemd-analyze"), "no systemd-analyze")
    def test_its_units_are_sound_and_locked_down(self):
        units = self.path("usr/lib/systemd/system")
        service = os.path.join(units, "tonearm.service")
        rated = subprocess.run(["systemd-analyze", "security", "--offline=true", "--threshold=20", service],
                               capture_output=True, text=True)
        self.assertEqual(rated.returncode, 0, rated.stdout[-300:] + rated.stderr)
        # The pages and the program are not installed here: those lines are not about the units.
        with open(service) as unit:
            text = unit.read()
        here = os.path.join(self.directory, "units")
        shutil.copytree(units, here)
        with open(os.path.join(here, "tonearm.service"), "w") as unit:
            unit.write(text.replace("/usr/bin/tonearm", self.path("usr/bin/tonearm")))
        said = subprocess.run(["systemd-analyze", "verify", "--man=no", os.path.join(here, "tonearm.service"),
                               os.path.join(here, "tonearm.socket")], capture_output=True, text=True)
        about = [line for line in said.stderr.splitlines() if "tonearm" in line]
        self.assertEqual((said.returncode, about), (0, []), said.stderr)


if __name__ == "__main__":
    unittest.main()
