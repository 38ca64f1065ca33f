// How events read in IRC.
#pragma once

#include <string>
#include <string_view>

#include <parlance/chat/core/event.hpp>

namespace parlance::chat::irc {

/// Appends the line, or lines, of an event for clients of the form; nothing when they did not ask for such.
/// Without its tags no line is longer than 512 bytes: a text that is gets several, anything else is cut.
void append_event(std::string& out, const event& what, form shape);
/// The same, each line with the tag "batch=BATCH".
void append_event(std::string& out, const event& what, form shape, std::string_view batch);

/// As `encoders` have it.
void encode(std::string& out, const event& what, form shape);

/// Appends lines that end in CRLF as the messages of a WebSocket, without their ends.
void append_framed(std::string& out, std::string_view lines, framing how);

}  // namespace parlance::chat::irc
