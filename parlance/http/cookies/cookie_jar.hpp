// Cookies that servers gave, and which of them go along with a request (RFC 6265bis 5.7 and 5.8).
//
//   auto jar = std::make_shared<http::cookie_jar>();
//   http::client client({.cookies = jar});                 // takes and sends them by itself
//   http::save_cookies(*jar, "cookies.txt");               // cookie_file.hpp
//
// What a browser does: a cookie goes to its host, or the hosts below its domain, and never to all of a public
// suffix; what is Secure is set and sent over https only, or on this machine; names that begin with __Secure-,
// __Host-, __Http- and __Host-Http- keep what they promise. SameSite is checked as it is set, and holds nothing
// back: a request that a program makes comes from no other site's page.
//
// Limits bound what strangers can make it hold: who is over takes the place of a cookie of the same site that
// was not used for longest, and not of another's. For one thread at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <parlance/http/cookies/cookie.hpp>
#include <parlance/http/message/message.hpp>
#include <parlance/http/url/url.hpp>

namespace parlance::http {

struct cookie_limits {
  /// Of one site, as "example.co.uk" with all that is below, and in all.
  std::size_t per_site = 180, in_all = 3000;
  /// Taken from one answer.
  std::size_t per_answer = 50;
  /// Bytes of a Cookie field; those that fit no more stay behind.
  std::size_t field = 8190;
};

class cookie_jar {
 public:
  explicit cookie_jar(cookie_limits limits = {}) : limits_(limits) {}

  /// Takes what an answer sets, and takes off what it makes old.
  void take(const url& from, const field_list& fields, wall_time now = wall_now());
  /// One Set-Cookie. False: it is refused.
  bool take(const url& from, const set_cookie& said, wall_time now = wall_now());

  /// The Cookie field for a request; empty: none.
  std::string field_for(const url& to, wall_time now = wall_now());

  /// Puts one in as it is, in place of one of its name, domain and path; one that is over takes that off.
  /// False: its parts make no cookie.
  bool put(cookie one, wall_time now = wall_now());

  /// Ends the session: what has no time of its own goes.
  void end_session();
  /// Those that are not over, the first put first.
  std::vector<cookie> all(wall_time now = wall_now()) const;
  std::size_t size() const noexcept { return kept_.size(); }

 private:
  struct kept {
    cookie one;
    std::string site;
    std::uint64_t used = 0;
  };

  bool may_be_set(const url& from, const set_cookie& said, const cookie& made) const;
  void make_room(const std::string& site, wall_time now);
  void drop_one(const std::string* site);

  const cookie_limits limits_;
  std::vector<kept> kept_;  // in the order in which they were first put
  std::uint64_t uses_ = 0;
};

}  // namespace parlance::http
