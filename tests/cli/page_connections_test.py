"""The page where connections break: at any byte, hundreds of times; with another window of the same person; when the password is changed."""

import os
import random
import select
import socket
import struct
import threading

from page_accounts_test import PASSWORD, PageAccountCase
from page_case import PageCase

NEW_PASSWORD = "another-horse-battery"


class BreakingWay:
    """A way to the server whose connections are each cut after some bytes, in either direction, until it is told to hold."""

    def __init__(self, port, seed):
        self.to, self.chance, self.cuts, self.breaks = port, random.Random(seed), 0, True
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                near, _ = self.listener.accept()
            except OSError:
                return
            # Few before the WebSocket is open: Chromium lets who fails at that wait for seconds.
            room = 600 * self.chance.random() if self.chance.random() < 0.02 else 800 + self.chance.choice((1000, 4000, 20_000)) * self.chance.random()
            threading.Thread(target=self.carry, args=(near, room), daemon=True).start()

    def carry(self, near, room):
        with near, socket.create_connection(("127.0.0.1", self.to)) as far:
            while True:
                for readable in select.select([near, far], [], [], 0.2)[0]:
                    data = readable.recv(1 << 16)
                    if not data:
                        return
                    is_last = self.breaks and len(data) >= room
                    (far if readable is near else near).sendall(data[: int(room)] if is_last else data)
                    room -= len(data)
                    if is_last:
                        self.cuts += 1
                        if self.chance.random() < 0.5:
                            near.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # a reset
                        return

    def end(self):
        self.listener.close()


class Breaking(PageCase):
    # A hundred times a second, what waits to try again is hurried, as by a network that has come back.
    HURRY = "await page.addInitScript(() => setInterval(() => dispatchEvent(new Event('online')), 10));"

    def test_a_thousand_disconnects_lose_nothing_and_double_nothing(self):
        """Three windows talk over a way that breaks at any byte; what each shows in the end is what was kept, once and in one order."""
        seed = int(os.environ.get("PARLANCE_SEED") or random.randrange(1 << 30))
        print(f"PARLANCE_SEED={seed}")
        server = self.chat_server("--rate", "0", "--set", "limits.connections_per_address=1000")
        way = BreakingWay(server.port, seed)
        self.addCleanup(way.end)
        way.breaks = False
        pages = [self.page(name) for name in ("alice", "bob", "carol")]
        for page in pages:
            page.run(self.HURRY)
            page.come_in(f"http://127.0.0.1:{way.port}/")
        way.breaks = True
        said = 0
        while way.cuts < 1000:
            for page in pages:
                if said < 240:
                    page.say(f"{page.name} {said}")
                    said += 1
            threading.Event().wait(0.02)
        way.breaks = False
        for page in pages:
            page.run("await page.locator('.banner').waitFor({state: 'detached'}); await page.locator('.pending').first().waitFor({state: 'detached'});")
        reader = self.client(server, "reader", "draft/chathistory", "batch", "message-tags", "server-time")
        reader.ask("JOIN #lobby")
        kept = [one.params[1] for one in reader.ask("CHATHISTORY LATEST #lobby * 1000") if one.command == "PRIVMSG"]
        self.assertEqual(sorted(kept, key=lambda text: int(text.split()[1])), [f"{'alice bob carol'.split()[n % 3]} {n}" for n in range(said)])
        for page in pages:
            # What the browser keeps of the room is what the page holds of it.
            page.run("""await page.waitForFunction((count) => new Promise((done) => {
                const asked = indexedDB.open("parlance", 1);
                asked.onsuccess = () => { const all = asked.result.transaction("rooms").objectStore("rooms").getAll();
                    all.onsuccess = () => { asked.result.close(); window.held = all.result.find((room) => room.key === "#lobby")?.entries.filter((one) => one.kind === "text").map((one) => one.text) ?? []; done(window.held.length >= count); }; };
            }), count, {polling: 500});""", count=said)
            self.assertEqual(page.run("return page.evaluate(() => window.held)"), kept, page.name)
            self.assertEqual([text for text in page.run("return complaints") if "WebSocket" not in text and "Failed to load resource" not in text], [])


class SeveralWindows(PageAccountCase):
    def test_two_windows_of_one_person_are_one_person(self):
        server = self.chat_server("--rate", "0")
        first = self.member(server, "alice")
        first.run("""await page.getByRole("button", {name: "Account and settings"}).click(); await page.locator("input[name=stay]").check();
                     await page.getByText("this one").waitFor(); await page.keyboard.press("Escape"); await page.waitForFunction(() => localStorage["parlance.device"]);""")
        first.run("globalThis.second = await context.newPage(); second.setDefaultTimeout(60000); await second.goto(page.url()); await second.waitForSelector('#say');")
        first.say("said in the first window")
        first.run("await second.locator('.log .said', {hasText: 'said in the first window'}).waitFor(); await second.fill('#say', 'and in the second'); await second.press('#say', 'Enter');")
        first.sees("and in the second")
        bob = self.client(server, "bob")
        names = [one.params[3] for one in bob.ask("JOIN #lobby") if one.command == "353"]
        self.assertEqual([name.lstrip("~@") for line in names for name in line.split() if "alice" in name], ["alice"])
        # Each is marked as read in both; who closes one is still here by the other.
        bob.ask("PRIVMSG #lobby :to both")
        first.sees("to both")
        first.run("await second.locator('.log .said', {hasText: 'to both'}).waitFor(); await second.close();")
        self.assertEqual(bob.ask("WHOIS alice")[0].command, "311")
        first.say("still here")
        bob.wait_for("PRIVMSG")

    def test_a_password_that_is_changed_elsewhere_keeps_what_was_written(self):
        server = self.chat_server("--rate", "0")
        alice = self.member(server, "alice", "?join=dev")
        alice.run("await page.fill('#say', 'half a sentence')")
        other = self.client(server, "elsewhere")
        other.ask(f"NS IDENTIFY alice {PASSWORD}")
        self.assertIn("clients put out: 1", other.ask(f"NS PASSWD {PASSWORD} {NEW_PASSWORD}")[-1].params[-1])
        alice.run("await page.waitForSelector('input[name=nick]')")
        alice.run("""await page.fill("input[name=nick]", "alice"); if (!await page.locator("input[name=password]").count()) await page.getByRole("button", {name: "I have an account"}).click();
                     await page.fill("input[name=password]", password); await page.press("input[name=password]", "Enter"); await page.waitForSelector("#say");
                     await page.locator(".head h1", {hasText: "#dev"}).waitFor();""", password=NEW_PASSWORD)
        self.assertEqual(alice.run("return page.inputValue('#say')"), "half a sentence")
