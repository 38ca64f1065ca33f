#!/usr/bin/env python3
"""The checks of house.py find what they look for, in a repository made for it."""
import json
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

HOUSE = Path(__file__).with_name("house.py")


class checks(unittest.TestCase):
    def run_check(self, check, files):
        with tempfile.TemporaryDirectory() as root:
            for name, text in files.items():
                file = Path(root, name)
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(text)
            result = subprocess.run([sys.executable, "-B", HOUSE, check, root], capture_output=True, text=True)
        self.assertEqual(result.stderr, "")
        return result.returncode, result.stdout.strip()

    def accepts(self, check, files):
        self.assertEqual(self.run_check(check, files), (0, ""))

    def refuses(self, check, files, where):
        status, output = self.run_check(check, files)
        self.assertEqual(status, 1)
        self.assertEqual(len(output.splitlines()), 1, output)
        self.assertTrue(output.startswith(where + ": "), output)

    def test_a_folder_of_the_chat_includes_only_those_below_it(self):
        self.accepts("layers", {
            "parlance/chat/irc/encode.cpp": "#include <parlance/chat/core/event.hpp>\n#include <parlance/chat/irc/encode.hpp>\n",
            "tests/chat/core/window.hpp": "#include <parlance/chat/door/dialects.hpp>\n"})
        self.refuses("layers", {"parlance/chat/core/event.cpp": "#include <parlance/chat/irc/encode.hpp>\n"},
                     "parlance/chat/core/event.cpp:1")
        self.refuses("layers", {"parlance/chat/irc/who.cpp": "#include <parlance/chat/plain/plain.hpp>\n"},
                     "parlance/chat/irc/who.cpp:1")
        self.refuses("layers", {"parlance/chat/hub.cpp": ""}, "parlance/chat/hub.cpp:1")

    def test_so_does_a_folder_of_the_program(self):
        self.accepts("layers", {"cli/main.cpp": "#include <cli/get/get.hpp>\n", "cli/get/get.hpp": "#include <cli/base/verb.hpp>\n"})
        self.refuses("layers", {"cli/base/verb.cpp": "#include <cli/talk/talk.hpp>\n"}, "cli/base/verb.cpp:1")
        self.refuses("layers", {"cli/get/get.cpp": "#include <cli/chat/console.hpp>\n"}, "cli/get/get.cpp:1")
        self.refuses("layers", {"cli/other/get.cpp": ""}, "cli/other/get.cpp:1")

    def test_a_rung_may_include_itself_and_those_below(self):
        self.accepts("layers", {
            "parlance/net/stream.cpp": "#include <vector>\n#include <parlance/net/stream.hpp>\n#include <parlance/io/loop.hpp>\n",
            "parlance/net.hpp": "#include <parlance/net/stream.hpp>\n#include <parlance/io/loop.hpp>\n",
            "tests/chat/hub_test.cpp": "#include <parlance/chat/core/hub.hpp>\n#include <parlance/io/loop.hpp>\n",
            "cli/main.cpp": '#include "verbs.hpp"\n#include <parlance/chat/core/hub.hpp>\n',
            "cli/verbs.hpp": "",
            "examples/client.cpp": "#include <parlance/http/client/client.hpp>\n",
        })

    def test_a_rung_may_not_include_one_above(self):
        self.refuses("layers", {"parlance/io/loop.hpp": "\n#include <parlance/net/stream.hpp>\n"}, "parlance/io/loop.hpp:2")
        self.refuses("layers", {"parlance/io/loop.hpp": "#include <parlance/net.hpp>\n"}, "parlance/io/loop.hpp:1")
        self.refuses("layers", {"parlance/net.hpp": "#include <parlance/http/x.hpp>\n"}, "parlance/net.hpp:1")
        self.refuses("layers", {"parlance/net/a/b.cpp": "  #  include <parlance/http/x.hpp>\n"}, "parlance/net/a/b.cpp:1")
        self.refuses("layers", {"parlance/http/x.cpp": '#include "parlance/chat/core/hub.hpp"\n'}, "parlance/http/x.cpp:1")
        self.refuses("layers", {"tests/net/stream_test.cpp": "#include <parlance/http/x.hpp>\n"}, "tests/net/stream_test.cpp:1")
        self.refuses("layers", {"fuzz/http/x_fuzz.cpp": "#include <parlance/chat/x.hpp>\n"}, "fuzz/http/x_fuzz.cpp:1")

    def test_details_are_for_their_own_rung(self):
        self.accepts("layers", {
            "parlance/io/loop.cpp": "#include <parlance/io/detail/ring.hpp>\n",
            "parlance/net/stream.cpp": "#include <parlance/io/detail/ring.hpp>\n",
            "tests/io/ring_test.cpp": "#include <parlance/io/detail/ring.hpp>\n"})
        self.refuses("layers", {"parlance/http/x.cpp": "#include <parlance/net/detail/pem.hpp>\n"}, "parlance/http/x.cpp:1")
        self.refuses("layers", {"parlance/http/x.cpp": "#include <parlance/io/detail/ring.hpp>\n"}, "parlance/http/x.cpp:1")
        self.refuses("layers", {"examples/x.cpp": "#include <parlance/io/detail/ring.hpp>\n"}, "examples/x.cpp:1")
        self.refuses("layers", {"cli/main.cpp": "#include <parlance/net/detail/pem.hpp>\n"}, "cli/main.cpp:1")

    def test_a_path_that_climbs_is_followed(self):
        self.refuses("layers", {"parlance/io/a.cpp": '#include "../net/b.hpp"\n', "parlance/net/b.hpp": ""}, "parlance/io/a.cpp:1")
        self.refuses("layers", {"parlance/chat/a.cpp": '#include "../../cli/b.hpp"\n', "cli/b.hpp": ""}, "parlance/chat/a.cpp:1")

    def test_nothing_includes_the_program(self):
        self.refuses("layers", {"parlance/chat/hub.cpp": '#include "cli/verbs.hpp"\n'}, "parlance/chat/hub.cpp:1")
        self.refuses("layers", {"examples/client.cpp": "#include <cli/verbs.hpp>\n"}, "examples/client.cpp:1")

    def test_parlance_holds_nothing_but_rungs(self):
        self.refuses("layers", {"parlance/util/x.hpp": ""}, "parlance/util/x.hpp:1")
        self.refuses("layers", {"cli/main.cpp": "#include <parlance/util/x.hpp>\n"}, "cli/main.cpp:1")

    def test_a_file_has_900_lines_at_most(self):
        self.accepts("sizes", {"parlance/io/a.cpp": "\n" * 900, "fuzz/io/corpus/a.txt": "\n" * 5000})
        self.refuses("sizes", {"parlance/io/a.cpp": "\n" * 901}, "parlance/io/a.cpp:901")

    def test_links_lead_somewhere(self):
        self.accepts("links", {"README.md": "[a](docs/a.md) [b](docs/a.md#the-b-of-it) [c](https://example.com/x)\n", "docs/a.md": "# A\n\n## The `b` of it\n"})
        self.refuses("links", {"docs/a.md": "\n[b](docs/b.md)\n", "docs/b.md": ""}, "docs/a.md:2")
        self.refuses("links", {"docs/a.md": "[b](b.md#there)\n", "docs/b.md": "# Here\n"}, "docs/a.md:1")

    def test_what_npm_installs_runs_by_debians_node(self):
        def lock(wanted):
            return {"web/package-lock.json": json.dumps({"packages": {"": {}, "node_modules/a": {"engines": {"node": wanted}}}})}
        for wanted in [">=18", ">= 0.4", "*", "^12.20.0 || ^14.13.1 || >=16.0.0", "18.x || 20", ">=16.20.0 <21"]:
            self.accepts("node", lock(wanted))
        for wanted in [">=20", "^20.19.0 || >=22.12.0", ">=14 <18", "20.x"]:
            self.refuses("node", lock(wanted), "web/package-lock.json:1")

    def test_no_file_names_a_place_outside(self):
        self.accepts("paths", {"docs/a.md": "https://example.com/work/x and tests/work/x in /var/lib, /tmp and ../chat\n"})
        for place in ["../" + "shared/notes.md", "/" + "work/main/run", "see /" + "home/ann/x"]:
            self.refuses("paths", {"docs/a.md": f"first\n{place}\n"}, "docs/a.md:2")


if __name__ == "__main__":
    unittest.main()
