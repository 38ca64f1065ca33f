// How far a conversation was taken, by one that takes each entry once and in order: a log, a script.
#pragma once

#include <functional>
#include <set>
#include <string>

#include <cli/chat/model/conversation.hpp>

namespace parlance::cli {

struct taken {
  wall_time until = 0;
  std::multiset<std::string> last = {};  ///< lines of that time
};

/// Gives `take` what came after that, the oldest first, with its line, and goes on as far. What was missed and may
/// still come holds up what is later. What is ignored or taken back is left out, and so is all of a server's own.
void take_new(const conversation& where, taken& from,
              const std::function<void(const chat_entry&, const std::string& line)>& take);

/// "2026-11-30T08:00:00.000Z <ann> the build is green\n", fit for a terminal; empty for what the program itself
/// says. Of several lines only the first has a time, so that no text passes for another line.
std::string line_of(const chat_entry& one);

}  // namespace parlance::cli
