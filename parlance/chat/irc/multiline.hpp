// What PRIVMSG and NOTICE share with messages of several lines.
#pragma once

#include <string>
#include <string_view>

#include <parlance/chat/irc/irc_client.hpp>

namespace parlance::chat::irc {

/// What CAP LS says of draft/multiline.
std::string multiline_value(const limits& of);

/// Takes a line of a batch that the client has opened; false when it is none of such.
bool take_line(irc_client& by, const message& m, event::kind what);

/// Says it to one target, and tells the client what became of it.
void say_to(irc_client& by, std::string_view target, std::string_view command, const utterance& what);

/// The client-only tags, as they are passed on.
std::string client_tags_of(const message& m);

}  // namespace parlance::chat::irc
