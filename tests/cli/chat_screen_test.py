"""`parlance chat` on the whole of a terminal, by tmux, with a server of ours."""

import hashlib
import os
import re
import shlex
import signal
import socket
import ssl
import subprocess
import time
import unittest

from chat_case import Terminal
from irc_case import IrcCase
from talk_case import LIMIT, PARLANCE

PASSWORD = "correct horse battery"


class Screen(IrcCase):
    """Each test has a server with a history, and a terminal."""

    def setUp(self):
        self.data = self.folder()
        self.server = self.serve()

    def serve(self, *options, port=0):
        server = self.start(PARLANCE, "serve", "--console", "--set", f"store.folder={self.data}", *options, f"127.0.0.1:{port}")
        server.port = int(server.until(r"listening on 127\.0\.0\.1:(\d+);").group(1))
        return server

    def come_in(self, name="ann", *options, **more):
        """Somebody at a terminal, who is in the lobby."""
        terminal = self.terminal(name, *options, **more)
        terminal.until(r"#lobby")
        terminal.until(rf"{name}> ")
        return terminal

    def terminal(self, name, *options, to=None, home=None, path="", **more):
        called = ["-n", name] if name else []
        home = home or self.folder()
        return Terminal(self, "env", f"XDG_CONFIG_HOME={home}", f"XDG_DATA_HOME={home}/data", f"PATH={path}{os.environ['PATH']}",
                        PARLANCE, "chat", *called, *options, *([to or f"127.0.0.1:{self.server.port}"] if to != "" else []),
                        **{"width": 110, "height": 26, **more})

    def click(self, terminal, x, y, button=0):
        """As a terminal reports it (SGR), columns and rows from 1."""
        keys = f"\x1b[<{button};{x};{y}M".encode()
        terminal.press("-H", *(f"{byte:02x}" for byte in keys))

    def process_of(self, terminal):
        """Of the client in it."""
        found = subprocess.check_output(["pgrep", "-f", f"parlance chat.*:{self.server.port}"], text=True).split()
        return [int(pid) for pid in found if os.readlink(f"/proc/{pid}/exe").endswith("parlance")][0]

    def say_many(self, client, room, text, count):
        """As fast as the server takes it from one."""
        for i in range(count):
            client.send(f"PRIVMSG {room} :{text} {i}.")
            if i % 10 == 9:
                client.sync()
                time.sleep(0.4)

    def say(self, terminal, text):
        terminal.type(text)
        terminal.press("Enter")


class Talking(Screen):
    def test_a_talk(self):
        ann = self.come_in()
        bob = self.client(self.server, "bob", "message-tags")
        bob.send("JOIN #lobby")
        ann.until(r"│ bob *$")
        ann.until("bob.* came in")
        bob.send("PRIVMSG #lobby :hello ann")
        ann.until(r"\d\d:\d\d +bob  hello ann")
        self.say(ann, "hello bob")
        self.assertEqual(bob.wait_for("PRIVMSG").params, ["#lobby", "hello bob"])
        ann.until(r"\d\d:\d\d +ann  hello bob")
        self.assertNotIn("…", ann.screen())  # it was kept

    def test_rooms_talks_and_their_counts(self):
        ann = self.come_in()
        self.say(ann, "/join #dev")
        ann.until(r"│ #dev ")
        bob = self.client(self.server, "bob")
        bob.send("JOIN #lobby")
        bob.send("PRIVMSG #lobby :nothing much")
        ann.until(r"^ #lobby +1│")
        bob.send("PRIVMSG #lobby :look here, Ann!")
        ann.until(r"^ #lobby +@1│")
        bob.send("PRIVMSG ann :only you")
        ann.until(r"^ bob +@1│")
        ann.press("C-k")
        ann.until("Go to")
        ann.type("lob")
        ann.press("Enter")
        ann.until(r"│ #lobby ")
        ann.until(r"── new ──")
        self.assertNotRegex(ann.screen(), r"^ #lobby +@?\d")
        ann.press("M-a")
        ann.until(r"bob  only you")
        self.say(ann, "and you")
        self.assertEqual(bob.wait_for("PRIVMSG").params, ["bob", "and you"])

    def test_several_rooms_at_once_and_one_that_one_is_not_in(self):
        ann = self.come_in()
        self.say(ann, "/join #one,#two key")
        ann.until("^ #one .*\n #two ")
        self.say(ann, "/msg #three hello")
        ann.until("You are not in #three: /join #three brings you in")
        self.assertNotRegex(ann.screen(), "(?m)^ #three ")

    def test_a_reply_a_reaction_and_what_is_taken_back(self):
        ann = self.come_in()
        bob = self.client(self.server, "bob", "message-tags", "draft/message-redaction", "echo-message")
        bob.send("JOIN #lobby")
        bob.send("PRIVMSG #lobby :shall we?")
        said = bob.wait_for("PRIVMSG")
        ann.until("bob  shall we")
        ann.press("M-Up")
        ann.until("r reply")
        ann.press("r")
        ann.until("↪ bob: shall we")
        self.say(ann, "yes")
        answer = bob.wait_for("PRIVMSG")
        self.assertEqual(answer.tags["+draft/reply"], said.tags["msgid"])
        ann.until(r"ann  yes")
        ann.press("M-Up", "M-Up", "e")
        ann.until("React with")
        ann.type("tada")
        ann.press("Enter")
        reaction = bob.wait_for("TAGMSG")
        while "+draft/react" not in reaction.tags:
            reaction = bob.wait_for("TAGMSG")
        self.assertEqual((reaction.tags["+draft/react"], reaction.tags["+draft/reply"]), ("🎉", said.tags["msgid"]))
        ann.until(r"🎉 +1")
        ann.press("M-Up", "d")
        self.assertEqual(bob.wait_for("REDACT").params[1], answer.tags["msgid"])
        ann.until(r"ann  \(taken back\)")

    def test_completion_of_names_commands_and_emoji(self):
        ann = self.come_in()
        bob = self.client(self.server, "robert")
        bob.send("JOIN #lobby")
        ann.until("robert came in")
        ann.type("ro")
        ann.press("Tab")
        ann.type("well :+1:")
        ann.press("Enter")
        self.assertEqual(bob.wait_for("PRIVMSG").params[1], "robert: well 👍")
        self.say(ann, "/join #mine")
        ann.until(r"│ #mine ")
        ann.type("/to")
        ann.until(r"/topic \[text\] +shows or sets")
        ann.press("Tab")
        ann.type("our plans")
        ann.press("Enter")
        ann.until(r"│ #mine +our plans")

    def test_a_paste_of_many_lines_is_asked_about(self):
        ann = self.come_in()
        bob = self.client(self.server, "bob", "draft/multiline", "batch")
        bob.send("JOIN #lobby")
        ann.until("bob.* came in")
        ann.tmux("set-buffer", "\n".join(f"line {i}" for i in range(1000)))
        ann.tmux("paste-buffer", "-p")
        ann.until("line 999")
        ann.press("Enter")
        ann.until(r"1000 lines in \d+ messages: Enter once more")
        ann.press("C-c")
        ann.until(r"ann> *│?")
        self.assertEqual([m for m in bob.sync() if m.command == "PRIVMSG"], [])
        ann.tmux("set-buffer", "one\ntwo")
        ann.tmux("paste-buffer", "-p")
        ann.press("Enter")
        self.assertEqual(bob.wait_for("PRIVMSG").params[1], "one")
        self.assertEqual(bob.wait_for("PRIVMSG").params[1], "two")

    def test_what_strangers_write_steers_no_terminal(self):
        ann = self.come_in()
        bob = self.client(self.server, "bob")
        bob.send("JOIN #lobby")
        bob.send("PRIVMSG #lobby :\x02bold\x0f \x1b]0;owned\x07\x1b[2J \u202eturned\x9b31m end")
        line = ann.until(r"bob  .*end.*")[0]
        self.assertIn("bold", line)
        self.assertNotIn("\u202e", line)
        self.assertIn("ann>", ann.screen())

    def test_a_password_is_said_to_nobody(self):
        ann = self.come_in()
        bob = self.client(self.server, "bob")
        bob.send("JOIN #lobby")
        ann.until("bob.* came in")
        self.say(ann, "ns identify secret")
        ann.until("looks like a password")
        self.assertEqual([m for m in bob.sync() if m.command == "PRIVMSG"], [])
        ann.press("C-u")
        self.say(ann, "/me waves")
        ann.until(r"\* +ann waves")
        self.say(ann, "/oper ann secret")
        ann.until("There is no /oper")
        ann.press("C-u", "Up")
        ann.until("ann> /me waves")

    def test_find(self):
        ann = self.come_in()
        for text in ("the needle is here", "hay", "more hay"):
            self.say(ann, text)
        ann.until("ann  more hay")
        ann.press("C-f")
        ann.until("Find in #lobby")
        ann.type("needle")
        ann.until(r"Today \d\d:\d\d ann the needle")
        ann.press("Enter")
        ann.until("r reply")  # one is at it

    def test_help_is_there(self):
        ann = self.come_in(height=40)
        ann.press("F1")
        ann.until("Ctrl-K +goes to a room")
        ann.press("Escape")
        ann.until(r"\A(?!.*Keys and commands)")
        self.say(ann, "/nosuch")
        ann.until("There is no /nosuch")


class Coming(Screen):
    def test_what_was_missed_is_there_once_after_the_server_was_killed(self):
        ann = self.come_in()
        bob = self.client(self.server, "bob")
        bob.send("JOIN #lobby")
        bob.send("PRIVMSG #lobby :before")
        ann.until("bob  before")
        ann.type("half typed")
        ann.until("half typed")
        port = self.server.port
        self.server.process.send_signal(signal.SIGKILL)
        self.server.process.wait()
        ann.until(r"no connection, again in|connecting again")
        self.server = self.serve(port=port)
        carl = self.client(self.server, "carl")
        carl.send("JOIN #lobby")
        self.say_many(carl, "#lobby", "missed", 150)
        ann.until(r"carl  missed 149\.")
        ann.until(r"connected|TLS")
        ann.until("ann> half typed")
        seen = self.read_back(ann, r"(before|missed \d+\.)$", "before")
        self.assertEqual(seen, ["before"] + [f"missed {i}." for i in range(150)])

    def read_back(self, terminal, pattern, first):
        """What all pages have together, in order."""
        pages = []
        for _ in range(40):
            page = [re.sub(r" *│.*", "", row.split("  ")[-1]) for row in self.conversation(terminal)]
            pages.append([text for text in page if re.fullmatch(pattern, text)])
            if first in pages[-1]:
                break
            before = terminal.screen()
            terminal.press("PPage")
            limit = time.monotonic() + 5
            while terminal.screen() == before and time.monotonic() < limit:
                time.sleep(0.05)
            time.sleep(0.1)
        whole = []
        for page in reversed(pages):
            new = page
            for overlap in range(min(len(page), len(whole)), 0, -1):
                if whole[-overlap:] == page[:overlap]:
                    new = page[overlap:]
                    break
            whole += new
        return whole

    def conversation(self, terminal):
        return [row.split("│")[1].rstrip() for row in terminal.screen().splitlines() if row.count("│") >= 1]

    def test_older_messages_come_as_one_goes_back(self):
        bob = self.client(self.server, "bob")
        bob.send("JOIN #lobby")
        self.say_many(bob, "#lobby", "old", 260)
        ann = self.come_in()
        ann.until(r"old 259\.")
        seen = self.read_back(ann, r"old \d+\.", "old 0.")
        self.assertEqual(seen, [f"old {i}." for i in range(260)])
        ann.press("Escape")
        ann.until(r"old 259\.")

    def test_what_is_said_without_a_connection_is_said_later(self):
        ann = self.come_in()
        port = self.server.port
        self.server.process.send_signal(signal.SIGKILL)
        self.server.process.wait()
        ann.until(r"no connection|connecting again")
        self.say(ann, "still me")
        ann.until(r"⏸ +ann  still me")
        self.server = self.serve(port=port)
        ann.until(r"\d\d:\d\d +ann  still me")
        bob = self.client(self.server, "bob", "batch", "draft/chathistory", "server-time")
        bob.send("JOIN #lobby")
        said = [m.params[1] for m in bob.ask("CHATHISTORY LATEST #lobby * 100") if m.command == "PRIVMSG"]
        self.assertEqual(said, ["still me"])

    def test_a_server_that_wants_a_password(self):
        kept = subprocess.check_output([PARLANCE, "serve", "--hash-password"], input=b"open sesame\n", timeout=LIMIT)
        self.server = self.chat_server("--set", f"server.password={kept.decode().strip()}")
        ann = self.terminal("ann")
        ann.until("Password of ")
        ann.type("wrong")
        ann.until("Password of .*••••")
        ann.press("Enter")
        # It is refused, and asked for again: nothing is typed where it asks.
        ann.until("Password of [^•\n]*$")
        ann.type("open sesame")
        ann.until("Password of .*••••")
        self.assertNotIn("sesame", ann.screen())
        ann.press("Enter")
        ann.until("#lobby")

    def test_log_in_by_tls_with_the_certificate_that_is_known(self):
        self.server = self.chat_server("--set", "tls.only=true")
        with socket.create_connection(("127.0.0.1", self.server.port), LIMIT) as plain:
            any_certificate = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            any_certificate.check_hostname, any_certificate.verify_mode = False, ssl.CERT_NONE
            with any_certificate.wrap_socket(plain) as tls:
                fingerprint = hashlib.sha256(tls.getpeercert(True)).hexdigest()
        file = os.path.join(self.folder(), "password")
        with open(file, "w") as secret:
            secret.write(PASSWORD + "\n")
        done = self.terminal("ann", "--account", "ann", "--password-file", file, "--tls", "--fingerprint", fingerprint)
        done.until("can be read by others")
        done.until("ended with 2")
        os.chmod(file, 0o600)
        ann = self.terminal("ann", "--tls", "--fingerprint", fingerprint)
        ann.until("#lobby")
        ann.until(r"TLSv1\.3 ")
        self.say(ann, f"/quote REGISTER * * :{PASSWORD}")
        ann.until("SUCCESS")
        self.say(ann, "/quit")
        ann.until("ended with 0")
        again = self.terminal("ann", "--account", "ann", "--password-file", file, "--tls", "--fingerprint", fingerprint)
        again.until(r"#lobby")
        self.say(again, "/whois ann")
        again.until("logged in")

    def test_log_in_by_certificate(self):
        folder = self.folder()
        key, certificate = os.path.join(folder, "key.pem"), os.path.join(folder, "certificate.pem")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days",
                        "2", "-subj", "/CN=ann", "-keyout", key, "-out", certificate], check=True, capture_output=True)
        self.account(self.server, "ann", PASSWORD)
        file = os.path.join(folder, "password")
        with open(file, "w") as secret:
            secret.write(PASSWORD + "\n")
        os.chmod(file, 0o600)
        shown = ("--tls", "--insecure", "--cert", certificate, "--key", key)
        ann = self.terminal("ann", *shown, "--account", "ann", "--password-file", file)
        ann.until("│ #lobby")
        self.say(ann, "/msg NickServ CERT ADD")
        ann.until(r"NickServ: .*(added|now|logs)")
        ann.press("C-d")
        ann.until("ended with 0")
        again = self.terminal("ann", *shown)
        again.until("│ #lobby")
        self.say(again, "/whois ann")
        again.until("logged in")

    def test_a_certificate_that_nobody_vouches_for_is_not_taken(self):
        ann = self.terminal("ann", "--tls")
        ann.until("--fingerprint trusts")
        ann.press("C-c", "C-c")
        ann.until("ended with 6")

    def test_two_networks_at_once(self):
        other = self.chat_server()
        ann = self.terminal("ann", f"127.0.0.1:{other.port}")
        ann.until(r"^Parlance .*\n #lobby.*\nParlance .*\n #lobby")
        bob = self.client(self.server, "bob")
        bob.send("PRIVMSG ann :from the second")
        ann.until(r"^ bob +@1│")
        ann.press("C-k")
        ann.until("Go to")
        ann.type("bob")
        ann.until(r"bob +@1")
        ann.press("Enter")
        ann.until("from the second")
        self.say(ann, "and back")
        self.assertEqual(bob.wait_for("PRIVMSG").params, ["bob", "and back"])

    def test_log_in_with_scram_within_this_machine(self):
        self.account(self.server, "ann", PASSWORD)
        file = os.path.join(self.folder(), "password")
        with open(file, "w") as secret:
            secret.write(PASSWORD + "\n")
        ann = self.come_in("ann", "--account", "ann", "--password-command", f"cat {file}")
        self.say(ann, "/whois ann")
        ann.until("logged in")
        wrong = self.terminal("ann", "--account", "ann", "--password-command", "echo no")
        wrong.until("Password of ann")
        wrong.press("C-c")
        wrong.until("refused:")


class Kept(Screen):
    def test_rooms_and_names_are_there_again(self):
        home = self.folder()
        ann = self.terminal("ann", home=home)
        ann.until("│ #lobby")
        self.say(ann, "/join #dev")
        ann.until("│ #dev ")
        self.say(ann, "/join #closed key")
        ann.until("│ #closed ")
        self.say(ann, "/nick anna")
        ann.until("anna> ")
        self.say(ann, "/start on")
        ann.until("without an address comes in here")
        ann.press("C-d")
        ann.until("ended with 0")
        file = os.path.join(home, "parlance", "chat.toml")
        self.assertEqual(os.stat(file).st_mode & 0o777, 0o600)
        again = self.terminal("", home=home, to="")
        again.until("anna> ")
        again.until(r"^ #closed .*\n #dev .*\n #lobby ")
        again.press("M-2")
        again.until("│ #closed ")
        self.say(again, "/part")
        again.until(r"\A(?![^\0]*#closed)")
        again.press("C-d")
        again.until("ended with 0")
        with open(file) as kept:
            text = kept.read()
        self.assertIn("#dev", text)
        self.assertNotIn("#closed", text)

    def test_who_is_ignored_is_not_seen_the_next_time_either(self):
        home = self.folder()
        ann = self.come_in(home=home)
        bob = self.client(self.server, "bob")
        bob.send("JOIN #lobby")
        bob.send("PRIVMSG #lobby :look at my page")
        ann.until("bob  look at my page")
        self.say(ann, "/ignore bob")
        ann.until(r"You ignore bob!\*@\* here from now on")
        ann.until(r"\A(?![^\0]*look at my page)")
        bob.send("PRIVMSG #lobby :ann, look at it")
        bob.send("PRIVMSG ann :here, too")
        bob.sync()
        carl = self.client(self.server, "carl")
        carl.send("JOIN #lobby")
        carl.send("PRIVMSG #lobby :hello")
        ann.until("carl  hello")
        self.assertNotRegex(ann.screen(), r"look at it|@\d|^ bob")
        ann.press("C-d")
        ann.until("ended with 0")
        ann = self.terminal("", home=home)
        ann.until("carl  hello")
        self.assertNotIn("look at", ann.screen())
        self.say(ann, "/ignore")
        ann.until(r"You ignore bob!\*@\*")
        self.say(ann, "/unignore bob")
        ann.until("bob  ann, look at it")

    def test_what_is_said_is_logged_once_over_several_runs(self):
        home = self.folder()
        file = os.path.join(home, "data", "parlance", "logs", f"127.0.0.1%3A{self.server.port}", "#lobby.log")
        bob = self.client(self.server, "bob")
        bob.send("JOIN #lobby")

        def logged():
            with open(file) as log:
                return re.findall(r"<\w+> .*", log.read())

        ann = self.come_in(home=home)
        self.say(ann, "/log on")
        ann.until("What is said here is written to")
        bob.send("PRIVMSG #lobby :one")
        ann.until("bob  one")
        ann.press("C-d")
        ann.until("ended with 0")
        self.assertEqual(logged(), ["<bob> one"])
        self.assertEqual(os.stat(file).st_mode & 0o777, 0o600)
        bob.send("PRIVMSG #lobby :two")
        bob.sync()
        ann = self.terminal("ann", home=home)
        ann.until("bob  two")
        self.say(ann, "three")
        ann.until("ann  three")
        self.say(ann, "/part")
        ann.until(r"\A(?![^\0]*#lobby)")
        self.assertEqual(logged(), ["<bob> one", "<bob> two", "<ann> three"])
        self.say(ann, "/log off")
        ann.until("is not written to files")
        self.say(ann, "/join #lobby")
        ann.until("ann  three")
        bob.send("PRIVMSG #lobby :four")
        ann.until("bob  four")
        ann.press("C-d")
        ann.until("ended with 0")
        self.assertEqual(logged(), ["<bob> one", "<bob> two", "<ann> three"])

    def test_a_file_that_is_none_is_told(self):
        home = self.folder()
        os.mkdir(os.path.join(home, "parlance"))
        with open(os.path.join(home, "parlance", "chat.toml"), "w") as file:
            file.write("nick = ann\n")
        terminal = self.terminal("ann", home=home)
        terminal.until(r"chat\.toml:1: ")
        terminal.until("ended with 1")
        without = self.terminal("ann", "--no-config", home=home)
        without.until("│ #lobby")


class Mouse(Screen):
    def test_clicks_and_the_wheel(self):
        ann = self.come_in()
        self.say(ann, "/join #dev")
        ann.until("│ #dev ")
        bob = self.client(self.server, "bob")
        bob.send("JOIN #lobby,#dev")
        self.say_many(bob, "#dev", "message", 40)
        ann.until(r"message 39\.")
        rows = ann.screen().splitlines()
        self.click(ann, 30, 10, 64)  # the wheel, over the conversation
        ann.until(r"\A(?![^\0]*message 39\.)")
        self.click(ann, 30, 10, 65)
        ann.until(r"message 39\.")
        self.click(ann, 3, next(y for y, row in enumerate(rows, 1) if row.startswith(" #lobby")))
        ann.until("│ #lobby ")
        self.click(ann, 96, next(y for y, row in enumerate(ann.screen().splitlines(), 1) if row.endswith("│ bob")))
        ann.until("│ bob$")

    def test_links_are_opened(self):
        home = self.folder()
        opened = os.path.join(home, "opened")
        with open(os.path.join(home, "xdg-open"), "w") as file:
            file.write(f'#!/bin/sh\necho "$1" >> {opened}\n')
        os.chmod(file.name, 0o755)
        ann = self.come_in("ann", path=home + ":")
        bob = self.client(self.server, "bob")
        bob.send("JOIN #lobby")
        bob.send("PRIVMSG #lobby :first https://example.com/one, then https://example.com/two;$(touch-x)")
        ann.until("example.com/two")
        ann.press("C-o")
        ann.until(r"one\[1\], then")
        ann.press("1")
        rows = ann.screen().splitlines()
        y = next(y for y, row in enumerate(rows, 1) if "example.com/two" in row)
        self.click(ann, rows[y - 1].index("example.com/two") + 3, y)
        limit = time.monotonic() + LIMIT
        while not os.path.exists(opened) or open(opened).read().count("\n") < 2:
            self.assertLess(time.monotonic(), limit)
            time.sleep(0.05)
        with open(opened) as file:
            self.assertEqual(file.read().splitlines()[0], "https://example.com/one")


class AtTheTerminal(Screen):
    def test_narrow_wide_and_back(self):
        ann = self.come_in(width=120)
        self.say(ann, "a text that is long enough to need another row where there are only some columns")
        ann.until("ann  a text")
        ann.tmux("resize-window", "-x", "40", "-y", "12")
        ann.until(r"^\d\d:\d\d ann: a text")
        self.assertNotIn("│", ann.screen())
        ann.press("F2")
        ann.until(r"^ #lobby +│")
        ann.press("F2")
        ann.tmux("resize-window", "-x", "19", "-y", "4")
        ann.until("too small")
        ann.tmux("resize-window", "-x", "120", "-y", "30")
        ann.until(r"│ ann")
        ann.until("ann  a text that is long")

    def test_wide_characters_in_every_column_leave_the_frame_whole(self):
        ann = self.come_in(width=110)
        bob = self.client(self.server, "bob")
        bob.send("JOIN #lobby")
        clusters = ["漢", "한", "👍", "é", "🇩🇪", "👩‍👩‍👧", "ש", "ไ"]
        for i, cluster in enumerate(clusters):
            bob.send(f"PRIVMSG #lobby :{'x' * i}{cluster * 90} end{i}")
        ann.until("end7")
        people = [row for row in ann.screen().splitlines() if row.endswith("│ ann") or row.endswith("│ bob")]
        self.assertEqual(len(people), 2, ann.screen())

    def test_ctrl_z_and_fg(self):
        shell = Terminal(self, "bash", "--norc", "-i", width=100)
        shell.until(r"[$#]$")
        self.say(shell, f"XDG_CONFIG_HOME={self.folder()} {shlex.quote(PARLANCE)} chat -n ann "
                        f"127.0.0.1:{self.server.port}")
        shell.until("#lobby")
        shell.press("C-z")
        shell.until("Stopped")
        self.say(shell, "echo $((40 + 2))")
        shell.until("^42")
        self.say(shell, "fg")
        shell.until("ann> ")
        self.say(shell, "still here")
        shell.until("ann  still here")

    def test_the_terminal_is_left_as_it_was(self):
        for how in ("/quit", "C-d", "SIGTERM"):
            with self.subTest(how):
                before = os.path.join(self.folder(), "before")
                script = (f'stty -a > {before}; XDG_CONFIG_HOME={self.folder()} "$0" chat -n ann '
                          f'127.0.0.1:{self.server.port}; echo code $?; stty -a | cmp - {before} && echo same')
                terminal = Terminal(self, "sh", "-c", script, PARLANCE, width=100)
                terminal.until("#lobby")
                if how == "SIGTERM":
                    os.kill(self.process_of(terminal), signal.SIGTERM)
                elif how == "C-d":
                    terminal.press("C-d")
                else:
                    self.say(terminal, how)
                terminal.until("^code 0$")
                terminal.until("^same$")
                self.assertNotIn("#lobby", terminal.screen())

    def test_a_host_that_is_not_there_is_told(self):
        terminal = self.terminal("ann", to="127.0.0.1:1")
        terminal.until("connection refused")
        terminal.press("C-c", "C-c")
        terminal.until("parlance chat: connect 127.0.0.1:1: connection refused")
        terminal.until("ended with 4")

    def test_options_of_the_screen_are_not_for_lines(self):
        done = subprocess.run([PARLANCE, "chat", "--tls", f"127.0.0.1:{self.server.port}"], input=b"",
                              capture_output=True, timeout=LIMIT)
        self.assertEqual(done.returncode, 2)
        self.assertIn(b"full screen", done.stderr)


if __name__ == "__main__":
    unittest.main()
