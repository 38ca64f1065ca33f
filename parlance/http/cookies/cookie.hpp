// One cookie, and how a server says it (RFC 6265bis, as browsers read it).
//
//   auto made = http::parse_set_cookie("id=1; Domain=example.com; Max-Age=3600; Secure");
//
// Parsing is as forgiving as that standard: attributes that nobody knows are passed over, a pair without a name
// is a cookie, and dates come in many forms. What is too long or has control characters is no cookie.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace parlance::http {

using wall_time = std::chrono::sys_seconds;
inline wall_time wall_now() {
  return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

struct cookie {
  /// Together at most 4096 bytes. One of them may be empty.
  std::string name = {}, value = {};
  /// As a URL has the host: A-labels in small letters, an IPv6 address without brackets.
  std::string domain = {};
  /// Begins with a slash.
  std::string path = "/";
  /// Nothing: for as long as the session lasts.
  std::optional<wall_time> expires = {};
  /// For this very host; otherwise for those below it, too.
  bool host_only = true;
  bool secure = false, http_only = false;

  friend bool operator==(const cookie&, const cookie&) = default;
};

enum class same_site : std::uint8_t { unsaid, none, lax, strict };

/// What a Set-Cookie field says, before anybody asks who says it.
struct set_cookie {
  std::string name, value;
  /// In small letters, without a leading dot. Empty: it says none.
  std::string domain = {};
  /// Nothing: none, or one that does not begin with a slash.
  std::optional<std::string> path = {};
  std::optional<wall_time> expires = {};
  bool secure = false, http_only = false;
  http::same_site same_site = same_site::unsaid;
};

/// Most bytes of a name and its value, and of the value of an attribute.
inline constexpr std::size_t max_cookie = 4096, max_cookie_attribute = 1024;
/// The longest that a cookie is kept, whatever it says.
inline constexpr std::chrono::days max_cookie_age{400};

/// RFC 6265bis 5.6. Nothing for what is no cookie.
std::optional<set_cookie> parse_set_cookie(std::string_view field, wall_time now = wall_now());

/// RFC 6265bis 5.1.1.
std::optional<wall_time> parse_cookie_date(std::string_view text);

/// RFC 6265bis 5.1.3: whether `host` is the domain or below it. An address is below nothing.
bool domain_matches(std::string_view host, std::string_view domain);
/// RFC 6265bis 5.1.4.
bool path_matches(std::string_view path, std::string_view cookie_path);
std::string default_cookie_path(std::string_view path);

}  // namespace parlance::http
