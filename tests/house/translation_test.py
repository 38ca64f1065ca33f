#!/usr/bin/env python3
"""README.zh-CN.md says what README.md says: the same headings, commands, code, links, pictures and figures, in the same order."""
import re
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
# That name the other language.
TO_EACH_OTHER = re.compile(r"\(\[[^]]*\]\(README(\.zh-CN)?\.md\)\)")


def parts(text):
    """What a translation must leave as it is."""
    text = TO_EACH_OTHER.sub("", text)
    blocks = [(language, re.sub(r" +# .*$", "", code, flags=re.MULTILINE) if language == "sh" else code)
              for language, code in FENCE.findall(text)]
    prose = FENCE.sub("", text)
    unlinked = re.sub(r"\]\([^)]*\)|`[^`]*`", "", prose)
    return {"headings": [len(marks) for marks in re.findall(r"^(#+) \S", prose, re.MULTILINE)],
            "commands and code": blocks,
            "words of code": sorted(re.findall(r"`([^`]+)`", prose)),
            "links and pictures": re.findall(r"(!?)\[[^]]*\]\(([^)]*)\)", prose),
            "rows of tables": [line.count(" | ") for line in prose.splitlines() if line.startswith("|")],
            "figures": sorted(re.findall(r"\d+(?:\.\d+)*", unlinked))}


class Translation(unittest.TestCase):
    def compare(self, english, chinese):
        one, other = parts(english), parts(chinese)
        for what, of_one in one.items():
            self.assertEqual(of_one, other[what], what)

    def test_the_chinese_readme_says_the_same(self):
        self.compare((ROOT / "README.md").read_text(encoding="utf-8"), (ROOT / "README.zh-CN.md").read_text(encoding="utf-8"))

    def test_what_differs_is_found(self):
        english = "# A\n\n30 days, `b` and [c](c.md)\n\n```sh\n./run  # it\n```\n\n## D\n"
        self.compare(english, "# 甲\n\n30 天，`b` 和 [丙](c.md)\n\n```sh\n./run  # 它\n```\n\n## 丁\n")
        for other in (english.replace("30", "31"), english.replace("`b`", "`e`"), english.replace("c.md", "d.md"),
                      english.replace("./run ", "./test "), english.replace("## D", "### D"), english.replace("\n## D\n", "")):
            with self.assertRaises(AssertionError):
                self.compare(english, other)


if __name__ == "__main__":
    unittest.main()
