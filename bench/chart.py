#!/usr/bin/env python3
"""Draws the tables that the scripts here print, as an SVG:  chart.py TITLE NOTE <TABLES >SVG

A table is a block of lines: its titles, with two spaces or more (or a tab) between them, then a row a line: a name, and a number
for each title but the first. What stands in the line before it is its caption; other text is passed over. Rows have a bar
of their first number, with what it is of the floor's and, for Parlance, of the best peer's; the others stand below it.
"of X" is a ratio of the number before it. "T, X" is X's own number where "T" is ours: both have bars, in a chart for each T.
"""
import contextlib
import datetime
import io
import os
import platform
import re
import sys
import textwrap
import xml.etree.ElementTree as ET
from decimal import Decimal
from pathlib import Path

PEERS = {"Asio", "libuv", "nginx", "openssl", "ngIRCd", "InspIRCd", "curl", "irssi", "weechat"}  # the first word of their rows
COLOURS = {"ours": "#0969da", "peer": "#8c959f", "floor": "#c8d1da"}
WIDTH, MARGIN, BAR, LONGEST_BAR, BAR_HEIGHT = 760, 20, 190, 270, 13
SHORT_NAME, LONG_LINE = 24, 96  # characters that fit beside the bars, and below them
STYLE = """
text { font: 11px system-ui, -apple-system, "Segoe UI", Helvetica, Arial, sans-serif; fill: #1f2328 }
.title { font-size: 15px; font-weight: 600 }
.caption { font-size: 12px; font-weight: 600 }
.small { font-size: 10px; fill: #59636e }
"""
NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")
TITLE = re.compile(r"(?:(.+?) )??(of .+|[^ ]+)")
NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def row_of(line, columns):
    """(name, numbers as they are written)"""
    name, *numbers = line.rsplit(maxsplit=columns)
    if len(numbers) != columns or not all(map(NUMBER.fullmatch, numbers)):
        sys.exit(f"chart.py: this is no row of {columns} numbers: {line}")
    return name.strip(), numbers


def tables(text):
    """(caption, titles, rows) of each table that has rows"""
    caption = ""
    for block in re.split(r"\n\s*\n", text.strip("\n")):
        head, *lines = block.rstrip().split("\n")
        _, *titles = re.split(r"\s*\t\s*|\s{2,}", head.strip())
        if not titles:
            caption = block.split("\n")[-1].strip()
        elif lines:
            yield caption, titles, [row_of(line, len(titles)) for line in lines]
            caption = ""


def charts(titles):
    """For each chart of a table the columns of its bars, of its ratios, and of what stands below."""
    twins = {n: [i for i, other in enumerate(titles) if other.startswith(f"{title}, ")] for n, title in enumerate(titles)}
    left = set(range(len(titles)))
    drawn = []
    for first in (n for n in range(len(titles)) if n == 0 or twins[n]):
        bars = [first, *twins[first]]
        ratios = [n for n in [bars[-1] + 1] if n < len(titles) and titles[n].startswith("of ")]
        left -= {*bars, *ratios}
        drawn.append((bars, ratios))
    return [(bars, ratios, [] if bars[0] else sorted(left)) for bars, ratios in drawn]


def kind(name):
    first = name.partition(" ")[0]
    return "floor" if first == "floor" else "peer" if first in PEERS else "ours"


def more_is_better(title):
    return title.endswith("/s")


def compared(rows, column, title, ratios):
    """For each row of ours what its number is of its floor's, unless the table tells that itself, and of the best peer's."""
    numbers = [(Decimal(values[column]), name) for name, values in rows]
    peers = [row for row in numbers if kind(row[1]) == "peer"]
    best = [max(peers) if more_is_better(title) else min(peers)] if peers else []
    floors = [row for row in numbers if kind(row[1]) == "floor" and not ratios]
    for number, name in numbers:
        # Of several floors, "floor epoll" is that of "Parlance epoll".
        own = [row for row in floors if len(floors) == 1 or row[1].split()[-1] == name.split()[-1]]
        yield [f"{number / other:.2f} of {whose}" for other, whose in own + best if kind(name) == "ours" and other]


def said(title, number):
    """A number with its title: "p50 12 µs" of "p50 us", "0.98 of floor", "3 messages"."""
    what, unit = TITLE.fullmatch(title).groups("")
    return f"{what} {Decimal(number):,} {'µs' if unit == 'us' else unit}".strip()


class Drawing:
    def __init__(self):
        self.svg = ET.Element("svg", {"xmlns": "http://www.w3.org/2000/svg", "role": "img"})
        self.y = 0

    def add(self, tag, text=None, **attributes):
        element = ET.SubElement(self.svg, tag, {name.rstrip("_"): str(value) for name, value in attributes.items()})
        element.text = text and NO_XML.sub("\ufffd", text)

    def line(self, height, text, style, x=MARGIN):
        self.y += height
        self.add("text", text, x=x, y=self.y, class_=style)

    def bar(self, share, colour, label):
        length = LONGEST_BAR * share
        self.add("rect", x=BAR, y=self.y - BAR_HEIGHT + 3, width=f"{length:.1f}", height=BAR_HEIGHT, rx=2, fill=colour)
        self.add("text", label, x=f"{BAR + length + 6:.1f}", y=self.y)

    def table(self, caption, titles, rows):
        for bars, ratios, below in charts(titles):
            title = titles[bars[0]]
            self.line(30, textwrap.shorten(caption, LONG_LINE, placeholder=" …"), "caption")
            self.line(15, f"{title}, {'more' if more_is_better(title) else 'less'} is better", "small")
            self.y += 4
            most = max(Decimal(values[n]) for _, values in rows for n in bars)
            for (name, values), ratio in zip(rows, compared(rows, bars[0], title, ratios)):
                ratio = [said(titles[n], values[n]) for n in ratios] + ratio
                self.row(name, [(titles[n], values[n]) for n in bars], most, ratio)
                details = " · ".join(said(titles[n], values[n]) for n in below)
                for line in textwrap.wrap(details, LONG_LINE):
                    self.line(13, line, "small", BAR)

    def row(self, name, bars, most, ratios):
        """The first of the bars is the row's own; those of others have their names."""
        self.line(21, name, "name")
        if len(name) > SHORT_NAME:
            self.y += 17
        for n, (title, number) in enumerate(bars):
            if n:
                self.line(16, title.rpartition(", ")[2], "small", MARGIN + 12)
            label = " · ".join([f"{Decimal(number):,}", *(ratios if n == 0 else [])])
            share = max(Decimal(number), Decimal(0)) / most if most > 0 else Decimal(0)
            self.bar(share, COLOURS["peer" if n else kind(name)], label)

    def finish(self):
        height = self.y + MARGIN
        self.svg.attrib |= {"width": str(WIDTH), "height": str(height), "viewBox": f"0 0 {WIDTH} {height}"}
        # A background of its own, so that a dark page does not shine through.
        card = {"x": "0.5", "y": "0.5", "width": str(WIDTH - 1), "height": str(height - 1), "rx": "6"}
        self.svg.insert(0, ET.Element("rect", card | {"fill": "#ffffff", "stroke": "#d1d9e0"}))
        ET.indent(self.svg)
        return ET.tostring(self.svg, encoding="unicode") + "\n"


def draw(title, note, text):
    found = list(tables(text))
    if not found:
        sys.exit("chart.py: there is no table to draw")
    drawing = Drawing()
    drawing.add("title", title)
    drawing.add("style", STYLE)
    drawing.line(30, title, "title")
    for table in found:
        drawing.table(*table)
    drawing.line(30, note, "small")
    return drawing.finish()


class Copied(io.TextIOBase):
    def __init__(self, to):
        self.to, self.text = to, ""

    def write(self, text):
        self.text += text
        return self.to.write(text)

    def flush(self):
        self.to.flush()


@contextlib.contextmanager
def drawn_to(path):
    """For the scripts in Python: what is printed meanwhile is drawn, too, if there is a path and nothing fails."""
    if not path:
        yield
        return
    with contextlib.redirect_stdout(Copied(sys.stdout)) as copied:
        yield
    machine = f"{platform.system()} {platform.release()}, {os.cpu_count()} CPUs, {datetime.date.today()}"
    svg = draw(f"bench/{Path(sys.argv[0]).name}", machine, copied.text)
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_text(svg, encoding="utf-8")


def main(arguments):
    if len(arguments) != 2:
        sys.exit(__doc__)
    sys.stdin.reconfigure(encoding="utf-8", errors="replace")
    sys.stdout.reconfigure(encoding="utf-8")
    sys.stdout.write(draw(*arguments, sys.stdin.read()))


if __name__ == "__main__":
    main(sys.argv[1:])
