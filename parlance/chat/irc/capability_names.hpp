// What IRCv3 calls the capabilities, and what a server says of each in CAP LS.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <parlance/chat/core/capability.hpp>
#include <parlance/chat/core/settings.hpp>
#include <parlance/chat/irc/irc_client.hpp>

namespace parlance::chat::irc {

/// The capability of a name that this server offers to the client.
std::optional<capability> find_capability(const irc_client& for_whom, std::string_view name);
/// The same, whether it is offered or not.
std::optional<capability> find_capability(std::string_view name);

/// Each that is offered to the client by such settings, by name, with its value; clients older than version 302
/// get no values.
std::vector<std::pair<std::string_view, std::string>> offered(const irc_client& to, const settings& by);

/// Whether it can be asked for; some are only told of.
bool is_requestable(capability c) noexcept;

}  // namespace parlance::chat::irc
