// Everything at once, by many seeds. fuzz/chat/whole_server_fuzz.cpp looks for worse.
#include "chat/whole/whole_server.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>
#include <set>
#include <string>
#include <vector>

#include <parlance/chat/irc/commands.hpp>

#include "chat/whole/grammar.hpp"
#include "io/seeds.hpp"

using namespace parlance::chat;
using namespace parlance::chat::test;

TEST(whole_server, is_right_whatever_happens) {
  parlance::io::test::for_each_seed(100,
                                    [](std::uint64_t seed) { return try_whole_server(bytes_of_seed(seed)); });
}

TEST(whole_server, is_asked_for_every_command_that_there_is) {
  std::vector<std::uint8_t> bytes;
  for (std::uint64_t seed = 0; seed < 50; ++seed)
    std::ranges::copy(bytes_of_seed(seed), std::back_inserter(bytes));
  script chance(bytes);
  surroundings around{.own_nick = "ann"};
  grammar words(chance, around);
  std::set<std::string> said;
  while (!chance.is_over()) {
    const std::string line = words.irc();
    said.insert(line.substr(0, line.find(' ')));
  }
  for (const irc::command& one : irc::all_commands())
    EXPECT_TRUE(said.contains(std::string(one.name))) << one.name;
}
