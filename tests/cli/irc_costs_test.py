"""What each command of IRC costs the server, counted in PINGs: of the processor's time, in the same run, so that it does
not matter how fast the machine is and what else it does."""

import unittest

from irc_case import IrcCase

LINES = 40       # of each command, in one burst
MOST = 300       # PINGs that a line may cost
CROWD = 40       # people in #crowd
CAPABILITIES = ("message-tags", "batch", "draft/chathistory", "draft/metadata-2", "draft/read-marker",
                "draft/message-redaction", "draft/channel-rename", "setname")


def names(count, prefix="n", separator=","):
    return separator.join(f"{prefix}{n}" for n in range(count))


def either(n, one, other):
    return one if n % 2 else other


# By what they are called here: the nth line.
COMMANDS = {
    "PRIVMSG": lambda n: "PRIVMSG #crowd :hello",
    "PRIVMSG of several": lambda n: "PRIVMSG p0,p1,p2,#crowd :hello",
    "NOTICE": lambda n: "NOTICE #crowd :hello",
    "TAGMSG": lambda n: "@+typing=active TAGMSG #crowd",
    "NAMES": lambda n: "NAMES #crowd",
    "NAMES of many": lambda n: "NAMES " + ",".join(["#crowd"] * 40),
    "WHO": lambda n: "WHO #crowd",
    "WHO by mask": lambda n: "WHO *a*b*c*d*e*",
    "WHOIS of many": lambda n: "WHOIS " + names(40, "p"),
    "WHOWAS": lambda n: "WHOWAS " + names(40, "p"),
    "LIST": lambda n: "LIST",
    "LIST by masks": lambda n: "LIST " + ",".join(["*" + "a" * 20 + "b"] * 16),
    "ISON": lambda n: "ISON " + names(100, "p", " "),
    "USERHOST": lambda n: "USERHOST " + names(100, "p", " "),
    "MONITOR": lambda n: f"MONITOR {either(n, '+', '-')} " + names(100),
    "MONITOR S": lambda n: "MONITOR S",
    "METADATA SUB": lambda n: "METADATA * SUB " + names(60, "k", " "),
    "METADATA SET": lambda n: f"METADATA * SET k{n} :" + "v" * 300,
    "METADATA LIST": lambda n: "METADATA #own LIST",
    "METADATA SYNC": lambda n: "METADATA #crowd SYNC",
    "CHATHISTORY": lambda n: "CHATHISTORY LATEST #crowd * 50",
    "CHATHISTORY TARGETS": lambda n: "CHATHISTORY TARGETS timestamp=2000-01-01T00:00:00.000Z "
                                     "timestamp=2099-01-01T00:00:00.000Z 100",
    "MARKREAD": lambda n: f"MARKREAD #crowd timestamp=2020-01-01T00:00:{n:02}.000Z",
    "JOIN of many": lambda n: either(n, "JOIN " + names(20, "#j"), "JOIN 0,#j0"),
    "JOIN and PART": lambda n: either(n, "JOIN #j1", "PART #j1"),
    "PART of many": lambda n: "PART " + names(60, "#none"),
    "KICK of many": lambda n: "KICK #own " + names(60),
    "KNOCK": lambda n: "KNOCK #secret",
    "INVITE": lambda n: "INVITE p1 #own",
    "INVITE, a list": lambda n: "INVITE",
    "MODE of many": lambda n: f"MODE #own {either(n, '+', '-')}{'b' * 20} " + names(20, "a", " "),
    "TOPIC": lambda n: f"TOPIC #own :{n}",
    "RENAME": lambda n: either(n, "RENAME #other #another", "RENAME #another #other"),
    "REDACT": lambda n: "REDACT #crowd 1",
    "NICK": lambda n: either(n, "NICK hostile", "NICK hostile_"),
    "AWAY": lambda n: either(n, "AWAY :out", "AWAY"),
    "SETNAME": lambda n: f"SETNAME :number {n}",
    "ACCEPT of many": lambda n: "ACCEPT " + names(50, either(n, "p", "-p")),
    "CAP LS": lambda n: "CAP LS 302",
    "HELP": lambda n: "HELP",
    "INFO": lambda n: "INFO",
    "STATS": lambda n: "STATS u",
    "NS INFO": lambda n: "NS INFO hostile",
    "NICKSERV": lambda n: "NICKSERV HELP",
    "CS INFO": lambda n: "CS INFO #crowd",
    "CHANSERV": lambda n: "CHANSERV HELP",
    "HS": lambda n: "HS HELP",
    "HISTSERV": lambda n: "HISTSERV PLAY #crowd 50",
    "PING": lambda n: "PING " + "x" * 400,
    "PONG": lambda n: "PONG " + "x" * 400,
    "USER": lambda n: "USER u 0 * :u",
    "WHO of all": lambda n: "WHO *",
    "MODE, a list": lambda n: "MODE #crowd +b",
    "TBAN": lambda n: f"TBAN #own 1h a{n}",
    "BATCH": lambda n: either(n, "BATCH +1 draft/multiline #crowd", "BATCH -1"),
    "SEARCH": lambda n: "SEARCH text=hello;in=#crowd",
    "SILENCE": lambda n: f"SILENCE {either(n, '+', '-')}a{n}!*@*",
    "EXTJWT": lambda n: "EXTJWT #own",
    "WEBPUSH": lambda n: f"WEBPUSH REGISTER https://push.example.org/{n} p256dh=x;auth=y",
    "RELAYMSG": lambda n: "RELAYMSG #own other/net :hello",
    "VERIFY": lambda n: f"VERIFY hostile {n}",
    "ADMIN": lambda n: "ADMIN",
    "HELPOP": lambda n: "HELPOP",
    "LINKS": lambda n: "LINKS",
    "LUSERS": lambda n: "LUSERS",
    "MOTD": lambda n: "MOTD",
    "SUMMON": lambda n: "SUMMON p1",
    "TIME": lambda n: "TIME",
    "USERS": lambda n: "USERS",
    "VERSION": lambda n: "VERSION",
    "WEBIRC": lambda n: "WEBIRC secret gateway host 192.0.2.1",
    **{name: lambda n, name=name: f"{name} a{n}!*@* b :c" for name in
       ("CHGHOST", "DIE", "DLINE", "FILTER", "KILL", "KLINE", "REHASH", "UNDLINE", "UNKLINE", "WALLOPS")},
    "tags": lambda n: "@" + names(300, "+a", ";") + " PING x",
    "no command": lambda n: "X" * 500,
}
# What is paid for by failures, which end the connection (irc_guessing_test.py), and what ends it at once.
ELSEWHERE = {"AUTHENTICATE", "OPER", "PASS", "REGISTER", "QUIT"}


class Costs(IrcCase):
    def setUp(self):
        # The rate is what bounds how often; here it is how much.
        self.server = self.chat_server("--rate", "0")
        crowd = [self.client(self.server, f"p{n}") for n in range(CROWD)]
        for one in crowd:
            one.send("JOIN #crowd")
        self.hostile = self.client(self.server, "hostile", *CAPABILITIES)
        for room in ("#crowd", "#own", "#other"):
            self.hostile.ask(f"JOIN {room}")
        crowd[0].ask("JOIN #secret")
        crowd[0].ask("MODE #secret +i")
        for one in crowd:
            one.sync()
        self.hostile.say(b"PRIVMSG #crowd :hello\r\n" * 300)
        self.hostile.sync()

    def processor_time(self):
        """Of the thread that all commands are obeyed on, in nanoseconds."""
        with open(f"/proc/{self.server.process.pid}/schedstat") as file:
            return int(file.read().split()[0])

    def cost(self, line_of):
        """Of a line."""
        lines = "".join(line_of(n) + "\r\n" for n in range(LINES))
        before = self.processor_time()
        self.hostile.say(lines.encode())
        self.hostile.sync()
        return (self.processor_time() - before) / LINES

    def test_each_command_is_in_the_table(self):
        told = {word for message in self.hostile.ask("HELP") if message.command == "705"
                for word in message.params[-1].split()}
        topics = {"CMODE", "UMODE"}
        self.assertIn("WHOWAS", told)
        lines = [line_of(n) for line_of in COMMANDS.values() for n in range(2)]
        tried = {line.split(" ")[1 if line.startswith("@") else 0] for line in lines}
        self.assertEqual(told - topics - tried, ELSEWHERE)

    def test_no_line_costs_what_hundreds_of_others_do(self):
        ping = min(self.cost(lambda n: "PING x") for _ in range(3))
        costs = {name: self.cost(line_of) / ping for name, line_of in COMMANDS.items()}
        table = "\n".join(f"{cost:8.1f} {name}" for name, cost in sorted(costs.items(), key=lambda c: -c[1]))
        self.assertLess(max(costs.values()), MOST, f"in PINGs:\n{table}")


if __name__ == "__main__":
    unittest.main()
