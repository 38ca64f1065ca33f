// A web address, by the URL standard that browsers follow (https://url.spec.whatwg.org), for http and https.
//
//   auto url = http::url::parse("HTTPS://Example.COM:443/a/../b?q#top");
//   url->str();                          // https://example.com/b?q#top
//   url->authority(), url->target();     // example.com (the Host field), /b?q (the request line)
//   url->resolve("../c");                // https://example.com/c
//
// Parsing is as forgiving as that standard and no more: backslashes count as slashes; tabs, line feeds and
// carriage returns inside are dropped; hosts may be names in any script, IPv4 in all its old forms, or IPv6.
// What comes out has one form only, is ASCII, and parses to itself. One difference: bytes that are not UTF-8
// are percent-encoded as they are, as a server that sends them expects, and not replaced.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

namespace parlance::http {

class url {
 public:
  /// Longest text that is parsed, in bytes.
  static constexpr std::size_t max_size = 65536;

  /// The error is one plain line that names the part and what is wrong with it: `port "99999" is above
  /// 65535`.
  static std::expected<url, std::string> parse(std::string_view text);

  /// What is done with the segments "." and ".." of a path. Where they stay, what comes out parses to another.
  enum class dots : bool { resolved, kept };

  /// What a person types: `example.com/path` or `localhost:8080`, without a scheme, means http, or https.
  static std::expected<url, std::string> parse_typed(std::string_view text, dots = dots::resolved,
                                                     bool means_https = false);

  /// A reference, as in a Location field, taken relative to this (RFC 3986 5).
  std::expected<url, std::string> resolve(std::string_view reference) const;

  /// "http" or "https".
  std::string_view scheme() const noexcept { return secure_ ? "https" : "http"; }
  bool secure() const noexcept { return secure_; }
  /// Percent-encoded; empty if there is none.
  const std::string& username() const noexcept { return username_; }
  const std::string& password() const noexcept { return password_; }
  bool has_credentials() const noexcept { return !username_.empty() || !password_.empty(); }
  /// Takes those of another.
  void credentials_of(const url& other) { username_ = other.username_, password_ = other.password_; }
  /// As in a URL: an IPv6 address has brackets.
  const std::string& host() const noexcept { return host_; }
  /// The host as a resolver takes it: an IPv6 address without brackets.
  std::string_view host_name() const noexcept;
  /// 80 or 443 if none is written.
  std::uint16_t port() const noexcept { return port_.value_or(secure_ ? 443 : 80); }
  /// Starts with a slash.
  const std::string& path() const noexcept { return path_; }
  /// Without its question mark. An empty query (`/?`) is not the same as none.
  const std::optional<std::string>& query() const noexcept { return query_; }
  /// Without its number sign. Never sent.
  const std::optional<std::string>& fragment() const noexcept { return fragment_; }
  void fragment(std::optional<std::string> text) { fragment_ = std::move(text); }

  /// Host and, unless it is the scheme's own, port: the Host field (RFC 9110 7.2).
  std::string authority() const;
  /// Path and query: the request target (RFC 9112 3.2.1).
  std::string target() const;
  /// Scheme, host and port: `https://example.com`. What passwords and cookies must not leave.
  std::string origin() const;
  bool same_origin(const url&) const noexcept;

  /// All of it, credentials and fragment too.
  std::string str() const;

  friend bool operator==(const url&, const url&) = default;

 private:
  class parser;

  bool secure_ = false;
  std::string username_;
  std::string password_;
  std::string host_;
  std::optional<std::uint16_t> port_;
  std::string path_ = "/";
  std::optional<std::string> query_;
  std::optional<std::string> fragment_;
};

/// For a message: a text that is meant to be a URL, in quotation marks, without what is, or could be meant as,
/// its name and password.
std::string url_in_quotes(std::string_view text);

}  // namespace parlance::http
