"""The settings of a room, in a browser: what is set there is changed, and seen, without a letter of IRC."""

import unittest

from page_case import PageCase

OPEN = "await page.getByRole('button', {name: 'Room settings'}).click(); await page.locator('dialog.room-settings').waitFor();"


class RoomSettings(PageCase):
    def modes(self, client, room="#mine"):
        return [message.params[2:] for message in client.ask(f"MODE {room}") if message.command == "324"][0]

    def test_an_operator_changes_what_is_set_by_words(self):
        server = self.chat_server("--rate", "0")
        alice, bob = self.someone(server, "alice", "?join=mine"), self.client(server, "bob")
        bob.ask("JOIN #mine")
        before = self.modes(bob)[0]
        alice.run(OPEN + """await page.getByLabel('Only who is invited comes in').click(); await page.locator('input[name=mode-i]:checked').waitFor();
            await page.getByLabel('Only those with a rank speak').click(); await page.locator('input[name=mode-m]:checked').waitFor();
            await page.fill('input[name=topic]', 'what we build'); await page.press('input[name=topic]', 'Enter'); await page.locator('.head .topic', {hasText: 'what we build'}).waitFor();
            await page.fill('input[name=key]', 'sesame'); await page.press('input[name=key]', 'Enter');
            await page.fill('input[name=limit]', '7'); await page.press('input[name=limit]', 'Enter'); await page.getByRole('button', {name: 'Remove'}).nth(1).waitFor();""")
        letters, *parameters = self.modes(bob)
        self.assertEqual(set(letters) - set(before), set("imkl"))
        self.assertEqual(sorted(parameters), ["7", "sesame"])
        # What somebody else changes is seen at once.
        alice.run("await page.getByRole('button', {name: 'Remove'}).first().click(); await page.getByRole('button', {name: 'Remove'}).nth(1).waitFor({state: 'detached'});")
        self.assertNotIn("k", self.modes(bob)[0])
        alice.run("await page.keyboard.press('Escape')")
        alice.say("/mode +o bob")
        bob.wait_for("MODE")
        bob.ask("MODE #mine -i")
        alice.run(OPEN + "await page.locator('input[name=mode-i]:not(:checked)').waitFor(); await page.locator('input[name=mode-m]:checked').waitFor();")
        bob.ask("MODE #mine -m")
        alice.run("await page.locator('input[name=mode-m]:not(:checked)').waitFor();")
        self.assertEqual(alice.run("return complaints"), [])

    def test_bans_are_listed_added_and_taken_away(self):
        server = self.chat_server("--rate", "0")
        alice, bob = self.someone(server, "alice", "?join=mine"), self.client(server, "bob")
        alice.say("/mode +b *!*@bad.example")
        alice.run(OPEN + """await page.locator('.bans li', {hasText: '*!*@bad.example'}).waitFor();
            await page.fill('input[name=ban]', 'bob'); await page.press('input[name=ban]', 'Enter'); await page.locator('.bans li', {hasText: 'bob!*@*'}).waitFor();""")
        self.assertIn("474", [message.command for message in bob.ask("JOIN #mine")])
        alice.run("await page.getByRole('button', {name: 'Remove bob!*@*'}).click(); await page.locator('.bans li', {hasText: 'bob'}).waitFor({state: 'detached'});")
        self.assertNotIn("474", [message.command for message in bob.ask("JOIN #mine")])
        # The list is in its place, and not in what is said.
        self.assertEqual(alice.run("return page.locator('.happened', {hasText: 'bad.example'}).count()"), 1)

    def test_who_has_no_rights_sees_what_is_set_and_cannot_change_it(self):
        server = self.chat_server("--rate", "0")
        bob = self.client(server, "bob")
        bob.ask("JOIN #dev")
        bob.ask("MODE #dev +mt")
        bob.ask("MODE #dev +b *!*@bad.example")
        alice = self.someone(server, "alice", "?join=dev")
        alice.run(OPEN + "await page.locator('input[name=mode-m]:checked').waitFor(); await page.locator('.bans li').waitFor();")
        self.assertEqual(alice.run("return page.locator('dialog input:enabled').count()"), 0)
        self.assertEqual(alice.run("return page.locator('dialog button:enabled').count()"), 1)  # it closes
        # Rights come while one looks; who may set the topic is not who may do the rest.
        bob.ask("MODE #dev +h alice")
        alice.run("await page.locator('input[name=topic]:enabled').waitFor()")
        self.assertEqual(alice.run("return page.locator('input[name=mode-m]:enabled').count()"), 0)
        bob.ask("MODE #dev +o alice")
        alice.run("await page.locator('input[name=mode-m]:enabled').waitFor()")

    def test_what_the_server_refuses_is_told_there(self):
        server = self.chat_server("--rate", "0")
        alice = self.someone(server, "alice", "?join=mine")
        alice.run(OPEN + "await page.fill('input[name=key]', 'a,b c'); await page.press('input[name=key]', 'Enter'); await page.locator('dialog .complaint').filter({hasText: /./}).waitFor();")

    def test_a_room_with_a_key_asks_for_it_and_lets_one_in_again(self):
        server = self.chat_server("--rate", "0")
        bob = self.client(server, "bob")
        bob.ask("JOIN #dev")
        bob.ask("MODE #dev +k sesame")
        alice = self.page("alice")
        alice.count_sockets()
        alice.come_in(self.address(server))
        alice.say("/join #dev")
        give = "await page.fill('input[name=room-key]', key); await page.press('input[name=room-key]', 'Enter');"
        alice.run("await page.waitForSelector('input[name=room-key]:focus');" + give + "await page.locator('dialog .complaint').filter({hasText: /./}).waitFor();", key="wrong")
        alice.run(give + "await page.locator('.head h1', {hasText: '#dev'}).waitFor();", key="sesame")
        alice.lose_connection()
        alice.say("back again")
        self.assertEqual(bob.wait_for("PRIVMSG").params, ["#dev", "back again"])
        # Who comes by a link is asked, too.
        carol = self.page("carol")
        carol.run("await page.goto(address); await page.fill('input[name=nick]', 'carol'); await page.press('input[name=nick]', 'Enter'); await page.waitForSelector('input[name=room-key]');",
                  address=self.address(server, "?join=dev"))


if __name__ == "__main__":
    unittest.main()
