"""The page: invite links into closed rooms, staying logged in on a device, and being told of what one misses."""

import json
import re
import subprocess
import tempfile

from mail_box import MailBox, verifying
from page_case import PageCase
from page_views_test import AXE
from uploads_test import PASSWORD

MAKE_ACCOUNT = """await page.getByRole("button", {name: "Account and settings"}).click();
    const fields = page.locator("[role=dialog] input[type=password], dialog input[type=password]");
    await fields.nth(0).fill(password); await fields.nth(1).fill(password);
    await page.getByRole("button", {name: "Make an account"}).click();
    await page.getByText("Logged in as").waitFor();"""


class PageAccountCase(PageCase):
    def member(self, server, name, rest="", **options):
        page = self.someone(server, name, rest, **options)
        page.run(MAKE_ACCOUNT + 'await page.keyboard.press("Escape");', password=PASSWORD)
        return page


class Views(PageAccountCase):
    def test_axe_finds_nothing_in_what_accounts_rooms_and_files_have(self):
        folder = tempfile.mkdtemp()
        self.addCleanup(subprocess.run, ["rm", "-rf", folder])
        server = self.chat_server("--rate", "0", "--set", f"store.folder={folder}", "--set", "uploads.types=image/*")
        for name, options in (("light", {"colorScheme": "light"}), ("small", {"colorScheme": "dark", "viewport": {"width": 320, "height": 640}}), ("chinese", {"locale": "zh-CN"})):
            page = self.page(name, bypassCSP=True, **options)
            page.run("await page.goto(address)", address=self.address(server))
            page.run("await page.locator('.door .quiet-button').click(); await page.locator('input[name=stay]').waitFor()")
            self.assertEqual(page.run(AXE), [], (name, "door"))
            page.come_in(self.address(server, f"?join={name}"))
            page.say("/account")
            page.run("""const fields = page.locator("dialog input[type=password]"); await fields.nth(0).fill(password); await fields.nth(1).fill(password);
                        await page.locator("dialog .main-button").click(); await page.locator("input[name=stay]").check(); await page.locator("dialog .bans li").waitFor();""", password=PASSWORD)
            self.assertEqual(page.run(AXE), [], (name, "account"))
            page.run("await page.keyboard.press('Escape'); await page.locator('dialog').waitFor({state: 'detached'});")
            page.say("/settings")
            page.run("await page.locator('.invite-links .main-button').click(); await page.locator('.invite-links li').waitFor();")
            self.assertEqual(page.run(AXE), [], (name, "links"))
            self.assertTrue(page.run("return page.evaluate(() => { const box = document.querySelector('dialog').getBoundingClientRect(); return box.left >= 0 && box.right <= innerWidth && document.querySelector('dialog').scrollWidth <= document.querySelector('dialog').clientWidth; })"), name)
            page.run("await page.keyboard.press('Escape'); await page.locator('dialog').waitFor({state: 'detached'});")
            page.run("await page.locator('input[type=file]').setInputFiles([{name: 'a.png', mimeType: 'image/png', buffer: Buffer.from('x')}]); await page.waitForFunction(() => /a\\.png/.test(document.querySelector('#say').value)); await page.press('#say', 'Enter');")
            page.run("await page.locator('.picture-line').waitFor(); await page.locator('input[type=file]').setInputFiles([{name: 'a-file-with-a-long-name-that-is-not-taken.exe', mimeType: 'x/y', buffer: Buffer.from('x')}]); await page.locator('.upload .complaint').waitFor();")
            self.assertEqual(page.run(AXE), [], (name, "files"))
            self.assertTrue(page.run("return page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)"), name)


class Email(PageAccountCase):
    def test_an_account_is_made_by_the_code_that_was_mailed(self):
        box = MailBox(self.folder())
        server = self.chat_server("--rate", "0", *verifying(box.command))
        alice = self.page("alice", bypassCSP=True)
        alice.count_sockets()
        alice.come_in(self.address(server))
        ask = """await page.fill("dialog input[name=email]", address); const fields = page.locator("dialog input[type=password]");
                 await fields.nth(0).fill(password); await fields.nth(1).fill(password); await page.locator("dialog .main-button").click();"""
        alice.run("""await page.getByRole("button", {name: "Account and settings"}).click(); """ + ask + """await page.locator("dialog input[name=email]:invalid").waitFor();""",
                  password=PASSWORD, address="a,b@example.org")
        # Mistyped, and found out before the code is there.
        alice.run(ask + """await page.locator("dialog", {hasText: "has been mailed to alcie@example.org"}).waitFor(); await page.getByRole("button", {name: "Another address"}).click();""",
                  password=PASSWORD, address="alcie@example.org")
        self.assertIn("To: alcie@example.org\n", box.next())
        alice.run(ask + """await page.locator("dialog", {hasText: "has been mailed to alice@example.org"}).waitFor();""", password=PASSWORD, address="alice@example.org")
        mail = box.next()
        self.assertIn("To: alice@example.org\n", mail)
        code = re.search(r"VERIFY alice (\S+)", mail).group(1)
        self.assertEqual(alice.run(AXE), [])
        alice.run("""await page.fill("input[name=code]", "WRONG"); await page.press("input[name=code]", "Enter"); await page.locator("dialog .complaint", {hasText: "not the code"}).waitFor();
                     await page.fill("input[name=code]", code); await page.press("input[name=code]", "Enter"); await page.getByText("Logged in as alice").waitFor();""", code=code)
        # It logs in by itself when the connection is lost.
        alice.lose_connection()
        alice.say("here again")
        self.assertIn("account alice", self.told_of(server, "alice"))
        self.assertEqual(alice.run("return complaints"), [])

    def told_of(self, server, nick):
        return " ".join(f"account {m.params[2]}" for m in self.client(server, "eve").ask(f"WHOIS {nick}") if m.command == "330")


class InviteLinks(PageAccountCase):
    def test_a_link_is_made_followed_and_taken_back(self):
        server = self.chat_server("--rate", "0")
        alice = self.someone(server, "alice", "?join=dev")
        alice.run("""await page.getByRole("button", {name: "Room settings"}).click();
                     await page.locator("input[name=mode-i]").click(); await page.waitForFunction(() => document.querySelector("input[name=mode-i]").checked);
                     await page.selectOption("select[name=lasts]", "1h"); await page.fill("input[name=uses]", "1");
                     await page.getByRole("button", {name: "Make a link"}).click();
                     await page.locator(".invite-links input[readonly]").waitFor();""")
        link = alice.run("return page.locator('.invite-links input[readonly]').inputValue()")
        self.assertRegex(link, rf"^http://127\.0\.0\.1:{server.port}/\?join=%23dev&key=[\w-]{{24}}$")
        closed = self.page("eve")
        closed.come_in(self.address(server, "?join=dev"))
        closed.sees("+i", ".log")
        bob = self.page("bob")
        bob.come_in(link)
        bob.run("await page.locator('.head h1', {hasText: '#dev'}).waitFor()")
        bob.say("here by the link")
        alice.sees("here by the link")
        # A lost connection does not use it up.
        bob.count_sockets()
        bob.run("await page.reload(); await page.press('input[name=nick]', 'Enter'); await page.locator('.head h1', {hasText: '#dev'}).waitFor()")
        bob.lose_connection()
        bob.say("here again")
        alice.sees("here again")
        alice.run("""await page.keyboard.press("Escape"); await page.getByRole("button", {name: "Room settings"}).click();
                     await page.locator(".invite-links", {hasText: "used 1 of 1 times"}).waitFor();
                     await page.getByRole("button", {name: "Remove http"}).click(); await page.locator(".invite-links input[readonly]").waitFor({state: "detached"});""")
        self.assertEqual(alice.run("return page.locator('.log', {hasText: 'ChanServ'}).count()"), 0)
        late = self.page("late")
        late.come_in(link)
        late.sees("+i", ".log")
        self.assertEqual(alice.run("return complaints"), [])

    def test_who_has_no_say_in_a_room_sees_none(self):
        server = self.chat_server()
        self.client(server, "op").ask("JOIN #dev")
        bob = self.someone(server, "bob", "?join=dev")
        bob.run("""await page.getByRole("button", {name: "Room settings"}).click(); await page.getByText("Only operators of the room").waitFor();""")
        self.assertEqual(bob.run("return page.locator('.invite-links').count()"), 0)


class Devices(PageAccountCase):
    def kept(self, page):
        return page.run("return page.evaluate(() => JSON.stringify({...localStorage}))")

    def test_a_device_stays_logged_in_without_the_password_until_it_is_logged_out(self):
        server = self.chat_server("--rate", "0")
        alice = self.member(server, "alice")
        self.assertNotIn("device", self.kept(alice))
        alice.run("""await page.getByRole("button", {name: "Account and settings"}).click();
                     await page.locator("input[name=stay]").check(); await page.getByText("this one").waitFor(); await page.keyboard.press("Escape");""")
        self.assertNotIn(PASSWORD, self.kept(alice))
        alice.run("""await page.reload(); await page.waitForSelector("#say"); await page.getByRole("button", {name: "Account and settings"}).click();
                     await page.getByText("Logged in as alice").waitFor(); await page.keyboard.press("Escape");""")
        # Another device, logged in by the password at the door.
        phone = self.page("phone")
        phone.run("""await page.goto(address); await page.fill("input[name=nick]", "alice"); await page.getByRole("button", {name: "I have an account"}).click();
                     await page.fill("input[name=password]", password); await page.locator("input[name=stay]").check(); await page.press("input[name=password]", "Enter");
                     await page.waitForSelector("#say"); await page.waitForFunction(() => localStorage["parlance.device"]);""", address=self.address(server), password=PASSWORD)
        alice.run("""await page.getByRole("button", {name: "Account and settings"}).click();
                     await page.waitForFunction(() => document.querySelectorAll("[aria-label='Devices that are logged in'] li").length === 2);
                     await page.locator("[aria-label='Devices that are logged in'] li", {hasText: "last seen"}).getByRole("button").click();
                     await page.waitForFunction(() => document.querySelectorAll("[aria-label='Devices that are logged in'] li").length === 1);
                     await page.keyboard.press("Escape");""")
        phone.run("await page.locator('#door-said', {hasText: 'not logged in any more'}).waitFor()")
        self.assertNotIn('"parlance.device":"alice', self.kept(phone))
        # Leaving logs out.
        alice.run("""await page.getByRole("button", {name: "Account and settings"}).click(); await page.getByRole("button", {name: "Leave the chat"}).click();
                     await page.waitForSelector("input[name=nick]"); await page.reload(); await page.waitForSelector("input[name=nick]");""")
        self.assertEqual(json.loads(self.kept(alice)).get("parlance.device", ""), "")
        self.assertEqual(alice.run("return complaints"), [])


class Retention(PageAccountCase):
    def test_a_founder_says_for_how_long_a_room_keeps_what_is_said(self):
        server = self.chat_server("--rate", "0")
        self.account(server, "alice", PASSWORD)
        other = self.client(server, "elsewhere")
        for line in (f"NS IDENTIFY alice {PASSWORD}", "JOIN #mine", "CS REGISTER #mine"):
            other.ask(line)
        alice = self.page("alice")
        alice.run("""await page.goto(address); await page.fill("input[name=nick]", "alice"); await page.getByRole("button", {name: "I have an account"}).click();
                     await page.fill("input[name=password]", password); await page.press("input[name=password]", "Enter"); await page.waitForSelector("#say");""", address=self.address(server, "?join=mine"), password=PASSWORD)
        kept = lambda: other.ask("CS RETENTION #mine")[-1].params[-1]
        self.assertIn("as long as elsewhere", kept())
        alice.run("""await page.getByRole("button", {name: "Room settings"}).click(); await page.locator("select[name=retention]").selectOption("604800");
                     await page.waitForFunction(() => document.querySelector("select[name=retention]").value === "604800");""")
        self.assertIn("kept for 604800 s", kept())
        other.ask("CS RETENTION #mine 12h")
        alice.run("""await page.keyboard.press("Escape"); await page.locator("dialog").waitFor({state: "detached"}); await page.getByRole("button", {name: "Room settings"}).click();
                     await page.locator("select[name=retention] option:checked", {hasText: "12 hours"}).waitFor({state: "attached"});
                     await page.locator("select[name=retention]").selectOption("0"); await page.waitForFunction(() => document.querySelector("select[name=retention]").value === "0");""")
        self.assertIn("as long as elsewhere", kept())
        # Who is no founder is not asked, and nobody reads of it in the conversation.
        bob = self.someone(server, "bob", "?join=mine")
        bob.run("""await page.getByRole("button", {name: "Room settings"}).click(); await page.locator("dialog.room-settings").waitFor();""")
        self.assertEqual(bob.run("return page.locator('select[name=retention]').count()"), 0)
        self.assertEqual([page.run("return page.locator('.log', {hasText: 'is kept'}).count()") for page in (alice, bob)], [0, 0])


class Push(PageAccountCase):
    def test_the_browser_is_subscribed_and_its_worker_shows_what_comes(self):
        server = self.chat_server("--rate", "0")
        alice = self.someone(server, "alice", permissions=["notifications"])
        # Chromium's own push service is out of reach here: its answer is what stands in for it.
        alice.run("""await page.evaluate(async () => {
            const pair = await crypto.subtle.generateKey({name: "ECDH", namedCurve: "P-256"}, true, ["deriveBits"]);
            const point = await crypto.subtle.exportKey("raw", pair.publicKey);
            window.subscribed = [];
            PushManager.prototype.getSubscription = async () => window.subscription ?? null;
            PushManager.prototype.subscribe = async (options) => {
                window.subscribed.push(new Uint8Array(options.applicationServerKey).length);
                return (window.subscription = {endpoint: "https://push.example.net/alice", options, getKey: (name) => (name === "auth" ? new Uint8Array(16).buffer : point), unsubscribe: async () => (window.subscription = undefined, true)});
            };
        });""")
        alice.run(MAKE_ACCOUNT + """await page.getByText("while the page is closed").waitFor();
            await page.locator("input[name=notify]").check();
            await page.waitForFunction(() => window.subscribed[0] === 65); await page.keyboard.press("Escape");""", password=PASSWORD)
        said = alice.run("""const registration = await page.evaluate(() => navigator.serviceWorker.ready.then((one) => one.scope));
            const devtools = await context.newCDPSession(page);
            const told = new Promise((found) => devtools.on("ServiceWorker.workerRegistrationUpdated", ({registrations}) => registrations[0] && found(registrations[0].registrationId)));
            await devtools.send("ServiceWorker.enable");
            const id = await told;
            // DevTools says nothing when the worker could not be started for it: so it is delivered until something is shown.
            const push = {origin: new URL(registration).origin, registrationId: id, data: "@time=2026-11-30T10:00:00.000Z;msgid=x :bob!b@host PRIVMSG #dev :<b>alice</b>: are you there?"};
            for (let i = 0; i < 60; i++) {
                await devtools.send("ServiceWorker.deliverPushMessage", push);
                const shown = await page.evaluate(async () => { const worker = await navigator.serviceWorker.ready;
                    for (let j = 0; j < 40; j++) { const all = await worker.getNotifications(); if (all.length) return all.map(({title, body, data}) => ({title, body, data})); await new Promise((done) => setTimeout(done, 50)); } return []; });
                if (shown.length) return shown;
            }
            return [];""")
        self.assertEqual(said, [{"title": "bob, #dev", "body": "<b>alice</b>: are you there?", "data": "#dev"}])
        # Who leaves is told of nothing any more.
        alice.run("""await page.getByRole("button", {name: "Account and settings"}).click(); await page.getByRole("button", {name: "Leave the chat"}).click();
                     await page.waitForSelector("input[name=nick]"); await page.waitForFunction(() => window.subscription === undefined);""")
        self.assertEqual(alice.run("return complaints"), [])
