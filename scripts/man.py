#!/usr/bin/env python3
"""Writes docs/parlance.1 from what the program says of itself: scripts/man.py build/release/parlance

The verbs and their options are read from `--help`, which is where they are described; what is here is what a manual page
has besides. tests/cli/man_test.py checks that the page is what this makes of the program.
"""

import os
import re
import subprocess
import sys

PAGE = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "docs", "parlance.1")

EXAMPLES = [
    ("A chat on port 8000 for everybody on the network, and its operator's line:", "parlance serve"),
    ("Join it:", "parlance chat server:8000"),
    ("Ask a server something, and print its answer however late it comes:",
     "printf 'hello\\n' | parlance connect server:7"),
    ("Send a file, with TLS, to somebody who has been told the fingerprint:",
     "parlance listen --tls :8443 < file"),
    ("Keep a copy of a chat that runs:", "parlance backup --force chat.backup"),
    ("Send JSON, {\"name\": \"Ann\", \"age\": 42}, with a field of the head:",
     "parlance post https://example.com/people name=Ann age:=42 X-Token:secret"),
    ("Fetch two pages at once into files:",
     "parlance get -o a.html -o b.html https://example.com/a https://example.com/b"),
]

ENVIRONMENT = [
    ("PARLANCE_BACKEND", "How to wait for the kernel: io_uring or epoll, when --backend does not say."),
    ("http_proxy, https_proxy, all_proxy", "The proxies of get, when -x does not say; the last two in capitals, too."),
    ("no_proxy", "Whom get asks without a proxy, as --no-proxy has it; in capitals, too."),
    ("XDG_CONFIG_HOME", "Where get looks for parlance/get.toml (default: ~/.config)."),
    ("TMPDIR", "Where get keeps a body that waits for its turn (default: /tmp)."),
]

# Verbs that have the options of another; what they lack of them is told by their --help.
LIKE = {name: "get" for name in ("post", "put", "patch", "delete", "head")}

SEE_ALSO = "curl(1), nc(1), socat(1), io_uring(7), epoll(7), unix(7)"


def said_by(program, *arguments):
    return subprocess.run([program, *arguments], check=True, capture_output=True, text=True, timeout=60).stdout


def escaped(text):
    """Plain text as roff wants it: no requests by accident, and hyphens that can be copied."""
    text = text.replace("\\", "\\e").replace("-", "\\-").replace("'", "\\(aq").replace("`", "\\(ga")
    return "\\&" + text if text.startswith(".") else text


def filled(text):
    """Paragraphs, which a reader's terminal breaks into lines."""
    paragraphs = [" ".join(part.split()) for part in re.split(r"\n\s*\n", text.strip()) if part.strip()]
    return "\n.PP\n".join(escaped(one) for one in paragraphs)


def parts(help_text):
    """What a verb's help has: its description, its usage, [(head, text)] of its options, and the rest."""
    about, _, rest = help_text.partition("Usage: ")
    usage, _, rest = rest.partition("\n")
    entries, more, where = [], [], None
    for line in rest.split("\n"):
        if re.fullmatch(r"(Positionals|Options|Subcommands|Request|Body|Output|Download|Show|Limits|Session|Connection):", line):
            where = line
        elif where and line.startswith("  ") and not line.startswith(" " * 29):
            head, _, text = line.strip().partition("  ")
            entries.append((where, head, [text.strip()]))
        elif where and line.startswith(" " * 29):
            entries[-1][2].append(line.strip())
        elif line.strip() or not where:
            where = None
            more.append(line)
    return about, usage, [(w, head, " ".join(text).strip()) for w, head, text in entries], "\n".join(more)


def option(head, text):
    """An entry: its names and what they take in bold, and its default after its text."""
    notes = []
    # KEY=VALUE is what it takes, and not a default.
    if found := re.search(r"=(?!VALUE$)(\S+)$", head.strip()):
        notes.append("default: " + found.group(1))
        head = head.strip().removesuffix(found.group(0))
    if not head.startswith("-"):
        head = head.split()[0] + ("..." if "..." in head else "")
    head = re.sub(r"\b(UINT|INT|FLOAT)(:POSITIVE)?$", "N", head.replace("TEXT:{", "{").strip())
    head = re.sub(r"\s+", " ", head.replace(" REQUIRED", "").replace(",-", ", -")).strip()
    note = f" ({'; '.join(notes)})" if notes else ""
    return f".TP\n.B {escaped(head)}\n{escaped(text.rstrip('.') + note + '.')}"


def verb_section(program, name):
    about, usage, entries, more = parts(said_by(program, name, "--help"))
    lines = [f".SS {escaped(usage)}", filled(about)]
    if name in LIKE:
        return "\n".join([*lines, ".PP", escaped(f"It has the options of {LIKE[name]}, but those that choose the method.")])
    lines += [option(head, text) for _, head, text in entries if not head.startswith("-h,")]
    return "\n".join([*lines, ".PP", filled(more)])


def page(program):
    about, _, entries, more = parts(said_by(program, "--help"))
    verbs = [head for where, head, _ in entries if where == "Subcommands:"]
    codes, _, _ = more.strip().partition("\n\n")
    out = [
        ".\\\" Made by scripts/man.py from what the program's --help says. Change that, and run it again.",
        f'.TH PARLANCE 1 "" "{said_by(program, "--version").strip()}" "User Commands"',
        ".SH NAME", "parlance \\- sockets that speak: a chat, a line between two ends, and an HTTP client",
        ".SH SYNOPSIS", ".B parlance", "[\\fB\\-\\-backend\\fR \\fINAME\\fR] \\fIVERB\\fR [\\fIOPTIONS\\fR] [\\fIARGUMENTS\\fR]",
        ".br", ".B parlance", "\\fB\\-\\-help\\fR | \\fB\\-\\-version\\fR",
        ".SH DESCRIPTION", filled(about), ".PP",
        escaped("There is one verb for each thing that it does: " + ", ".join(verbs) + ". Options follow their verb."),
        ".SH OPTIONS",
        *[option(head, text) for where, head, text in entries if where == "Options:"],
        ".SH VERBS", *[verb_section(program, verb) for verb in verbs],
        ".SH EXIT STATUS", filled(codes.removeprefix("Exit codes: ")),
        ".SH ENVIRONMENT", *[f".TP\n.B {escaped(name)}\n{escaped(text)}" for name, text in ENVIRONMENT],
        ".SH EXAMPLES", *[f".PP\n{escaped(what)}\n.PP\n.nf\n.RS\n{escaped(how)}\n.RE\n.fi" for what, how in EXAMPLES],
        ".SH SEE ALSO", re.sub(r"([a-z_]+)\((\d)\)(,?)", r".BR \1 (\2)\3", SEE_ALSO).replace(" .BR", "\n.BR"),
    ]
    return "\n".join(out) + "\n"


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    made = page(os.path.abspath(sys.argv[1]))
    with open(PAGE, "w", encoding="utf-8") as file:
        file.write(made)
