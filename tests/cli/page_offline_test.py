"""The page as an app, in a browser: it opens without its server, and what was said last can be read there."""

import re
import unittest

from page_case import PageCase

READY = "await page.evaluate(async () => { await navigator.serviceWorker.ready; });"
# What the browser's database holds, as {room: texts}.
KEPT = """return page.evaluate(() => new Promise((resolve, reject) => {
    const asked = indexedDB.open("parlance"); asked.onerror = reject;
    asked.onsuccess = () => { const all = asked.result.transaction("rooms").objectStore("rooms").getAll();
      all.onsuccess = () => { asked.result.close(); resolve(Object.fromEntries(all.result.map((one) => [one.name, one.entries.filter((entry) => entry.kind === "text").map((entry) => entry.text)]))); }; };
  }));"""


def ends(found, room, text):
    return found.get(room, [])[-1:] == [text]


class Offline(PageCase):
    def stop(self, server):
        server.process.kill()
        server.process.wait()

    def kept(self, page, until):
        """What is kept, once `until` says that it is what is waited for: the page says when it has written, by nothing."""
        while not until(found := page.run(KEPT)):
            page.run("await page.waitForTimeout(50)")
        return found

    def test_it_opens_without_its_server_and_shows_what_was_said_last(self):
        server = self.chat_server("--rate", "0")
        alice, bob = self.someone(server, "alice", "?join=dev"), self.client(server, "bob")
        bob.ask("JOIN #dev")
        alice.say("/topic what we build")
        bob.wait_for("TOPIC")
        for i in range(30):
            bob.ask(f"PRIVMSG #dev :line {i}")
        bob.ask("PRIVMSG alice :between us")
        alice.sees("line 29")
        alice.run(READY)
        self.kept(alice, lambda found: ends(found, "#dev", "line 29") and found.get("bob"))
        self.stop(server)
        alice.run("await page.locator('.banner').waitFor(); await page.reload(); await page.press('input[name=nick]', 'Enter'); await page.locator('.banner').waitFor();")
        alice.sees("line 29")
        self.assertEqual(alice.said()[-1], ("bob", "line 29"))
        self.assertEqual(alice.run("return page.textContent('.head .topic')"), "what we build")
        alice.run("await page.locator('.room-button', {hasText: 'bob'}).click()")
        alice.sees("between us")
        # A link to a room opens, too.
        alice.run("await page.goto(address); await page.waitForSelector('input[name=nick]')", address=self.address(server, "?join=other"))

    def test_what_was_said_meanwhile_is_there_once_and_in_order_when_the_server_is_back(self):
        server = self.chat_server("--rate", "0")
        alice, bob = self.someone(server, "alice"), self.client(server, "bob")
        bob.ask("JOIN #lobby")
        said = [f"line {i}" for i in range(20)]
        for text in said[:10]:
            bob.ask(f"PRIVMSG #lobby :{text}")
        alice.sees("line 9")
        self.kept(alice, lambda found: ends(found, "#lobby", "line 9"))
        alice.run("await page.goto('about:blank')")
        for text in said[10:]:
            bob.ask(f"PRIVMSG #lobby :{text}")
        alice.come_in(self.address(server))
        alice.sees("line 19")
        self.assertEqual([text for _, text in alice.said()], said)

    def test_where_more_was_said_than_is_fetched_there_is_no_gap(self):
        server = self.chat_server("--rate", "0")
        alice, bob = self.someone(server, "alice"), self.client(server, "bob")
        bob.ask("JOIN #lobby")
        bob.ask("PRIVMSG #lobby :the first")
        alice.sees("the first")
        self.kept(alice, lambda found: found.get("#lobby") == ["the first"])
        alice.run("await page.goto('about:blank')")
        for i in range(150):
            bob.send(f"PRIVMSG #lobby :line {i}")
        bob.sync()
        alice.come_in(self.address(server))
        alice.sees("line 149")
        found = alice.run("""return page.evaluate(async () => {
            const log = document.querySelector(".log"), found = new Map();
            const frame = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
            for (let i = 0; i < 3000 && !(log.scrollTop === 0 && log.querySelector(".log-head").textContent.includes("beginning")); i++) {
              for (const entry of log.querySelectorAll(".entry")) if (entry.querySelector(".said")) found.set(Number(entry.dataset.time), entry.querySelector(".said").textContent);
              log.scrollTop -= 200; await frame();
            }
            for (const entry of log.querySelectorAll(".entry")) if (entry.querySelector(".said")) found.set(Number(entry.dataset.time), entry.querySelector(".said").textContent);
            return [...found].sort((a, b) => a[0] - b[0]).map((one) => one[1]);
          });""")
        self.assertEqual(found, ["the first", *(f"line {i}" for i in range(150))])

    def test_the_last_five_hundred_of_a_room_are_kept(self):
        server = self.chat_server("--rate", "0")
        alice, bob = self.someone(server, "alice"), self.client(server, "bob")
        bob.ask("JOIN #lobby")
        for i in range(600):
            bob.send(f"PRIVMSG #lobby :line {i}")
        bob.sync()
        alice.sees("line 599")
        kept = self.kept(alice, lambda found: ends(found, "#lobby", "line 599"))
        self.assertGreater(len(kept["#lobby"]), 490)  # who came and went is among the 500
        self.assertEqual(kept["#lobby"], [f"line {i}" for i in range(600 - len(kept["#lobby"]), 600)])
        self.assertLessEqual(len(kept["#lobby"]), 500)

    def test_nothing_stays_of_a_room_that_one_leaves_nor_of_who_leaves_the_chat(self):
        server = self.chat_server("--rate", "0")
        alice = self.someone(server, "alice", "?join=dev,other")
        for room in "#dev", "#other":
            alice.run("await page.locator('.room-button', {hasText: room}).click()", room=room)
            alice.say(f"said in {room}")
            alice.sees(f"said in {room}", ".log .entry[data-id] .said")
        self.kept(alice, lambda found: found == {"#dev": ["said in #dev"], "#other": ["said in #other"]})
        alice.run("await page.getByRole('button', {name: 'Leave #dev'}).click();")
        self.kept(alice, lambda found: found == {"#other": ["said in #other"]})
        alice.say("/quit")
        self.kept(alice, lambda found: found == {})

    def test_nobody_reads_what_was_kept_of_somebody_else(self):
        server = self.chat_server("--rate", "0")
        alice = self.someone(server, "alice", "?join=dev")
        alice.say("a secret of alice")
        alice.sees("a secret of alice", ".log .entry[data-id] .said")
        alice.run(READY)
        self.kept(alice, lambda found: found.get("#dev"))
        self.stop(server)
        alice.run("""await page.reload(); await page.fill('input[name=nick]', 'mallory'); await page.press('input[name=nick]', 'Enter');
                     await page.getByRole('button', {name: 'Coming in'}).waitFor();""")
        self.assertEqual(alice.run("return page.getByText('a secret').count()"), 0)


class App(PageCase):
    def test_five_requests_until_one_types_and_the_rest_comes_later(self):
        server = self.chat_server()
        alice = self.page("alice")
        alice.run("""globalThis.asked = []; page.on('request', (one) => asked.push(new URL(one.url()).pathname)); page.on('websocket', () => asked.push('websocket'));
                     await page.goto(address); await page.waitForLoadState('networkidle');""", address=self.address(server))
        self.assertLessEqual(len(alice.run("return asked")), 4)  # and the WebSocket
        self.assertNotIn("/worker.js", alice.run("return asked"))
        alice.come_in(self.address(server))
        alice.run(READY)

    def test_it_can_be_installed(self):
        server = self.chat_server()
        alice = self.someone(server, "alice")
        alice.run(READY)
        manifest, icons = alice.run("""return page.evaluate(async () => {
            const manifest = await (await fetch(document.querySelector("link[rel=manifest]").href)).json();
            const icons = await Promise.all(manifest.icons.map(async (icon) => { const got = await fetch(icon.src); return [got.status, got.headers.get("content-type"), icon.type]; }));
            return [manifest, icons];
          });""")
        self.assertEqual([manifest["display"], manifest["start_url"]], ["standalone", "/"])
        self.assertEqual([[status, kind] for status, kind, _ in icons], [[200, kind] for _, _, kind in icons])
        # What Chromium itself says of it; a window in which nobody is known can install nothing anyway.
        wrong = alice.run("""const devtools = await context.newCDPSession(page); await devtools.send("Page.enable");
            return (await devtools.send("Page.getInstallabilityErrors")).installabilityErrors.map((one) => one.errorId);""")
        self.assertEqual([one for one in wrong if one != "in-incognito"], [])
        self.assertEqual(alice.run("return complaints"), [])

    def test_what_an_older_page_kept_goes_when_the_newer_one_takes_over(self):
        server = self.chat_server()
        alice = self.page("alice")
        alice.run("await page.goto(address); await page.evaluate(async () => { await caches.open('page-0000000000'); await caches.open('another'); })", address=self.address(server))
        alice.come_in(self.address(server))
        alice.run(READY)
        names = alice.run("""for (;;) { const names = await page.evaluate(() => caches.keys()); if (!names.includes('page-0000000000')) return names; await page.waitForTimeout(20); }""")
        self.assertEqual(len(names), 2)
        self.assertIn("another", names)
        kept = alice.run("return page.evaluate(async (name) => (await (await caches.open(name)).keys()).map((one) => new URL(one.url).pathname), name);", name=next(n for n in names if n != "another"))
        head, page = self.caller(server, b"GET / HTTP/1.1\r\nHost: localhost\r\nAccept: text/html\r\nConnection: close\r\n\r\n").rest().split(b"\r\n\r\n", 1)
        # All that the page names, and nothing else.
        self.assertEqual(sorted(kept), sorted(["/", *re.findall(r'(?:src|href)="([^"]+)"', page.decode())]))

    def test_only_the_worker_can_be_named_as_a_script(self):
        server = self.chat_server()
        alice = self.someone(server, "alice")
        tried = alice.run("""return page.evaluate(async () => {
            const fails = (f) => { try { f(); return false; } catch { return true; } };
            return [fails(() => trustedTypes.createPolicy("worker", {})), fails(() => trustedTypes.createPolicy("mine", {})),
                    await Promise.resolve().then(() => navigator.serviceWorker.register("/page/other.js")).then(() => false, () => true)];
          });""")
        self.assertEqual(tried, [True, True, True])


if __name__ == "__main__":
    unittest.main()
