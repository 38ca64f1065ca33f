// Writes IRC lines at the end of a string; what callers sent cannot break out of the place it is put in.
//
//   std::string out;
//   irc::append_message(out, "alice!~a@host", "PRIVMSG", "#lobby", "Hello, world");
//   irc::line_builder(out).tag("time", now).source(server).numeric(irc::numeric::RPL_TOPIC,
//   nick).param(room).end(topic);
//
// Every line ends in CRLF; over WebSocket it goes without these two bytes. Without its tags it is never
// longer than 512 bytes: what is too much is cut from its end, between two characters.
#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <string>
#include <string_view>

#include <parlance/chat/irc/numeric.hpp>

namespace parlance::chat::irc {

/// Bytes of a line without its tags, with its CRLF (RFC 2812, section 2.3).
inline constexpr std::size_t max_line = 512;

/// Call in the order of the line: tags, source, command or numeric, params, end.
class line_builder {
 public:
  explicit line_builder(std::string& out) noexcept : out_(out), start_(out.size()), body_(out.size()) {}

  /// `key` must be a tag key. `value` is escaped here.
  line_builder& tag(std::string_view key, std::string_view value = {});
  /// A value that is escaped already, as those of a parsed message are.
  line_builder& escaped_tag(std::string_view key, std::string_view escaped);
  /// An empty one is left out.
  line_builder& source(std::string_view who);
  line_builder& command(std::string_view name);
  /// With its first parameter, the name of the client; an empty one becomes "*".
  line_builder& numeric(irc::numeric which, std::string_view client);
  /// One that is not the last. What cannot stand there, because it is empty, begins with a colon, or has a
  /// space or line end in it, becomes "*".
  line_builder& param(std::string_view text);
  /// The last parameter, which may be any text; a NUL, CR or LF in it becomes a space.
  void end(std::string_view last);
  void end();

 private:
  std::string& out_;
  std::size_t start_;
  std::size_t body_;  // where the line begins after its tags
};

template <std::convertible_to<std::string_view>... Params>
void append_message(std::string& out, std::string_view source, std::string_view command,
                    const Params&... params) {
  line_builder line(out);
  line.source(source).command(command);
  if constexpr (sizeof...(params) == 0) {
    line.end();
  } else {
    const std::array<std::string_view, sizeof...(params)> all{std::string_view(params)...};
    for (std::size_t i = 0; i + 1 < all.size(); ++i) line.param(all[i]);
    line.end(all.back());
  }
}

}  // namespace parlance::chat::irc
