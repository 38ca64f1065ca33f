#include <algorithm>
#include <string>

#include <parlance/chat/base/words.hpp>
#include <parlance/chat/irc/commands.hpp>
#include <parlance/chat/irc/irc_handler.hpp>

namespace parlance::chat::irc {
namespace {

std::size_t longest_line(const hub& chat) noexcept {
  return chat.configured().limits.irc_tags + chat.configured().limits.irc_line;
}

constexpr std::size_t longest_verb = 15;  // so that it needs no memory; none is longer

}  // namespace

double cost_of_message(std::string_view line) noexcept {
  for (const char prefix : {'@', ':'})  // tags, and a source
    if (line.starts_with(prefix)) take_word(line);
  std::string verb(take_word(line).substr(0, longest_verb));
  std::ranges::transform(verb, verb.begin(),
                         [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
  if (verb == "PING" || verb == "PONG") return 0.1;
  const command* const found = find_command(verb);
  if (!found || found->list == 0) return 1;
  for (unsigned before = 1; before < found->list; ++before) take_word(line);
  return 1 + static_cast<double>(std::ranges::count(take_word(line), ','));
}

irc_handler::irc_handler(hub& chat, connection& by, caller from)
    : client_(chat, by, std::move(from)), framing_(longest_line(chat)) {}

void irc_handler::feed(std::string_view bytes) {
  framing_.set_limit(longest_line(client_.chat()));  // which may be another by now
  framing_.feed(bytes);
}

std::optional<std::string> irc_handler::carried() const {
  return framing_.begun() ? carry(client_) : std::nullopt;
}

bool irc_handler::next() {
  const std::optional<line_framing::line> line = framing_.next();
  if (!line) return false;
  cost_ = cost_of_message(line->text);
  switch (line->what) {
    case line_framing::line::kind::text:
      client_.obey(line->text);
      cost_ += client_.take_charge();
      break;
    case line_framing::line::kind::too_long:
      client_.line_too_long();
      break;
    case line_framing::line::kind::endless:
      if (!client_.is_ending()) client_.close_link("A line does not end");
      break;
  }
  return true;
}

}  // namespace parlance::chat::irc
