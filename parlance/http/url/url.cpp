#include <fmt/format.h>

#include <algorithm>

#include <parlance/http/base/grammar.hpp>
#include <parlance/http/base/percent.hpp>
#include <parlance/http/url/host.hpp>
#include <parlance/http/url/url.hpp>

namespace parlance::http {
namespace {

bool is_slash(char c) noexcept { return c == '/' || c == '\\'; }

bool is_letter(char c) noexcept { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

/// Without control characters and spaces at the ends, and without tabs and line ends anywhere.
std::string clean(std::string_view text) {
  const auto is_edge = [](unsigned char c) { return c <= 0x20; };
  while (!text.empty() && is_edge(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_edge(text.back())) text.remove_suffix(1);
  std::string result(text);
  std::erase_if(result, [](char c) { return c == '\t' || c == '\n' || c == '\r'; });
  return result;
}

/// The scheme before a colon, if the text starts with one.
std::optional<std::string_view> scheme_of(std::string_view text) noexcept {
  const auto colon = text.find(':');
  if (colon == text.npos || colon == 0 || !is_letter(text.front())) return std::nullopt;
  const auto scheme = text.substr(0, colon);
  const auto is_scheme = [](char c) {
    return is_letter(c) || (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.';
  };
  return std::ranges::all_of(scheme, is_scheme) ? std::optional(scheme) : std::nullopt;
}

/// A segment's dots, each possibly written %2e: 1 for ".", 2 for "..", 0 for anything else.
int dots_in(std::string_view segment) noexcept {
  int dots = 0;
  while (!segment.empty()) {
    const std::size_t size = segment.front() == '.'                              ? 1
                             : equals_ignoring_case(segment.substr(0, 3), "%2e") ? 3
                                                                                 : 0;
    if (size == 0 || ++dots > 2) return 0;
    segment.remove_prefix(size);
  }
  return dots;
}

/// Of what is no URL: without what its "@" follows. A password may hold any character by mistake, so the last
/// one counts.
std::string without_credentials(std::string_view text) {
  const auto at = text.rfind('@');
  if (at == text.npos) return std::string(text);
  const auto scheme = scheme_of(text);
  const bool kept = scheme && text.substr(scheme->size()).starts_with("://");
  return fmt::format("{}***{}", kept ? text.substr(0, scheme->size() + 3) : "", text.substr(at));
}

}  // namespace

/// The URL standard's state machine for the schemes http and https, one function for each group of its
/// states.
class url::parser {
 public:
  using outcome = std::expected<void, std::string>;

  parser(std::string_view text, const url* base, url::dots dots = url::dots::resolved)
      : rest_(text), base_(base), keeps_dots_(dots == url::dots::kept) {}

  std::expected<url, std::string> run() {
    if (auto parsed = scheme(); !parsed) return std::unexpected(std::move(parsed.error()));
    return std::move(url_);
  }

 private:
  outcome scheme() {
    const auto scheme = scheme_of(rest_);
    if (!scheme)
      return base_ ? relative()
                   : std::unexpected("URL has no scheme: " + in_quotes(without_credentials(rest_)));
    url_.secure_ = equals_ignoring_case(*scheme, "https");
    if (!url_.secure_ && !equals_ignoring_case(*scheme, "http")) {
      return std::unexpected(fmt::format("URL scheme {} is neither http nor https", in_quotes(*scheme)));
    }
    rest_.remove_prefix(scheme->size() + 1);
    // "http:path" is relative to a base of the same scheme, and "http://path" without one.
    if (base_ && base_->secure_ == url_.secure_ && !rest_.starts_with("//")) return relative();
    return authority();
  }

  outcome relative() {
    const url& base = *base_;
    url_.secure_ = base.secure_;
    if (rest_.size() >= 2 && is_slash(rest_[0]) && is_slash(rest_[1])) return authority();
    url_ = base;
    url_.fragment_.reset();
    const char first = rest_.empty() ? '#' : rest_.front();
    if (is_slash(first)) {
      url_.path_.clear();
    } else if (first != '?' && first != '#') {
      url_.path_.erase(url_.path_.rfind('/'));
    } else {
      return query_and_fragment();
    }
    return path();
  }

  /// userinfo@host:port, after any number of slashes.
  outcome authority() {
    while (!rest_.empty() && is_slash(rest_.front())) rest_.remove_prefix(1);
    auto authority = rest_.substr(0, rest_.find_first_of("/\\?#"));
    rest_.remove_prefix(authority.size());
    if (const auto at = authority.rfind('@'); at != authority.npos) {
      const auto userinfo = authority.substr(0, at);
      const auto colon = userinfo.find(':');
      url_.username_ = percent_encode(userinfo.substr(0, colon), encode_set::userinfo);
      if (colon != userinfo.npos)
        url_.password_ = percent_encode(userinfo.substr(colon + 1), encode_set::userinfo);
      authority.remove_prefix(at + 1);
    }
    const auto bracket = authority.starts_with('[') ? authority.find(']') : 0;
    const auto colon = authority.find(':', std::min(bracket, authority.size()));
    const auto name = authority.substr(0, colon);
    if (name.empty()) return std::unexpected("URL has no host");
    auto host = parse_host(name);
    if (!host) return refuse(std::move(host.error()));
    url_.host_ = std::move(*host);
    url_.path_.clear();
    if (colon != authority.npos) {
      if (auto parsed = port(authority.substr(colon + 1)); !parsed) return refuse(std::move(parsed.error()));
    }
    return path();
  }

  /// With a "@" further on, what was taken for a host and a port may be of a name and a password, and is not
  /// told.
  std::unexpected<std::string> refuse(std::string why) const {
    if (rest_.find('@') == rest_.npos) return std::unexpected(std::move(why));
    return std::unexpected(
        std::string("no host before its first slash, question mark or number sign (in a password they are "
                    "%2F, %3F, %23)"));
  }

  outcome port(std::string_view digits) {
    if (digits.empty()) return {};
    std::uint32_t number = 0;
    for (const char c : digits) {
      if (c < '0' || c > '9')
        return std::unexpected(fmt::format("port {} is not a number", in_quotes(digits)));
      number = std::min(number * 10 + static_cast<std::uint32_t>(c - '0'), 65536U);
    }
    if (number > 65535) return std::unexpected(fmt::format("port {} is above 65535", in_quotes(digits)));
    if (number != (url_.secure_ ? 443U : 80U)) url_.port_ = static_cast<std::uint16_t>(number);
    return {};
  }

  /// Appends the segments to what of the path is there.
  outcome path() {
    url_.query_.reset();
    auto path = rest_.substr(0, rest_.find_first_of("?#"));
    rest_.remove_prefix(path.size());
    if (!path.empty() && is_slash(path.front())) path.remove_prefix(1);
    for (bool last = false; !last;) {
      const auto end = path.find_first_of("/\\");
      const auto segment = path.substr(0, end);
      last = end == path.npos;
      path.remove_prefix(last ? path.size() : end + 1);
      add(segment, last);
    }
    return query_and_fragment();
  }

  void add(std::string_view segment, bool last) {
    std::string& path = url_.path_;
    const int dots = keeps_dots_ ? 0 : dots_in(segment);
    if (dots == 2 && !path.empty()) path.erase(path.rfind('/'));
    if (dots != 0 && !last) return;
    path += '/';
    if (dots == 0) percent_encode(segment, encode_set::path, path);
  }

  outcome query_and_fragment() {
    if (rest_.starts_with('?')) {
      const auto query = rest_.substr(0, rest_.find('#'));
      rest_.remove_prefix(query.size());
      url_.query_ = percent_encode(query.substr(1), encode_set::query);
    }
    if (!rest_.empty()) url_.fragment_ = percent_encode(rest_.substr(1), encode_set::fragment);
    return {};
  }

  std::string_view rest_;
  const url* base_;
  const bool keeps_dots_;
  url url_;
};

std::expected<url, std::string> url::parse(std::string_view text) {
  if (text.size() > max_size) return std::unexpected(fmt::format("URL is longer than {} bytes", max_size));
  const std::string cleaned = clean(text);
  return parser(cleaned, nullptr).run();
}

std::expected<url, std::string> url::parse_typed(std::string_view text, url::dots dots, bool means_https) {
  if (text.size() > max_size) return std::unexpected(fmt::format("URL is longer than {} bytes", max_size));
  std::string cleaned = clean(text);
  const auto scheme = scheme_of(cleaned);
  // "localhost:8080" and "http:8080" have a port where "http:/x" and "ftp://x" have a scheme.
  const auto after = scheme ? std::string_view(cleaned).substr(scheme->size() + 1) : std::string_view();
  const bool ours =
      scheme && (equals_ignoring_case(*scheme, "http") || equals_ignoring_case(*scheme, "https"));
  const bool has_scheme = after.starts_with("//") || (ours && !after.empty() && is_slash(after.front()));
  if (!has_scheme) cleaned.insert(0, means_https ? "https://" : "http://");
  return parser(cleaned, nullptr, dots).run();
}

std::expected<url, std::string> url::resolve(std::string_view reference) const {
  if (reference.size() > max_size)
    return std::unexpected(fmt::format("URL is longer than {} bytes", max_size));
  const std::string cleaned = clean(reference);
  return parser(cleaned, this).run();
}

std::string_view url::host_name() const noexcept {
  const std::string_view host = host_;
  return host.starts_with('[') ? host.substr(1, host.size() - 2) : host;
}

std::string url::authority() const { return port_ ? fmt::format("{}:{}", host_, *port_) : host_; }

std::string url::target() const { return query_ ? fmt::format("{}?{}", path_, *query_) : path_; }

std::string url::origin() const { return fmt::format("{}://{}", scheme(), authority()); }

bool url::same_origin(const url& other) const noexcept {
  return secure_ == other.secure_ && host_ == other.host_ && port_ == other.port_;
}

std::string url::str() const {
  std::string credentials;
  if (has_credentials()) {
    credentials = password_.empty() ? username_ + '@' : fmt::format("{}:{}@", username_, password_);
  }
  std::string result = fmt::format("{}://{}{}{}", scheme(), credentials, authority(), target());
  if (fragment_) result.append("#").append(*fragment_);
  return result;
}

std::string url_in_quotes(std::string_view text) {
  if (text.find('@') == text.npos) return in_quotes(text);
  const auto valid = url::parse(text);
  return in_quotes(valid ? valid->origin() + valid->target() : without_credentials(text));
}

}  // namespace parlance::http
