#include <gtest/gtest.h>

#include <string>

#include <parlance/chat/irc/commands.hpp>

#include "chat/core/window.hpp"

using namespace parlance::chat;

namespace {

class reader final : public connection {
 public:
  void deliver(outgoing batch) override {
    for (const piece& p : batch.pieces()) heard += p.view();
  }
  void end() override {}
  std::string heard;
};

}  // namespace

TEST(help, tells_about_every_command) {
  hub_fixture f;
  reader reads;
  irc::irc_client client(f.chat, reads, {.address = "192.0.2.1", .from = "192.0.2.1:5"});
  client.obey("NICK alice");
  client.obey("USER alice 0 * :Alice");
  for (const irc::command& c : irc::all_commands()) {
    f.chat.end_turn();
    reads.heard.clear();
    client.obey("HELP " + std::string(c.name));
    f.chat.end_turn();
    EXPECT_NE(reads.heard.find(" 704 alice "), std::string::npos) << c.name << ": " << reads.heard;
  }
}
