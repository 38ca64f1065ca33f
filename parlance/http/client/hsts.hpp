// Hosts that are asked over https only, because they said so (RFC 6797, HTTP Strict Transport Security).
//
//   auto strict = std::make_shared<http::hsts>();
//   http::load_hsts(*strict, "hsts.txt");                  // curl's format
//   http::client client({.hsts = strict});                 // turns http://... into https://... before it connects
//
// A host says it over https, by Strict-Transport-Security, for itself or for all below it. Addresses are no
// hosts in this. For one thread at a time.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include <parlance/http/cookies/cookie.hpp>
#include <parlance/http/message/message.hpp>
#include <parlance/http/url/url.hpp>

namespace parlance::http {

class hsts {
 public:
  /// Beyond so many hosts the one whose time ends first goes.
  explicit hsts(std::size_t most = 10'000) : most_(most) {}

  struct policy {
    /// Nothing: for ever.
    std::optional<wall_time> until = {};
    bool and_below = false;

    friend bool operator==(const policy&, const policy&) = default;
  };

  /// Whether a host is to be asked over https only.
  bool demands_https(std::string_view host, wall_time now = wall_now()) const;
  /// The same URL over https where its host demands that: port 80 becomes 443, others stay. Nothing: it may stay
  /// as it is.
  std::optional<url> upgraded(const url& target, wall_time now = wall_now()) const;

  /// Takes what an answer says that came over https, from a server whose certificate was checked.
  void learn(const url& from, const field_list& fields, wall_time now = wall_now());
  /// In place of what there was; one that is over takes that off.
  void put(std::string_view host, policy how, wall_time now = wall_now());

  const std::map<std::string, policy>& all() const noexcept { return hosts_; }

 private:
  const std::size_t most_;
  std::map<std::string, policy> hosts_;
};

/// A Strict-Transport-Security field (RFC 6797 6.1). Nothing where it makes no sense; `until` at the beginning of
/// time: it is not so any more.
std::optional<hsts::policy> parse_hsts(std::string_view field, wall_time now = wall_now());

inline constexpr std::size_t max_hsts_file = 4 << 20;

/// curl's format: `.example.com "20271231 23:59:59"` a line, GMT, with a dot in front when it is for hosts below,
/// too, or "unlimited". Lines that are something else are passed over.
void read_hsts(hsts& into, std::string_view text, wall_time now = wall_now());
std::string write_hsts(const hsts& from, wall_time now = wall_now());

/// From and to a file, as cookies (cookie_file.hpp).
bool load_hsts(hsts& into, const std::string& path);
void save_hsts(const hsts& from, const std::string& path);

}  // namespace parlance::http
