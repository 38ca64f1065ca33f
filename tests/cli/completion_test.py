"""What shells complete of the program's command lines, with the shells themselves."""

import os
import pty
import re
import select
import shutil
import subprocess
import tempfile
import time
import unittest

PARLANCE = os.environ["PARLANCE"]
LIMIT = 120


def script(shell):
    return subprocess.run([PARLANCE, "completion", shell], check=True, capture_output=True, text=True, timeout=LIMIT).stdout


class CompletionCase(unittest.TestCase):
    SHELL = None

    def setUp(self):
        if self.SHELL is None:
            self.skipTest("there is no shell here")
        self.assertIsNotNone(shutil.which(self.SHELL), f"{self.SHELL} is not installed")
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.path = os.path.join(self.folder, "script")
        with open(self.path, "w") as file:
            file.write(script(self.SHELL))
        os.mkdir(os.path.join(self.folder, "files"))
        for name in ("a page.html", "archive"):
            open(os.path.join(self.folder, "files", name), "w").close()
        os.mkdir(os.path.join(self.folder, "files", "afolder"))

    def run_shell(self, *arguments):
        return subprocess.run([self.SHELL, *arguments], check=True, capture_output=True, text=True, timeout=LIMIT,
                              cwd=os.path.join(self.folder, "files")).stdout


class Bash(CompletionCase):
    SHELL = "bash"

    def completed(self, *words):
        listed = " ".join("'" + word + "'" for word in words)
        return self.run_shell("--norc", "-c", f'. {self.path}; complete -p parlance >/dev/null || exit 1; COMP_WORDS=({listed}); '
                              'COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); compopt() { :; }; _parlance; printf "%s\\n" "${COMPREPLY[@]}"').splitlines()

    def test_verbs(self):
        self.assertEqual(self.completed("parlance", "se"), ["serve"])
        self.assertIn("completion", self.completed("parlance", ""))
        self.assertEqual(self.completed("parlance", "--back"), ["--backend"])

    def test_every_option_that_help_has(self):
        for verb in ("get", "post", "serve", "chat", "listen"):
            told = subprocess.run([PARLANCE, verb, "--help"], check=True, capture_output=True, text=True, timeout=LIMIT).stdout
            named = {name for line in re.findall(r"(?m)^  (-[^ \n]+)", told) for name in line.split(",")}
            self.assertGreater(len(named), 5)
            self.assertLessEqual(named, set(self.completed("parlance", verb, "-")))

    def test_values(self):
        self.assertEqual(self.completed("parlance", "get", "--pretty", "c"), ["colors"])
        self.assertEqual(self.completed("parlance", "get", "--pretty", "="), ["all", "colors", "format", "none"])
        self.assertEqual(sorted(self.completed("parlance", "get", "-o", "a")), ["a page.html", "afolder", "archive"])
        self.assertEqual(self.completed("parlance", "get", "--output-dir", "=", "a"), ["afolder"])
        self.assertEqual(self.completed("parlance", "--backend", "e"), ["epoll"])


class Fish(CompletionCase):
    SHELL = "fish"

    def completed(self, line):
        told = self.run_shell("--no-config", "-c", f"source {self.path}; complete -C '{line}'")
        return [one.split("\t")[0] for one in told.splitlines()]

    def test_verbs_options_and_values(self):
        self.assertEqual(self.completed("parlance ser"), ["serve"])
        self.assertIn("--connections", self.completed("parlance get --con"))
        self.assertNotIn("--connections", self.completed("parlance serve --con"))
        self.assertEqual(self.completed("parlance get --pretty c"), ["colors"])
        self.assertIn("archive", self.completed("parlance get -o ar"))


class Zsh(CompletionCase):
    SHELL = "zsh"

    def completed(self, line):
        """The line, after a Tab in a terminal."""
        child, terminal = pty.fork()
        if child == 0:
            os.environ.update(TERM="dumb", ZDOTDIR=self.folder)
            os.chdir(os.path.join(self.folder, "files"))
            os.execvp("zsh", ["zsh", "-f", "-i"])
        self.addCleanup(os.waitpid, child, 0)
        self.addCleanup(os.close, terminal)
        told = b""

        def until(mark):
            nonlocal told
            deadline = time.monotonic() + LIMIT
            while not re.search(mark, told):
                self.assertLess(time.monotonic(), deadline, told)
                if select.select([terminal], [], [], 1)[0]:
                    told += os.read(terminal, 4096)
        os.write(terminal, f"unsetopt zle_bracketed_paste; autoload -U compinit; compinit -u -D; source {self.path}; PS1='rea''dy> '\n".encode())
        until(b"ready> ")
        told = b""
        os.write(terminal, line.encode() + b"\t")
        os.write(terminal, b"END")
        until(b"END")
        plain = re.sub(rb"[\r\x07]|\x1b\[[^a-zA-Z]*[a-zA-Z]", b"", told)
        while b"\x08" in plain:  # what is written over
            plain = re.sub(rb"[^\x08]?\x08", b"", plain, count=1)
        return plain.decode()

    def test_verbs_options_and_values(self):
        self.assertIn("parlance serve END", self.completed("parlance ser"))
        self.assertIn("--connections=END", self.completed("parlance get --connecti"))
        self.assertIn("--pretty colors END", self.completed("parlance get --pretty co"))


if __name__ == "__main__":
    unittest.main()
