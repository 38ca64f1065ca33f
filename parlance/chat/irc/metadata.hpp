// METADATA (IRCv3 draft/metadata-2, and draft/metadata-3, which tells of changes by numerics), as other
// groups of commands need it.
#pragma once

#include <string>
#include <vector>

#include <parlance/chat/irc/irc_client.hpp>

namespace parlance::chat::irc {

/// What CAP LS says.
std::string metadata_value(const limits& of);

/// What it has set of itself, as a part of its welcome.
void tell_own_metadata(irc_client& to);
/// Of the room that it has come into, and of who is there: what it is subscribed to.
void tell_metadata_of(irc_client& to, room& in);
/// In the answer to WHOIS (RPL_WHOISKEYVALUE), for clients that asked for metadata.
void tell_whois_metadata(irc_client& to, person& of);

/// The keys that it has subscribed to, from one run of the server to the next.
std::vector<std::string> subscribed_by(const irc_client& of);
void go_on_subscribed(irc_client& as, const std::vector<std::string>& keys);

}  // namespace parlance::chat::irc
