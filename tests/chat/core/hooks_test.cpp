// Webhooks of rooms, as they are found.
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include <parlance/chat/core/hooks.hpp>

#include "chat/core/window.hpp"
#include "chat/store/faulty_vfs.hpp"
#include "net/temporary_folder.hpp"

using namespace parlance::chat;

namespace {

class hooks_of_a_room : public hub_fixture, public testing::Test {
 protected:
  hooks_of_a_room() {
    alice.enter("alice");
    chat.join(*alice.who(), "#dev");
    chat.end_turn();
  }
  room& dev() { return *chat.rooms().find("#dev"); }

  window alice{chat};
};

}  // namespace

TEST_F(hooks_of_a_room, are_found_by_their_tokens_until_they_are_taken_back) {
  const std::string token = make_incoming_hook(chat, dev(), "bot", "alice");
  const std::string id = token.substr(0, token.find('.'));
  EXPECT_EQ(chat.rooms().find_by_hook(id), &dev());
  const auto found = find_hook(chat, token);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->in, &dev());
  EXPECT_EQ(found->what->name, "bot");
  EXPECT_FALSE(find_hook(chat, id + "." + std::string(32, 'A')));
  EXPECT_FALSE(find_hook(chat, "." + token));
  EXPECT_FALSE(find_outgoing_hook(chat, id));
  EXPECT_TRUE(take_back_hook(chat, dev(), id));
  EXPECT_FALSE(find_hook(chat, token));
  EXPECT_EQ(chat.rooms().find_by_hook(id), nullptr);
}

TEST_F(hooks_of_a_room, go_along_with_its_name_and_end_with_it) {
  const std::string token = make_incoming_hook(chat, dev(), "bot", "alice");
  make_outgoing_hook(chat, dev(), "https://example.org/", {}, "alice");
  const std::string outgoing = dev().hooks.back().id;
  ASSERT_EQ(chat.rename_room({.prefix = "alice"}, dev(), "#code", {}), outcome::done);
  ASSERT_TRUE(find_hook(chat, token));
  EXPECT_EQ(find_hook(chat, token)->in->name(), "#code");
  EXPECT_TRUE(find_outgoing_hook(chat, outgoing));
  chat.part(*alice.who(), *chat.rooms().find("#code"));
  chat.end_turn();
  EXPECT_FALSE(find_hook(chat, token));
  EXPECT_EQ(chat.rooms().find_by_hook(outgoing), nullptr);
  chat.join(*alice.who(), "#code");
  EXPECT_FALSE(find_hook(chat, token));
}

TEST_F(hooks_of_a_room, are_no_more_in_the_next_of_its_name_in_the_same_turn) {
  const std::string token = make_incoming_hook(chat, dev(), "bot", "alice");
  chat.part(*alice.who(), dev());
  chat.join(*alice.who(), "#dev");
  EXPECT_FALSE(find_hook(chat, token));
}

TEST(hooks_that_are_kept, are_found_after_a_restart_and_are_as_the_disk_has_them) {
  const parlance::net::test::temporary_folder folder;
  test::faulty_vfs disk;
  const parlance::io::loop loop{{.backend = "sim"}};
  settings configured;
  std::string token, id;
  {
    store kept({.folder = folder.path("chat"), .vfs = disk.name()});
    hub chat{configured, kept, every_dialect};
    room& in = *chat.rooms().find("#lobby");
    token = make_incoming_hook(chat, in, "bot", "alice");
    id = token.substr(0, token.find('.'));
    disk.fail({.nth = 1, .how = test::disk_fault::full, .lasting = true});
    EXPECT_THROW(take_back_hook(chat, in, id), store_error);
    EXPECT_TRUE(find_hook(chat, token));
    EXPECT_THROW(make_incoming_hook(chat, in, "other", "alice"), store_error);
    EXPECT_EQ(in.hooks.size(), 1U);
    disk.mend();
  }
  store kept({.folder = folder.path("chat"), .vfs = disk.name()});
  const hub chat{configured, kept, every_dialect};
  EXPECT_TRUE(find_hook(chat, token));
}
