// Parts of conversations that are over while others go on: what was said in a closed room whose name has open
// history from before. To end one costs a document; nobody reads it from then on, and `sweep` deletes its
// entries later, some at a time.
//
// The documents are the store's own, of the kind record_kinds::ended: since version 4, in which older programs would read
// what is over. Their key is the conversation's row, a space, and the place behind which the part begins; their
// value the place up to which it goes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <parlance/chat/store/store.hpp>

namespace parlance::chat {

struct store_statements;

/// The entries above `after`, up to `up_to`.
struct ended_part {
  std::int64_t row = 0;
  entry_id after = 0, up_to = 0;

  std::string key() const;
  std::string value() const { return std::to_string(up_to); }
  bool holds(entry_id id) const noexcept { return id > after && id <= up_to; }
};

/// Those of a conversation, by where they begin.
std::vector<ended_part> ended_parts(store_statements& sql, std::int64_t row);
/// The first of all.
std::optional<ended_part> first_ended_part(store_statements& sql);

/// What is left of a range between the parts, in ascending order: pairs of `after` and `before`.
std::vector<std::pair<entry_id, entry_id>> around(const std::vector<ended_part>& parts, entry_id after,
                                                  entry_id before);

}  // namespace parlance::chat
