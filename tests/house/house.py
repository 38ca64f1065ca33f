#!/usr/bin/env python3
"""Checks what the compiler does not:  house.py layers|sizes|paths|links|node ROOT

layers  a rung of the ladder includes only the rungs below it, a folder of HTTP, the chat or the program only those below it, and
        nothing includes cli/; what is in a detail/ folder is included by its own rung alone, that of io by net, too
sizes   no source file is longer than 900 lines
paths   no file names a place that exists only where it was written
links   what a page of the documentation links to in the repository is there, headings, too
node    whatever npm installs runs by Debian 12's Node.js

Prints each violation as FILE:LINE: what is wrong, and exits with 1 if there is any.
"""
import json
import os
import re
import sys
from pathlib import Path

LADDER = ["io", "net", "http", "text", "chat"]
# The folders of a rung; of those in one place neither includes the other.
FOLDERS = {"http": [{"base"}, {"url"}, {"message"}, {"body"}, {"cookies", "authentication", "http2", "websocket"}, {"client", "server"}],
           "chat": [{"base"}, {"watch"}, {"store"}, {"search"}, {"accounts"}, {"core"}, {"plain", "irc"}, {"web"}, {"door"}],
           "cli": [{"base"}, {"trace", "screen"}, {"talk"}, {"get", "chat", "completion"}, {"serve"}]}
LONGEST_FILE = 900
SOURCES = {".cpp", ".hpp", ".h", ".c", ".py", ".sh", ".cmake", ".txt", ".md", ".js", ".css", ".html"}
NOT_OURS = {".git", ".cache", "build", "corpus", "__pycache__", "node_modules"}
INCLUDE = re.compile(r'\s*#\s*include\s*[<"]([^>"]+)[>"]')
NODE = 18  # the major version of Debian 12's
LINK = re.compile(r"\]\((?!\w+:)([^)\s]+)\)")
# Written so that this file does not match itself.
FOREIGN = re.compile(r"\.\./[s]hared\b|(?<![\w./:-])/[w]ork/|(?<![\w./:-])/[h]ome/\w")


def files(root):
    for folder, subfolders, names in os.walk(root):
        subfolders[:] = sorted(set(subfolders) - NOT_OURS)
        yield from (Path(folder, name) for name in sorted(names))


def lines(file):
    """The numbered lines of a text file; none of one that is not text."""
    try:
        return list(enumerate(file.read_text(encoding="utf-8").splitlines(), 1))
    except UnicodeDecodeError:
        return []


def rung_of(path):
    """How high a file stands: the number of its rung; above them all for cli/; None for what is no part of the ladder."""
    match path.parts:
        case ["parlance" | "tests" | "fuzz", rung, _, *_] if rung in LADDER:
            return LADDER.index(rung)
        case ["parlance", header] if header.removesuffix(".hpp") in LADDER:
            return LADDER.index(header.removesuffix(".hpp"))
        case ["parlance", *_]:
            raise ValueError("is in parlance/ but on no rung")
        case ["cli", *_] | ["tests" | "fuzz", "cli", *_]:
            return len(LADDER)
        case _:
            return None


def included(root, file, name):
    """The file of the repository that `#include name` in `file` means, or None."""
    beside = Path(os.path.normpath(file.parent / name))
    if (root / beside).is_file():
        return beside
    return Path(name) if name.startswith(("parlance/", "cli/")) else None


def floor_of(path):
    """How high the folder stands in its rung that a file is in, and the folder; None where rungs have none."""
    match path.parts:
        case ["parlance", rung, folder, _, *_] if rung in FOLDERS:
            return next((n for n, names in enumerate(FOLDERS[rung]) if folder in names), None), rung, folder
        case ["cli", folder, _, *_]:
            return next((n for n, names in enumerate(FOLDERS["cli"]) if folder in names), None), "cli", folder
        case ["parlance", "http", "client.hpp" | "server.hpp"]:  # what users include
            return len(FOLDERS["http"]), "http", ""
        case ["parlance", rung, _] if rung in FOLDERS:
            return None, rung, ""
        case _:
            return None


def is_above(own, other):
    """Whether the floor `other` may not be included from `own`."""
    return own and other and own[1] == other[1] and own[2] != other[2] and other[0] >= own[0]


def is_hidden(own, other, target):
    """Whether a rung's detail/ may not be included from the rung `own`."""
    if target.parts[:1] != ("parlance",) or target.parts[2:3] != ("detail",):
        return False
    return own != other and (own, other) != (LADDER.index("net"), LADDER.index("io"))


def layers(root):
    for full in files(root):
        file = full.relative_to(root)
        if file.suffix not in {".cpp", ".hpp"}:
            continue
        try:
            own = rung_of(file)
        except ValueError as error:
            yield f"{file}:1: {error}"
            continue
        floor = floor_of(file)
        if floor and floor[0] is None:
            yield f"{file}:1: is in no folder of {floor[1]}"
            continue
        for number, line in lines(full):
            include = INCLUDE.match(line)
            target = include and included(root, file, include[1])
            if not target:
                continue
            try:
                other = rung_of(target)
            except ValueError as error:
                yield f"{file}:{number}: {target} {error}"
                continue
            if other == len(LADDER) and own != other:
                yield f"{file}:{number}: only cli/ may include {target}"
            elif own is not None and other is not None and other > own:
                yield f"{file}:{number}: {LADDER[own]} may not include {target}, which is above it"
            elif is_hidden(own, other, target):
                yield f"{file}:{number}: {target} is for {LADDER[other]} alone"
            elif is_above(floor, floor_of(target)):
                yield f"{file}:{number}: {floor[1]}/{floor[2]} may not include {target}, which is above or beside it"


def sizes(root):
    for full in files(root):
        count = len(lines(full)) if full.suffix in SOURCES else 0
        if count > LONGEST_FILE:
            yield f"{full.relative_to(root)}:{LONGEST_FILE + 1}: the file has {count} lines; {LONGEST_FILE} is the most"


def paths(root):
    for full in files(root):
        for number, line in lines(full):
            if found := FOREIGN.search(line):
                yield f"{full.relative_to(root)}:{number}: names a place outside the repository: {found[0]}"


def anchors(page):
    """What the headings of a page are called in links to them, as GitHub does."""
    titles = (line.lstrip("#").strip() for _, line in lines(page) if line.startswith("#"))
    return {re.sub(r"[^\w\- ]", "", title).lower().replace(" ", "-") for title in titles}


def links(root):
    for full in files(root):
        if full.suffix != ".md":
            continue
        for number, line in lines(full):
            for target in LINK.findall(line):
                place, _, heading = target.partition("#")
                to = full.parent / place if place else full
                if not to.exists():
                    yield f"{full.relative_to(root)}:{number}: there is no {target}"
                elif heading and heading not in anchors(to):
                    yield f"{full.relative_to(root)}:{number}: {place or 'this page'} has no heading {heading}"


def runs_by_node(wanted):
    """Whether a range of versions (npm's semver), of which only the major numbers are looked at, has NODE."""
    def has(one):
        bounds = re.findall(r"(>=|<=|<|>|\^|~|=|)\s*v?(\d+|\*)", one)
        return all(number == "*" or {">=": NODE >= int(number), ">": NODE >= int(number), "<": NODE < int(number),
                                     "<=": NODE <= int(number)}.get(sign, NODE == int(number)) for sign, number in bounds)
    return any(has(re.sub(r"(\d+)(\.[\dx*]+)+", r"\1", one)) for one in wanted.split("||"))


def node(root):
    for full in files(root):
        if full.name != "package-lock.json":
            continue
        for name, package in json.loads(full.read_text())["packages"].items():
            wanted = package.get("engines", {}).get("node", "*")
            if not runs_by_node(wanted):
                yield f"{full.relative_to(root)}:1: {name} wants Node.js {wanted}, and Debian 12 has {NODE}"


CHECKS = {"layers": layers, "sizes": sizes, "paths": paths, "links": links, "node": node}


def main(arguments):
    if len(arguments) != 2 or arguments[0] not in CHECKS or not Path(arguments[1]).is_dir():
        sys.exit(__doc__)
    violations = list(CHECKS[arguments[0]](Path(arguments[1])))
    for violation in violations:
        print(violation)
    return 1 if violations else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
