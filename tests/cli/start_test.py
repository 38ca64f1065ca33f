"""What each start of the program pays for, whichever verb it is."""

import collections
import os
import re
import subprocess
import unittest

from talk_case import LIMIT, PARLANCE


def said_by(*words, **environment):
    return subprocess.run([PARLANCE, *words], check=True, capture_output=True, text=True, timeout=LIMIT, env=os.environ | environment).stdout


class Start(unittest.TestCase):
    def test_what_few_verbs_need_is_not_loaded_with_it(self):
        loaded = said_by(LD_TRACE_LOADED_OBJECTS="1")
        self.assertIn("libc.so", loaded)
        self.assertEqual(re.findall(r"lib(?:icu|pcap|qrencode)\w*", loaded), [])

    def test_each_option_of_a_verb_has_names_of_its_own(self):
        # CLI11 does not compare them all (add_apart).
        for verb in ("get", "post", "head", "listen", "connect", "chat", "serve"):
            lines = re.findall(r"(?m)^  (-[^ \n]+)", said_by(verb, "--help"))
            names = collections.Counter(name for line in lines for name in line.split(","))
            self.assertGreater(len(names), 5)
            self.assertEqual([name for name, times in names.items() if times > 1], [], verb)


if __name__ == "__main__":
    unittest.main()
