"""What the tests of the page share: browsers (Chromium by playwright-core), each page of which is somebody in the chat."""

import json
import os
import shutil
import unittest

import npm
from irc_case import IrcCase

HERE = os.path.dirname(os.path.abspath(__file__))
WEB = os.path.join(HERE, "..", "..", "web")
# Beside the builds, so that each of them finds it there, also where nothing can be installed later.
MODULES = os.path.join(HERE, "..", "..", "build", "web")


def chromium():
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if not found:
        raise unittest.SkipTest("there is no chromium: ./test installs it, by scripts/packages/test.txt")
    return found


class Page:
    """One window of a browser of its own."""

    def __init__(self, case, name, options=None):
        self.case, self.name, self.options = case, name, options or {}

    def run(self, source, **args):
        """Runs JavaScript that drives the page, and gives what it returns."""
        return self.case.drive(self.name, source, args, self.options)

    def count_sockets(self):
        """From the next load on, its WebSockets are in `window.sockets`."""
        self.run("await page.addInitScript(() => { window.sockets = []; const Own = WebSocket; window.WebSocket = class extends Own { constructor(...a) { super(...a); sockets.push(this); } }; });")

    def lose_connection(self):
        """And has it again."""
        self.run("await page.evaluate(() => sockets.at(-1).close()); await page.locator('.banner').waitFor(); await page.locator('.banner').waitFor({state: 'detached'});")

    def come_in(self, address, nick=None):
        self.run("""await page.goto(address); await page.fill("input[name=nick]", nick); await page.press("input[name=nick]", "Enter");
                    await page.waitForSelector("#say");""", address=address, nick=nick or self.name)

    def say(self, text):
        self.run("""await page.fill("#say", text); await page.press("#say", "Enter");""", text=text)

    def sees(self, text, within=".log .said"):
        self.run("await page.locator(within).filter({hasText: text}).last().waitFor();", text=text, within=within)

    def said(self):
        """What is in the log around what is in sight, as (name, text)."""
        return [tuple(one) for one in self.run("""return page.evaluate(() => [...document.querySelectorAll(".log .entry[data-id]")]
            .filter((entry) => entry.querySelector(".said")).map((entry) => [entry.dataset.nick, entry.querySelector(".said").textContent]));""")]

    def everything(self):
        """What the log holds, scrolled through from its beginning."""
        return [tuple(one) for one in self.run("""return page.evaluate(async () => {
            const log = document.querySelector(".log"), found = new Map();
            const frame = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
            while (log.scrollTop > 0 || !log.querySelector(".log-head").textContent.includes("beginning")) { log.scrollTop = 0; await frame(); }
            for (let last = -1; last !== log.scrollTop; ) {
              for (const entry of log.querySelectorAll(".entry:not(.pending)")) {
                const said = entry.querySelector(".said"); if (!said) continue;
                found.set(entry.dataset.id, [Number(entry.dataset.time), entry.dataset.nick, said.textContent]);
              }
              last = log.scrollTop; log.scrollTop += 200; await frame(); await frame();
            }
            return [...found.values()].sort((a, b) => a[0] - b[0]).map((one) => one.slice(1));
          });""")]


class PageCase(IrcCase):
    @classmethod
    def setUpClass(cls):
        cls.chromium = chromium()
        npm.install("playwright-core", WEB, MODULES)

    def setUp(self):
        super().setUp()
        self.driver = None

    def start(self, *command, **more):
        """A browser takes long under a sanitizer, and its server must outlast it."""
        return super().start(*command, **{"limit": 300, **more})

    def drive(self, page, source, args, options):
        if self.driver is None:
            self.driver = self.start("node", os.path.join(HERE, "page", "drive.mjs"),
                                     env={**os.environ, "PAGE_MODULES": os.path.realpath(MODULES), "PAGE_CHROMIUM": self.chromium})
        self.driver.write(json.dumps({"page": page, "source": source, "args": args, "options": options}).encode() + b"\n")
        line = self.driver.process.stdout.readline()
        assert line, f"the browser ended: {self.driver.rest_of_stderr()}"
        answer = json.loads(line)
        if "error" in answer:
            raise AssertionError(f"{page}: {answer['error']}")
        return answer["value"]

    def page(self, name, **options):
        return Page(self, name, options)

    def address(self, server, rest=""):
        return f"http://127.0.0.1:{server.port}/{rest}"

    def someone(self, server, name, rest="", **options):
        page = self.page(name, **options)
        page.come_in(self.address(server, rest))
        return page
