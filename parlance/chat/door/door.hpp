// The door: what language does a caller speak? Its first line tells, and none of it is lost by looking. How
// long it takes to come tells nothing: behind a slow link, the password of an IRC client comes late or in
// pieces, and must not be taken for something to be said.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include <parlance/chat/base/pause.hpp>

namespace parlance::chat {

enum class language : unsigned char {
  unknown,  ///< its first line has not ended
  plain,
  tls,  ///< a handshake record (RFC 8446, section 5.1)
  http,  ///< a request line (RFC 9112, section 3), be it a bad one or of a protocol that is not known, or another
         ///< line that ends in HTTP/1.1
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

/// A fatal alert, handshake_failure (RFC 8446, section 6).
std::string tls_answer();

}  // namespace parlance::chat
