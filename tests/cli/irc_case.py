"""What the tests of IRC share: clients that speak it line by line."""

import os
import re
import subprocess

from chat_case import Caller, ChatCase
from talk_case import PARLANCE

TAGS = re.compile(r"\\([:srn\\])?")
UNESCAPED = {":": ";", "s": " ", "r": "\r", "n": "\n", "\\": "\\"}


class Message:
    """One line, taken apart: tags, source, command and params."""

    def __init__(self, line):
        self.line = line
        rest = line
        self.tags = {}
        if rest.startswith("@"):
            tags, rest = rest[1:].split(" ", 1)
            for tag in tags.split(";"):
                key, _, value = tag.partition("=")
                self.tags[key] = TAGS.sub(lambda m: UNESCAPED.get(m[1], ""), value)
        self.source = None
        if rest.startswith(":"):
            self.source, rest = rest[1:].split(" ", 1)
        middle, colon, last = rest.partition(" :")
        self.command, *self.params = middle.split(" ")
        if colon:
            self.params.append(last)

    @property
    def nick(self):
        return self.source.split("!")[0]

    def __repr__(self):
        return self.line


class IrcClient(Caller):
    """`connect` registers, and asks for capabilities first when there are any."""

    def __init__(self, port, source=None):
        super().__init__(port, source=source)
        self.marks = 0

    def send(self, line):
        self.say(line.encode() + b"\r\n")

    def next(self):
        return Message(self.until(b"\r\n")[:-2].decode())

    def wait_for(self, *commands):
        """The next message with one of these commands; what came before is dropped."""
        while True:
            message = self.next()
            if message.command in commands:
                return message

    def sync(self):
        """Everything that was due by now."""
        self.marks += 1
        token = f"mark-{self.marks}"
        self.send(f"PING {token}")
        messages = []
        while True:
            message = self.next()
            if message.command == "PONG" and message.params[-1] == token:
                return messages
            messages.append(message)

    def ask(self, line):
        """Sends a line, and gives all that it is answered."""
        self.send(line)
        return self.sync()

    def offered(self):
        """What CAP LS says, in as many lines as it takes."""
        self.send("CAP LS 302")
        words = []
        while True:
            message = self.wait_for("CAP")
            words += message.params[-1].split()
            if message.params[2] != "*":
                return words

    def tokens(self):
        """What RPL_ISUPPORT says, while the welcome comes."""
        words = []
        while True:
            message = self.next()
            if message.command == "005":
                words += message.params[1:-1]
            elif words:
                return words

    def connect(self, nick, *capabilities, user=None):
        if capabilities:
            self.send("CAP LS 302")
            self.send("CAP REQ :" + " ".join(capabilities))
        self.send(f"NICK {nick}")
        self.send(f"USER {user or nick} 0 * :{nick} the tester")
        if capabilities:
            answer = self.wait_for("CAP")
            while answer.params[1] == "LS":
                answer = self.wait_for("CAP")
            assert answer.params[1] == "ACK", answer
            self.send("CAP END")
        self.wait_for("376", "422")
        self.sync()
        return self


class IrcCase(ChatCase):
    def client(self, server, nick, *capabilities, source=None, **more):
        client = IrcClient(server.port, source)
        self.addCleanup(client.close)
        return client.connect(nick, *capabilities, **more)

    def stranger(self, server):
        """A connection that has said nothing yet."""
        client = IrcClient(server.port)
        self.addCleanup(client.close)
        return client

    def account(self, server, name, password):
        """Makes an account, and leaves."""
        client = self.client(server, name)
        answer = client.ask(f"REGISTER * * :{password}")
        self.assertEqual(self.only(answer, "REGISTER").params[0], "SUCCESS", answer)
        client.send("QUIT")
        client.rest()

    def server_with_operators(self, password):
        """A server that keeps, with root, who may do all, and kim, who may kill. `start_again` starts it anew."""
        hashed = subprocess.run([PARLANCE, "serve", "--hash-password"], input=password.encode() + b"\n", check=True,
                                capture_output=True).stdout.decode().strip()
        self.data = os.path.join(self.folder(), "data")
        self.config = os.path.join(self.folder(), "chat.toml")
        with open(self.config, "w") as file:
            for name, may in (("root", "all"), ("kim", "kill")):
                file.write(f'[operators.{name}]\npassword = "{hashed}"\npermissions = ["{may}"]\n')
        return self.start_again()

    def start_again(self):
        return self.chat_server("--grace", "0", "--data", self.data, "--config", self.config)

    def commands(self, messages):
        return [message.command for message in messages]

    def only(self, messages, command):
        """The one message with that command."""
        found = [message for message in messages if message.command == command]
        self.assertEqual(len(found), 1, messages)
        return found[0]
