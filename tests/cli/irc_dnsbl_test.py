"""Lists of addresses (DNSBL): who is on one is refused, needs an account, or is marked; and nobody waits for a server that is silent."""

import socket
import struct
import subprocess
import threading
import time
import unittest

from irc_operators_test import OperatorCase
from irc_case import IrcClient
from talk_case import LIMIT, PARLANCE

REFUSED, CLOAKED, MARKED, ERROR, FINE = "198.51.100.1", "198.51.100.2", "198.51.100.3", "198.51.100.4", "198.51.100.5"
SIX = "2001:db8::1"


def reversed_name(address):
    if ":" in address:
        return ".".join(reversed(socket.inet_pton(socket.AF_INET6, address).hex()))
    return ".".join(reversed(address.split(".")))


class NameServer:
    """Answers what it is told to, for each zone by the names in it; what is not in it is no name."""

    def __init__(self, test, zones):
        self.zones, self.asked, self.is_silent = zones, [], False
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.at = "127.0.0.1:%d" % self.socket.getsockname()[1]
        thread = threading.Thread(target=self.answer, daemon=True)
        thread.start()
        test.addCleanup(thread.join, LIMIT)
        test.addCleanup(self.end)

    def end(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as last:
            last.sendto(b"", self.socket.getsockname())

    def answer(self):
        with self.socket:
            while True:
                question, whose = self.socket.recvfrom(4096)
                if not question:
                    return
                name, at = [], 12
                while question[at]:
                    name.append(question[at + 1:at + 1 + question[at]].decode())
                    at += question[at] + 1
                name = ".".join(name)
                self.asked.append(name)
                if self.is_silent:
                    continue
                found = [answer for zone, entries in self.zones.items() for address, answer in entries.items()
                         if name == f"{reversed_name(address)}.{zone}"]
                head = question[:2] + struct.pack(">HHHHH", 0x8180 if found else 0x8183, 1, len(found), 0, 0)
                records = b"".join(b"\xc0\x0c" + struct.pack(">HHIH", 1, 1, 60, 4) + socket.inet_aton(a) for a in found)
                self.socket.sendto(head + question[12:at + 5] + records, whose)


class Dnsbl(OperatorCase):
    def setUp(self):
        self.names = NameServer(self, {"drones.example": {REFUSED: "127.0.0.2", CLOAKED: "127.0.0.8",
                                                          ERROR: "127.255.255.254", SIX: "127.0.0.2"},
                                       "spam.example": {MARKED: "127.0.0.9", CLOAKED: "127.0.0.9"}})

    def serve_it(self, *more):
        return self.operated("--set", "proxies.protocol=127.0.0.3", "--set", f"dnsbl.nameserver={self.names.at}",
                             "--set", "dnsbl.lists.drones.zone=drones.example",
                             "--set", "dnsbl.lists.drones.answers=127.0.0.2,127.0.0.4/30",
                             "--set", "dnsbl.lists.drones.reason=a drone",
                             "--set", "dnsbl.lists.proxies.zone=drones.example",
                             "--set", "dnsbl.lists.proxies.answers=127.0.0.8",
                             "--set", "dnsbl.lists.proxies.listed=with-accounts",
                             "--set", "dnsbl.lists.spam.zone=spam.example",
                             "--set", "dnsbl.lists.spam.listed=marked", *more)

    def caller_from(self, server, address, first=b""):
        caller = IrcClient(server.port, "127.0.0.3")
        self.addCleanup(caller.close)
        family = b"TCP6" if ":" in address else b"TCP4"
        here = b"::1" if ":" in address else b"127.0.0.1"
        caller.say(b"PROXY %s %s %s 5 6\r\n" % (family, address.encode(), here) + first)
        return caller

    def comes_in(self, server, address, nick):
        caller = self.caller_from(server, address, f"NICK {nick}\r\nUSER {nick} 0 * :{nick}\r\n".encode())
        caller.wait_for("001")
        return caller

    def refused(self, server, address, nick="eve"):
        return self.caller_from(server, address, f"NICK {nick}\r\nUSER u 0 * :u\r\n".encode()).rest().decode()

    def test_who_is_on_a_list_is_refused_in_every_dialect_and_others_come_in(self):
        server = self.serve_it()
        self.comes_in(server, FINE, "ann")
        self.assertIn("465 eve :Your address is listed at drones: a drone", self.refused(server, REFUSED))
        self.assertIn("465 eve :Your address is listed at drones: a drone", self.refused(server, SIX))
        self.assertIn("-- Your address is listed at drones: a drone",
                      self.caller_from(server, REFUSED, b"hello\n").rest().decode())
        self.assertIn("-- Your address is listed at drones: a drone", self.caller_from(server, REFUSED).rest().decode())
        unended = self.caller_from(server, REFUSED, b"hello")
        unended.end()
        self.assertIn("-- Your address is listed at drones: a drone", unended.rest().decode())
        # Each zone is asked once, whatever many lists it is; and once for a while.
        self.assertEqual(self.names.asked.count(f"{reversed_name(REFUSED)}.drones.example"), 1)
        server.until("caller_listed")

    def test_with_an_account_one_comes_in_and_operators_see_who_is_marked(self):
        server = self.serve_it()
        self.account(server, "alice", "secret pass")
        told = self.refused(server, CLOAKED)
        self.assertIn("log in to an account (SASL)", told)
        boss = self.comes_in(server, FINE, "boss")
        boss.ask("OPER root :secret pass")
        boss.ask("MODE boss +s")
        self.comes_in(server, MARKED, "mark")
        while "is listed at spam" not in boss.wait_for("NOTICE").params[-1]:
            pass
        self.assertIn("is listed at spam: it has sent spam", self.only(boss.ask("WHOIS mark"), "320").params[-1])
        alice = self.caller_from(server, CLOAKED, b"CAP REQ :sasl\r\nNICK alice\r\nUSER a 0 * :a\r\n"
                                 b"AUTHENTICATE PLAIN\r\nAUTHENTICATE AGFsaWNlAHNlY3JldCBwYXNz\r\nCAP END\r\n")
        alice.wait_for("001")

    def test_errors_and_silence_of_a_server_keep_nobody_out_and_are_told(self):
        server = self.serve_it("--set", "dnsbl.time_limit=1s")
        self.comes_in(server, ERROR, "ann")
        server.until("drones.example answers that it cannot tell")
        self.names.is_silent = True
        self.comes_in(server, REFUSED, "ben")
        server.until("no answer came in time")

    def test_nobody_else_waits_for_a_server_that_is_silent(self):
        server = self.serve_it("--set", "dnsbl.time_limit=30s")
        self.names.is_silent = True
        waits = self.caller_from(server, REFUSED, b"NICK eve\r\nUSER e 0 * :e\r\n")
        until = time.monotonic() + LIMIT
        while not self.names.asked:
            self.assertLess(time.monotonic(), until)
            time.sleep(0.01)
        self.names.asked.clear()
        for n in range(3):
            self.comes_in(server, "127.0.0.9", f"n{n}")  # of no public network: nobody is asked
        self.assertFalse([name for name in self.names.asked if "127" in name])
        waits.send("PING x")

    def test_exempt_addresses_are_not_asked_about(self):
        server = self.serve_it("--set", "dnsbl.exempt=198.51.100.0/24")
        self.comes_in(server, REFUSED, "ann")
        self.assertEqual(self.names.asked, [])

    def test_what_cannot_be_is_told(self):
        for setting, why in (("dnsbl.nameserver=example.org", "an IP address"), ("dnsbl.lists.x.zone=a b", "a name of DNS"),
                             ("dnsbl.lists.x.listed=hanged", "one of"), ("dnsbl.lists.x.answers=2", "a network")):
            program = self.start_parlance("serve", "--check-config", "--set", setting)
            self.assertIn(why, program)

    def start_parlance(self, *arguments):
        done = subprocess.run([PARLANCE, *arguments], capture_output=True)
        self.assertNotEqual(done.returncode, 0)
        return done.stderr.decode()


if __name__ == "__main__":
    unittest.main()
