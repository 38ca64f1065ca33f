"""The page, in a browser: coming in, talking with people at nc and IRC clients, and coming back."""

import filecmp
import http.server
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
import unittest

import npm
from chat_case import Terminal
from page_case import MODULES, WEB, PageCase
from talk_case import LIMIT, PARLANCE


class Talking(PageCase):
    def reads(self, nc, line):
        heard = []
        while (heard.append(nc.process.stdout.readline()) or heard[-1]) != line:
            self.assertTrue(heard[-1], heard)

    def test_two_browsers_and_nc_talk_in_one_room(self):
        server = self.chat_server()
        alice, bob = self.someone(server, "alice"), self.someone(server, "bob")
        nc = self.start("nc", "127.0.0.1", str(server.port))
        nc.write(b"/nick carol\n")
        self.reads(nc, b"-- you are now carol\n")
        alice.say("hello from a browser")
        bob.sees("hello from a browser")
        self.reads(nc, b"alice: hello from a browser\n")
        nc.write("and from nc \N{SNOWMAN}\n".encode())
        alice.sees("and from nc \N{SNOWMAN}")
        bob.sees("and from nc \N{SNOWMAN}")
        bob.say("first line\nsecond line")
        alice.sees("first line\nsecond line")
        for page in (alice, bob):
            self.assertEqual(page.said(), [("alice", "hello from a browser"), ("carol", "and from nc \N{SNOWMAN}"), ("bob", "first line\nsecond line")])
            self.assertEqual(page.run("return page.locator('.pending').count()"), 0)
            self.assertEqual(page.run("return complaints"), [])

    def test_a_browser_irssi_and_nc_talk_in_one_room(self):
        if not shutil.which("irssi"):
            self.skipTest("irssi is not installed")
        server = self.chat_server()
        alice, nc = self.someone(server, "alice"), self.person(server, b"carol")
        home = self.folder()
        with open(os.path.join(home, "config"), "w") as file:
            file.write('servers = ( { address = "127.0.0.1"; chatnet = "here"; port = "%d"; autoconnect = "yes"; } ); chatnets = { here = { type = "IRC"; nick = "ira"; }; };'
                       'channels = ( { name = "#lobby"; chatnet = "here"; autojoin = "yes"; } );' % server.port)
        screen = Terminal(self, "irssi", "--home", home, "--config", os.path.join(home, "config"), width=100)
        nc.until(b"-- ira has joined #lobby\n")
        limit = time.monotonic() + LIMIT
        while "[#lobby]" not in screen.screen():  # its window is there only some time after it has joined
            self.assertLess(time.monotonic(), limit, screen.screen())
            screen.type("/window goto #lobby")
            screen.press("Enter")
            time.sleep(0.3)
        alice.say("hello from a browser")
        screen.until(r"alice> hello from a browser")
        screen.type("and from irssi")
        screen.press("Enter")
        alice.sees("and from irssi")
        nc.until(b"ira: and from irssi\n")
        nc.say(b"and from nc\n")
        alice.sees("and from nc")
        screen.until(r"carol> and from nc")

    def test_what_was_said_is_there_after_two_round_trips(self):
        """Counted as what is sent after something was heard, from where the WebSocket was open to where the past was asked for."""
        server = self.chat_server("--rate", "0")
        self.person(server, b"old").say(b"said before\n")
        alice = self.page("alice")
        alice.run("""await page.addInitScript(() => {
            let heard = true, trips = 0;
            const Own = WebSocket;
            window.asked = [];
            window.WebSocket = class extends Own {
              constructor(...a) { super(...a); this.addEventListener("message", () => (heard = true)); }
              send(line) { if (heard) trips++; heard = false; if (line.includes("CHATHISTORY LATEST")) asked.push(trips); super.send(line); }
            };
        });""")
        alice.come_in(self.address(server))
        alice.sees("said before")
        self.assertEqual(alice.run("return page.evaluate(() => asked)"), [2])

    def test_the_address_names_the_room(self):
        server = self.chat_server()
        for rest in ("?join=dev", "?join=%23dev", "?join=#dev", "#dev"):
            page = self.someone(server, "p" + str(abs(hash(rest)) % 10**6), rest)
            page.run("await page.locator('.head h1', {hasText: '#dev'}).waitFor()")

    def test_a_name_is_typed_before_the_program_is_there(self):
        alice = self.page("alice")
        alice.run("""let come; const held = new Promise((done) => (come = done));
            await page.route("**/page/page-*.js", async (route) => { await held; await route.continue(); });
            await page.goto(address, {waitUntil: "commit"});
            await page.waitForFunction(() => document.activeElement?.name === "nick");
            await page.keyboard.type("alce"); await page.keyboard.press("ArrowLeft"); await page.keyboard.press("ArrowLeft");
            come(); await page.waitForSelector("form");
            await page.keyboard.type("i"); await page.keyboard.press("Enter"); await page.waitForSelector("#say");""", address=self.address(self.chat_server()))
        self.assertEqual(alice.run("return page.locator('.person').first().textContent()"), "alice")

    def test_a_name_that_is_none_is_refused_with_a_reason(self):
        server = self.chat_server()
        page = self.page("alice")
        page.run("""await page.goto(address); await page.fill("input[name=nick]", "a b"); await page.press("input[name=nick]", "Enter");
                    await page.locator("#door-said", {hasText: "letters"}).waitFor()""", address=self.address(server))

    def test_a_name_that_somebody_has_gets_a_line_behind_it(self):
        server = self.chat_server()
        self.person(server, b"alice")
        page = self.someone(server, "alice")
        page.run("await page.locator('.person', {hasText: 'alice_'}).waitFor()")

    def test_what_is_refused_says_why_and_can_be_said_again(self):
        server = self.chat_server()
        bob = self.client(server, "bob")
        bob.ask("JOIN #dev")
        bob.ask("MODE #dev +m")
        alice = self.someone(server, "alice", "?join=dev")
        alice.say("may I?")
        alice.run("await page.locator('.pending[data-refused=true]', {hasText: 'may I?'}).waitFor()")
        bob.ask("MODE #dev -m")
        alice.run("await page.getByRole('button', {name: 'Again'}).click(); await page.locator('.pending').waitFor({state: 'detached'})")
        alice.sees("may I?", ".log .entry[data-id] .said")
        self.assertEqual(alice.said(), [("alice", "may I?")])


    def test_every_name_sees_what_is_said(self):
        server = self.chat_server("--rate", "0")
        bob = self.client(server, "bob")
        bob.ask("JOIN #lobby")
        bob.ask("PRIVMSG #lobby :said before")
        for name in "anna-maria", "x`[]^{}|":
            with self.subTest(name=name):
                page = self.someone(server, name)
                bob.ask(f"PRIVMSG #lobby :hello {name}!")
                page.sees("said before")
                page.sees(f"hello {name}!")

    def test_a_link_with_a_percent_sign_that_is_no_code_leads_in(self):
        server = self.chat_server()
        alice = self.someone(server, "alice", "#100%")
        alice.say("here I am")
        alice.sees("here I am")

    def test_who_is_not_let_in_is_told_why(self):
        server = self.chat_server("--set", "accounts.require_sasl=true")
        alice = self.page("alice")
        alice.run("""await page.goto(address); await page.fill("input[name=nick]", "alice"); await page.press("input[name=nick]", "Enter");
                     await page.getByText("You must log in to an account").waitFor();""", address=self.address(server))

    def test_a_server_that_wants_its_password_is_given_it(self):
        hashed = subprocess.run([PARLANCE, "serve", "--hash-password"], input=b"open sesame\n", capture_output=True, check=True).stdout.decode().strip()
        server = self.chat_server("--set", f"server.password={hashed}")
        alice = self.page("alice")
        alice.count_sockets()
        # Nobody is asked before the server has asked, nor told that they were wrong.
        alice.run("""await page.goto(address); await page.fill("input[name=nick]", "alice"); if (await page.locator("input[type=password]").count()) throw new Error("asked at once");
                     await page.press("input[name=nick]", "Enter"); await page.waitForSelector("input[name=server_password]:focus");""", address=self.address(server))
        self.assertEqual(alice.run("return page.textContent('#door-said')"), "")
        give = "await page.fill('input[name=server_password]', password); await page.press('input[name=server_password]', 'Enter');"
        alice.run(give + "await page.locator('#door-said').filter({hasText: /./}).waitFor()", password="wrong")
        alice.run(give + "await page.waitForSelector('#say')", password="open sesame")
        self.assertNotIn("sesame", alice.run("return page.evaluate(() => JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie, location.href]))"))
        # It is given again when the connection was lost.
        alice.lose_connection()
        alice.say("and in again")
        alice.sees("and in again", ".log .entry[data-id] .said")

    def test_a_login_is_not_said(self):
        server = self.chat_server("--rate", "0")
        bob = self.client(server, "bob")
        bob.ask("JOIN #lobby")
        alice = self.someone(server, "alice")
        for text in " /login alice S3CRET", "PASS S3CRET", "NS IDENTIFY S3CRET", "/login:alice S3CRET", "nickserv identify S3CRET":
            alice.say(text)
        alice.say("pass me the salt")
        alice.sees("pass me the salt")
        self.assertNotIn("S3CRET", str(bob.sync()))


class Losing:
    """A way to a server that can lose what comes back, and then the caller, while the server still has the connection."""

    def __init__(self, port):
        self.upstream, self.is_losing, self.callers = port, False, []
        self.door = socket.create_server(("127.0.0.1", 0))
        self.port = self.door.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            caller, _ = self.door.accept()
            server = socket.create_connection(("127.0.0.1", self.upstream))
            self.callers.append((caller, server))
            for source, to in (caller, server), (server, caller):
                threading.Thread(target=self.pass_on, args=(source, to, to is caller and not self.is_losing), daemon=True).start()

    def pass_on(self, source, to, is_back):
        try:
            while data := source.recv(65536):
                if not (is_back and self.is_losing):
                    to.sendall(data)
        except OSError:
            pass

    def lose(self):
        for caller, _ in self.callers:
            caller.shutdown(socket.SHUT_RDWR)


class Returning(PageCase):
    def test_what_was_heard_is_not_said_again_in_another_name(self):
        server = self.chat_server("--rate", "0")
        way = Losing(server.port)
        bob = self.client(server, "bob", "draft/chathistory", "batch", "message-tags", "server-time")
        bob.ask("JOIN #lobby")
        alice = self.page("alice")
        alice.come_in(f"http://127.0.0.1:{way.port}/")
        way.is_losing = True
        alice.say("said once only")
        self.assertEqual(bob.wait_for("PRIVMSG").params[1], "said once only")
        way.lose()
        way.is_losing = False
        alice.run("await page.locator('.pending').waitFor({state: 'detached'})")
        alice.say("and on")
        alice.sees("and on")
        bob.sync()
        said = [m.params[1] for m in bob.ask("CHATHISTORY LATEST #lobby * 50") if m.command == "PRIVMSG"]
        self.assertEqual(said, ["said once only", "and on"])

    def test_who_is_at_the_end_stays_there_when_a_banner_goes_and_much_comes_in_one_frame(self):
        server = self.chat_server("--rate", "0")
        bob, alice = self.client(server, "bob"), self.page("alice")
        bob.ask("JOIN #lobby")
        for i in range(40):
            bob.ask(f"PRIVMSG #lobby :before {i}")
        alice.count_sockets()
        alice.come_in(self.address(server))
        alice.sees("before 39")
        alice.run("""await page.evaluate(() => new Promise((done) => {
            const banner = document.createElement("div");
            banner.style.flex = "0 0 60px";
            document.querySelector(".log-frame").before(banner);
            setTimeout(() => requestAnimationFrame(() => {
              banner.remove();
              for (let i = 0; i < 30; i++) sockets.at(-1).onmessage({data: `@msgid=late${i};time=${new Date(Date.now() + i).toISOString()} :bob!b@h PRIVMSG #lobby :late ${i}`});
              setTimeout(done, 500);
            }), 500);
        }));""")
        self.assertLess(alice.run("const log = page.locator('.log'); return log.evaluate((one) => one.scrollHeight - one.scrollTop - one.clientHeight)"), 2)
        self.assertEqual(alice.said()[-1], ("bob", "late 29"))

    def test_a_server_that_was_killed_comes_back_and_nothing_is_lost_or_there_twice(self):
        folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, folder)
        server = self.chat_server("--rate", "0", "--set", f"store.folder={folder}")
        alice, bob = self.someone(server, "alice"), self.client(server, "bob")
        bob.ask("JOIN #lobby")
        for i in range(20):
            bob.ask(f"PRIVMSG #lobby :before {i}")
        alice.sees("before 19")
        server.process.send_signal(signal.SIGKILL)
        server.process.wait()
        alice.run("await page.locator('.banner').waitFor()")
        alice.say("said while it was down")
        again = self.start(PARLANCE, "serve", "--console", "--rate", "0", "--set", f"store.folder={folder}", f"127.0.0.1:{server.port}")
        again.until(r"listening on 127\.0\.0\.1:(\d+);")
        again.port = server.port
        # As many as do not fit into one answer.
        bob = self.client(again, "bob", "draft/chathistory", "batch", "message-tags", "server-time")
        bob.ask("JOIN #lobby")
        for i in range(230):
            bob.ask(f"PRIVMSG #lobby :meanwhile {i}")
        alice.run("await page.locator('.pending').waitFor({state: 'detached'})")
        alice.sees("meanwhile 229")
        kept = [(one.nick, one.params[1]) for one in bob.ask("CHATHISTORY LATEST #lobby * 1000") if one.command == "PRIVMSG"]
        self.assertEqual(len(kept), 251)
        self.assertEqual(alice.everything(), kept)



class Safety(PageCase):
    def test_what_others_say_is_text(self):
        server = self.chat_server("--rate", "0", "--set", "limits.multiline_bytes=16384")
        alice, bob = self.someone(server, "alice"), self.client(server, "bob")
        bob.ask("JOIN #lobby")
        override, isolate = "\N{RIGHT-TO-LEFT OVERRIDE}", "\N{RIGHT-TO-LEFT ISOLATE}"
        markup = ["<img src=x onerror=alert(1)>", "<script>document.title='owned'</script>", "<svg/onload=alert(1)>", "</p></li></ol><h1>owned</h1>", "<!--", "-->", "<![CDATA[x]]>",
                  "<iframe src=javascript:alert(1)>", "<math><mi//xlink:href=\"data:x,<script>alert(1)</script>\">", "<style>*{display:none}</style>", "<base href=//a.example>",
                  "&lt;b&gt; ${7*7} {{7*7}} <%= 7*7 %>", "&#60;b&#62;", "<template><b></template>", "\"><b onmouseover=alert(1)>x</b>", "<a href=\"javascript:alert(1)\">x</a>"]
        addresses = ["javascript:alert(1)", "JaVaScRiPt:alert(1)", "data:text/html,<script>alert(1)</script>", "vbscript:x", "blob:http://a/b", "file:///etc/passwd",
                     "https://a.example/\"onmouseover=alert(1)", "https://a.example/" + override + "moc", "http://a" + ")" * 380, "http://", "https://[", "http://a:99999/",
                     "http://\u0430pple.example/", "http://a@b@c/", self.address(server, "uploads/%ff.png"), self.address(server, "%00#%"), "https://" + "a" * 340 + "/", "#" + "x" * 80, "##", "#" + override]
        scripts = [override + "evil\N{LEFT-TO-RIGHT OVERRIDE}", isolate * 20 + "never closed", "\N{POP DIRECTIONAL ISOLATE}" * 20 + "never opened", "\N{ARABIC LETTER ALEF}" * 30, "\N{ZERO WIDTH JOINER}" * 50 + "x",
                   "Z" + "\N{COMBINING ACUTE ACCENT}" * 150, "\U000E0041" * 40 + "x", "\N{HANGUL FILLER}x", "\ufeffx", "\U0001F469\u200d" * 20 + "\U0001F469", "\N{INTERLINEAR ANNOTATION ANCHOR}x", "\u2028x\u2029y"]
        # One of each plane of Unicode, where something is assigned or private, and what never is a character.
        planes = ["".join(map(chr, (0xE9, 0x4E00, 0xAC00, 0xE000, 0xFFFD))), "".join(chr((plane << 16) + 0xA7) for plane in (1, 2, 3, 14, 15, 16)), "".join(chr((plane << 16) + 0xFFFE) for plane in range(17))]
        hostile = [*markup, *addresses, *scripts, *planes, "x" * 400]
        self.assertGreaterEqual(len(hostile), 50)
        for text in hostile:
            bob.ask(f"PRIVMSG #lobby :{text}")
        bob.ask("TOPIC #lobby :<img src=x onerror=alert(1)>")
        # Longer than any line: in one message of many pieces.
        long = self.client(server, "long", "draft/multiline", "batch", "message-tags")
        long.ask("JOIN #lobby")
        long.send("BATCH +1 draft/multiline #lobby")
        for at in range(0, 10_000, 400):
            long.send(f"@batch=1{';draft/multiline-concat' if at else ''} PRIVMSG #lobby :{'w' * 400}")
        long.send("BATCH -1")
        alice.sees("w" * 10_000)
        self.assertEqual([text for nick, text in alice.everything() if nick == "bob"], hostile)
        self.assertEqual(alice.run("""return page.evaluate(() => [document.querySelectorAll("img, script:not([src]), iframe, h1").length,
            [...document.querySelectorAll(".log a")].every((a) => /^https?:/.test(a.href) && a.rel.includes("noopener")), document.documentElement.scrollWidth <= innerWidth])"""),
                         [1, True, True])
        self.assertEqual(alice.run("return complaints"), [])

    def test_a_link_is_what_it_is_whatever_stands_before_it(self):
        server = self.chat_server()
        alice, bob = self.someone(server, "alice"), self.client(server, "bob")
        bob.ask("JOIN #lobby")
        bob.ask("PRIVMSG #lobby :\N{RIGHT-TO-LEFT OVERRIDE}https://evil.example/moc.elgoog//:sptth")
        alice.sees("evil.example")
        self.assertEqual(alice.run("""return page.locator(".log .said a").evaluate((a) => [getComputedStyle(a).unicodeBidi, getComputedStyle(a).direction]);"""), ["isolate", "ltr"])

    def test_many_reactions_hide_nothing_that_was_said_before(self):
        server = self.chat_server("--rate", "0")
        bob = self.client(server, "bob", "message-tags", "echo-message", "draft/message-redaction")
        bob.ask("JOIN #lobby")
        bob.send("PRIVMSG #lobby :said before")
        said = bob.wait_for("PRIVMSG").tags["msgid"]
        bob.send(f"@+draft/react=yes;+draft/reply={said} TAGMSG #lobby")
        for n in range(250):
            bob.send(f"@+draft/{'un' * (n % 2)}react={n // 2 % 3};+draft/reply={said} TAGMSG #lobby")
        bob.send(f"@+draft/reply={said} PRIVMSG #lobby :answered")
        bob.sync()
        alice = self.someone(server, "alice")
        alice.sees("said before")
        # Those that came before what they are to are there with it, in their order.
        self.assertEqual(alice.run("return page.locator('.reaction').allTextContents()"), ["yes 1"])
        alice.run("await page.locator('.answered', {hasText: 'said before'}).waitFor()")
        bob.ask(f"REDACT #lobby {said}")
        alice.run("await page.locator('.redacted').first().waitFor(); await page.locator('.answered', {hasText: 'said before'}).waitFor({state: 'detached'})")

    def test_the_page_may_do_nothing_but_talk_with_its_server(self):
        server = self.chat_server()
        alice = self.someone(server, "alice")
        tried = alice.run("""return page.evaluate(async () => {
            const fails = (f) => { try { f(); return false; } catch { return true; } };
            const inline = document.createElement("script"); let ran = false; window.ran = () => (ran = true);
            return [fails(() => (document.body.innerHTML = "<b>x</b>")), fails(() => (inline.textContent = "ran()")),
                    await fetch("https://example.com/").then(() => false, () => true), ran];
          });""")
        self.assertEqual(tried, [True, True, True, False])

    def test_only_a_site_that_is_named_shows_the_page_in_a_frame(self):
        sites = [http.server.ThreadingHTTPServer(("127.0.0.1", 0), Framing) for _ in range(2)]
        for site in sites:
            threading.Thread(target=site.serve_forever, daemon=True).start()
            self.addCleanup(site.server_close)
            self.addCleanup(site.shutdown)
        named, other = (f"http://127.0.0.1:{site.server_port}" for site in sites)
        closed, opened = self.chat_server(), self.chat_server("--set", f"page.frame_ancestors={named}")
        for n, (site, server, is_shown) in enumerate([(named, opened, True), (other, opened, False), (named, closed, False)]):
            page = self.page(f"framed{n}")
            page.run("await page.goto(address)", address=f"{site}/?{self.address(server)}")
            if is_shown:
                page.run("""const chat = page.frameLocator("iframe"); await chat.locator("input[name=nick]").fill("framed"); await chat.locator("input[name=nick]").press("Enter");
                            await chat.locator("#say").waitFor();""")
            else:
                page.run("""while (!page.frames()[1] || !page.frames()[1].url().startsWith("chrome-error:")) await new Promise((done) => setTimeout(done, 50));""")
        head, _ = Files.fetch(self, opened, "/operate", "Accept: text/html")
        self.assertIn("frame-ancestors 'none'", head)


class Framing(http.server.BaseHTTPRequestHandler):
    """A site, with the page whose address it is asked by in a frame."""

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(f'<iframe src="{self.path.partition("?")[2]}"></iframe>'.encode())

    def log_message(self, *_):
        pass


class Files(PageCase):
    @classmethod
    def setUpClass(cls):
        pass  # no browser

    def fetch(self, server, path, *fields):
        lines = "".join(f"{field}\r\n" for field in fields)
        head, _, body = self.caller(server, f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{lines}\r\n".encode()).rest().partition(b"\r\n\r\n")
        return head.decode(), body

    def test_files_are_compressed_named_by_their_content_and_kept_for_good(self):
        server = self.chat_server()
        head, page = self.fetch(server, "/", "Accept: text/html")
        self.assertIn("Cache-Control: no-cache", head)
        for directive in ("default-src 'none'", "frame-ancestors 'none'", "require-trusted-types-for 'script'", "script-src 'self';"):
            self.assertIn(directive, head)
        self.assertNotIn("unsafe", head)
        self.assertIn("X-Content-Type-Options: nosniff", head)
        names = re.findall(r'(?:src|href)="([^"]+)"', page.decode())
        self.assertEqual(len(names), 3)
        total = 0
        for name in [*names, "/"]:
            head, plain = self.fetch(server, name, "Accept: text/html")
            self.assertNotIn("Content-Encoding", head)
            for coding, program in (("br", "brotli"), ("gzip", "gzip")):
                head, packed = self.fetch(server, name, "Accept: text/html", f"Accept-Encoding: {coding}")
                self.assertIn(f"Content-Encoding: {coding}", head)
                self.assertEqual(subprocess.run([program, "-dc"], input=packed, capture_output=True, check=True).stdout, plain)
                total += len(packed) if coding == "br" else 0
            if name != "/":
                self.assertIn("immutable", head)
            tag = re.search(r'ETag: W/("\w+")', head).group(1)
            head, body = self.fetch(server, name, "Accept: text/html", f"If-None-Match: W/{tag}")
            self.assertTrue(head.startswith("HTTP/1.1 304 "))
            self.assertEqual(body, b"")
        self.assertLess(total, 60 * 1024)

    def test_who_takes_no_html_reads_how_to_join(self):
        head, body = self.fetch(self.chat_server(), "/")
        self.assertIn("text/plain", head)
        self.assertIn(b"nc 127.0.0.1", body)

    def test_the_address_is_told_first(self):
        server = self.start(PARLANCE, "serve", "--console", "127.0.0.1:0")
        port = server.until(r"listening on 127\.0\.0\.1:(\d+); join with any of").group(1)
        self.assertEqual(server.until("").string, f"  http://127.0.0.1:{port}/\n")
        only_tls = self.start(PARLANCE, "serve", "--console", "--set", "tls.only=true", "127.0.0.1:0")
        only_tls.until(r"  https://127\.0\.0\.1:\d+/$")

    def test_nothing_makes_markup_of_text(self):
        found = subprocess.run(["grep", "-rnE", "innerHTML|outerHTML|insertAdjacentHTML|document\\.write|eval\\(|new Function|srcdoc",
                                os.path.join(WEB, "src")], capture_output=True, text=True)
        self.assertEqual(found.stdout, "")


class Sources(unittest.TestCase):
    """web/, in a copy where its packages are."""

    @classmethod
    def setUpClass(cls):
        npm.install("what the page is made with", WEB, MODULES)
        for name in ("src", "test"):
            shutil.rmtree(os.path.join(MODULES, name), ignore_errors=True)
            shutil.copytree(os.path.join(WEB, name), os.path.join(MODULES, name))
        for name in ("build.mjs", "jsconfig.json"):
            shutil.copy(os.path.join(WEB, name), MODULES)

    def run_there(self, *command):
        done = subprocess.run(command, cwd=MODULES, capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_types_are_right(self):
        self.run_there("node_modules/.bin/tsc", "--noEmit", "-p", "jsconfig.json")

    def test_parts_do_what_they_should(self):
        self.run_there("node", "--test", "test/")

    def test_web_made_is_what_its_sources_make(self):
        with tempfile.TemporaryDirectory() as out:
            self.run_there("node", "build.mjs", out)
            made = os.path.join(WEB, "made")
            self.assertEqual(sorted(os.listdir(out)), sorted(os.listdir(made)), "make it anew: cmake --build --preset release --target page")
            self.assertEqual(filecmp.cmpfiles(out, made, os.listdir(out), shallow=False)[1:], ([], []))


if __name__ == "__main__":
    unittest.main()
