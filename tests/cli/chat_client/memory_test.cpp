#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <vector>

#include <parlance/io/error.hpp>

#include <cli/chat/model/memory.hpp>
#include <cli/chat/model/server_address.hpp>

namespace parlance::cli {
namespace {

struct memory_of_a_client : testing::Test {
  memory_of_a_client() {
    std::string name = (std::filesystem::temp_directory_path() / "parlance-XXXXXX").string();
    folder = ::mkdtemp(name.data());
    file = folder / "in" / "chat.toml";
  }
  ~memory_of_a_client() override { std::filesystem::remove_all(folder); }
  std::string text() const {
    std::ifstream in(file);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  std::filesystem::path folder, file;
};

using list = std::vector<std::string>;

TEST_F(memory_of_a_client, what_was_kept_is_there_again_and_what_others_wrote_stays) {
  {
    chat_memory memory(file);
    EXPECT_EQ(memory.rooms("a.b:1"), list{});
    memory.set_rooms("a.b:1", {"#x", "#\"y"});
    memory.set_nick("a.b:1", "ann");
    memory.set_start("a.b:1", true);
    memory.set_tls_port("a.b:1", 6697, 2'000'000'000'000);
  }
  std::ofstream(file, std::ios::app) << "[networks.other]\npassword-command = \"pass x\"\nunknown = 7\n";
  chat_memory again(file);
  again.set_rooms("other", {"#z"});
  chat_memory last(file);
  EXPECT_EQ(last.rooms("a.b:1"), (list{"#x", "#\"y"}));
  EXPECT_EQ(last.nick("a.b:1"), "ann");
  EXPECT_EQ(last.to_start(), list{"a.b:1"});
  EXPECT_EQ(last.tls_port("a.b:1", 1'999'999'999'000), 6697);
  EXPECT_FALSE(last.tls_port("a.b:1", 2'000'000'000'001));
  EXPECT_EQ(last.text("other", "password-command"), "pass x");
  EXPECT_TRUE(text().contains("unknown = 7"));
}

TEST_F(memory_of_a_client, two_at_once_keep_what_the_other_has_written) {
  chat_memory one(file), other(file);
  one.set_rooms("a", {"#x"});
  other.set_rooms("b", {"#y"});
  one.set_ignored("a", {"bob!*@*"});
  one.set_logs("a", true);
  const chat_memory last(file);
  EXPECT_EQ(last.rooms("a"), list{"#x"});
  EXPECT_EQ(last.rooms("b"), list{"#y"});
  EXPECT_EQ(last.ignored("a"), list{"bob!*@*"});
  EXPECT_TRUE(last.logs("a"));
  EXPECT_FALSE(last.logs("b"));
}

TEST_F(memory_of_a_client, a_file_that_is_none_any_more_is_left_as_it_is) {
  chat_memory memory(file);
  memory.set_rooms("a", {"#x"});
  std::ofstream(file) << "half = [";
  EXPECT_THROW(memory.set_rooms("a", {"#y"}), std::runtime_error);
  EXPECT_EQ(text(), "half = [");
  std::ofstream(file) << "nick = \"ann\"\n";
  memory.set_rooms("a", {"#y"});
  EXPECT_EQ(chat_memory(file).nick("a"), "ann");
  EXPECT_EQ(chat_memory(file).rooms("a"), list{"#y"});
}

TEST_F(memory_of_a_client, nothing_is_written_where_nothing_has_changed) {
  chat_memory memory(file);
  memory.set_rooms("a", {});
  EXPECT_FALSE(std::filesystem::exists(file));
  chat_memory nowhere("");
  nowhere.set_rooms("a", {"#x"});
  EXPECT_EQ(nowhere.rooms("a"), list{"#x"});
}

TEST(address_of_a_server, speaks_tls_with_strangers) {
  const auto tls = [](std::string_view text) { return server_address::parse(text).tls; };
  const auto port = [](std::string_view text) { return server_address::parse(text).at.port; };
  EXPECT_TRUE(tls("irc.example.com"));
  EXPECT_EQ(port("irc.example.com"), 6697);
  EXPECT_TRUE(tls("203.0.113.5:8000"));
  EXPECT_TRUE(tls("[2001:db8::1]:8000"));
  EXPECT_TRUE(tls("tls://localhost:1"));
  for (const char* const here :
       {"localhost", ":8000", "127.0.0.5", "[::1]", "unix:/x", "nas", "chat.local", "10.1.2.3", "172.31.0.1",
        "192.168.7.7:8000", "[fe80::1%lo]:8000", "[fd00::1]"})
    EXPECT_FALSE(tls(here)) << here;
  EXPECT_TRUE(tls("172.32.0.1"));
  EXPECT_EQ(port("nas"), 8000);
  EXPECT_FALSE(tls("irc://irc.example.com"));
  EXPECT_EQ(port("irc://irc.example.com"), 6667);
  EXPECT_EQ(server_address::parse("ircs://irc.example.com:7000/a,#b").rooms, (list{"#a", "#b"}));
  EXPECT_FALSE(server_address::parse("irc.example.com", false).tls);
  EXPECT_THROW(server_address::parse("irc.example.com:x"), io::error);
}

}  // namespace
}  // namespace parlance::cli
