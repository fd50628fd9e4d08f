"""Adds up what ctest's JUnit files say: single tests of GoogleTest and unittest, not binaries."""

import pathlib
import re
import sys
import xml.etree.ElementTree as ElementTree


def count(case):
    """(passed, failed) of one ctest case, by what its own runner printed."""
    output = case.findtext("system-out") or ""
    failed_itself = case.get("status") == "fail"
    ran = re.findall(r"^\[==========\] (\d+) tests? from .* ran\.", output, re.M)
    if ran:
        failed = re.findall(r"^\[  FAILED  \] (\d+) tests?,", output, re.M)
        failures = int(failed[-1]) if failed else int(failed_itself)
        return int(ran[-1]) - failures, failures
    ran = re.findall(r"^Ran (\d+) tests? in", output, re.M)
    if ran:
        failures = sum(int(n) for n in re.findall(r"(?:failures|errors)=(\d+)", output))
        skipped = sum(int(n) for n in re.findall(r"skipped=(\d+)", output))
        failures = max(failures, int(failed_itself))
        return int(ran[-1]) - failures - skipped, failures
    return int(not failed_itself), int(failed_itself)


def main():
    passed = failed = 0
    for file in sorted(pathlib.Path(sys.argv[1]).glob("*.xml")):
        for case in ElementTree.parse(file).iter("testcase"):
            good, bad = count(case)
            passed += good
            failed += bad
    print(f"{passed} passed, {failed} failed")


main()
