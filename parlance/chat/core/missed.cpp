#include <algorithm>
#include <utility>

#include <parlance/chat/core/missed.hpp>

namespace parlance::chat {
namespace {

/// Those in which something was said since then.
std::vector<readable_history> talks_since(hub& of, const person& who, entry_id since) {
  std::vector<readable_history> all = talks_of(of, who);
  for (const person::seat& s : who.seats()) all.push_back(history_of(of, who, *s.in));
  std::erase_if(all, [&](const readable_history& one) {
    return of.kept().newest(one.conversation, said_kinds) <= since;
  });
  return all;
}

}  // namespace

std::vector<missed_talk> read_missed(hub& of, const person& who, entry_id since) {
  std::vector<missed_talk> all;
  if (since == 0 || !of.configured().history.enabled) return all;
  std::size_t left = most_missed;
  for (readable_history& one : talks_since(of, who, since)) {
    if (left == 0) break;
    std::vector<stored_entry> said = read_history(
        of, one, {.after = since, .limit = std::min(left, most_missed_of_one), .kinds = said_kinds});
    if (said.empty()) continue;
    left -= said.size();
    all.push_back({std::move(one), std::move(said)});
  }
  return all;
}

}  // namespace parlance::chat
