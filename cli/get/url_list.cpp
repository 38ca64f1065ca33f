#include <fmt/core.h>

#include <algorithm>
#include <optional>
#include <utility>

#include <parlance/http/base/grammar.hpp>
#include <parlance/http/url/url.hpp>

#include <cli/base/read_file.hpp>
#include <cli/base/verb.hpp>
#include <cli/get/url_list.hpp>

namespace parlance::cli {
namespace {

[[noreturn]] void refuse(std::string_view url, const std::string& why) {
  throw complaint(usage, fmt::format("{}: {}; -g takes it as it is", http::url_in_quotes(url), why));
}

/// One piece of a pattern; a plain text is one with one choice.
struct piece {
  std::vector<std::string> choices;
  bool plain = false;
};

struct range {
  std::uint64_t first = 0, last = 0, step = 1;
  std::size_t width = 0;
  bool letters = false;
};

bool is_letter(std::string_view text) {
  return text.size() == 1 && ((text[0] >= 'a' && text[0] <= 'z') || (text[0] >= 'A' && text[0] <= 'Z'));
}

std::optional<range> parse_range(std::string_view text) {
  range made;
  if (const std::size_t colon = text.find(':'); colon != text.npos) {
    const auto step = http::parse_decimal(text.substr(colon + 1));
    if (!step || *step == 0) return std::nullopt;
    made.step = *step;
    text = text.substr(0, colon);
  }
  const std::size_t dash = text.find('-');
  if (dash == text.npos) return std::nullopt;
  const std::string_view from = text.substr(0, dash), to = text.substr(dash + 1);
  if (is_letter(from) && is_letter(to)) {
    made.letters = true;
    made.first = static_cast<unsigned char>(from[0]);
    made.last = static_cast<unsigned char>(to[0]);
    const bool same_case = (made.first < 'a') == (made.last < 'a');
    return same_case && made.first <= made.last ? std::optional(made) : std::nullopt;
  }
  const auto first = http::parse_decimal(from), last = http::parse_decimal(to);
  if (!first || !last || *first > *last) return std::nullopt;
  made.first = *first, made.last = *last;
  if (from.starts_with('0')) made.width = from.size();
  return made;
}

/// Reads a URL with patterns from left to right.
class pattern {
 public:
  explicit pattern(std::string_view url) : url_(url) {
    while (at_ < url_.size()) step();
    close_plain();
  }

  std::vector<listed_url> all() const {
    std::vector<listed_url> made = {{}};
    for (const piece& one : pieces_) {
      if (made.size() * one.choices.size() > most_urls) refuse_many();
      std::vector<listed_url> longer;
      for (const listed_url& begun : made) {
        for (const std::string& choice : one.choices) {
          listed_url& next = longer.emplace_back(begun);
          next.text += choice;
          if (!one.plain) next.choices.push_back(choice);
        }
      }
      made = std::move(longer);
    }
    return made;
  }

 private:
  void step() {
    const char c = url_[at_];
    if (c == '\\' && at_ + 1 < url_.size() && std::string_view("{}[]").contains(url_[at_ + 1])) {
      plain_ += url_[at_ + 1];
      at_ += 2;
    } else if (c == '{') {
      alternatives();
    } else if (c == '[' && !begins_host()) {
      numbers();
    } else {
      plain_ += c;
      ++at_;
    }
  }

  /// In "http://[::1]/", or "[::1]:80".
  bool begins_host() const {
    const std::string_view before = url_.substr(0, at_);
    return before.empty() || before.ends_with("://") ||
           (before.ends_with('@') && before.find('/', before.find("://") + 3) == before.npos);
  }

  std::string_view until(char end) {
    const std::size_t close = url_.find(end, at_);
    if (close == url_.npos) refuse(url_, fmt::format("there is no {} to its {}", end, url_[at_]));
    const std::string_view inside = url_.substr(at_ + 1, close - at_ - 1);
    at_ = close + 1;
    close_plain();
    return inside;
  }

  void alternatives() {
    std::string_view inside = until('}');
    piece made;
    for (;;) {
      const std::size_t comma = std::min(inside.find(','), inside.size());
      made.choices.emplace_back(inside.substr(0, comma));
      if (comma == inside.size()) break;
      inside.remove_prefix(comma + 1);
    }
    pieces_.push_back(std::move(made));
  }

  void numbers() {
    const std::string_view inside = until(']');
    const auto found = parse_range(inside);
    if (!found)
      refuse(url_, fmt::format("{} is no range like 1-10, 01-10, a-z or 0-100:10",
                               http::in_quotes(std::string(inside))));
    if ((found->last - found->first) / found->step >= most_urls) refuse_many();
    piece made;
    for (std::uint64_t n = found->first; n <= found->last; n += found->step)
      made.choices.push_back(found->letters ? std::string(1, static_cast<char>(n))
                                            : fmt::format("{:0{}}", n, found->width));
    pieces_.push_back(std::move(made));
  }

  void close_plain() {
    if (!plain_.empty()) pieces_.push_back({.choices = {std::exchange(plain_, {})}, .plain = true});
  }

  [[noreturn]] void refuse_many() const {
    refuse(url_, fmt::format("it stands for more than {} URLs, the most at a time", most_urls));
  }

  std::string_view url_;
  std::size_t at_ = 0;
  std::string plain_;
  std::vector<piece> pieces_;
};

}  // namespace

std::vector<listed_url> expand(std::string_view url) { return pattern(url).all(); }

std::vector<std::string> urls_in(const std::string& path) {
  const std::string text = read_file(path);
  std::vector<std::string> urls;
  for (std::string_view rest = text; !rest.empty();) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    std::string_view line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    line = http::trim(line);
    if (!line.empty() && !line.starts_with('#')) urls.emplace_back(line);
  }
  if (urls.size() > most_urls)
    throw complaint(usage, fmt::format("{} has more than {} URLs, the most at a time", path, most_urls));
  return urls;
}

std::string with_choices(std::string_view path, const std::vector<std::string>& choices) {
  std::string made;
  while (!path.empty()) {
    const std::size_t digits =
        path[0] == '#' ? std::min(path.find_first_not_of("0123456789", 1), path.size()) : 0;
    const auto number = digits > 1 ? http::parse_decimal(path.substr(1, digits - 1)) : std::nullopt;
    if (number && *number >= 1 && *number <= choices.size()) {
      made += choices[*number - 1];
      path.remove_prefix(digits);
    } else {
      made += path[0];
      path.remove_prefix(1);
    }
  }
  return made;
}

}  // namespace parlance::cli
