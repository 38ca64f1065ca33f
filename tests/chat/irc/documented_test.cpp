#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <vector>

#include <parlance/chat/core/room_modes.hpp>
#include <parlance/chat/irc/person_modes.hpp>
#include <parlance/chat/irc/services.hpp>

using namespace parlance::chat;

namespace {

/// The rows of the table under a heading of docs/irc.md, without its head.
std::vector<std::string> documented(std::string_view heading) {
  std::ifstream file(PARLANCE_SOURCE_DIR "/docs/irc.md");
  std::vector<std::string> rows;
  bool is_here = false;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("## ")) is_here = line.substr(3) == heading;
    if (is_here && line.starts_with("| `")) rows.push_back(line);
  }
  return rows;
}

std::string code(std::string_view text) {
  std::string written = "`";
  for (const char c : text) written += c == '|' ? std::string("\\|") : std::string{c};
  return written + "`";
}

std::string row_of(std::initializer_list<std::string> cells) {
  std::string row = "|";
  for (const std::string& cell : cells) row += cell.empty() ? " |" : " " + cell + " |";
  return row;
}

std::string kind_of(const room_mode& mode) {
  if (mode.kind == mode_kind::prefix) return code(prefixes_of(rank_of(mode.letter), false));
  constexpr std::string_view kinds = "ABCD";
  return std::string{kinds[static_cast<std::size_t>(mode.kind)]};
}

}  // namespace

TEST(documented, are_all_modes_of_rooms) {
  std::vector<std::string> rows;
  for (const room_mode& mode : room_modes())
    rows.push_back(row_of(
        {code({&mode.letter, 1}), kind_of(mode), std::string(mode.parameter), std::string(mode.about)}));
  EXPECT_EQ(documented("Modes of rooms"), rows);
}

TEST(documented, are_all_modes_of_people) {
  std::vector<std::string> rows;
  for (const irc::person_mode& mode : irc::person_modes)
    rows.push_back(row_of({code({&mode.letter, 1}), std::string(mode.about)}));
  EXPECT_EQ(documented("Modes of people"), rows);
}

TEST(documented, are_all_commands_of_services) {
  for (const irc::service* one : irc::all_services()) {
    std::vector<std::string> rows;
    for (const irc::service_command& c : one->commands)
      rows.push_back(row_of({code(std::string(c.name) + (c.usage.empty() ? "" : " ") + std::string(c.usage)),
                             std::string(c.about) + (c.needs ? " (for operators of the server)" : "")}));
    EXPECT_EQ(documented(one->nick), rows);
  }
}

TEST(documented, are_all_permissions) {
  std::vector<std::string> rows;
  for (const permissions::entry& one : permissions::table)
    rows.push_back(row_of({code(one.name), std::string(one.about)}));
  EXPECT_EQ(documented("What operators of the server may do"), rows);
}
