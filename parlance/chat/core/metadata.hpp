// What people tell of themselves and of their rooms, by key (IRCv3 draft/metadata): "display-name", "url".
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>

namespace parlance::chat {

class store;

struct metadata {
  std::map<std::string, std::string, std::less<>> values;
  /// The account, or room, whose document these come from; empty: they are gone with whom they are of.
  std::string kept_as;
};

/// Has the document of `key` in it, and what was there before as far as there is room for it among `most`; of
/// one key, that goes first. Does so once.
void load_metadata(store& from, metadata& into, std::string_view key, std::size_t most);
/// Replaces the document.
void keep_metadata(store& in, const metadata& what);
/// From here on they are kept under another key; an empty one: no longer.
void move_metadata(store& in, metadata& what, std::string_view key);

/// Whether it may be a key: a-z, 0-9, and _ . / -
bool is_metadata_key(std::string_view text) noexcept;

}  // namespace parlance::chat
