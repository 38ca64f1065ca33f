// What the chat keeps, walked by the table of its kinds (store/record_kinds.hpp): what goes with an account that
// is dropped, or with a room that is over or gets another name, and what nobody owns any more.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include <parlance/chat/core/hub.hpp>
#include <parlance/chat/store/record_kinds.hpp>

namespace parlance::chat {

/// Whether the account of an identity is there, and not another of its name. Throws store_error.
bool has_account(hub& of, std::string_view identity);

/// Erases all documents whose key begins with an account: by its name, or by its identity. Of others it is not the
/// first part, and the sweeper finds them. Throws store_error.
void erase_records_of(store& in, std::string_view account, std::string_view identity);

/// Erases all documents that are of a room, by the first part of their key, and those of who has come into it that name
/// it. Of others the sweeper finds them. Throws store_error: then it has erased nothing.
void erase_records_of_room(store& in, std::string_view room);
/// The same documents, and those of `there` that name it, are of the room's new name from here on, and what there was of
/// that is erased. Throws store_error: then nothing has changed.
void move_records_of_room(store& in, std::string_view from, std::string_view to,
                          std::span<const std::string> there);

/// Where a sweep goes on; as made, with the first document of the first kind.
struct sweep_place {
  std::size_t kind = 0;  ///< in record_kinds::all
  std::string key = {};
  bool is_at_end() const noexcept { return kind == record_kinds::all.size(); }
};

/// Erases documents of which some part of the key names nothing that there is. Looks at no more than `most`, a few
/// microseconds each. Throws store_error.
void sweep_records(hub& of, sweep_place& from, std::size_t most);

}  // namespace parlance::chat
