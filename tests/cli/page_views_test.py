"""The page's views, in a browser: rooms, people, history as one scrolls, what one does with messages, and that anybody can use it."""

import re
import unittest

from page_case import PageCase

CROWD = 100_000  # messages
MANY = 12_500  # more than are held (web/src/state/room.js)
AXE = """await page.addScriptTag({path: axe}); const found = await page.evaluate(() => window.axe.run(document, {runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}));
    return found.violations.map((one) => [one.id, one.nodes.slice(0, 3).map((node) => node.html + node.failureSummary)]);"""


class Rooms(PageCase):
    def test_rooms_and_people_are_reached_by_ctrl_k(self):
        server = self.chat_server()
        bob = self.client(server, "bob")
        bob.ask("JOIN #dev,#lobby")
        alice = self.someone(server, "alice")
        go = "await page.keyboard.press('Control+k'); await page.keyboard.type(what); await page.keyboard.press('Enter'); await page.locator('.head h1', {hasText: name}).waitFor();"
        alice.run(go, what="#dev", name="#dev")
        alice.run(go, what="lobby", name="#lobby")
        alice.run(go, what="bob", name="bob")
        alice.say("between us")
        self.assertEqual(bob.wait_for("PRIVMSG").params, ["bob", "between us"])
        alice.run("await page.keyboard.press('Control+k'); await page.keyboard.type('/topic'); await page.keyboard.press('Enter');")
        self.assertEqual(alice.run("return page.inputValue('#say')"), "/topic ")

    def test_what_was_not_seen_is_counted_and_marked(self):
        server = self.chat_server()
        bob = self.client(server, "bob")
        alice = self.someone(server, "alice", "?join=%23dev,%23lobby")
        bob.ask("JOIN #dev,#lobby")
        hidden = "#lobby" if alice.run("return page.textContent('.head h1')") == "#dev" else "#dev"
        bob.ask(f"PRIVMSG {hidden} :one")
        bob.ask(f"PRIVMSG {hidden} :alice: two")
        alice.run("await page.locator('.room', {hasText: room}).locator('.count-mentions', {hasText: '1'}).waitFor()", room=hidden)
        self.assertTrue(alice.run("return page.title()").startswith("(1) "))
        alice.run("await page.locator('.room-button', {hasText: room}).click(); await page.locator('.line.new').waitFor(); await page.locator('.mention').waitFor();", room=hidden)
        self.assertEqual(alice.run("return page.locator('.count').count()"), 0)

    def test_the_directory_lists_rooms_and_makes_new_ones(self):
        server = self.chat_server()
        bob = self.client(server, "bob")
        bob.ask("JOIN #dev")
        bob.ask("TOPIC #dev :what we build")
        alice = self.someone(server, "alice")
        alice.run("""await page.getByRole('button', {name: 'All rooms'}).click(); await page.locator('.listed button', {hasText: 'what we build'}).click();
                     await page.locator('.head .topic', {hasText: 'what we build'}).waitFor();
                     await page.getByRole('button', {name: 'All rooms'}).click(); await page.keyboard.type('new'); await page.keyboard.press('Enter');
                     await page.locator('.head h1', {hasText: '#new'}).waitFor();
                     await page.getByRole('button', {name: 'Leave #new'}).click(); await page.locator('.room', {hasText: '#new'}).waitFor({state: 'detached'});""")

    def test_people_are_shown_with_rank_and_whether_they_are_away(self):
        server = self.chat_server()
        bob = self.client(server, "bob")
        bob.ask("JOIN #dev")
        alice = self.someone(server, "alice", "?join=dev")
        alice.run("await page.locator('.person', {hasText: 'bob'}).locator('.rank').waitFor()")
        bob.ask("AWAY :lunch")
        alice.run("await page.locator('.person[data-away=true]', {hasText: 'bob'}).waitFor()")
        bob.ask("NICK robert")
        alice.run("await page.locator('.person', {hasText: 'robert'}).waitFor(); await page.locator('.happened', {hasText: 'bob is now robert'}).waitFor();")

    def test_commands(self):
        server = self.chat_server()
        bob = self.client(server, "bob")
        alice = self.someone(server, "alice", "?join=mine")
        bob.ask("JOIN #mine")
        alice.say("/me waves")
        self.assertEqual(bob.wait_for("PRIVMSG").params[1], "\x01ACTION waves\x01")
        alice.say("/topic all about it")
        self.assertEqual(bob.wait_for("TOPIC").params[1], "all about it")
        alice.say("/nick alicia")
        self.assertEqual(bob.wait_for("NICK").params[0], "alicia")
        alice.say("/away out")
        alice.say("/nosuch")
        alice.sees("There is no command /nosuch", ".happened")
        alice.run("await page.fill('#say', '')")
        alice.say("//slash")
        self.assertEqual(bob.wait_for("PRIVMSG").params[1], "/slash")
        alice.say("/msg bob psst")
        self.assertEqual(bob.wait_for("PRIVMSG").params, ["bob", "psst"])
        alice.say("/whois bob")
        alice.sees("bob", ".happened")


class Messages(PageCase):
    def test_replies_reactions_and_taking_back(self):
        server = self.chat_server()
        alice, bob = self.someone(server, "alice"), self.someone(server, "bob")
        alice.say("shall we?")
        bob.sees("shall we?")
        bob.run("""await page.locator('.said', {hasText: 'shall we?'}).hover(); await page.getByRole('button', {name: 'React'}).click();
                   await page.locator('.actions button', {hasText: '👍'}).click();""")
        alice.run("await page.locator('.reaction', {hasText: '👍 1'}).click(); await page.locator('.reaction', {hasText: '👍 2'}).waitFor();")
        bob.run("""await page.locator('.said', {hasText: 'shall we?'}).hover(); await page.getByRole('button', {name: 'Reply'}).click(); await page.keyboard.type('yes'); await page.keyboard.press('Enter')""")
        alice.run("await page.locator('.entry', {hasText: 'yes'}).locator('.answered', {hasText: 'shall we?'}).waitFor()")
        alice.run("""await page.locator('.said', {hasText: 'shall we?'}).hover(); await page.getByRole('button', {name: 'Take back'}).click();""")
        bob.run("await page.locator('.redacted').waitFor()")
        # Who comes later finds nothing of it.
        carol = self.someone(server, "carol")
        carol.run("await page.locator('.entry', {hasText: 'yes'}).locator('.answered').waitFor()")
        self.assertEqual(carol.run("return page.getByText('shall we?').count()"), 0)

    def test_code_is_shown_as_code(self):
        server = self.chat_server()
        alice, bob = self.someone(server, "alice"), self.someone(server, "bob")
        bob.say("look:\n```c\nif (a < b)\n  #include <x>\n```\nand run `ls -l`")
        alice.sees("and run")
        self.assertEqual(alice.run("return page.locator('.said code').evaluateAll((all) => all.map((one) => [one.textContent, getComputedStyle(one).display, /mono/.test(getComputedStyle(one).fontFamily)]))"),
                         [["if (a < b)\n  #include <x>", "block", True], ["ls -l", "inline", True]])
        self.assertEqual(alice.run("return page.locator('.said .room-link').count()"), 0)

    def test_what_is_said_is_announced_and_a_flood_is_counted(self):
        server = self.chat_server("--rate", "0")
        alice, bob = self.someone(server, "alice"), self.client(server, "bob")
        bob.ask("JOIN #lobby")
        bob.ask("JOIN #elsewhere")
        self.assertEqual(alice.run("return page.locator('.log').getAttribute('aria-live')"), "off")
        alice.run("""await page.evaluate(() => { window.announced = []; const seen = new WeakSet();
            new MutationObserver(() => document.querySelectorAll(".announcer p").forEach((p) => { if (!seen.has(p)) announced.push(p.textContent); seen.add(p); })).observe(document.querySelector(".announcer"), {childList: true, subtree: true}); });""")
        bob.ask("PRIVMSG #lobby :hello there")
        alice.run("await page.waitForFunction(() => announced.includes('bob: hello there'))")
        for n in range(200):
            bob.send(f"PRIVMSG #lobby :{'alice, listen ' if n == 100 else ''}{n}")
        bob.sync()
        alice.sees("199")
        alice.run("await page.waitForFunction(() => announced.some((line) => line.includes('alice, listen 100')))")
        lines = alice.run("return page.evaluate(() => announced)")
        self.assertLess(len(lines), 12, lines)
        self.assertTrue(any(re.fullmatch(r"\d+ new messages", line) for line in lines), lines)

    def test_one_sees_that_somebody_types(self):
        server = self.chat_server()
        alice, bob = self.someone(server, "alice"), self.someone(server, "bob")
        alice.run("await page.keyboard.type('hel')")
        bob.run("await page.locator('.typing', {hasText: 'alice is typing'}).waitFor()")
        alice.run("await page.keyboard.type('lo'); await page.keyboard.press('Enter')")
        bob.sees("hello")
        self.assertEqual(bob.run("return page.textContent('.typing')"), "")

    def test_long_messages_arrive_whole(self):
        server = self.chat_server()
        alice, bob = self.someone(server, "alice"), self.someone(server, "bob")
        text = "\n".join(["wörter 词 " * 80, "", "  indented", "end"])
        alice.say(text)
        bob.sees("end")
        self.assertEqual(bob.said(), [("alice", text)])

    def test_history_comes_in_as_one_scrolls_and_nothing_jumps(self):
        server = self.chat_server("--rate", "0")
        bob = self.client(server, "bob")
        bob.ask("JOIN #lobby")
        for i in range(250):
            bob.send(f"PRIVMSG #lobby :line {i} {'long ' * (i % 40)}")
        bob.sync()
        alice = self.someone(server, "alice")
        alice.sees("line 249")
        jumped = alice.run("""return page.evaluate(async () => {
            const log = document.querySelector(".log"); let worst = 0;
            const frame = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
            const lines = () => new Map([...log.querySelectorAll(".entry .said")].map((said) => [said.textContent, said.getBoundingClientRect().top]));
            for (let i = 0; i < 2000 && !log.querySelector(".log-head").textContent.includes("beginning"); i++) {
              const before = lines(), top = log.scrollTop; log.scrollTop -= 150; const by = top - log.scrollTop; await frame(); await frame();
              const after = lines();
              for (const [text, y] of before) if (y > 100 && y < 500 && after.has(text)) worst = Math.max(worst, Math.abs(after.get(text) - y - by));
            }
            log.scrollTop = 0; await frame(); await frame();
            return [worst, [...log.querySelectorAll(".entry .said")].some((said) => said.textContent.startsWith("line 0"))];
          });""")
        self.assertTrue(jumped[1])
        self.assertLess(jumped[0], 3)

    def told(self, count):
        """A room in which so much was said that a page is not told all of it at once."""
        server = self.chat_server("--rate", "0")
        bob = self.client(server, "bob", "echo-message", "message-tags")
        bob.ask("JOIN #lobby")
        for i in range(count):
            bob.send(f"PRIVMSG #lobby :line {i} {'long ' * (i % 40)}")
        return server, bob, [message.tags["msgid"] for message in bob.sync() if message.command == "PRIVMSG"]

    IN_SIGHT = """const box = document.querySelector(".log").getBoundingClientRect();
        return [...document.querySelectorAll(".log .entry")].filter((entry) => { const at = entry.getBoundingClientRect(); return at.bottom > box.top && at.top < box.bottom; })
            .map((entry) => entry.querySelector(".said")?.textContent.split(" ").slice(0, 2).join(" "));"""

    def in_sight(self, page):
        return page.run("return page.evaluate(() => {" + self.IN_SIGHT + "})")

    def waits_to_see(self, page, text):
        page.run("await page.waitForFunction((text) => { const see = () => {" + self.IN_SIGHT + "}; return see().includes(text); }, text);", text=text)

    def test_a_link_to_a_message_leads_there_and_on_to_what_is_said_now(self):
        server, bob, ids = self.told(400)
        alice = self.someone(server, "alice", f"?join=%23lobby&at={ids[120]}")
        self.waits_to_see(alice, "line 120")
        self.assertEqual(alice.run("return page.getAttribute('.entry.chosen', 'data-id')"), ids[120])
        # What is said meanwhile is not shown behind the past, but counted.
        bob.ask("PRIVMSG #lobby :said meanwhile")
        alice.run("await page.locator('.room', {hasText: '#lobby'}).locator('.count', {hasText: '1'}).waitFor()")
        self.assertEqual(alice.run("return page.getByText('said meanwhile').count()"), 0)
        # Down to the end nothing is left out, nor there twice.
        lines = alice.run("""return page.evaluate(async () => {
            const log = document.querySelector(".log"), found = [];
            const frame = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
            for (let i = 0; i < 3000 && found.at(-1) !== "said meanwhile"; i++) {
              for (const said of log.querySelectorAll(".entry[data-id] .said")) if (!found.includes(said.textContent.trim())) found.push(said.textContent.trim());
              log.scrollTop += 150; await frame();
            }
            return found.map((text) => text.split(" ").slice(0, 2).join(" "));
          });""")
        first = int(lines[0].split()[1])
        self.assertLess(first, 120)
        self.assertEqual(lines, [*(f"line {i}" for i in range(first, 400)), "said meanwhile"])
        bob.ask("PRIVMSG #lobby :and now")
        alice.sees("and now")

    def test_from_the_past_one_comes_back_by_a_button_or_by_saying_something(self):
        server, bob, ids = self.told(300)
        alice = self.someone(server, "alice", f"?join=%23lobby&at={ids[50]}")
        self.waits_to_see(alice, "line 50")
        alice.run("await page.getByRole('button', {name: 'To the newest'}).click()")
        self.waits_to_see(alice, "line 299")
        bob.ask(f"PRIVMSG #lobby :see {self.address(server)}?join=%23lobby&at={ids[40]}")
        alice.run("await page.locator('.log a', {hasText: 'at='}).click()")
        self.waits_to_see(alice, "line 40")
        alice.say("I am back")
        alice.sees("I am back", ".log .entry[data-id] .said")
        self.waits_to_see(alice, "I am")

    def test_a_link_to_nothing_says_so(self):
        server, _, _ = self.told(3)
        alice = self.someone(server, "alice", "?join=%23lobby&at=nonsense")
        alice.sees("The message that the link leads to is not there", ".happened")
        alice.sees("line 2")

    def test_a_link_to_a_message_is_copied(self):
        server, bob, ids = self.told(2)
        alice = self.someone(server, "alice", permissions=["clipboard-read", "clipboard-write"])
        alice.run("await page.locator('.said', {hasText: 'line 1'}).hover(); await page.getByRole('button', {name: 'Copy a link'}).click(); await page.locator('.happened', {hasText: 'copied'}).waitFor();")
        self.assertEqual(alice.run("return page.evaluate(() => navigator.clipboard.readText())"), self.address(server, f"?join=%23lobby&at={ids[1]}"))

    def test_a_day_is_gone_to(self):
        server, _, _ = self.told(300)
        alice = self.someone(server, "alice", timezoneId="UTC")
        alice.sees("line 299")
        go = "await page.getByRole('button', {name: 'Go to a date'}).first().click(); await page.fill('input[name=day]', day); await page.getByRole('button', {name: 'Go', exact: true}).click();"
        today = alice.run("return page.evaluate(() => new Date().toISOString().slice(0, 10))")
        alice.run(go, day=today)
        self.waits_to_see(alice, "line 0")
        alice.run("await page.getByRole('button', {name: 'To the newest'}).click()")
        self.waits_to_see(alice, "line 299")
        # On a day before all that was said it begins with the first.
        alice.run(go, day="2001-02-03")
        self.waits_to_see(alice, "line 0")

    def test_messages_are_found_by_their_words(self):
        server = self.chat_server("--rate", "0", "--set", f"store.folder={self.folder()}")
        bob = self.client(server, "bob")
        bob.ask("JOIN #lobby,#dev")
        bob.ask("PRIVMSG #lobby :we deploy the needle tonight")
        bob.ask("PRIVMSG #dev :another needle, 在中文里")
        for n in range(300):
            bob.send(f"PRIVMSG #lobby :line {n}")
        bob.sync()
        alice = self.someone(server, "alice", "?join=%23lobby,%23dev")
        alice.run("await page.locator('.room-button', {hasText: '#lobby'}).click()")
        alice.sees("line 299")
        # Until the index is there, it says so; a new search is made then.
        look = """await page.keyboard.press('Escape'); await page.keyboard.press('Control+f'); await page.fill('.search input[name=words]', words);
                  if (everywhere) await page.check('.search input[type=checkbox]');
                  for (let i = 0; i < 100 && !(await page.locator('.search [role=status]', {hasText: told}).count()); ++i) {
                    await page.press('.search input[name=words]', 'Enter'); await page.waitForTimeout(100); }
                  await page.locator('.search [role=status]', {hasText: told}).waitFor();"""
        alice.run(look, words="NEEDLE", everywhere=False, told="1 message")
        alice.run("await page.locator('.search li button', {hasText: 'the needle tonight'}).click(); await page.locator('.search').waitFor({state: 'detached'});")
        self.waits_to_see(alice, "we deploy")
        alice.run(look, words="nothing here", everywhere=False, told="Nothing was found")
        alice.run(look, words="needle from:bob", everywhere=True, told="2 messages")
        alice.run("await page.locator('.search li button', {hasText: '中文'}).click(); await page.locator('.head h1', {hasText: '#dev'}).waitFor();")
        self.waits_to_see(alice, "another needle,")

    def test_emoji_are_picked_and_completed(self):
        server = self.chat_server("--rate", "0")
        alice, bob = self.someone(server, "alice"), self.someone(server, "bob")
        alice.run("globalThis.fetched = []; page.on('request', (one) => fetched.push(one.url())); return null")
        # By name while one writes: chosen from what is offered, or written out.
        alice.run("""await page.keyboard.type('good :tada'); await page.locator('.emoji-offer li', {hasText: ':tada:'}).waitFor(); await page.keyboard.press('Enter');
                     await page.keyboard.type('and :rocket:'); await page.waitForFunction(() => document.querySelector('#say').value.endsWith('🚀')); await page.keyboard.press('Enter');""")
        bob.sees("good 🎉 and 🚀")
        self.assertEqual(len([url for url in alice.run("return fetched") if "/page/emoji" in url]), 1)
        # What is no name is left as it is, and sent by Enter.
        alice.run("await page.keyboard.type('at 10:30 :nosuchname: :D'); await page.keyboard.press('Enter');")
        bob.sees("at 10:30 :nosuchname: :D")
        # From all that there are, where the caret is.
        alice.run("""await page.keyboard.type('ab'); await page.keyboard.press('ArrowLeft'); await page.getByRole('button', {name: 'Emoji'}).click();
                     await page.keyboard.type('snowman'); await page.getByRole('button', {name: 'snowman', exact: true}).click(); await page.waitForFunction(() => document.querySelector('#say').value === 'a⛄b');
                     await page.keyboard.press('Enter');""")
        bob.sees("a⛄b")
        # As a reaction, by keyboard.
        bob.run("""await page.locator('.said', {hasText: 'good'}).hover(); await page.getByRole('button', {name: 'React'}).click(); await page.getByRole('button', {name: 'More emoji'}).click();
                   await page.locator('.emoji-list button').first().waitFor(); await page.getByRole('button', {name: 'Food and drink'}).click(); await page.locator('.emoji-list button', {hasText: '🍇'}).focus();
                   await page.keyboard.press('ArrowRight'); await page.keyboard.press('Enter');""")
        alice.run("await page.locator('.reaction', {hasText: '🍈 1'}).waitFor()")

    def test_a_hundred_thousand_messages_are_few_nodes(self):
        server = self.chat_server()
        alice = self.someone(server, "alice")
        nodes = alice.run("""return page.evaluate(async (crowd) => {
            const frame = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
            // As the server would send them, in a WebSocket of the page's own.
            const socket = window.sockets.at(-1);
            for (let i = 0; i < crowd; i++) socket.onmessage({data: `@time=${new Date(1.7e12 + i).toISOString()};msgid=x${i} :n${i % 50}!u@h PRIVMSG #lobby :message ${i} ${"word ".repeat(i % 30)}`});
            await frame(); await frame();
            const log = document.querySelector(".log"); let most = 0, blank = 0;
            for (let i = 0; i <= 60; i++) {
              log.scrollTop = (log.scrollHeight * i) / 60; await frame(); await frame();
              most = Math.max(most, document.querySelectorAll("*").length);
              const box = log.getBoundingClientRect();
              if (!document.elementFromPoint(box.left + 60, box.top + box.height / 2)?.closest(".entry")) blank++;
            }
            return [most, blank];
          }, crowd);""", crowd=CROWD)
        self.assertLessEqual(nodes[0], 500)
        self.assertLessEqual(nodes[1], 1)

    def test_of_very_many_messages_some_are_held_and_all_can_be_read(self):
        server = self.chat_server("--rate", "0")
        bob, alice = self.client(server, "bob"), self.someone(server, "alice")
        bob.ask("JOIN #lobby")
        for first in range(0, MANY, 500):
            for i in range(first, first + 500):
                bob.send(f"PRIVMSG #lobby :line {i}")
            bob.sync()
        alice.sees(f"line {MANY - 1}")
        # Up to where all of it began, and down again, by sight of every line.
        seen = alice.run("""return page.evaluate(async ([all]) => {
            const log = document.querySelector(".log"), found = new Set();
            const frame = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
            const look = () => { for (const said of log.querySelectorAll(".entry[data-id] .said")) found.add(said.textContent.trim()); };
            for (const by of [-1, 1]) {
              const is_there = () => { const said = [...log.querySelectorAll(".said")].at(by < 0 ? 0 : -1)?.textContent.trim(); return by < 0 ? said === "line 0" : said === `line ${all - 1}`; };
              // What comes from the server is waited for: so many frames in which nothing has changed.
              for (let still = 0; still < 5000 && !is_there(); still++) {
                const before = [log.scrollTop, found.size];
                log.scrollTop += by * (log.clientHeight + 200); await frame(); look();
                if (before[0] !== log.scrollTop || before[1] !== found.size) still = 0;
              }
              if (!is_there()) return [by, found.size];
            }
            return [0, found.size];
          }, [all]);""", all=MANY)
        self.assertEqual(seen, [0, MANY])

    def someone(self, server, name, rest="", **options):
        page = self.page(name, **options)
        page.count_sockets()
        page.come_in(self.address(server, rest))
        return page


class Everybody(PageCase):
    def test_by_keyboard_alone(self):
        server = self.chat_server()
        bob = self.client(server, "bob")
        bob.ask("JOIN #lobby,#dev")
        alice = self.page("alice")
        alice.run("""await page.goto(address); const key = (...keys) => keys.reduce((all, one) => all.then(() => page.keyboard.press(one)), Promise.resolve());
            await page.keyboard.type('alice'); await key('Enter'); await page.waitForSelector('#say:focus');
            await page.keyboard.type('bo'); await key('Tab'); if (await page.inputValue('#say') !== 'bob: ') throw new Error(await page.inputValue('#say'));
            await page.keyboard.type('hello'); await key('Enter'); await page.locator('.entry .said', {hasText: 'bob: hello'}).waitFor(); await page.locator('.pending').waitFor({state: 'detached'});
            await key('ArrowUp', 'ArrowUp'); await page.waitForSelector('.chosen .actions'); await key('Tab'); await page.waitForSelector('.actions button:focus'); await key('Enter');
            await page.waitForSelector('#say:focus'); await page.keyboard.type('me again'); await key('Enter'); await page.locator('.entry .answered', {hasText: 'bob: hello'}).waitFor();
            await key('Control+k'); await page.keyboard.type('#dev'); await key('Enter'); await page.locator('.head h1', {hasText: '#dev'}).waitFor(); await page.waitForSelector('#say:focus');
            await key('Alt+ArrowDown'); await page.locator('.head h1', {hasText: '#lobby'}).waitFor();""", address=self.address(server))

    def test_on_a_phone(self):
        server = self.chat_server()
        for width in (320, 390):
            page = self.someone(server, f"p{width}", viewport={"width": width, "height": 640}, hasTouch=True, isMobile=True)
            page.say("a long message from a small screen, " * 5)
            page.run("""await page.locator('.entry .said').first().waitFor();
                await page.getByRole('button', {name: 'Show rooms'}).click(); await page.locator('.rooms-side').getByText('#lobby').click();
                await page.getByRole('button', {name: 'Show people'}).click(); await page.locator('.person').first().waitFor(); await page.keyboard.press('Escape');""")
            self.assertEqual(page.run("return page.evaluate(() => [document.documentElement.scrollWidth <= innerWidth, document.querySelector('#say').getBoundingClientRect().bottom <= innerHeight])"), [True, True])

    def test_axe_finds_nothing_in_light_dark_and_small(self):
        server = self.chat_server()
        bob = self.client(server, "bob")
        bob.ask("JOIN #lobby,#dev")
        bob.ask("PRIVMSG #lobby :see https://example.com/ and #dev")
        bob.ask("TOPIC #lobby :all of it")
        for name, options in (("light", {"colorScheme": "light"}), ("dark", {"colorScheme": "dark"}), ("small", {"colorScheme": "dark", "viewport": {"width": 390, "height": 800}}),
                              ("chinese", {"locale": "zh-CN"})):
            # axe is put into the page as a script, which the page's own policy forbids.
            page = self.page(name, bypassCSP=True, **options)
            page.run("await page.goto(address)", address=self.address(server))
            self.assertEqual(page.run(AXE), [], name)
            page.come_in(self.address(server))
            page.say("alice, hello to all")
            page.run("await page.locator('.said', {hasText: 'hello to all'}).last().waitFor(); await page.locator('.pending').waitFor({state: 'detached'}); await page.locator('.said').first().click()")
            self.assertEqual(page.run(AXE), [], name)
            for opened in ("Control+k", "Escape"):
                page.run("await page.keyboard.press(opened)", opened=opened)
            page.say("/account")
            page.run("await page.locator('dialog[open]').waitFor()")
            self.assertEqual(page.run(AXE), [], name)

    def test_axe_finds_nothing_in_what_opens_over_the_rest(self):
        server = self.chat_server("--rate", "0", "--set", f"store.folder={self.folder()}")
        bob = self.client(server, "bob")
        bob.ask("JOIN #locked")
        bob.ask("MODE #locked +k sesame")
        for name, options in (("light", {"colorScheme": "light"}), ("dark", {"colorScheme": "dark"}), ("small", {"colorScheme": "dark", "viewport": {"width": 320, "height": 640}}),
                              ("contrast", {"colorScheme": "light", "contrast": "more"}), ("chinese", {"locale": "zh-CN"})):
            page = self.page(name, bypassCSP=True, **options)
            page.come_in(self.address(server, f"?join={name}"))
            page.say("/mode +b bad!*@*")
            for command, shown in (("/settings", ".bans li"), ("/date", "input[type=date]"), ("/search", "input[type=search]"), ("/join #locked", "input[name=room-key]"), ("/list", ".directory")):
                page.say(command)
                page.run("await page.locator(shown).first().waitFor()", shown=f"dialog {shown}" if shown != ".directory" else "dialog.directory")
                self.assertEqual(page.run(AXE), [], (name, command))
                self.assertTrue(page.run("return page.evaluate(() => { const box = document.querySelector('dialog').getBoundingClientRect(); return box.left >= 0 && box.right <= innerWidth && document.documentElement.scrollWidth <= innerWidth; })"), (name, command))
                page.run("await page.keyboard.press('Escape'); await page.locator('dialog').waitFor({state: 'detached'});")
            page.run("await page.locator('.say .icon-button').last().click(); await page.locator('.emoji-list button').first().waitFor();")
            self.assertEqual(page.run(AXE), [], (name, "emoji"))
            page.run("await page.keyboard.press('Escape'); await page.locator('dialog').waitFor({state: 'detached'}); await page.focus('#say'); await page.keyboard.type(':smi'); await page.locator('.emoji-offer li').first().waitFor();")
            self.assertEqual(page.run(AXE), [], (name, "offer"))

    def test_with_more_contrast_text_stands_out_by_seven_to_one(self):
        server = self.chat_server("--rate", "0")
        bob = self.client(server, "bob")
        bob.ask("JOIN #lobby,#dev")
        for i in range(12):
            bob.ask(f"NICK name{i}")
            bob.ask("PRIVMSG #lobby :see https://example.com/ and #dev, light and dark")
        for colours in "light", "dark":
            page = self.page(colours, bypassCSP=True, colorScheme=colours, contrast="more")
            page.come_in(self.address(server))
            page.sees("see https")
            self.assertEqual(page.run("""await page.addScriptTag({path: axe});
                const found = await page.evaluate(() => window.axe.run(document, {runOnly: {type: "rule", values: ["color-contrast-enhanced"]}}));
                return found.violations.flatMap((one) => one.nodes.map((node) => node.html + node.failureSummary));"""), [], colours)

    def test_with_the_systems_own_colours_what_is_chosen_is_seen(self):
        server = self.chat_server("--rate", "0")
        bob = self.client(server, "bob")
        bob.ask("JOIN #lobby")
        bob.ask("PRIVMSG #lobby :alice: hello")
        alice = self.someone(server, "alice", forcedColors="active")
        alice.run("await page.locator('.entry.mention').hover(); await page.locator('.entry.chosen').waitFor();")
        # Backgrounds and shadows are gone there, so each of these needs a line around it.
        lines = alice.run("""return page.evaluate(() => {
            const drawn = (what) => { const style = getComputedStyle(document.querySelector(what)); return style.outlineStyle !== "none" || parseFloat(style.borderInlineStartWidth) > 1; };
            return Object.fromEntries([".entry.chosen", ".entry.mention", ".room[data-active=true]", ".say-row:focus-within"].map((what) => [what, drawn(what)]));
          });""")
        self.assertEqual([what for what, is_drawn in lines.items() if not is_drawn], [])

    def test_from_right_to_left_it_is_mirrored_and_nothing_hangs_out(self):
        server = self.chat_server("--rate", "0")
        bob = self.client(server, "bob")
        bob.ask("JOIN #lobby")
        bob.ask("PRIVMSG #lobby :alice, שלום לכולם, מה שלומכם? (abc)")
        for width, height in ((1280, 800), (390, 800)):
            page = self.page(f"p{width}", viewport={"width": width, "height": height})
            page.run("await page.addInitScript(() => addEventListener('DOMContentLoaded', () => (document.documentElement.dir = 'rtl')))")
            page.come_in(self.address(server))
            page.sees("שלום")
            found = page.run("""return page.evaluate(() => {
                const middle = (what) => { const box = document.querySelector(what).getBoundingClientRect(); return (box.left + box.right) / 2; };
                return [document.documentElement.scrollWidth <= innerWidth, middle(".send") < innerWidth / 2, getComputedStyle(document.querySelector(".send .icon")).transform];
              });""")
            self.assertEqual(found, [True, True, "matrix(-1, 0, 0, 1, 0, 0)"])
            if width > 1000:
                self.assertTrue(page.run("return page.evaluate(() => document.querySelector('.rooms-side').getBoundingClientRect().right === innerWidth && document.querySelector('.people-side').getBoundingClientRect().left === 0)"))
            else:
                # The drawers come from their own side, and are out of sight until then.
                page.run("await page.getByRole('button', {name: 'Show rooms'}).click();")
                page.run("await page.waitForFunction(() => document.querySelector('.rooms-side').getBoundingClientRect().right === innerWidth)")

    def test_what_happens_to_names_from_right_to_left_is_told_in_its_order(self):
        server = self.chat_server("--rate", "0")
        bob = self.client(server, "bob")
        bob.ask("JOIN #dev")
        alice = self.someone(server, "alice", "?join=%23dev")
        bob.ask("TOPIC #dev :حراس المنارة")
        for name in "سلمى", "נועה":
            self.client(server, name).ask("JOIN #dev")
        alice.run("await page.locator('.happened', {hasText: 'נועה'}).waitFor()")
        # Where each stands on the screen, as it is read.
        order = alice.run("""return page.evaluate(() => {
            const line = [...document.querySelectorAll(".happened")].find((one) => one.textContent.includes("נועה"));
            const where = (text) => {
              for (const walk = document.createTreeWalker(line, NodeFilter.SHOW_TEXT); walk.nextNode();) {
                const at = walk.currentNode.data.indexOf(text);
                if (at < 0) continue;
                const range = document.createRange();
                range.setStart(walk.currentNode, at), range.setEnd(walk.currentNode, at + text.length);
                const box = range.getBoundingClientRect();
                return [Math.round(box.top), Math.round(box.left)];
              }
            };
            return ["set the topic", "حراس المنارة", "سلمى", "נועה"].map(where);
          });""")
        self.assertEqual(order, sorted(order))

    def test_what_commands_take_is_told_in_the_language_of_who_types(self):
        server = self.chat_server()
        for name, locale, told in (("alice", "en-GB", "/msg name text"), ("li", "zh-CN", "/msg 名字 内容")):
            page = self.someone(server, name, locale=locale)
            page.say("/help")
            page.sees(told, ".own")

    def test_in_chinese(self):
        server = self.chat_server()
        page = self.page("alice", locale="zh-CN")
        page.run("await page.goto(address); await page.getByLabel('您的名字').fill('alice'); await page.getByRole('button', {name: '进入'}).click(); await page.getByPlaceholder('发消息到 #lobby').waitFor();",
                 address=self.address(server))
        self.assertEqual(page.run("return page.evaluate(() => document.documentElement.lang)"), "zh-Hans")


class Accounts(PageCase):
    def test_an_account_is_made_and_logged_into_and_the_password_is_not_kept(self):
        server = self.chat_server()
        alice = self.someone(server, "alice")
        alice.say("/account")
        alice.run("""for (const field of await page.locator('input[type=password]').all()) await field.fill('correct horse battery');
            await page.getByRole('button', {name: 'Make an account'}).click(); await page.getByText('Logged in as alice').waitFor();""")
        self.assertNotIn("horse", alice.run("return page.evaluate(() => JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie]))"))
        alice.run("await page.getByRole('button', {name: 'Leave the chat'}).click(); await page.waitForSelector('input[name=password]')")
        log_in = """await page.fill('input[name=password]', password); await page.press('input[name=password]', 'Enter');"""
        alice.run(log_in + "await page.locator('#door-said').filter({hasText: /./}).waitFor()", password="wrong")
        alice.run(log_in + "await page.waitForSelector('#say')", password="correct horse battery")
        alice.say("/account")
        alice.run("await page.getByText('Logged in as alice').waitFor()")


if __name__ == "__main__":
    unittest.main()
