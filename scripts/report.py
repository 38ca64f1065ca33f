#!/usr/bin/env python3
"""Counts the cases of a CTest report, and tells which were skipped, and why:  report.py JUNIT.XML

A CTest test is a GoogleTest suite, or a file of Python's unittest, which has several cases; anything else is one. The last line is how
many passed, failed and were skipped."""

import re
import sys
import xml.etree.ElementTree

# As Python's unittest and as GoogleTest say it.
REASON = re.compile(r"""^.*\.\.\. skipped (['"])(?P<python>.*)\1$|^.*: Skipped\n(?P<googletest>.*)$""", re.MULTILINE)
GOOGLETEST = re.compile(r"^\[  (PASSED|FAILED|SKIPPED) +\] (\d+) tests?[.,]", re.MULTILINE)
UNITTEST = re.compile(r"^Ran (\d+) tests? in .*\n+(?:OK|FAILED)(?: \((.*)\))?$", re.MULTILINE)


def cases(status, said):
    """How many passed, failed and were skipped."""
    if status == "run" or status == "fail":
        counts = {outcome: int(number) for outcome, number in GOOGLETEST.findall(said)}
        if counts:
            # One that crashed has no summary, and so none of these.
            return counts.get("PASSED", 0), counts.get("FAILED", 0), counts.get("SKIPPED", 0)
        if summary := UNITTEST.search(said):
            told = {name: int(number) for name, number in re.findall(r"(\w+)=(\d+)", summary[2] or "")}
            failed, skipped = told.get("failures", 0) + told.get("errors", 0), told.get("skipped", 0)
            return int(summary[1]) - failed - skipped, failed, skipped
    return int(status == "run"), int(status == "fail"), int(status not in ("run", "fail"))


def reasons(said):
    found = [match["python"] or match["googletest"] or "" for match in REASON.finditer(said)]
    return list(dict.fromkeys(reason for reason in found if reason))


# What tests print may be no XML, and nobody has lost a test by that.
with open(sys.argv[1], encoding="utf-8", errors="replace") as file:
    report = re.sub(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "", file.read())
total = [0, 0, 0]
for case in xml.etree.ElementTree.fromstring(report).iter("testcase"):
    status, said = case.get("status"), case.findtext("system-out") or ""
    counted = cases(status, said)
    if status == "fail" and counted[1] == 0:  # as by a limit of time, or a leak behind the last case
        counted = (counted[0], 1, counted[2])
    total = [a + b for a, b in zip(total, counted)]
    why = "; ".join(reasons(said))
    if status == "disabled":
        print(f"disabled: {case.get('name')}")
    elif counted[2]:
        print(f"skipped{' in part' if counted[0] else ''}: {case.get('name')}: {why or 'it does not say why'}")
print(*total)
