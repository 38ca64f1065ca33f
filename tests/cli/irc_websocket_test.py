"""IRC over WebSocket: the handshake, lines as messages, and the end, frame by frame (RFC 6455, IRCv3 WebSocket)."""

import os
import re
import signal
import ssl
import struct
import unittest

from irc_case import IrcCase, Message

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10


class WebSocket:
    """A client that speaks frames."""

    def __init__(self, caller, protocol="text.ircv3.net", extra="", host="x"):
        self.caller = caller
        offer = f"Sec-WebSocket-Protocol: {protocol}\r\n" if protocol else ""
        caller.say(f"GET / HTTP/1.1\r\nHost: {host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                   f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{offer}{extra}\r\n".encode())
        self.head = caller.until(b"\r\n\r\n").decode()
        self.status = int(self.head.split(" ")[1])
        self.kind = BINARY if protocol and protocol.startswith("binary") else TEXT

    def frame(self, opcode, payload, final=True):
        mask = os.urandom(4)
        size = len(payload)
        head = bytes([(0x80 if final else 0) | opcode])
        head += bytes([0x80 | size]) if size < 126 else bytes([0xFE]) + struct.pack("!H", size)
        self.caller.say(head + mask + bytes(b ^ mask[i % 4] for i, b in enumerate(payload)))

    def send(self, line):
        self.frame(self.kind, line.encode())

    def take(self, size):
        while len(self.caller.heard) < size:
            part = self.caller.socket.recv(65536)
            assert part, f"ended within a frame: {self.caller.heard!r}"
            self.caller.heard += part
        taken, self.caller.heard = self.caller.heard[:size], self.caller.heard[size:]
        return taken

    def next_frame(self):
        first, size = self.take(2)
        assert first & 0x80 and not size & 0x80
        if size == 126:
            size, = struct.unpack("!H", self.take(2))
        return first & 15, self.take(size)

    def next(self):
        opcode, payload = self.next_frame()
        assert opcode == self.kind, (opcode, payload)
        assert b"\n" not in payload and b"\r" not in payload
        return Message(payload.decode())

    def wait_for(self, *commands):
        while True:
            if (message := self.next()).command in commands:
                return message

    def connect(self, nick):
        self.send(f"NICK {nick}")
        self.send(f"USER {nick} 0 * :{nick}")
        self.wait_for("376", "422")
        return self


class WebSockets(IrcCase):
    def socket(self, server, **more):
        return WebSocket(self.stranger(server), **more)

    def test_a_line_is_a_message_both_ways(self):
        server = self.chat_server()
        alice, bob = self.socket(server).connect("alice"), self.client(server, "bob")
        self.assertIn("Sec-WebSocket-Protocol: text.ircv3.net", alice.head)
        alice.send("JOIN #a")
        alice.wait_for("366")
        bob.ask("JOIN #a")
        alice.wait_for("JOIN")
        bob.ask("PRIVMSG #a :grüße")
        self.assertEqual(alice.wait_for("PRIVMSG").params, ["#a", "grüße"])
        alice.send("PRIVMSG #a :back\r\n")
        self.assertEqual(bob.wait_for("PRIVMSG").params, ["#a", "back"])

    def test_binary_is_chosen_where_it_is_offered_first(self):
        ws = self.socket(self.chat_server(), protocol="binary.ircv3.net, text.ircv3.net")
        self.assertIn("Sec-WebSocket-Protocol: binary.ircv3.net", ws.head)
        ws.connect("alice")

    def test_none_offered_is_text(self):
        ws = self.socket(self.chat_server(), protocol=None)
        self.assertEqual(ws.status, 101)
        self.assertNotIn("Sec-WebSocket-Protocol", ws.head)
        ws.connect("alice")

    def test_a_page_from_elsewhere_is_refused(self):
        server = self.chat_server("--set", "websocket.origins=https://a.example")
        self.assertEqual(self.socket(server, extra="Origin: https://b.example\r\n").status, 403)
        self.assertEqual(self.socket(server, extra="Origin: https://a.example\r\n").status, 101)

    def test_a_page_whose_name_resolves_to_this_machine_is_refused(self):
        server = self.chat_server("--set", "server.name=chat.example")
        for host, status in (("evil.example", 403), ("chat.example", 101), ("localhost", 101), ("127.0.0.1", 101),
                             ("nas", 101), ("nas.local", 101), ("nas.local.evil.example", 403)):
            ws = self.socket(server, extra=f"Origin: http://{host}\r\n", host=host)
            self.assertEqual(ws.status, status, host)
            if status == 403:
                self.assertIn(b"websocket.origins", ws.caller.rest())

    def test_frames_that_come_with_the_request_are_read(self):
        caller = self.stranger(self.chat_server())
        mask = b"\0\0\0\0"
        line = b"PING early"
        caller.say(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                   b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n" + bytes([0x81, 0x80 | len(line)]) + mask + line)
        caller.until(b"\r\n\r\n")
        caller.until(b"PONG")

    def test_fragments_and_a_ping_between_them(self):
        ws = self.socket(self.chat_server()).connect("alice")
        ws.frame(TEXT, b"PING fra", final=False)
        ws.frame(PING, b"are you there")
        self.assertEqual(ws.next_frame(), (PONG, b"are you there"))
        ws.frame(CONTINUATION, b"gments")
        self.assertEqual(ws.next().params[-1], "fragments")

    def test_quit_ends_with_an_error_line_then_close(self):
        ws = self.socket(self.chat_server()).connect("alice")
        ws.send("QUIT :bye")
        self.assertIn("Quit: bye", ws.wait_for("ERROR").line)
        self.assertEqual(ws.next_frame(), (CLOSE, struct.pack("!H", 1000)))
        ws.frame(CLOSE, struct.pack("!H", 1000))
        self.assertEqual(ws.caller.rest(), b"")

    def test_close_is_returned_and_others_see_a_quit(self):
        server = self.chat_server()
        ws, bob = self.socket(server).connect("alice"), self.client(server, "bob")
        ws.send("JOIN #a")
        ws.wait_for("366")
        bob.ask("JOIN #a")
        ws.frame(CLOSE, struct.pack("!H", 1001))
        self.assertEqual(bob.wait_for("QUIT").nick, "alice")
        ws.wait_for("JOIN")
        self.assertEqual(ws.next_frame(), (CLOSE, struct.pack("!H", 1001)))
        self.assertEqual(ws.caller.rest(), b"")

    def close_code(self, ws):
        while True:
            opcode, payload = ws.next_frame()
            if opcode == CLOSE:
                return struct.unpack("!H", payload[:2])[0]

    def test_what_is_not_utf8_closes_with_1007(self):
        ws = self.socket(self.chat_server()).connect("alice")
        ws.frame(TEXT, b"PRIVMSG alice :\xff")
        self.assertEqual(self.close_code(ws), 1007)

    def test_too_big_a_message_closes_with_1009_and_a_long_line_does_not(self):
        ws = self.socket(self.chat_server()).connect("alice")
        ws.send("PRIVMSG alice :" + "x" * 6000)
        ws.wait_for("417")
        ws.frame(TEXT, b"x" * 40000, final=False)
        ws.frame(CONTINUATION, b"x" * 40000)
        self.assertEqual(self.close_code(ws), 1009)

    def test_an_unmasked_frame_closes_with_1002(self):
        ws = self.socket(self.chat_server()).connect("alice")
        ws.caller.say(b"\x81\x04PING")
        self.assertEqual(self.close_code(ws), 1002)

    def test_the_end_of_the_server_is_an_error_line_then_close(self):
        server = self.chat_server()
        ws = self.socket(server).connect("alice")
        server.process.send_signal(signal.SIGTERM)
        ws.wait_for("ERROR")
        self.assertEqual(ws.next_frame()[0], CLOSE)
        self.assertEqual(ws.caller.rest(), b"")

    def test_over_tls(self):
        caller = self.stranger(self.chat_server())
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        caller.socket = context.wrap_socket(caller.socket)
        self.addCleanup(caller.close)
        WebSocket(caller).connect("alice")

    def test_is_counted_as_one(self):
        server = self.chat_server()
        self.socket(server).connect("alice")
        page = self.caller(server, b"GET /metrics HTTP/1.0\r\n\r\n").rest().decode()
        self.assertTrue(re.search(r'^parlance_connections\{protocol="websocket"\} 1$', page, re.MULTILINE))


if __name__ == "__main__":
    unittest.main()
