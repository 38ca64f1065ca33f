#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include <parlance/text/sanitizer.hpp>

#include <cli/base/verb.hpp>
#include <cli/get/curl_file.hpp>

namespace parlance::cli {
namespace {

constexpr std::string_view spaces = " \t\r\f\v";

void skip(std::string_view& rest, std::string_view what) {
  rest.remove_prefix(std::min(rest.find_first_not_of(what), rest.size()));
}

std::string_view take_until(std::string_view& rest, std::string_view ends) {
  const std::string_view taken = rest.substr(0, rest.find_first_of(ends));
  rest.remove_prefix(taken.size());
  return taken;
}

/// Behind the mark that opens it; nothing: none closes it.
std::optional<std::string> take_quoted(std::string_view& rest) {
  constexpr std::string_view letters = "tnrv", meanings = "\t\n\r\v";
  std::string text;
  for (std::size_t i = 0; i < rest.size(); ++i) {
    if (rest[i] == '"') {
      rest.remove_prefix(i + 1);
      return text;
    }
    if (rest[i] == '\\' && i + 1 < rest.size()) {
      const std::size_t known = letters.find(rest[++i]);
      text += known == letters.npos ? rest[i] : meanings[known];
    } else {
      text += rest[i];
    }
  }
  return std::nullopt;
}

}  // namespace

std::vector<curl_line> curl_lines(std::string_view text, std::string_view name) {
  std::vector<curl_line> all;
  for (std::size_t number = 1; !text.empty(); ++number) {
    std::string_view rest = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(rest.size() + 1, text.size()));
    const auto refuse = [&](std::string_view why) {
      throw complaint(usage, fmt::format("{}:{}: {}", text::sanitize(name), number, why));
    };
    skip(rest, spaces);
    if (rest.empty() || std::string_view("#/*").contains(rest.front())) continue;
    // Only what has no dashes may be followed by = or a colon.
    const bool dashed = rest.starts_with('-');
    const std::string between = std::string(spaces) + (dashed ? "" : "=:");
    curl_line line{.number = number, .option = dashed ? "" : "--", .value = {}};
    line.option += take_until(rest, between);
    skip(rest, between);
    if (rest.starts_with('"')) {
      rest.remove_prefix(1);
      line.value = take_quoted(rest);
      if (!line.value) refuse("a \" has no other");
    } else if (!rest.empty()) {
      line.value = take_until(rest, spaces);
    }
    skip(rest, spaces);
    if (!rest.empty() && !rest.starts_with('#')) refuse("put a value with spaces in it into quotes");
    all.push_back(std::move(line));
  }
  return all;
}

}  // namespace parlance::cli
