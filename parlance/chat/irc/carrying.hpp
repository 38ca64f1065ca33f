// What is known of a client of IRC and is in no store, on the way from one run of the server to the next.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <parlance/chat/irc/irc_client.hpp>

namespace parlance::chat::irc {

/// As JSON. Nothing: it is not in the chat, or in the middle of something.
std::optional<std::string> carry(const irc_client& of);
/// Of a client that was just made. False: it is no such text.
bool go_on(irc_client& as, std::string_view carried, person& whom);

}  // namespace parlance::chat::irc
