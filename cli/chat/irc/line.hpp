// Lines of IRC with tags, as a client keeps what came and writes what goes (IRCv3 message-tags).
//
//   if (const auto line = parse_line(":ann!a@host PRIVMSG #lobby :hello")) line->nick();  // "ann"
//   send(format_line({"PRIVMSG", "#lobby", "hello, all"}, {{"label", "p1"}}));
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace parlance::cli {

using irc_tags = std::vector<std::pair<std::string, std::string>>;

struct irc_line {
  irc_tags tags = {};
  std::string source = {};   ///< "nick!user@host", or a server's name; empty if the line names nobody
  std::string command = {};  ///< in capital letters, or three digits
  std::vector<std::string> params = {};

  /// Of the source, or the server's name.
  std::string_view nick() const noexcept;
  /// Empty if it is not there, as for one without a value.
  std::string_view tag(std::string_view key) const noexcept;
  bool has_tag(std::string_view key) const noexcept;
  /// Empty if there are not so many.
  std::string_view param(std::size_t index) const noexcept;
  std::string_view last_param() const noexcept;

  /// Whether it says that something was not done; 696 is ERR_INVALIDMODEPARAM.
  bool is_refusal() const noexcept;
};

/// Bytes of a line that came: more than any server that we know sends, of tags and of what follows.
inline constexpr std::size_t longest_line = 16 * 1024;

/// Nothing for what is no line of IRC. `line`: without its end.
std::optional<irc_line> parse_line(std::string_view line);

/// With its end. What would end the line early becomes a space: nobody's text becomes a command. `words`: the
/// command and its parameters, of which the last may have spaces.
std::string format_line(const std::vector<std::string>& words, const irc_tags& tags = {});

}  // namespace parlance::cli
