"""The operators' page, in a browser: who has a token sees how the server fares and does what the console does; nobody else."""

import re
import unittest

from page_case import PageCase
from page_views_test import AXE


class Operate(PageCase):
    def operated(self):
        """A server, and a token of its API."""
        server = self.chat_server("--set", f"store.folder={self.folder()}", "--rate", "0")
        server.write(b"/token add page\n/token add eyes read\n")
        tokens = [re.search(rb" is (\S+); it is not shown again", self.hear_on_stdout(server, b"it is not shown again"))[1].decode() for _ in range(2)]
        return server, *tokens

    def open(self, server, token, name="operator", **options):
        page = self.page(name, **options)
        page.run("""await page.goto(address); await page.fill("input[name=token]", token); await page.press("input[name=token]", "Enter");
                    await page.locator(".board").waitFor();""", address=self.address(server, "operate"), token=token)
        return page

    def test_who_has_a_token_sees_how_the_server_fares(self):
        server, token, _ = self.operated()
        alice = self.client(server, "alice")
        alice.ask("JOIN #dev")
        alice.ask("TOPIC #dev :<b onclick=alert(1)>bold</b>")
        page = self.open(server, token)
        page.run("""await page.locator("td", {hasText: "alice"}).first().waitFor();
                    await page.locator("td", {hasText: "<b onclick=alert(1)>bold</b>"}).waitFor();
                    await page.locator("[role=status].well").waitFor();
                    await page.locator(".chart").nth(3).getByText("MiB").first().waitFor();""")
        self.assertEqual(page.run("return page.locator('.chart svg[role=img]').count()"), 4)
        self.assertRegex(page.run("return page.locator('.chart svg').first().getAttribute('aria-label')"), r"^People: \d+, at most \d+ in the last hour$")
        # What happens is in its log, the newest first.
        bob = self.client(server, "bob")
        bob.send("QUIT")
        bob.rest()
        page.run("""await page.locator(".log-lines li", {hasText: "caller_gone"}).first().waitFor();""")
        # And it does what the console does.
        page.run("""await page.fill("input[name=command]", "/ban 192.0.2.0/24 1d spam"); await page.press("input[name=command]", "Enter");
                    await page.locator("pre", {hasText: "192.0.2.0/24 is banned"}).waitFor();
                    await page.locator("td", {hasText: "192.0.2.0/24"}).waitFor();
                    await page.fill("input[name=command]", "/kick nobody"); await page.press("input[name=command]", "Enter");
                    await page.locator("pre.complaint", {hasText: "nobody"}).waitFor();""")
        self.assertEqual(page.run("return page.inputValue('input[name=command]')"), "/kick nobody")
        # Nothing of the token is left, nor of the page when it is loaded anew.
        self.assertEqual(page.run("return page.evaluate(() => [localStorage.length, sessionStorage.length, document.cookie])"), [0, 0, ""])
        page.run("""await page.getByRole("button", {name: "Log out"}).click(); await page.locator("input[name=token]").waitFor();""")
        self.assertEqual(page.run("return page.inputValue('input[name=token]')"), "")
        self.assertEqual(page.run("return complaints.filter((one) => !one.includes('422'))"), [])

    def test_nobody_else_does(self):
        server, token, eyes = self.operated()
        page = self.page("stranger")
        page.run("""await page.goto(address); await page.fill("input[name=token]", "page.wrong"); await page.press("input[name=token]", "Enter");
                    await page.locator("[role=alert]", {hasText: "not good"}).waitFor();""", address=self.address(server, "operate"))
        self.assertEqual(page.run("return page.locator('.board').count()"), 0)
        # One that only asks sees all, and changes nothing.
        reader = self.open(server, eyes, "reader")
        reader.run("""await page.fill("input[name=command]", "/announce hi"); await page.press("input[name=command]", "Enter");
                      await page.locator("pre.complaint", {hasText: "only asks"}).waitFor();""")
        # When a token is taken back, its page is at the door again.
        server.write(b"/token drop eyes\n")
        reader.run("await page.locator('input[name=token]').waitFor()")

    def test_axe_finds_nothing(self):
        server, token, _ = self.operated()
        self.client(server, "alice").ask("JOIN #dev")
        for name, options in (("light", {"colorScheme": "light"}), ("dark", {"colorScheme": "dark"}), ("small", {"colorScheme": "dark", "viewport": {"width": 320, "height": 640}}),
                              ("contrast", {"colorScheme": "light", "contrast": "more"}), ("chinese", {"locale": "zh-CN"})):
            page = self.page(name, bypassCSP=True, **options)
            page.run("await page.goto(address)", address=self.address(server, "operate"))
            page.run("await page.locator('input[name=token]').waitFor()")
            self.assertEqual(page.run(AXE), [], name)
            self.open(server, token, name)
            page.run("""await page.fill("input[name=command]", "/help"); await page.press("input[name=command]", "Enter"); await page.locator("pre", {hasText: "/who"}).waitFor();
                        await page.locator("td", {hasText: "alice"}).first().waitFor();""")
            self.assertEqual(page.run(AXE), [], name)
            self.assertTrue(page.run("return page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)"), name)


if __name__ == "__main__":
    unittest.main()
