"""`parlance serve --threads`: what holds on one thread holds when others do what the connections need."""

import irc_serving_test
import irc_talk_test
import irc_websocket_test
import serve_test
from chat_case import ChatCase


class OnSeveralThreads(ChatCase):
    def start(self, program, *arguments, **more):
        if arguments[:1] == ("serve",):
            arguments = ("serve", "--threads", "3", *arguments[1:])
        return super().start(program, *arguments, **more)


class Threads(OnSeveralThreads):
    def test_are_there(self):
        server = self.chat_server()
        with open(f"/proc/{server.process.pid}/status", encoding="ascii") as status:
            count = next(int(line.split()[1]) for line in status if line.startswith("Threads:"))
        self.assertGreaterEqual(count, 4)  # and the chat's own

    def test_everybody_hears_everybody_whose_connection_is_on_another(self):
        server = self.chat_server()
        people = [self.person(server, b"p%d" % i) for i in range(8)]
        for i, speaker in enumerate(people):
            speaker.say(b"from %d\n" % i)
            for j, hearer in enumerate(people):
                if i != j:
                    hearer.until(b"p%d: from %d\n" % (i, i))

    def test_the_operator_sees_how_the_connections_fare(self):
        server = self.chat_server()
        self.person(server, b"ann")
        server.process.stdin.write(b"/who\n")
        server.process.stdin.flush()
        self.assertIn(b"ESTABLISHED", self.hear_on_stdout(server, b"ann").upper())


def on_several_threads(*suites):
    for suite in suites:
        name = f"{suite.__name__}OnSeveralThreads"
        globals()[name] = type(name, (OnSeveralThreads, suite), {"__module__": __name__})


# Not their modules' names, which unittest would take for this file's tests.
on_several_threads(
    serve_test.Programs, serve_test.People, serve_test.Hostile, serve_test.Crowds, serve_test.Operator, serve_test.End,
    irc_talk_test.Talk, irc_serving_test.Tls, irc_websocket_test.WebSockets,
)
