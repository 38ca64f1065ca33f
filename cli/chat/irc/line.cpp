#include <algorithm>
#include <ranges>

#include <parlance/chat/irc/message.hpp>

#include <cli/chat/irc/line.hpp>

namespace parlance::cli {

std::string_view irc_line::nick() const noexcept {
  return std::string_view(source).substr(0, source.find_first_of("!@"));
}

std::string_view irc_line::tag(std::string_view key) const noexcept {
  const auto found = std::ranges::find(tags, key, &irc_tags::value_type::first);
  return found == tags.end() ? std::string_view() : std::string_view(found->second);
}

bool irc_line::has_tag(std::string_view key) const noexcept {
  return std::ranges::find(tags, key, &irc_tags::value_type::first) != tags.end();
}

std::string_view irc_line::param(std::size_t index) const noexcept {
  return index < params.size() ? std::string_view(params[index]) : std::string_view();
}

std::string_view irc_line::last_param() const noexcept {
  return params.empty() ? std::string_view() : std::string_view(params.back());
}

bool irc_line::is_refusal() const noexcept {
  return command == "FAIL" || command == "696" ||
         (command.size() == 3 && (command[0] == '4' || command[0] == '5'));
}

std::optional<irc_line> parse_line(std::string_view line) {
  const auto parsed = chat::irc::parse(line, {.tags = longest_line, .rest = longest_line});
  if (!parsed) return {};
  irc_line result{.source = std::string(parsed->source), .command = std::string(parsed->verb().view())};
  if (result.command.empty()) return {};
  for (const chat::irc::tag& one : parsed->tags) result.tags.emplace_back(one.key, one.value());
  for (const std::string_view one : parsed->params()) result.params.emplace_back(one);
  return result;
}

std::string format_line(const std::vector<std::string>& words, const irc_tags& tags) {
  std::string line;
  for (const auto& [key, value] : tags) {
    line += line.empty() ? '@' : ';';
    line += key;
    if (!value.empty()) line += "=" + chat::irc::escape_tag(value);
  }
  if (!line.empty()) line += ' ';
  for (std::size_t i = 0; i < words.size(); ++i) {
    std::string word = words[i];
    std::ranges::replace_if(word, [](char c) { return c == '\r' || c == '\n' || c == '\0'; }, ' ');
    const bool is_last = i + 1 == words.size();
    if (i != 0) line += ' ';
    if (i != 0 && is_last && (word.empty() || word.contains(' ') || word.starts_with(':'))) line += ':';
    if (!is_last) std::ranges::replace(word, ' ', '_');
    line += word;
  }
  return line + "\r\n";
}

}  // namespace parlance::cli
