// The door: what language does a caller speak? Its first line tells, and none of it is lost by looking. How
// long it takes to come tells nothing: behind a slow link, the password of an IRC client comes late or in
// pieces, and must not be taken for something to be said.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include <parlance/chat/limits.hpp>
#include <parlance/chat/plain_command.hpp>
#include <parlance/io/time.hpp>

namespace parlance::chat {

enum class language : unsigned char {
  unknown,  ///< its first line has not ended
  plain,
  tls,   ///< a handshake record (RFC 8446, section 5.1)
  http,  ///< a request line (RFC 9112, section 3), be it a bad one, or another line that ends in HTTP/1.1
  irc  ///< a line that opens an IRC session: one of its commands in capitals, or as it registers in any case
};

/// `first`: everything the caller has sent so far, or first_line_of it. Who has not ended a line within
/// `most` bytes is told by how it begins. What is decided stays so, whatever follows. `was_greeted`: as one
/// who may well be a person, who says "QUIT smoking", so only what a client registers with is IRC.
language recognise(std::string_view first, bool was_greeted = false, std::size_t most = 8192) noexcept;

/// Without the blanks, blank lines and NULs before the first line, which count for nothing.
std::string_view first_line_of(std::string_view first) noexcept;

/// What a pause means while `recognise` says unknown.
pause_means weigh_pause(std::string_view first);
/// How long a pause must be to mean that, behind a text.
io::duration patience_behind(std::string_view text, pause_means what, const limits& bounds);

/// An answer in HTTP/1.1, after which the connection ends: how to join, by `nc HOST PORT` or `parlance chat`.
/// `request`: the first line; `nc`, `address`: as one writes them, "192.168.1.5 8000", "192.168.1.5:8000".
std::string http_answer(std::string_view request, std::string_view nc, std::string_view address);
/// The same, with any text.
std::string http_answer(std::string_view request, std::string_view text);
/// What it says.
std::string how_to_join(std::string_view nc, std::string_view address);
/// A fatal alert, handshake_failure (RFC 8446, section 6).
std::string tls_answer();

}  // namespace parlance::chat
