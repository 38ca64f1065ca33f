"""The page: files that are chosen, dropped and pasted, their way, and what becomes of those that are refused."""

import base64
import os
import subprocess
import tempfile

from page_case import PageCase
from uploads_test import PASSWORD, PNG

DROP = """await page.evaluate(({name, type, bytes}) => {
    const files = new DataTransfer();
    files.items.add(new File([Uint8Array.from(atob(bytes), (c) => c.charCodeAt(0))], name, {type}));
    const event = new DragEvent("%s", {dataTransfer: files, bubbles: true, cancelable: true});
    document.querySelector(".talk").dispatchEvent(event);
}, {name, type, bytes});"""
PASTE = """await page.evaluate(({name, type, bytes}) => {
    const files = new DataTransfer();
    files.items.add(new File([Uint8Array.from(atob(bytes), (c) => c.charCodeAt(0))], name, {type}));
    document.querySelector("#say").dispatchEvent(new ClipboardEvent("paste", {clipboardData: files, bubbles: true, cancelable: true}));
}, {name, type, bytes});"""
CHOOSE = """const [chooser] = await Promise.all([page.waitForEvent("filechooser"), page.getByRole("button", {name: "Add files"}).click()]);
    await chooser.setFiles(files.map(({name, size}) => ({name, mimeType: "application/octet-stream", buffer: Buffer.alloc(size, 7)})));"""
LINK = "await page.waitForFunction(() => /uploads/.test(document.querySelector('#say').value)); return page.inputValue('#say')"


class Uploads(PageCase):
    def setUp(self):
        super().setUp()
        self.folder = tempfile.mkdtemp()
        self.addCleanup(subprocess.run, ["rm", "-rf", self.folder])

    def member(self, server, name):
        page = self.someone(server, name)
        page.run("""await page.getByRole("button", {name: "Account and settings"}).click();
                    const fields = page.locator("dialog input[type=password], .dialog input[type=password], [role=dialog] input[type=password]");
                    await fields.nth(0).fill(password); await fields.nth(1).fill(password);
                    await page.getByRole("button", {name: "Make an account"}).click();
                    await page.getByText("Logged in as").waitFor(); await page.keyboard.press("Escape");""", password=PASSWORD)
        return page

    def test_dropped_pasted_and_chosen_files_are_links_in_the_message(self):
        server = self.chat_server("--set", f"store.folder={self.folder}", "--rate", "0")
        alice, bob = self.member(server, "alice"), self.someone(server, "bob")
        picture = {"name": "my cat.png", "type": "image/png", "bytes": base64.b64encode(PNG).decode()}
        alice.run("await page.fill('#say', 'look:')")
        alice.run(DROP % "dragover", **picture)
        self.assertTrue(alice.run("return page.evaluate(() => document.body.hasAttribute('data-dropping'))"))
        alice.run(DROP % "drop", **picture)
        text = alice.run(LINK)
        self.assertRegex(text, rf"^look: http://127\.0\.0\.1:{server.port}/uploads/[\w-]{{24}}/my%20cat\.png $")
        alice.run("await page.press('#say', 'Enter')")
        bob.sees("my%20cat.png")
        # Nothing of it is fetched before one asks.
        bob.run("globalThis.fetched = []; page.on('request', (one) => one.url().includes('/uploads/') && fetched.push(one.url()))")
        bob.run("await page.waitForTimeout(200)")
        self.assertEqual(bob.run("return globalThis.fetched"), [])
        bob.run("""await page.getByRole("button", {name: "Show my cat.png"}).click(); await page.waitForFunction(() => document.querySelector(".picture img")?.naturalWidth === 1);
                   await page.getByRole("button", {name: "Hide my cat.png"}).click(); await page.locator(".picture").waitFor({state: "detached"});""")
        self.assertEqual(len(bob.run("return globalThis.fetched")), 1)
        self.assertEqual(bob.run("return complaints"), [])
        # Who follows the link gets the picture, in a window without rights.
        got = bob.run("""const [other] = await Promise.all([context.waitForEvent("page"), page.locator(".log .said a").last().click()]);
                         await other.waitForLoadState(); return other.evaluate(() => [document.images[0].naturalWidth, self.origin])""")
        self.assertEqual(got, [1, "null"])
        alice.run(PASTE, **picture)
        self.assertRegex(alice.run(LINK), r"my%20cat\.png $")
        alice.run("await page.fill('#say', '')")
        alice.run(CHOOSE, files=[{"name": "a.zip", "size": 3_000_000}, {"name": "b.txt", "size": 5}])
        alice.run("await page.waitForFunction(() => /a\\.zip/.test(document.querySelector('#say').value) && /b\\.txt/.test(document.querySelector('#say').value))")
        self.assertEqual(alice.run("return page.locator('.upload').count()"), 0)
        self.assertEqual(alice.run("return complaints"), [])

    def test_one_can_be_stopped_and_refusals_have_reasons(self):
        server = self.chat_server("--set", f"store.folder={self.folder}", "--rate", "0", "--set", "uploads.max_size=10MiB", "--set", "uploads.types=image/*,application/zip")
        guest = self.someone(server, "guest")
        guest.run(CHOOSE, files=[{"name": "x.zip", "size": 10}])
        guest.run("await page.locator('.upload .complaint', {hasText: 'account'}).waitFor()")
        alice = self.member(server, "alice")
        alice.run(CHOOSE, files=[{"name": "big.zip", "size": 11 << 20}, {"name": "no.exe", "size": 10}])
        alice.run("await page.locator('.upload', {hasText: 'big.zip'}).locator('.complaint', {hasText: '10 MB'}).waitFor()")
        alice.run("await page.locator('.upload', {hasText: 'no.exe'}).locator('.complaint', {hasText: 'kind'}).waitFor()")
        alice.run("await page.getByRole('button', {name: 'Do not send big.zip'}).click(); await page.getByRole('button', {name: 'Do not send no.exe'}).click()")
        # On a slow line one sees how far it is, and stops it.
        alice.run("""const devtools = await context.newCDPSession(page); await devtools.send("Network.enable");
                     await devtools.send("Network.emulateNetworkConditions", {offline: false, latency: 10, downloadThroughput: 1e6, uploadThroughput: 300e3});""")
        alice.run(CHOOSE, files=[{"name": "slow.zip", "size": 8 << 20}])
        alice.run("await page.waitForFunction(() => (document.querySelector('.upload progress')?.value ?? 0) > 0.02)")
        part = os.path.join(self.folder, "uploads")
        alice.run("await page.getByRole('button', {name: 'Do not send slow.zip'}).click(); await page.locator('.upload').waitFor({state: 'detached'})")
        alice.run("""const devtools = await context.newCDPSession(page); await devtools.send("Network.enable");
                     await devtools.send("Network.emulateNetworkConditions", {offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: -1});""")
        alice.run(CHOOSE, files=[{"name": "c.zip", "size": 10}])
        self.assertRegex(alice.run(LINK), r"c\.zip $")
        self.assertEqual([one for one in os.listdir(part) if one.endswith(".part")], [])

    def test_more_than_may_come_at_once_wait_for_each_other(self):
        server = self.chat_server("--set", f"store.folder={self.folder}", "--rate", "0")
        alice = self.member(server, "alice")
        alice.run("""const devtools = await context.newCDPSession(page); await devtools.send("Network.enable");
                     await devtools.send("Network.emulateNetworkConditions", {offline: false, latency: 10, downloadThroughput: 1e6, uploadThroughput: 300e3});""")
        names = [f"{i}.zip" for i in range(9)]
        alice.run(CHOOSE, files=[{"name": name, "size": 100_000} for name in names])
        alice.run("""await page.waitForFunction(() => (document.querySelector('#say').value.match(/uploads/g) ?? []).length
                     + document.querySelectorAll('.upload .complaint').length === 9)""")
        text = alice.run("return page.inputValue('#say')")
        self.assertEqual(sorted(link.rsplit("/", 1)[1] for link in text.split()), names)

    def test_what_is_dropped_where_nothing_is_taken_does_not_leave_the_page(self):
        server = self.chat_server("--set", f"store.folder={self.folder}", "--set", "uploads.enabled=false")
        alice = self.someone(server, "alice")
        self.assertEqual(alice.run("return page.getByRole('button', {name: 'Add files'}).count()"), 0)
        prevented = alice.run("""return page.evaluate(() => { const files = new DataTransfer(); files.items.add(new File(["x"], "x.png", {type: "image/png"}));
            const event = new DragEvent("drop", {dataTransfer: files, bubbles: true, cancelable: true}); document.querySelector(".talk").dispatchEvent(event); return event.defaultPrevented; })""")
        self.assertTrue(prevented)
        self.assertEqual(alice.run("return page.locator('.upload').count()"), 0)
