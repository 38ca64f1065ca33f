"""The manual page: it says what the program says, all of it, and roff has nothing against it."""

import os
import re
import subprocess
import sys
import unittest

from talk_case import PARLANCE

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "scripts"))
import man  # noqa: E402

VERBS = ("serve", "admin", "chat", "listen", "connect", "get", "backup", "restore", "export")


def rendered():
    done = subprocess.run(["groff", "-ww", "-man", "-Tascii", "-P-cbou", man.PAGE], capture_output=True, text=True, check=True)
    return re.sub(r"\s+", " ", done.stdout.replace("-\n", "-")), done.stderr


class ManualPage(unittest.TestCase):
    def test_it_is_what_the_program_says_of_itself(self):
        with open(man.PAGE, encoding="utf-8") as file:
            self.assertEqual(file.read(), man.page(PARLANCE), "run scripts/man.py build/release/parlance")

    def test_every_option_of_every_verb_is_in_it(self):
        text, _ = rendered()
        for verb in VERBS:
            said = man.said_by(PARLANCE, verb, "--help")
            section = text[text.index(f"parlance {verb} ["):]
            for name in re.findall(r"(?m)^  (?:-.,)*(--[\w.-]+)", said):
                if name != "--help":
                    self.assertRegex(section, f"{name}[ ,]", verb)

    def test_roff_has_nothing_against_it(self):
        self.assertEqual(rendered()[1], "")

    def test_each_verb_has_a_page_of_its_own(self):
        # Made of this one as CMake configures (cmake/manual.cmake).
        folder = os.path.join(os.path.dirname(PARLANCE), "man")
        for verb in (*VERBS, *man.LIKE, "completion"):
            done = subprocess.run(["groff", "-ww", "-man", "-Tascii", "-P-cbou", os.path.join(folder, f"parlance-{verb}.1")],
                                  capture_output=True, text=True, check=True)
            self.assertEqual(done.stderr, "", verb)
            self.assertRegex(done.stdout, rf"(?s)NAME\n +parlance-{verb} +- +\S.*SYNOPSIS\n +parlance {verb} .*DESCRIPTION\n +\S")


if __name__ == "__main__":
    unittest.main()
