#!/usr/bin/env python3
"""bench/chart.py draws what the scripts of bench/ print, and they call it when they are asked to."""
import os
import shlex
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree as ET
from pathlib import Path

BENCH = Path(__file__).resolve().parents[2] / "bench"
SVG = "{http://www.w3.org/2000/svg}"
CHAT = """
10x1x1 receivers x publishers x window, 100 bytes

server                     deliveries/s       of floor         p50 us           lost
floor                            130000           1.00             98              0
ngIRCd                            65000           0.50            136              0
InspIRCd                         104000           0.80            114              3
Parlance io_uring              12345678           0.94           1099              0
  --set store.durability=power and more            26000           0.20            500              0
"""


def run(text, title="bench/chat.sh", note="Linux 6.18, 2 CPUs", seed="0"):
    return subprocess.run([sys.executable, "-B", BENCH / "chart.py", title, note], input=text.encode(), capture_output=True,
                          env=os.environ | {"PYTHONHASHSEED": seed})


class Charts(unittest.TestCase):
    def draw(self, *arguments):
        done = run(*arguments)
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        return ET.fromstring(done.stdout)

    def texts(self, svg):
        return [element.text for element in svg.iter(f"{SVG}text")]

    def bars(self, svg):
        """The widths of the bars: of all rectangles but the background."""
        background, *bars = svg.iter(f"{SVG}rect")
        self.assertEqual(background.get("width"), "759")
        return [float(bar.get("width")) for bar in bars]

    def test_it_has_every_value_with_its_unit_and_what_it_was_measured_on(self):
        svg = self.draw(CHAT)
        self.assertEqual(svg.get("width"), "760")
        self.assertEqual(self.texts(svg), [
            "bench/chat.sh", "10x1x1 receivers x publishers x window, 100 bytes", "deliveries/s, more is better",
            "floor", "130,000 · 1.00 of floor", "p50 98 µs · 0 lost",
            "ngIRCd", "65,000 · 0.50 of floor", "p50 136 µs · 0 lost",
            "InspIRCd", "104,000 · 0.80 of floor", "p50 114 µs · 3 lost",
            "Parlance io_uring", "12,345,678 · 0.94 of floor · 118.71 of InspIRCd", "p50 1,099 µs · 0 lost",
            "--set store.durability=power and more", "26,000 · 0.20 of floor · 0.25 of InspIRCd", "p50 500 µs · 0 lost",
            "Linux 6.18, 2 CPUs"])

    def test_bars_are_in_proportion_and_stay_on_the_page(self):
        svg = self.draw("much\n\nserver  MiB/s\nfloor  400\nAsio  100\nParlance  300.0\nlibuv  0\n\n"
                        "little\n\nserver  MiB/s\nfloor  4\n")
        longest, *others, alone = self.bars(svg)
        self.assertEqual(others, [longest / 4, longest * 3 / 4, 0])
        self.assertEqual(alone, longest)
        for bar in svg.iter(f"{SVG}rect"):
            self.assertLess(float(bar.get("x")) + float(bar.get("width")), 760)
            self.assertLess(float(bar.get("y")) + float(bar.get("height")), float(svg.get("height")))

    def test_nothing_measured_has_bars_of_no_length(self):
        self.assertEqual(self.bars(self.draw("server  msg/s\nAsio  0\nParlance  0\n")), [0, 0])

    def test_less_is_better_of_what_is_no_rate(self):
        texts = self.texts(self.draw("idle\n\nserver  bytes each\nfloor epoll  50\nAsio epoll  400\nlibuv  200\nParlance  100\n"))
        self.assertIn("bytes each, less is better", texts)
        self.assertIn("100 · 2.00 of floor epoll · 0.50 of libuv", texts)

    def test_of_several_floors_each_row_has_its_own(self):
        texts = self.texts(self.draw("server  calls/message\nfloor epoll  2\nParlance epoll  4\n"
                                     "floor io_uring  0.10\nParlance io_uring  0.05\n"))
        self.assertEqual([text for text in texts if text and " of " in text],
                         ["4 · 2.00 of floor epoll", "0.05 · 0.50 of floor io_uring"])

    def test_what_is_anothers_is_beside_it_in_a_chart_for_each_measure(self):
        svg = self.draw("twins\n\nprogram  lines  lines, Asio  of Asio  KiB  KiB, Asio  of Asio\nclient  8  32  0.25  444  111  4.00\n")
        self.assertEqual(self.texts(svg)[1:-1], ["twins", "lines, less is better", "client", "8 · 0.25 of Asio", "Asio", "32",
                                                 "twins", "KiB, less is better", "client", "444 · 4.00 of Asio", "Asio", "111"])
        few, longest, most, quarter = self.bars(svg)
        self.assertEqual((few, quarter, most), (longest / 4, longest / 4, longest))

    def test_titles_and_numbers_may_have_tabs_between(self):
        self.assertIn("0.30 · 1.00 of floor", self.texts(self.draw("server\tcalls/message\tof floor\nthe floor\t0.30\t1.00\n")))

    def test_hostile_text_is_text(self):
        hostile = "</text><script>alert('1')</script> &amp; \"]]> \x1b[31m\x7f\u202e"
        svg = self.draw(f"a {hostile}\n\nserver  b{hostile}\nfloor {hostile}\x00  1\n", f"c {hostile}", f"d {hostile}")
        self.assertEqual({element.tag.removeprefix(SVG) for element in svg.iter()}, {"svg", "title", "style", "rect", "text"})
        shown = hostile.replace("\x1b", "\ufffd")
        self.assertEqual(self.texts(svg), [f"c {shown}", f"a {shown}", f"b{shown}, less is better",
                                           f"floor {shown}\ufffd", "1", f"d {shown}"])

    def test_the_same_table_gives_the_same_bytes(self):
        self.assertEqual(run(CHAT, seed="1").stdout, run(CHAT, seed="2").stdout)

    def test_what_is_no_table_is_refused(self):
        for text in ("", "messages=5\n", "server  msg/s\n", "server  msg/s\nfloor  fast\n", "server  a  b\nfloor  1\n",
                     "server  msg/s\nfloor  nan\n"):
            done = run(text)
            self.assertEqual((done.returncode, done.stdout), (1, b""), text)
            self.assertTrue(done.stderr.startswith(b"chart.py: "), done.stderr)


class Scripts(unittest.TestCase):
    def script(self, folder, lines):
        file = Path(folder, "some.sh")
        file.write_text(f"set -euo pipefail\nsource {shlex.quote(str(BENCH))}/servers.sh\ndraw_to {folder}/charts/some.svg\n{lines}\n")
        return subprocess.run(["bash", file], capture_output=True, text=True), Path(folder, "charts/some.svg")

    def test_what_a_script_prints_is_drawn_too(self):
        with tempfile.TemporaryDirectory() as folder:
            done, chart = self.script(folder, "printf 'caption\\n\\n'\n"
                                      "printf '%s\\t%s\\t%s\\n' Parlance 3 7 Parlance 5 9 | medians server 'system ns/KiB:1' 'p50 us:0'")
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            self.assertTrue(done.stdout.startswith("caption\n\nserver  "), done.stdout)
            texts = [element.text for element in ET.parse(chart).iter(f"{SVG}text")]
        self.assertEqual(texts[:-1], ["bench/some.sh", "caption", "system ns/KiB, less is better", "Parlance", "4.0", "p50 8 µs"])
        self.assertRegex(texts[-1], rf"^Linux {os.uname().release}, \d+ CPUs, \d{{4}}-\d\d-\d\d$")

    def test_a_script_that_fails_draws_nothing_and_says_why(self):
        with tempfile.TemporaryDirectory() as folder:
            done, chart = self.script(folder, "printf 'server  msg/s\\nfloor  1\\n'\ndie broken")
            self.assertEqual((done.returncode, done.stdout, done.stderr), (1, "server  msg/s\nfloor  1\n", "some.sh: broken\n"))
            self.assertFalse(chart.exists())

    def test_a_chart_that_cannot_be_drawn_is_a_failure(self):
        with tempfile.TemporaryDirectory() as folder:
            done, chart = self.script(folder, "echo nothing")
            self.assertEqual((done.returncode, done.stderr), (1, "chart.py: there is no table to draw\n"))
            self.assertFalse(chart.exists())

    def test_what_a_script_in_python_prints_is_drawn_too(self):
        for path, ends, code in (("charts/some.svg", "", 0), ("", "", 0), ("charts/some.svg", "sys.exit(3)", 3)):
            with tempfile.TemporaryDirectory() as folder:
                file, chart = Path(folder, "some.py"), Path(folder, "charts/some.svg")
                file.write_text(f"import sys\nsys.path.insert(0, {str(BENCH)!r})\nimport chart\nwith chart.drawn_to({path and str(chart)!r}):\n"
                                f"    print('program  CPU ms  of curl\\ncurl  2.0  1.00\\nparlance  1.0  0.50')\n    {ends}\n")
                done = subprocess.run([sys.executable, "-B", file], capture_output=True, text=True)
                self.assertEqual((done.returncode, done.stderr), (code, ""))
                self.assertTrue(done.stdout.endswith("parlance  1.0  0.50\n"))
                self.assertEqual(chart.exists(), bool(path) and not ends)
                texts = [element.text for element in ET.parse(chart).iter(f"{SVG}text")] if chart.exists() else []
            if texts:
                self.assertEqual(texts[0], "bench/some.py")
                self.assertIn("1.0 · 0.50 of curl · 0.50 of curl", texts)
                self.assertRegex(texts[-1], rf"^Linux {os.uname().release}, \d+ CPUs, \d{{4}}-\d\d-\d\d$")

    def test_each_script_that_prints_a_table_draws_it(self):
        scripts = [script for script in BENCH.glob("*.sh") if "usage: bench/" in script.read_text()]
        self.assertGreaterEqual(len(scripts), 7)
        scripts += [script for script in BENCH.glob("*.py") if "import argparse" in script.read_text()]
        for script in scripts:
            self.assertIn("--svg FILE", script.read_text(), script.name)


if __name__ == "__main__":
    unittest.main()
