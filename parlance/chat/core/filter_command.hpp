// The command by which filters (filters.hpp) are listed, made and taken back, as IRC and the console have it:
//
//   (nothing), LIST                                which there are
//   ADD cheap\s+pills block pn No spam here        not to be said in messages and notices, and why
//   ADD (?-i)^SPAM ban * 1d                        its sayer is kept out for a day; for kill and ban, LENGTH is of the ban
//   DEL 3                                          by its number or its pattern
//   TEST text                                      what would be done with a message, by which
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <parlance/chat/core/hub.hpp>

namespace parlance::chat {

inline constexpr std::string_view filter_usage =
    "LIST, ADD PATTERN warn|block|silent|kill|ban WHERE [LENGTH] [REASON], DEL PATTERN|NUMBER, and TEST TEXT";

struct filter_answer {
  std::vector<std::string> lines;  ///< sentences without a capital and a full stop
  bool done = true;                ///< false: it could not be done, and they say why
};

/// `text`: what stands behind the command's name. `by`: as which operator. Throws store_error.
filter_answer obey_filter_command(hub& of, std::string_view text, std::string_view by);

}  // namespace parlance::chat
