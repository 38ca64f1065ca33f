#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <optional>
#include <utility>

#include <parlance/http/base/grammar.hpp>
#include <parlance/http/base/kept_file.hpp>
#include <parlance/http/cookies/cookie_file.hpp>
#include <parlance/http/url/public_suffix.hpp>

namespace parlance::http {
namespace {

constexpr std::string_view http_only_mark = "#HttpOnly_";
constexpr std::string_view heading =
    "# Netscape HTTP Cookie File\n"
    "# https://curl.se/docs/http-cookies.html\n"
    "# Who has these can be taken for you: keep them to yourself.\n\n";

std::optional<cookie> cookie_of(std::string_view line) {
  cookie one;
  one.http_only = line.starts_with(http_only_mark);
  if (one.http_only) line.remove_prefix(http_only_mark.size());
  if (line.starts_with('#')) return std::nullopt;
  std::array<std::string_view, 7> parts;
  std::size_t count = 0;
  for (; count < parts.size(); ++count) {
    const std::size_t end = count + 1 == parts.size() ? line.npos : line.find('\t');
    parts[count] = line.substr(0, end);
    if (end >= line.size()) break;
    line.remove_prefix(end + 1);
  }
  const auto& [domain, below, path, secure, expires, name, value] = parts;
  // A line whose value is empty may end before it.
  if (count < 5 || domain.empty()) return std::nullopt;
  one.domain = lower(domain.starts_with('.') ? domain.substr(1) : domain);
  one.host_only = !equals_ignoring_case(below, "TRUE");
  one.path = path;
  one.secure = equals_ignoring_case(secure, "TRUE");
  const auto seconds = parse_decimal(expires);
  if (!seconds) return std::nullopt;
  if (*seconds != 0) one.expires = wall_time(std::chrono::seconds(*seconds));
  one.name = name;
  one.value = value;
  if (!one.host_only && is_public_suffix(one.domain)) return std::nullopt;
  return one;
}

}  // namespace

std::size_t read_cookies(cookie_jar& into, std::string_view text, wall_time now) {
  std::size_t taken = 0;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    auto one = cookie_of(line);
    if (!one) continue;
    // However far away: none is kept for longer.
    if (one->expires) one->expires = std::min(*one->expires, wall_time(now + max_cookie_age));
    if (into.put(*std::move(one), now)) ++taken;
  }
  return taken;
}

std::string write_cookies(const cookie_jar& from, wall_time now) {
  const auto yes = [](bool is) { return is ? "TRUE" : "FALSE"; };
  std::string text(heading);
  for (const cookie& one : from.all(now)) {
    const auto expires = one.expires ? one.expires->time_since_epoch().count() : 0;
    fmt::format_to(std::back_inserter(text), "{}{}{}\t{}\t{}\t{}\t{}\t{}\t{}\n",
                   one.http_only ? http_only_mark : "", one.host_only ? "" : ".", one.domain,
                   yes(!one.host_only), one.path, yes(one.secure), expires, one.name, one.value);
  }
  return text;
}

bool load_cookies(cookie_jar& into, const std::string& path) {
  const auto text = read_kept_file(path, max_cookie_file);
  if (text) read_cookies(into, *text);
  return text.has_value();
}

void save_cookies(const cookie_jar& from, const std::string& path) {
  replace_kept_file(path, write_cookies(from));
}

}  // namespace parlance::http
