// The dialects that are spoken here, for the hub.
#pragma once

#include <parlance/chat/core/event.hpp>
#include <parlance/chat/irc/encode.hpp>
#include <parlance/chat/plain/plain.hpp>

namespace parlance::chat {

inline constexpr encoders every_dialect{.plain = encode_plain, .irc = irc::encode};

}  // namespace parlance::chat
