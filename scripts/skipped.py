#!/usr/bin/env python3
"""Tells which tests of a CTest report were skipped, and why:  skipped.py JUNIT.XML

Those that passed although some of their cases were skipped (tests/cli has several in one test) are told, too."""

import re
import sys
import xml.etree.ElementTree

# As Python's unittest and as GoogleTest say it.
REASON = re.compile(r"""^.*\.\.\. skipped (['"])(?P<python>.*)\1$|^.*: Skipped\n(?P<googletest>.*)$""", re.MULTILINE)


def reasons(case):
    said = case.findtext("system-out") or ""
    found = [match["python"] or match["googletest"] or "" for match in REASON.finditer(said)]
    return list(dict.fromkeys(reason for reason in found if reason))


for case in xml.etree.ElementTree.parse(sys.argv[1]).iter("testcase"):
    status, why = case.get("status"), "; ".join(reasons(case))
    if status == "notrun":
        print(f"skipped: {case.get('name')}: {why or 'it does not say why'}")
    elif status == "disabled":
        print(f"disabled: {case.get('name')}")
    elif status == "run" and why:
        print(f"skipped in part: {case.get('name')}: {why}")
