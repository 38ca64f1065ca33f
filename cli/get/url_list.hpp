// Many URLs from few words: patterns, as curl has them, and files of URLs.
//
//   expand("http://host/{a,b}/[01-03].jpg")      // 6 of them, each with what stood for #1 and #2
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace parlance::cli {

struct listed_url {
  std::string text;
  /// What each pattern in it stands for: #1, #2, ...
  std::vector<std::string> choices = {};
};

/// More of them are refused.
inline constexpr std::size_t most_urls = 100'000;

/// {a,b,c} is each of those, [1-10], [001-100], [a-z] and [0-100:10] are those from one to the other. A
/// backslash takes its meaning from one; an IPv6 address in brackets is none. The last pattern changes
/// fastest. Throws complaint (usage) for one that makes no sense.
std::vector<listed_url> expand(std::string_view url);

/// The lines of a file, or of stdin ("-"), but for empty ones and those that begin with #. Throws complaint.
std::vector<std::string> urls_in(const std::string& path);

/// `path` with each #N as the Nth choice; where there is none, it stays.
std::string with_choices(std::string_view path, const std::vector<std::string>& choices);

}  // namespace parlance::cli
