"""How irctest, the public test suite of IRC servers, starts this one; for scripts/irctest.sh.

It is a plugin of pytest too, by which tests that are known to fail, and why (known_failures.txt), fail the run only when
they pass. Of irctest itself nothing is in this project.
"""

import json
import os
import subprocess
import unittest

import pytest
from irctest import patma
from irctest.basecontrollers import BaseServerController, DirectoryBasedController
from irctest.specifications import Capabilities, OptionalBehaviors

PROGRAM = os.environ["PARLANCE"]
KNOWN = os.path.join(os.path.dirname(os.path.abspath(__file__)), "known_failures.txt")


def known_failures():
    """{test: why}, from lines of "FILE::CLASS::TEST why"."""
    with open(KNOWN) as file:
        lines = [line.split(maxsplit=1) for line in file if line.strip() and not line.startswith("#")]
    return {test: why.strip() for test, why in lines}


def pytest_collection_modifyitems(items):
    known = known_failures()
    for item in items:
        if why := known.get(item.nodeid.removeprefix("irctest/server_tests/")):
            item.add_marker(pytest.mark.xfail(reason=why, strict=True))


class ParlanceController(BaseServerController, DirectoryBasedController):
    software_name = "Parlance"
    _port_wait_interval = 0.01
    supported_sasl_mechanisms = {"PLAIN", "SCRAM-SHA-256"}
    supports_sts = True
    extban_mute_char = "m"
    capabilities = frozenset((
        Capabilities.ACCOUNT_NOTIFY, Capabilities.ACCOUNT_TAG, Capabilities.AWAY_NOTIFY, Capabilities.BATCH,
        Capabilities.ECHO_MESSAGE, Capabilities.EXTENDED_JOIN, Capabilities.EXTENDED_MONITOR, Capabilities.LABELED_RESPONSE,
        Capabilities.MESSAGE_TAGS, Capabilities.MULTILINE, Capabilities.MULTI_PREFIX, Capabilities.READ_MARKER,
        Capabilities.SERVER_TIME, Capabilities.SETNAME))
    optional_behaviors = frozenset((
        OptionalBehaviors.BAN_EXCEPTION_MODE, OptionalBehaviors.CAP_REQ_MINUS, OptionalBehaviors.ELIST_U,
        OptionalBehaviors.INVITE_EXCEPTION_MODE, OptionalBehaviors.INVITE_OVERRIDES_LIMIT, OptionalBehaviors.MULTI_JOIN,
        OptionalBehaviors.MULTI_KICK, OptionalBehaviors.MULTI_PRIVMSG, OptionalBehaviors.NO_CTCP,
        OptionalBehaviors.SASL_AFTER_REGISTRATION))
    isupport = {
        "BOT": "B", "CASEMAPPING": "ascii", "ELIST": patma.StrRe(".*U.*"), "INVEX": "I", "MONITOR": patma.ANYSTR,
        "MSGREFTYPES": "msgid,timestamp", "PREFIX": "(qohv)~@%+", "STATUSMSG": "~@%+", "TARGMAX": patma.ANYSTR,
        "UTF8ONLY": None, "WHOX": None}

    def create_config(self):
        super().create_config()
        with self.open_file("parlance.toml"):
            pass

    def run(self, hostname, port, *, password, ssl, run_services, faketime, config=None, websocket_hostname=None,
            websocket_port=None):
        asked = self.test_config
        if asked.ergo_config or asked.ergo_roleplay:
            raise unittest.SkipTest("it asks for Ergo's own configuration")
        self.create_config()
        self.port = port
        listen = [f"127.0.0.1:{port}"]
        if websocket_port:
            listen.append(f"{websocket_hostname}:{websocket_port}")
        self.configuration = self.directory / "parlance.toml"
        self.configuration.write_text(f"""
[server]
name = "My.Little.Server"
network = "ErgoTest"
description = "test server"
listen = {json.dumps(listen)}
password = {json.dumps(hash_of(password) if password else "")}
cloak = false
international_names = true
[store]
folder = "{self.directory}/data"
[accounts]
register_before_connect = {json.dumps(asked.account_registration_before_connect and not password)}
require_email = {json.dumps(asked.account_registration_requires_email)}
[websocket]
origins = ["*"]
[limits]
message_burst = 2000
message_rate = 2000
multiline_lines = 32
failed_logins = 200
rooms = 100000
connections_per_address = 10000
[operators.operuser]
password = "{hash_of("operpassword")}"
""")
        self.start()

    def start(self):
        self.proc = self.execute([PROGRAM, "serve", "--config", str(self.configuration)], stdin=subprocess.DEVNULL)

    def restart(self):
        self.kill_proc()
        self.port_open = False
        self.start()
        self.wait_for_port()

    def wait_for_services(self):
        pass

    def registerUser(self, case, username, password=None):
        client = case.addClient(show_io=False)
        for line in "CAP LS 302", f"NICK {username}", "USER r e g :user", "CAP END":
            case.sendLine(client, line)
        while case.getRegistrationMessage(client).command != "001":
            pass
        case.getMessages(client)
        case.sendLine(client, f"NS REGISTER {password}")
        case.getMessages(client)
        case.sendLine(client, "QUIT")
        case.assertDisconnected(client)


def hash_of(password):
    return subprocess.run([PROGRAM, "serve", "--hash-password"], input=password + "\n", check=True, capture_output=True,
                          text=True).stdout.strip()


def get_irctest_controller_class():
    return ParlanceController
