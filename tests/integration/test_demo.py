"""scripts/demo as it stands, with the program under test instead of one that it builds itself."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest
import urllib.request

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from support.tonearm import binary
from support.wait import listens, wait_for

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
DEMO = os.path.join(ROOT, "scripts", "demo")


def demos():
    """Directories that demos have made and not removed."""
    build = os.path.join(ROOT, "build")
    return {name for name in os.listdir(build) if name.startswith("demo.")}


class Demo(unittest.TestCase):
    def setUp(self):
        os.makedirs(os.path.join(ROOT, "build"), exist_ok=True)
        self.before = demos()
        self.environment = {**os.environ, "TONEARM": binary()}

    def test_check_plays_one_range_and_exits_with_0(self):
        done = subprocess.run(
            [DEMO, "--check"], env=self.environment, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=250,
        )
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertIn("are right", done.stdout)
        self.assertEqual(demos(), self.before, "it leaves nothing of its own behind")

    def test_it_runs_in_a_path_with_blanks_and_by_a_program_of_the_current_directory(self):
        with tempfile.TemporaryDirectory() as directory:
            checkout = os.path.join(directory, "a checkout")
            shutil.copytree(os.path.dirname(DEMO), os.path.join(checkout, "scripts"))
            done = subprocess.run(
                [os.path.join(checkout, "scripts", "demo"), "--check"],
                env={**os.environ, "TONEARM": os.path.basename(binary())},
                cwd=os.path.dirname(binary()), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT, text=True, timeout=250,
            )
            self.assertEqual(done.returncode, 0, done.stdout)

    def test_packages_of_a_set_that_is_none_are_refused(self):
        for arguments in (["nonsense"], ["--list", "nonsense"]):
            refused = subprocess.run(
                [os.path.join(os.path.dirname(DEMO), "packages"), *arguments],
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            )
            self.assertEqual((refused.returncode, refused.stdout), (2, ""), refused.stderr)

    def test_a_check_of_a_program_that_does_not_work_fails(self):
        done = subprocess.run(
            [DEMO, "--check"], env={**self.environment, "TONEARM": "/bin/false"},
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True, timeout=250,
        )
        self.assertNotEqual(done.returncode, 0, done.stdout)
        self.assertEqual(demos(), self.before)

    def test_it_streams_until_ctrl_c_and_stops_it_all(self):
        with tempfile.TemporaryFile("w+") as out:
            demo = subprocess.Popen(
                [DEMO], env=self.environment, stdin=subprocess.DEVNULL, stdout=out,
                stderr=subprocess.STDOUT, text=True, start_new_session=True,
            )
            self.addCleanup(self.kill, demo)

            def said():
                out.seek(0)
                return out.read()

            wait_for(lambda: "Ctrl-C" in said() or demo.poll() is not None, "the demo", 250)
            urls = [w for line in said().splitlines() for w in line.split() if w.endswith("/listen/1")]
            self.assertTrue(urls, said())
            port = int(urls[0].split(":")[2].split("/")[0])
            if port != 8005:
                self.assertIn(f"listens on {port}", said(), "another port is said plainly")
            request = urllib.request.Request(urls[0], headers={"Range": "bytes=0-1"})
            opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
            with opener.open(request, timeout=10) as response:
                self.assertEqual((response.status, len(response.read())), (206, 2))
            self.assertEqual(said().count("curl "), 3)
            # As a terminal does: to the whole foreground group.
            os.killpg(demo.pid, signal.SIGINT)
            self.assertEqual(demo.wait(30), 130, said())
            self.assertFalse(listens(port))
            self.assertEqual(demos(), self.before)

    @staticmethod
    def kill(demo):
        if demo.poll() is None:
            os.killpg(demo.pid, signal.SIGKILL)
            demo.wait()


if __name__ == "__main__":
    unittest.main()
