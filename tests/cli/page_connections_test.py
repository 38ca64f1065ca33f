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
                    try:
                        data = readable.recv(1 << 16)
                    except ConnectionResetError:
                        return
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
        # Who was cut off behind the G of its GET had said that, in plain text.
        kept = [one.params[1] for one in reader.ask("CHATHISTORY LATEST #lobby * 1000") if one.command == "PRIVMSG" and not one.nick.startswith("guest")]
        self.assertEqual(sorted(kept), sorted(f"{'alice bob carol'.split()[n % 3]} {n}" for n in range(said)))
        for page in pages:
            # What the browser keeps of the room is what the page holds of it.
            page.run("""await page.waitForFunction((count) => new Promise((done) => {
                const asked = indexedDB.open("parlance", 1);
                asked.onsuccess = () => { const all = asked.result.transaction("rooms").objectStore("rooms").getAll();
                    all.onsuccess = () => { asked.result.close(); window.held = all.result.find((room) => room.key === "#lobby")?.entries.filter((one) => one.kind === "text" && !one.nick.startsWith("guest")).map((one) => one.text) ?? []; done(window.held.length >= count); }; };
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


class Losses(PageCase):
    """What a lost connection must not cost."""

    # The WebSockets that come are cut at once, until `cut` is false.
    CUT = "await page.evaluate(() => { window.cut = true; sockets.at(-1).close(); }); await page.locator('.banner').waitFor();"
    BACK = "await page.evaluate(() => { window.cut = false; dispatchEvent(new Event('online')); }); await page.locator('.banner').waitFor({state: 'detached'});"

    def someone(self, server, name, rest="", **options):
        page = self.page(name, **options)
        page.run("""await page.addInitScript(() => { window.sockets = []; const Own = WebSocket;
            window.WebSocket = class extends Own { constructor(...a) { super(...a); sockets.push(this); this.addEventListener("open", () => window.cut && this.close()); } }; });""")
        page.come_in(self.address(server, rest))
        return page

    def test_what_was_never_sent_is_sent_whatever_else_was_said(self):
        server = self.chat_server("--rate", "0")
        bob, alice = self.client(server, "bob"), self.someone(server, "alice")
        bob.ask("JOIN #lobby")
        alice.run(self.CUT)
        alice.say("yes")
        alice.run("await page.locator('.pending', {hasText: 'yes'}).waitFor();")
        # The same words, by the same name, from another window of hers.
        other = self.client(server, "alice")
        other.ask("JOIN #lobby")
        other.ask("PRIVMSG #lobby :yes")
        other.send("QUIT")
        bob.wait_for("QUIT")
        alice.run(self.BACK + "await page.locator('.pending').waitFor({state: 'detached'});")
        self.assertEqual(bob.wait_for("PRIVMSG").params[1], "yes")

    def test_what_is_asked_for_meanwhile_is_asked_again(self):
        server = self.chat_server("--rate", "0")
        bob = self.client(server, "bob")
        bob.ask("JOIN #lobby")
        for n in range(300):
            bob.send(f"PRIVMSG #lobby :line {n}")
        bob.sync()
        alice = self.someone(server, "alice")
        alice.sees("line 299")
        alice.run(self.CUT + """await page.evaluate(() => (document.querySelector(".log").scrollTop = 0)); await page.waitForTimeout(200);""")
        alice.run(self.BACK + """while (!(await page.locator(".log .said", {hasText: /^line 0$/}).count())) { await page.evaluate(() => { const log = document.querySelector(".log"); log.scrollTop = 1; log.scrollTop = 0; }); await page.waitForTimeout(50); }""")

    def test_a_name_that_is_refused_costs_nothing(self):
        server = self.chat_server("--rate", "0")
        alice = self.someone(server, "alice", "?join=dev")
        for wrong in ("/nick a!b", "/nick", "/nick  "):
            alice.say(wrong)
        alice.run("await page.fill('#say', 'half a sentence')")
        alice.run(self.CUT + self.BACK)
        self.assertEqual(alice.run("return [await page.inputValue('#say'), await page.textContent('.head h1')]"), ["half a sentence", "#dev"])


class Others(PageCase):
    def test_who_takes_the_name_of_a_talk_is_not_told_what_was_meant_for_the_one_before(self):
        server = self.chat_server("--rate", "0")
        alice, friend = self.someone(server, "alice"), self.client(server, "friend")
        friend.ask("PRIVMSG alice :it is me")
        alice.run("await page.locator('nav, aside').getByText('friend', {exact: true}).first().click();")
        alice.sees("it is me")
        alice.say("hello friend")
        self.assertEqual(friend.wait_for("PRIVMSG").params[1], "hello friend")
        friend.ask("NICK buddy")
        stranger = self.client(server, "friend")
        stranger.ask("PRIVMSG alice :tell me the secret")
        alice.sees("may be somebody else", ".own")
        alice.say("the secret")
        alice.run("await page.locator('.own', {hasText: 'may be somebody else'}).nth(1).waitFor();")
        self.assertEqual([one.command for one in stranger.sync() if one.command == "PRIVMSG"], [])
        # Who means it says it again.
        alice.run("await page.press('#say', 'Enter');")
        self.assertEqual(stranger.wait_for("PRIVMSG").params[1], "the secret")

    def test_a_room_that_is_renamed_stays_what_it_is(self):
        server = self.chat_server("--rate", "0")
        alice, bob = self.someone(server, "alice", "?join=old"), self.client(server, "bob")
        bob.ask("JOIN #old")
        bob.ask("PRIVMSG #old :said before")
        alice.sees("said before")
        alice.say("/mode +o bob")
        bob.wait_for("MODE")
        alice.run("await page.fill('#say', 'half a sentence')")
        bob.ask("RENAME #old #new :better")
        alice.run("await page.locator('.head h1', {hasText: '#new'}).waitFor();")
        self.assertEqual(alice.run("return page.inputValue('#say')"), "half a sentence")
        alice.run("await page.press('#say', 'Enter');")
        self.assertEqual(bob.wait_for("PRIVMSG").params, ["#new", "half a sentence"])
        alice.sees("said before")

    def test_a_reaction_to_what_is_not_loaded_is_there_when_it_is(self):
        server = self.chat_server("--rate", "0")
        bob = self.client(server, "bob", "message-tags", "echo-message")
        bob.ask("JOIN #lobby")
        bob.send("PRIVMSG #lobby :the first")
        first = bob.wait_for("PRIVMSG").tags["msgid"]
        for n in range(150):
            bob.send(f"PRIVMSG #lobby :line {n}")
        bob.sync()
        alice = self.someone(server, "alice")
        alice.sees("line 149")
        bob.ask(f"@+draft/reply={first};+draft/react=yes TAGMSG #lobby")
        alice.run("""while (!(await page.locator(".log .said", {hasText: /^the first$/}).count())) { await page.evaluate(() => (document.querySelector(".log").scrollTop = 0)); await page.waitForTimeout(50); }
                     await page.locator(".reaction", {hasText: "yes 1"}).waitFor();""")

    def test_a_paragraph_of_any_length_is_said(self):
        server = self.chat_server("--rate", "0")
        alice, bob = self.someone(server, "alice"), self.client(server, "bob", "draft/multiline", "batch")
        bob.ask("JOIN #lobby")
        text = "\N{CJK UNIFIED IDEOGRAPH-6587}" * 3000
        alice.say(text)
        alice.run("await page.locator('.pending').waitFor({state: 'detached'});")
        heard = ""
        while len(heard) < len(text):
            heard += bob.wait_for("PRIVMSG").params[1]
        self.assertEqual(heard, text)
