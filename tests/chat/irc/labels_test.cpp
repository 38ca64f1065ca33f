// Each label is answered once, by all that the command is told (IRCv3 labeled-response), whatever the disk does.
#include <gtest/gtest.h>

#include <string>

#include <parlance/chat/door/dialects.hpp>
#include <parlance/chat/store/store.hpp>

#include "chat/irc/irc_person.hpp"
#include "chat/store/faulty_vfs.hpp"
#include "net/temporary_folder.hpp"

using namespace parlance;
using namespace parlance::chat;

namespace {

class labels : public testing::Test {
 protected:
  labels() {
    alice_.say("JOIN #lobby");
    chat_.spawn = [](const io::task<void>&) {};  // work on passwords never ends
  }
  /// What the command is told, while the disk works or does not.
  std::string say(const std::string& line, bool disk_works) {
    if (!disk_works) disk_.fail({.nth = 1, .how = test::disk_fault::full, .lasting = true});
    std::string heard = alice_.say(line);
    disk_.mend();
    return heard;
  }
  void ask(const std::string& capabilities) { alice_.say("CAP REQ :batch labeled-response " + capabilities); }

 private:
  io::loop loop_{{.backend = "sim"}};
  const net::test::temporary_folder folder_;
  test::faulty_vfs disk_;
  store kept_{{.folder = folder_.path("data"), .vfs = disk_.name()}};
  settings configured_;
  hub chat_{configured_, kept_, every_dialect};
  irc_person alice_{chat_, "alice"};
};

constexpr std::string_view not_kept =
    "MESSAGE_NOT_KEPT #lobby :The server cannot keep messages now; nobody has received it\r\n";

}  // namespace

TEST_F(labels, are_answered_by_the_refusal_of_what_could_not_be_kept) {
  for (const char* more : {"echo-message", "-echo-message"}) {
    ask(more);
    EXPECT_EQ(say("@label=x PRIVMSG #lobby :hello", false),
              "@label=x :parlance.local FAIL PRIVMSG " + std::string(not_kept));
  }
}

TEST_F(labels, are_answered_by_all_refusals_and_errors_at_once) {
  ask("echo-message");
  const std::string heard = say("@label=x PRIVMSG #lobby,nobody,#lobby :hello", false);
  EXPECT_TRUE(heard.starts_with("@label=x :parlance.local BATCH +r2 labeled-response\r\n")) << heard;
  EXPECT_TRUE(heard.contains("@batch=r2 :parlance.local 401 alice nobody ")) << heard;
  EXPECT_TRUE(heard.contains("@batch=r2 :parlance.local FAIL PRIVMSG " + std::string(not_kept))) << heard;
  EXPECT_TRUE(heard.ends_with(":parlance.local BATCH -r2\r\n")) << heard;
  EXPECT_EQ(heard.find("hello"), std::string::npos) << heard;
}

TEST_F(labels, are_answered_as_ever_when_it_was_kept) {
  EXPECT_EQ(say("@label=x PRIVMSG #lobby :hello", true), "");  // it has not asked for that
  ask("");
  EXPECT_EQ(say("@label=x PRIVMSG #lobby :hello", true), "@label=x :parlance.local ACK\r\n");
  ask("echo-message");
  const std::string heard = say("@label=y PRIVMSG #lobby :hello", true);
  EXPECT_TRUE(heard.starts_with("@label=y") && heard.ends_with(" PRIVMSG #lobby :hello\r\n")) << heard;
}

TEST_F(labels, are_answered_with_the_turn_in_which_something_was_said) {
  ask("echo-message");
  EXPECT_EQ(say("@label=x PRIVMSG #lobby,NickServ :REGISTER secret", false),
            "@label=x :parlance.local FAIL PRIVMSG " + std::string(not_kept));
}
