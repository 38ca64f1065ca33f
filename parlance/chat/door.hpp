// The door: what language does a caller speak? Its first bytes tell, and none of them is lost by looking.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace parlance::chat {

enum class language : unsigned char {
  unknown,  ///< more bytes, or a moment of silence, will tell
  plain,
  tls,   ///< a handshake record (RFC 8446, section 5.1)
  http,  ///< a request line (RFC 9112, section 3), or HTTP/2's preface
  irc    ///< a line that starts with one of the commands that open an IRC session, in capitals
};

/// `first`: everything the caller has sent so far. Whoever is unknown and falls silent speaks plain; so does
/// whoever has not ended a line within `most` bytes.
language recognise(std::string_view first, std::size_t most = 8192) noexcept;

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
