"""Adds up what ctest's JUnit files say: single tests of GoogleTest and unittest, not binaries. Of each that
failed it repeats what was said, so that the end of a long log tells all there is to know. STAGE-again.xml has
what failed in STAGE.xml and was run once more: its word is the last."""

import pathlib
import re
import sys
import xml.etree.ElementTree as ElementTree

LINES_OF_A_FAILURE = 40


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


def failures_of(case):
    """What a failed ctest case printed of the single tests that failed; its end where it names none."""
    output = case.findtext("system-out") or ""
    each = re.split(r"^(?=\[ RUN      \])", output, flags=re.M)
    said = [one for one in each if re.search(r"^\[  FAILED  \] .* \(\d+ ms\)$", one, re.M)]
    each = re.split(rf"^(?:={{70}}|-{{70}}\nRan \d+ .*)\n", output, flags=re.M)
    said += [one for one in each if one.startswith(("FAIL: ", "ERROR: "))]
    each = re.split(r"^={18}\n", output, flags=re.M)
    said += [one for one in each if one.startswith("WARNING: ThreadSanitizer: ")]
    return said or [output]


def tell(case, of):
    for said in failures_of(case):
        lines = said.rstrip().splitlines()
        print(f"--- {case.get('name')} ({of})")
        if len(lines) > LINES_OF_A_FAILURE:
            print(f"[{len(lines) - LINES_OF_A_FAILURE} lines left out]")
        print("\n".join(lines[-LINES_OF_A_FAILURE:]))


def cases_of(file):
    if not file.exists():
        return {}
    return {case.get("name"): case for case in ElementTree.parse(file).iter("testcase")}


def main():
    passed = failed = 0
    by_chance = []
    for file in sorted(pathlib.Path(sys.argv[1]).glob("*.xml")):
        if file.stem.endswith("-again"):
            continue
        again = cases_of(file.with_stem(f"{file.stem}-again"))
        for name, case in cases_of(file).items():
            good, bad = count(case)
            if bad:
                tell(case, file.stem)
            if bad and name in again:
                good, bad = count(again[name])
                if bad:
                    tell(again[name], f"{file.stem}, again")
                else:
                    by_chance.append(f"{name} ({file.stem})")
            passed += good
            failed += bad
    for name in by_chance:
        print(f"{name} failed, as above, and passed when it was run again")
    print(f"{passed} passed, {failed} failed")


main()
