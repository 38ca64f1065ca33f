"""The configuration of `parlance serve`: a file, single keys and flags, checked as a whole and printed."""

import os
import re
import shutil
import signal
import stat
import subprocess
import tempfile
import threading
import time
import unittest

from chat_case import ChatCase, Terminal
from talk_case import LIMIT, PARLANCE

try:
    import tomllib
except ImportError:  # Python 3.10
    tomllib = None


def serve(*options, stdin=b"", **more):
    return subprocess.run([PARLANCE, "serve", *options], input=stdin, capture_output=True, timeout=LIMIT, **more)


class ConfigCase(ChatCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def file(self, text, name="parlance.toml"):
        path = os.path.join(self.folder, name)
        with open(path, "wb") as file:
            file.write(text if isinstance(text, bytes) else text.encode())
        return path

    def printed(self, *options, **more):
        done = serve("--print-config", *options, **more)
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        return done.stdout.decode()

    def settings(self, *options):
        """As a dictionary from "limits.sendq" to the value as TOML."""
        found, group = {}, ""
        for line in self.printed(*options).splitlines():
            if line.startswith("["):
                group = line.strip("[]")
            elif line and not line.startswith("#"):
                key, value = line.split(" = ", 1)
                found[f"{group}.{key}"] = value
        return found

    def complaints(self, *options):
        """What is wrong with them, which must be something."""
        done = serve("--check-config", *options)
        self.assertEqual((done.returncode, done.stdout), (2, b""), done.stderr)
        text = done.stderr.decode()
        self.assertTrue(text.startswith("parlance serve: "), text)
        return text.removeprefix("parlance serve: ").splitlines()

    def complaints_of(self, text):
        path = self.file(text)
        return [line.removeprefix(path) for line in self.complaints("--config", path)]


class Printing(ConfigCase):
    def test_what_is_printed_reads_back_as_the_same(self):
        defaults = self.printed()
        self.assertEqual(self.printed("--config", self.file(defaults)), defaults)
        password = serve("--hash-password", stdin=b"secret\n").stdout.decode().strip()
        changed = self.printed(
            "--set", "server.motd='''two \"lines\"\nand a \\'''", "--set", "limits.sendq=1MiB",
            "--set", "history.retention_age=1h30m", "--set", "tls.enabled=false", "--set", "log.format=json",
            "--set", "server.listen=:8000,unix:/run/a b", "--set", f"operators.bo[b].password={password}",
            "--set", "limits.exempt=[]", "--rate", "7")
        self.assertEqual(self.printed("--config", self.file(changed)), changed)
        self.assertNotEqual(changed, defaults)

    @unittest.skipIf(tomllib is None, "Python has no tomllib before 3.11")
    def test_it_is_toml_for_others_too(self):
        read = tomllib.loads(self.printed("--set", 'server.motd="a\\n\\"b\\""'))
        self.assertEqual(read["server"]["motd"], 'a\n"b"')
        self.assertEqual(read["server"]["listen"], [":8000"])
        self.assertEqual(read["limits"]["members"], 65536)
        self.assertEqual(read["limits"]["sendq"], "256KiB")
        self.assertEqual(read["tls"]["sts"], {"port": 0, "duration": "0"})
        self.assertIs(read["history"]["enabled"], True)

    def test_every_key_has_a_comment_and_tells_its_default_where_it_has_another_value(self):
        text = self.printed("--set", "limits.topic=100")
        self.assertIn("# Bytes of a room's topic.\n# Default: 390\ntopic = 100\n", text)
        self.assertIn("\n[limits]\n# People at the same time.\nmembers = 65536\n", text)
        self.assertEqual(text.count("Default:"), 2)  # and where nothing else says where to keep the chat

    def test_the_folder_for_data_is_the_users(self):
        env = {k: v for k, v in os.environ.items() if k not in ("XDG_DATA_HOME", "STATE_DIRECTORY")}
        folder = lambda **more: re.search(r"export: (.*)/chat.db: there is no chat", subprocess.run([PARLANCE, "export"], env={**env, **more}, capture_output=True, text=True).stderr)[1]
        self.assertEqual(folder(HOME="/some/one"), "/some/one/.local/share/parlance")
        self.assertEqual(folder(HOME="/some/one", XDG_DATA_HOME="/data"), "/data/parlance")
        self.assertEqual(folder(HOME="/some/one", XDG_DATA_HOME="relative"), "/some/one/.local/share/parlance")
        self.assertEqual(folder(XDG_DATA_HOME="/data", STATE_DIRECTORY="/var/lib/x:/y"), "/var/lib/x")

    def test_what_is_printed_tells_nobodys_home(self):
        printed = self.printed(env={**os.environ, "HOME": "/some/one"})
        self.assertNotIn("/some/one", printed)
        self.assertIn('\n# Default: $STATE_DIRECTORY, or parlance in $XDG_DATA_HOME or ~/.local/share.\n# folder = ', printed)
        self.assertIn('\nfolder = "/srv/chat"\n', self.printed("--data", "/srv/chat"))

    def test_nobody_keeps_a_chat_in_memory_without_having_said_so(self):
        env = {k: v for k, v in os.environ.items() if k not in ("XDG_DATA_HOME", "STATE_DIRECTORY", "HOME")}
        for said in ((), ("--check-config",), ("--config", self.file("[limits]\nmembers = 5\n"))):
            done = serve(":0", *said, env=env)
            self.assertEqual((done.returncode, done.stdout), (2, b""), said)
            self.assertIn(b"--data DIR", done.stderr)
        for said in (("--set", "store.folder="), ("--data", self.folder),
                     ("--config", self.file("[store]\nfolder = ''\n"))):
            self.assertEqual(serve("--check-config", *said, env=env).returncode, 0, said)
        printed = serve("--print-config", env=env)
        self.assertIn(b"--data DIR", printed.stderr)
        self.assertIn(b'\nfolder = ""\n', printed.stdout)

    def test_the_server_has_a_name_with_a_dot(self):
        name = self.settings()["server.name"]
        self.assertRegex(name, r'^"[a-z0-9-]+(\.[a-z0-9-]+)+"$')


class Reading(ConfigCase):
    def test_the_file_sets_and_the_command_line_overrides(self):
        path = self.file("[limits]\nmembers = 5\ntopic = '1KiB'\nidle_ping = '20s'\n"
                         "[server]\nadmin = {email = 'a@example.org'}\n")
        found = self.settings("--config", path, "--set", "limits.topic=7", "--max-people", "6")
        self.assertEqual(found["limits.members"], "6")
        self.assertEqual(found["limits.topic"], "7")
        self.assertEqual(found["limits.idle_ping"], '"20s"')
        self.assertEqual(found["server.admin.email"], '"a@example.org"')
        self.assertEqual(found["limits.away"], "390")

    def test_each_key_sets_itself_and_nothing_else(self):
        before = self.settings()
        self.assertGreater(len(before), 60)
        # What these need beside them.
        needs = {"tls.certificate": ["tls.key=/k"], "tls.key": ["tls.certificate=/c"],
                 "tls.sts.port": ["tls.key=/k", "tls.certificate=/c"],
                 "tls.sts.duration": ["tls.sts.port=1", "tls.key=/k", "tls.certificate=/c"],
                 "accounts.email.command": ["accounts.email.from=a@example.org"],
                 "accounts.email.from": ["accounts.email.command=/c"],
                 "accounts.email.verify": ["accounts.email.command=/c", "accounts.email.from=a@example.org"]}
        others = {"tls.sts.duration": "1d", "server.name": "other.example", "server.listen": ":1", "limits.exempt": "192.0.2.1",
                 "metrics.allow": "192.0.2.1", "websocket.origins": "https://a", "page.frame_ancestors": "https://a", "proxies.protocol": "unix",
                 "proxies.forwarded": "192.0.2.1", "proxies.header": "Forwarded", "store.durability": "power",
                 "uploads.uploaders": "everybody", "uploads.max_size": "26MiB", "uploads.quota_per_person": "1GiB", "uploads.quota": "3GiB",
                 "uploads.types": "image/png", "push.contact": "mailto:a@example.org", "push.networks": "192.0.2.1",
                 "hooks.incoming": "nobody", "hooks.outgoing": "nobody", "hooks.networks": "192.0.2.1",
                 "history.before_join": "joined", "accounts.always_on": "off",
                 "accounts.expire_after": "365d", "accounts.always_on_expires_after": "30d", "accounts.email.from": "a@example.org",
                 "dnsbl.nameserver": "192.0.2.53", "dnsbl.exempt": "192.0.2.1", "log.level": "debug", "log.format": "json",
                 "server.password": serve("--hash-password", stdin=b"secret\n").stdout.decode().strip()}
        for key, value in before.items():
            plain = value.strip('"')
            if key in others:
                other = others[key]
            elif value in ("true", "false"):
                other = "false" if value == "true" else "true"
            elif re.fullmatch(r"\d+(KiB)?", plain):
                other = str(int(plain.removesuffix("KiB")) * (1024 if plain.endswith("KiB") else 1) + 1)
            elif re.fullmatch(r"(\d+(d|h|m|s|ms))+", plain):
                other = plain + "1ms" if not plain.endswith("ms") else "7ms"
            else:
                other = "/other"
            more = needs.get(key, [])
            after = self.settings(*(o for one in [f"{key}={other}", *more] for o in ("--set", one)))
            changed = {k for k in before if before[k] != after[k]}
            self.assertEqual(changed, {key, *(one.split("=")[0] for one in more)}, other)

    def test_durations_and_sizes_have_units(self):
        def set_to(key, value):
            return self.settings("--set", f"{key}={value}")[key]

        for said, meant in [("90s", "1m30s"), ("1h30m", "1h30m"), ("30d", "30d"), ("2w", "2w"), ("0", "0"),
                            ("1w1d", "8d"), ("36h", "1d12h"), ("1500ms", "1s500ms"), ("'45s'", "45s")]:
            self.assertEqual(set_to("history.retention_age", said), f'"{meant}"')
        for said, meant in [("4096", '"4KiB"'), ("64KiB", '"64KiB"'), ("3072KiB", '"3MiB"'), ("1GiB", '"1GiB"'),
                            ("5000", "5000"), ("'5000'", "5000")]:
            self.assertEqual(set_to("limits.sendq", said), meant)

    def test_wrong_durations_and_sizes_are_refused(self):
        for wrong in ("", "90", "90 s", "s", "1.5h", "-1s", "1s1h", "1s1s", "1S", "1h30", "99999999999999999999s", "40000d",
                      "9223372036854775807w"):
            told, = self.complaints("--set", f"history.retention_age={wrong}")
            self.assertEqual(told, "history.retention_age: must be a duration from 0 to 36525d, as \"90s\" or \"1h30m\", "
                                   f"is {wrong}")
        for wrong in ("", "-1", "1k", "1kB", "1 KiB", "0x10", "1.5", "99999999999999999999", "17179869184GiB", "2GiB"):
            told, = self.complaints("--set", f"limits.sendq={wrong}")
            self.assertTrue(told.startswith("limits.sendq: must be a size from 1 to 1GiB, as 1000 or"), told)

    def test_each_thing_that_is_wrong_is_told_with_its_line(self):
        self.assertEqual(self.complaints_of(
            "[limits]\n"
            "sendq = true\n"
            "membres = 4\n"
            "members = 0\n"
            "topic = 1979-05-27\n"
            "\n"
            "[tls]\n"
            "enabled = 'yes'\n"
            "[nonsense]\n"
            "[log]\n"
            "level = \"loud\"\n"
            "[server]\n"
            "listen = [':8000', '8000']\n"
            "admin = 'me'\n"
            "motd = \"\\u001b[31m\"\n"), [
            ':2: limits.sendq: must be a size from 1 to 1GiB, as 1000 or "64KiB", is true',
            ":3: limits.membres: there is no such key; is limits.members meant?",
            ":4: limits.members: must be a number from 1 to 100000000, is 0",
            ':5: limits.topic: must be a size from 1 to 4KiB, as 1000 or "64KiB", is 1979-05-27',
            ':8: tls.enabled: must be true or false, is "yes"',
            ":9: nonsense: there is no such key",
            ':11: log.level: must be one of "error", "warn", "info", "debug", is "loud"',
            ':13: server.listen: must be an array of 1 to 64 texts, each as ":8000", "host:8000", "[::1]:8000" or '
            '"unix:/path", is [":8000", "8000"]',
            ':14: server.admin: must be a table, is "me"',
            ':15: server.motd: must be a text of at most 65536 bytes, without control characters but newlines, is '
            '"\\u001b[31m"'])

    def test_what_is_no_toml_is_told_with_its_line(self):
        for text in ("[limits]\nmembers = \n", "[limits]\nmembers = 1\nmembers = 2\n", b"[limits]\n\xff = 1\n", "a = 1\n[[["):
            told, = self.complaints_of(text)
            self.assertRegex(told, r"^:\d+: \S")

    def test_a_file_that_cannot_be_read_is_told(self):
        self.assertRegex(self.complaints("--config", self.folder + "/none")[0], r"/none: No such file or directory$")
        self.assertRegex(self.complaints("--config", self.folder)[0], r": Is a directory$")
        self.assertRegex(self.complaints("--config", self.file("#" * (1 << 20) + "\n"))[0], r"longer than 1048576 bytes$")

    def test_texts_are_checked_for_what_they_stand_for(self):
        for key, wrong, right in [
            ("server.name", ["nodot", "", "a..b", "-a.b", "a_b.c", "a" * 63 + ".b"], ["irc.example.org"]),
            ("server.network", ["", "two words", "Zoë"], ["Example"]),
            ("limits.exempt", ["1.2.3", "1.2.3.4/33", "::/129", "::1/", "fe80::1%lo", "host"], ["10.0.0.0/8,::1", "::/0"]),
            ("proxies.protocol", ["1.2.3", "Unix", "unix:/s", "host"], ["10.0.0.0/8,unix", "::/0", ""]),
            ("uploads.types", ["image", "image/", "*/png", "Image/png"], ["image/*", "application/vnd.ms-excel"]),
            ("websocket.origins", ["example.org", "https://a/", "https://", "ftp://a"], ["https://a.example:8443"]),
            ("page.frame_ancestors", ["'self'", "https://a;script-src", "a.example"], ["*", "http://127.0.0.1:8001"]),
            ("server.password", ["secret", "$argon2id$", "$argon2id$v=19$m=65536,t=2,p=1$c2FsdA$"], [""]),
            ("operators.al.certificate", ["ab", "g" * 64, ":".join(["a"] * 32), "a" * 63 + ":"],
             ["a" * 64, ":".join(["Ab"] * 32)]),
            ("operators.al.permissions", ["", "everything"], ["kill,ban"]),
        ]:
            for value in wrong:
                told, = self.complaints("--set", f"{key}={value}")
                self.assertTrue(told.startswith(f"{key}: must be "), told)
            for value in right:
                more = ["--set", f"operators.al.certificate={'b' * 64}"] if "permissions" in key else []
                self.assertEqual(serve("--check-config", "--set", f"{key}={value}", *more).returncode, 0, (key, value))

    def test_what_is_named_is_looked_at(self):
        self.assertEqual(self.settings("--set", f"operators.al.certificate={':'.join(['AB'] * 32)}")
                         ['operators."al".certificate'], f'"{"AB" * 32}"')
        here = lambda name: os.path.join(self.folder, name)
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                        "-subj", "/CN=x", "-keyout", here("key"), "-out", here("cert")], check=True, capture_output=True)
        self.file("hello\n", "motd")
        tls = lambda cert, key: ("--set", f"tls.certificate={here(cert)}", "--set", f"tls.key={here(key)}")
        for said, wrong in [
            (("--set", f"server.motd_file={here('none')}"), "server.motd_file: "),
            (tls("none", "key"), "tls.certificate: "),
            (tls("cert", "motd"), "tls.certificate: "),
            (("--data", here("motd")), "store.folder: "),
            (("--data", here("motd") + "/in/it"), "store.folder: "),
            (("--set", "server.listen=:8000,[::1]:7,:8000"), "server.listen: :8000 is named twice"),
            (tls("cert", "key") + ("--set", "tls.sts.port=6697"), "tls.sts.port: "),
        ]:
            told, = self.complaints(*said)
            self.assertTrue(told.startswith(wrong), told)
        done = serve("--check-config", *tls("cert", "key"), "--data", here("new/chat"), "--set", "tls.sts.port=6697",
                     "--set", "server.listen=:0,:0,:6697", "--set", f"server.motd_file={here('motd')}")
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        self.assertFalse(os.path.exists(here("new")))

    def test_no_text_can_hide_something_behind_a_nul(self):
        for key in ("server.name", "server.listen", "limits.exempt", "store.folder", "websocket.origins"):
            value = {"server.listen": "unix:/a", "limits.exempt": "127.0.0.1", "store.folder": "/a",
                     "server.name": "a.b", "websocket.origins": "https://a"}[key] + "\\u0000b"
            value = f'["{value}"]' if key in ("server.listen", "limits.exempt", "websocket.origins") else f'"{value}"'
            told, = self.complaints_of("%s = %s\n" % (key, value))
            self.assertTrue(told.startswith(f":1: {key}: must be "), told)

    def test_what_contradicts_itself_is_refused(self):
        self.assertEqual(self.complaints("--set", "tls.enabled=false", "--set", "tls.only=true",
                                         "--set", "limits.ping_timeout=90s", "--set", "tls.key=/k", "--set",
                                         "operators.al.hosts=*"), [
            "tls.only: must be false where tls.enabled is",
            "tls.key: is needed with tls.certificate, and only with it",
            "limits.ping_timeout: must be longer than limits.idle_ping",
            "operators.al: needs a password or a certificate"])

    def test_wrong_assignments_are_told(self):
        self.assertEqual(self.complaints("--set", "limits.sendq", "--set", "=1", "--set", "limits=1",
                                         "--set", "operators.7up.password=x", "--set", "operators.al.pass=x",
                                         "--rate", "fast"), [
            '"limits.sendq": must be KEY=VALUE',
            '"=1": must be KEY=VALUE',
            "limits: must be a table, is 1",
            'operators.7up.password: "7up" is no name for an entry of operators',
            "operators.al.pass: there is no such key",
            "limits.message_rate: must be a number from 0 to 1000000, is fast"])


class Serving(ConfigCase):
    def test_the_server_keeps_to_the_file(self):
        path = self.file("[limits]\nline = 20\n")
        server = self.chat_server("--config", path)
        caller = self.caller(server, b"x" * 30 + b"\n")
        caller.until(b"20 bytes")

    def test_the_file_may_be_a_pipe_which_is_read_once(self):
        path = os.path.join(self.folder, "pipe")
        os.mkfifo(path)

        def write():
            with open(path, "w") as pipe:
                pipe.write("[limits]\nline = 20\n")

        writer = threading.Thread(target=write)
        writer.start()
        server = self.chat_server("--config", path)
        writer.join(LIMIT)
        server.process.send_signal(signal.SIGHUP)
        server.until("the configuration stays as it was: .*pipe is not a regular file")
        self.caller(server, b"x" * 30 + b"\n").until(b"20 bytes")

    def test_a_file_that_is_empty_for_a_moment_changes_nothing(self):
        path = self.file("[limits]\nline = 20\n")
        server = self.chat_server("--config", path)
        with open(path, "w") as file:
            server.process.send_signal(signal.SIGHUP)
            time.sleep(0.1)
            file.write("[limits]\nline = 21\n")
        server.until("the configuration has been read again")
        self.caller(server, b"x" * 30 + b"\n").until(b"21 bytes")
        with open(path, "w"):
            pass
        server.process.send_signal(signal.SIGHUP)
        server.until("the configuration has been read again")
        other = self.person(server, b"other")
        self.caller(server, b"x" * 30 + b"\n")
        other.until(b": " + b"x" * 30)

    def test_it_listens_wherever_the_file_says(self):
        paths = [os.path.join(self.folder, name) for name in ("one", "two")]
        path = self.file("[server]\nlisten = [%s]\n" % ", ".join(f"'unix:{p}'" for p in paths))
        server = self.start(PARLANCE, "serve", "--console", "--config", path)
        for name in paths:
            server.until("listening on unix:" + re.escape(name))
        self.assertTrue(all(stat.S_ISSOCK(os.stat(name).st_mode) for name in paths))

    def test_a_server_with_a_wrong_setting_does_not_start(self):
        done = serve("--set", "limits.membres=1", "127.0.0.1:0")
        self.assertEqual((done.returncode, done.stdout), (2, b""))


class Passwords(ConfigCase):
    def test_a_password_becomes_an_argon2id_string_that_the_file_takes(self):
        first, second = (serve("--hash-password", stdin=b"correct horse\n") for _ in range(2))
        self.assertEqual(first.returncode, 0)
        self.assertRegex(first.stdout, rb"^\$argon2id\$v=19\$m=65536,t=2,p=1\$\S+\n$")
        self.assertNotEqual(first.stdout, second.stdout)  # salted
        path = self.file(f"[server]\npassword = '{first.stdout.decode().strip()}'\n")
        self.assertEqual(serve("--check-config", "--config", path).returncode, 0)

    def test_a_password_that_stands_there_as_it_is_is_not_told(self):
        for key in ("server.password", "operators.ann.password"):
            told, = self.complaints_of(f'{key} = "hunter2"\n')
            self.assertIn(f"{key}: must be empty, or what parlance serve --hash-password made of a password", told)
            self.assertNotIn("hunter2", told)

    def test_no_password_is_an_error(self):
        for nothing in (b"", b"\n", b"\r\n", b"x" * 1025, b"a\tb\n"):
            done = serve("--hash-password", stdin=nothing)
            self.assertEqual((done.returncode, done.stdout), (2, b""))

    def test_at_a_terminal_what_is_typed_is_not_shown(self):
        terminal = Terminal(self, PARLANCE, "serve", "--hash-password", width=150)
        terminal.until("Password:")
        terminal.type("my secret")
        terminal.press("Enter")
        terminal.until(r"\$argon2id\$")
        self.assertNotIn("secret", terminal.until("ended with 0").string)

    def test_one_who_thinks_better_of_it_gets_the_terminal_back_as_it_was(self):
        asking = [PARLANCE, "serve", "--hash-password"]
        tracer = shutil.which("strace")
        may_trace = tracer and subprocess.run([tracer, "-o", "/dev/null", "true"], capture_output=True).returncode == 0
        # Also when it is interrupted before it waits.
        slowly = [["env", "ASAN_OPTIONS=detect_leaks=0", tracer, "-o", "/dev/null", "-e", "inject=write:delay_exit=2000000", *asking]] if may_trace else []
        for command in [asking, *slowly]:
            with self.subTest(command[0]):
                terminal = Terminal(self, *command)
                terminal.until("Password:")
                terminal.press("C-c")
                terminal.until("ended with 130")
                terminal.type("shown again")
                terminal.until("shown again")
