// A registered room as the store keeps it: a JSON document of the kind "room", under the room's folded name.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include <parlance/chat/core/room.hpp>

namespace parlance::chat {

/// The kind of these documents.
inline constexpr std::string_view room_record_kind = "room";

/// Everything of it that lasts: whose it is, its modes, topic and lists, and who has which rank there.
/// `but`: as if it were not there, nor expected.
std::string to_record(const room& r, const person* but = nullptr);

/// The room of a document, with nobody in it. Null when it is none.
std::unique_ptr<room> from_record(std::string_view json);

}  // namespace parlance::chat
