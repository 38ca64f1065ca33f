#include <fmt/core.h>

#include <string_view>

#include <parlance/text/sanitizer.hpp>

#include <cli/chat/model/network.hpp>
#include <cli/chat/model/taken.hpp>

namespace parlance::cli {

void take_new(const conversation& where, taken& from,
              const std::function<void(const chat_entry&, const std::string& line)>& take) {
  if (where.what == conversation::kind::server || (!where.is_current && !where.held_to)) return;
  std::multiset<std::string> seen;  // lines of that time: somebody may say the same twice in it
  for (std::size_t at = where.place_of(from.until - 1); at < where.entries().size(); ++at) {
    const chat_entry& one = *where.entries()[at];
    // What was missed stands behind that.
    if (!where.is_current && one.time > where.held_to->second) break;
    const std::string line = one.is_ignored || one.is_redacted ? std::string() : line_of(one);
    if (line.empty()) continue;
    if (one.time != from.until) from = {.until = one.time}, seen.clear();
    seen.insert(line);
    if (seen.count(line) <= from.last.count(line)) continue;
    from.last.insert(line);
    take(one, line);
  }
}

std::string line_of(const chat_entry& one) {
  using kind = chat_entry::kind;
  std::string text = one.text;
  for (std::size_t at = 0; (at = text.find('\n', at)) != text.npos; at += 3) text.replace(at, 1, "\n  ");
  const auto said = [&]() -> std::string {
    switch (one.what) {
      case kind::text:
        return fmt::format("<{}> {}", one.nick, text);
      case kind::action:
        return fmt::format("* {} {}", one.nick, text);
      case kind::notice:
        return fmt::format("-{}- {}", one.nick, text);
      case kind::joined:
        return fmt::format("* {} has come in", one.nick);
      case kind::parted:
        return fmt::format("* {} has left", one.nick);
      case kind::renamed:
        return fmt::format("* {} is {} now", one.nick, text);
      case kind::kicked:
        return fmt::format("* {} was put out by {}", one.nick, text);
      case kind::topic:
        return fmt::format("* {} has set the topic: {}", one.nick, text);
      case kind::own:
        break;
    }
    return {};
  }();
  if (said.empty()) return said;
  // Whoever looks at the file does that on a terminal, and names are others' words, too.
  std::string line;
  text::sanitizer clean(text::sanitizer::newlines::keep);
  clean.feed(fmt::format("{} {}\n", stamp_of(one.time), said), line);
  clean.finish(line);
  return line;
}

}  // namespace parlance::cli
