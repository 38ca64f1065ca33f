"""`parlance serve --setup`: five questions, and a configuration with which the server starts."""

import os
import socket
import stat
import subprocess
import tempfile

from chat_case import ChatCase, Terminal
from talk_case import LIMIT, PARLANCE, free_port

QUESTIONS = ("1. What shall the chat be called", "2. On which port?", "3. Shall the port speak TLS",
             "4. Who may come in?", "5. Who is the operator")


class Setup(ChatCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.file = os.path.join(self.folder, "parlance.toml")
        self.port = str(free_port())

    def answer(self, *answers, file=None):
        return subprocess.run([PARLANCE, "serve", "--setup", "--config", file or self.file], cwd=self.folder, timeout=LIMIT,
                              input="".join(a + "\n" for a in answers), capture_output=True, text=True)

    def written(self, *answers):
        done = self.answer(*answers)
        self.assertEqual((done.returncode, done.stderr), (0, ""), done.stdout)
        self.assertIn(f"parlance serve --config {self.file}", done.stdout)
        checked = subprocess.run([PARLANCE, "serve", "--check-config", "--config", self.file], timeout=LIMIT,
                                 capture_output=True, text=True)
        self.assertEqual((checked.returncode, checked.stderr), (0, ""))
        with open(self.file, encoding="utf-8") as file:
            return done.stdout, file.read()

    def test_five_answers_make_a_configuration_with_which_the_server_runs(self):
        told, text = self.written("Otters", self.port, "none", "password", "open sesame", "ann", "hunter2 hunter2")
        for question in QUESTIONS:
            self.assertIn(question, told)
        self.assertIn("/oper ann PASSWORD", told)
        self.assertIn('network = "Otters"', text)
        self.assertIn("[operators.\"ann\"]", text.replace("[operators.ann]", "[operators.\"ann\"]"))
        self.assertNotIn("open sesame", text)
        self.assertNotIn("hunter2", text)
        self.assertEqual(stat.S_IMODE(os.stat(self.file).st_mode), 0o600)
        server = self.start(PARLANCE, "serve", "--console", "--config", self.file)
        server.until(f"listening on .*:{self.port}")
        with socket.create_connection(("127.0.0.1", int(self.port)), LIMIT) as caller:
            caller.settimeout(LIMIT)
            said = b""
            for line, answer in ((b"PASS :open sesame\r\nNICK bob\r\nUSER bob 0 * :Bob\r\n", b" NETWORK=Otters "),
                                 (b"OPER ann :hunter2 hunter2\r\n", b" 381 ")):  # RPL_YOUREOPER
                caller.sendall(line)
                while answer not in said:
                    got = caller.recv(4096)
                    self.assertTrue(got, said)
                    said += got

    def test_enter_takes_what_stands_in_brackets(self):
        _, text = self.written("", self.port, "", "", "")
        self.assertIn('network = "Parlance"', text)
        self.assertIn("[tls]", text)
        self.assertIn("enabled = true", text)
        self.assertNotIn("[operators", text)

    def test_what_cannot_be_is_asked_again(self):
        told, text = self.written("two words", "Otters", "http", "70000", self.port, "perhaps", "none", "nobody", "password", "",
                                  "secret", "1ann", "ann", "\x01", "hunter2")
        self.assertIn("it must be 1 to 64 ASCII characters without spaces", told)
        self.assertEqual(told.count("a port is a number from 1 to 65535"), 2)
        self.assertIn("please answer one of: self, files, none", told)
        self.assertIn("please answer one of: anybody, accounts, password", told)
        self.assertIn("a password has at least one character", told)
        self.assertIn("and no digit first", told)
        self.assertIn("a password is text without control characters", told)
        self.assertIn('network = "Otters"', text)

    def test_a_port_that_somebody_has_is_told(self):
        with socket.create_server(("", 0)) as taken:
            port = str(taken.getsockname()[1])
            told, text = self.written("Otters", port, "no", self.port, "none", "anybody", "")
        self.assertIn("in use", told)
        self.assertIn(f'":{self.port}"', text)

    def test_files_of_a_certificate_are_tried(self):
        def make(name):
            subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj",
                            "/CN=localhost", "-keyout", f"{name}.key", "-out", f"{name}.pem"],
                           cwd=self.folder, check=True, capture_output=True)
        make("one")
        make("other")
        told, text = self.written("Otters", self.port, "files", "none.pem", "one.pem", "other.key", "one.pem", "one.key", "anybody", "")
        self.assertIn("cannot read none.pem: No such file or directory", told)
        self.assertIn("tls.certificate: ", told)
        # Wherever the server is started.
        self.assertIn(f'certificate = "{self.folder}/one.pem"', text)
        self.assertIn(f'key = "{self.folder}/one.key"', text)

    def test_accounts_are_those_that_the_operator_makes(self):
        told, text = self.written("Otters", self.port, "none", "accounts", "")
        self.assertIn("/account NAME create", told)
        self.assertIn("require_sasl = true", text)
        self.assertIn("registration = false", text)

    def test_a_file_that_is_there_is_written_over_only_with_a_yes(self):
        with open(self.file, "w", encoding="utf-8") as file:
            file.write("# mine\n")
        for answers in (["no"], [""], []):
            done = self.answer(*answers)
            self.assertIn(done.returncode, (1, 2))
            self.assertNotIn("1. What", done.stdout)
            with open(self.file, encoding="utf-8") as file:
                self.assertEqual(file.read(), "# mine\n")
        _, text = self.written("yes", "Otters", self.port, "none", "anybody", "")
        self.assertIn("Otters", text)

    def test_nothing_is_written_where_the_answers_end_too_early(self):
        answers = ["Otters", self.port, "none", "password", "secret", "ann"]
        for count in range(len(answers) + 1):
            done = self.answer(*answers[:count])
            self.assertEqual(done.returncode, 2, count)
            self.assertIn("the answers ended before the questions did, so nothing was written", done.stderr)
            self.assertEqual(os.listdir(self.folder), [])

    def test_a_place_where_nothing_can_be_written_is_told_before_the_questions(self):
        done = self.answer(file=os.path.join(self.folder, "none", "parlance.toml"))
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertIn("No such file or directory", done.stderr)
        done = self.answer(file=self.folder)
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertIn("is a folder", done.stderr)

    def test_passwords_are_not_shown_at_a_terminal(self):
        terminal = Terminal(self, PARLANCE, "serve", "--setup", "--config", self.file, width=120, height=50)
        for question, answer in (("1. What", "Otters"), ("2. On", self.port), ("3. Shall", "none"), ("4. Who", "password"),
                                 ("Which\\?", "opensesame"), ("5. Who", "ann"), ("Their password\\?", "swordfish")):
            terminal.until(question)
            terminal.type(answer)
            terminal.press("Enter")
        terminal.until("Written to")
        self.assertNotIn("opensesame", terminal.screen())
        self.assertNotIn("swordfish", terminal.screen())
        self.assertIn("Otters", terminal.screen())
        self.assertEqual(stat.S_IMODE(os.stat(self.file).st_mode), 0o600)
