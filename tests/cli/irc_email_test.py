"""Mail that shows whose an address is: of who makes an account, gives it another address, or has forgotten the password."""

import re
import unittest

from irc_accounts_test import AccountCase
from mail_box import MailBox, verifying

PASSWORD, OTHER = "correct horse battery", "another good password"


class Email(AccountCase):
    def setUp(self):
        self.box = MailBox(self.folder())
        self.server = self.serve_it(self.box.command)

    def serve_it(self, command):
        return self.chat_server("--rate", "0", *verifying(command))

    def told(self, client, line):
        return " ".join(m.params[-1] for m in client.ask(line) if m.command == "NOTICE")

    def test_an_account_is_made_by_the_code_that_was_sent(self):
        alice = self.client(self.server, "alice", "draft/account-registration", "standard-replies")
        self.assertIn("email-required", self.offered_value(alice))
        answer = self.only(alice.ask(f"REGISTER * * :{PASSWORD}"), "FAIL")
        self.assertEqual(answer.params[1], "INVALID_EMAIL")
        answer = self.only(alice.ask(f"REGISTER * a,b@example.org :{PASSWORD}"), "FAIL")
        self.assertEqual(answer.params[1], "INVALID_EMAIL")
        answer = self.only(alice.ask(f"REGISTER * alice@example.org :{PASSWORD}"), "REGISTER")
        self.assertEqual(answer.params[:2], ["VERIFICATION_REQUIRED", "alice"])
        mail = self.box.next()
        self.assertIn("From: chat@example.org\nTo: alice@example.org\n", mail)
        code = re.search(r"VERIFY alice (\S+)", mail).group(1)
        eve = self.client(self.server, "eve")
        self.assertEqual(self.only(eve.ask(f"REGISTER alice eve@example.org :{PASSWORD}"), "FAIL").params[1],
                         "ACCOUNT_EXISTS")
        self.assertEqual(self.only(eve.ask("VERIFY alice WRONG"), "FAIL").params[1], "INVALID_CODE")
        answer = self.only(alice.ask(f"VERIFY alice {code.lower()}"), "VERIFY")
        self.assertEqual(answer.params[:2], ["SUCCESS", "alice"])
        self.assertEqual(self.only(alice.ask("WHOIS alice"), "330").params[2], "alice")
        self.assertIn("alice@example.org, verified", self.told(alice, "NS INFO"))
        self.assertEqual(self.only(eve.ask(f"VERIFY alice {code}"), "FAIL").params[1], "INVALID_CODE")

    def offered_value(self, client):
        client.send("CAP LS 302")
        return " ".join(client.wait_for("CAP").params)

    def test_who_has_mistyped_an_address_has_the_code_sent_to_another_and_nobody_else_does(self):
        alice = self.client(self.server, "alice", "draft/account-registration", "standard-replies", source="127.0.0.2")
        self.only(alice.ask(f"REGISTER * alcie@example.org :{PASSWORD}"), "REGISTER")
        old = re.search(r"VERIFY alice (\S+)", self.box.next()).group(1)
        alice.ask("NICK elsewhere")
        eve = self.client(self.server, "alice", "draft/account-registration", "standard-replies", source="127.0.0.3")
        self.assertEqual(self.only(eve.ask(f"REGISTER * eve@example.org :{PASSWORD}"), "FAIL").params[1], "ACCOUNT_EXISTS")
        # Nor to the same, with a password of hers.
        self.assertEqual(self.only(eve.ask(f"REGISTER * alcie@example.org :{PASSWORD} of mine"), "FAIL").params[1], "ACCOUNT_EXISTS")
        eve.ask("NICK eve")
        alice.ask("NICK alice")
        self.only(alice.ask(f"REGISTER * alice@example.org :{PASSWORD}"), "REGISTER")
        mail = self.box.next()
        self.assertIn("To: alice@example.org\n", mail)
        self.assertEqual(self.only(alice.ask(f"VERIFY alice {old}"), "FAIL").params[1], "INVALID_CODE")
        code = re.search(r"VERIFY alice (\S+)", mail).group(1)
        self.assertEqual(self.only(alice.ask(f"VERIFY alice {code}"), "VERIFY").params[0], "SUCCESS")

    def test_nickserv_does_the_same_and_an_address_changes_by_a_code(self):
        bob = self.client(self.server, "bob")
        self.assertIn("A code has been sent", self.told(bob, "NS REGISTER secretpassword bob@example.org"))
        code = self.box.code("VERIFY")
        self.assertIn("That is not the code", self.told(bob, "NS VERIFY bob 1234567890"))
        self.assertIn("Account created", self.told(bob, f"NS VERIFY bob {code}"))
        self.assertIn("A code has been sent there", self.told(bob, "NS EMAIL other@example.org"))
        self.assertIn("bob@example.org, verified", self.told(bob, "NS INFO"))
        self.assertIn("Mail reaches bob at other@example.org", self.told(bob, f"NS VERIFY bob {self.box.code('VERIFY')}"))
        self.assertIn("other@example.org, verified", self.told(bob, "NS INFO"))

    def test_a_password_is_forgotten_and_another_made_by_a_code(self):
        alice = self.client(self.server, "alice")
        alice.ask(f"REGISTER * alice@example.org :{PASSWORD}")
        alice.ask(f"VERIFY alice {self.box.code('VERIFY')}")
        eve = self.client(self.server, "eve")
        same = self.told(eve, "NS RESETPASS nobody")
        self.assertEqual(self.told(eve, "NS RESETPASS alice"), same)
        code = self.box.code("RESETPASS")
        self.assertIn("That is not the code", self.told(eve, "NS RESETPASS alice WRONG newpassword"))
        self.server.until('login_failed .* account=alice why="wrong code of a mail"')
        self.assertIn("alice has another password", self.told(eve, f"NS RESETPASS alice {code} newpassword"))
        self.assertIn(b"the account has another password", alice.rest())
        self.member(self.server, "alice", password="newpassword")
        self.assertEqual(self.commands(self.authenticate(self.begin(self.server), "alice", PASSWORD)), ["904"])
        self.assertIn("That is not the code", self.told(eve, f"NS RESETPASS alice {code} againpassword"))

    def test_too_many_mails_to_one_address_are_refused(self):
        alice = self.client(self.server, "alice", "draft/account-registration", "standard-replies")
        for _ in range(3):
            self.only(alice.ask(f"REGISTER * alice@example.org :{PASSWORD}"), "REGISTER")
        answer = self.only(alice.ask(f"REGISTER * alice@example.org :{PASSWORD}"), "FAIL")
        self.assertEqual(answer.params[1], "TEMPORARILY_UNAVAILABLE")

    def test_a_program_that_fails_is_told_in_the_log_and_holds_up_nobody(self):
        server = self.serve_it('["false"]')
        alice = self.client(server, "alice")
        self.only(alice.ask(f"REGISTER * alice@example.org :{PASSWORD}"), "REGISTER")
        server.until("mail_failed.*exited with 1")
        server = self.serve_it('["/nowhere/sendmail"]')
        alice = self.client(server, "alice")
        self.only(alice.ask(f"REGISTER * alice@example.org :{PASSWORD}"), "REGISTER")
        server.until("mail_failed.*no such file")


if __name__ == "__main__":
    unittest.main()
