// Searching in what was said: who may find what, and what is found.
//
//   const search_answer answer = co_await search_messages(hub, {.in = "#dev", .text = "deploy"}, whose);
//   for (const found_message& m : answer.all) ...          // the oldest first
//
// One finds what one may read (playback.hpp), and nothing else is looked at: not even how long it takes tells
// what others have said.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include <parlance/chat/core/hub.hpp>
#include <parlance/chat/core/playback.hpp>
#include <parlance/chat/store/store.hpp>
#include <parlance/io/task.hpp>

namespace parlance::chat {

struct search_question {
  std::string in = {};    ///< a room, a nick or an account; empty: everywhere
  std::string from = {};  ///< a nick; empty: whoever said it
  std::string text = {};  ///< see search_terms; empty: whatever was said
  entry_id first = 0;     ///< of places in the history
  entry_id last = std::numeric_limits<std::int64_t>::max();  ///< included
  std::size_t limit = 100;                                   ///< at most most_found
  entry_range::end begin = entry_range::end::newest;         ///< the limit counts from here
};

/// Messages in one answer, and words and phrases in one question, and its bytes.
inline constexpr std::size_t most_found = 100, most_terms = 8, longest_search = 256;

struct found_message {
  readable_history in;
  stored_entry said;
};

struct search_answer {
  enum class outcome : unsigned char {
    done,
    too_long,   ///< more words, or bytes, than there may be
    no_target,  ///< there is no such conversation, or it may not be read
    not_now,    ///< too much was asked for, by somebody or by all
    not_ready,
    too_slow,
    failed,
    nobody  ///< who has asked has gone
  };
  outcome how = outcome::done;
  std::vector<found_message> all = {};
};

/// Why there is no answer, for people.
std::string_view explain(search_answer::outcome how) noexcept;

/// Whether one can search here now.
bool can_search(const hub& of, const settings& by) noexcept;

/// `whose`: who asks, or null when it has gone meanwhile.
io::task<search_answer> search_messages(hub& of, search_question what, std::function<person*()> whose);

}  // namespace parlance::chat
