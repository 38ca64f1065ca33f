// Who we are, to which server: logins that are bound to an origin, and never leave it.
//
//   auto known = std::make_shared<http::credentials>();
//   known->add(http::origin::of(target), {.user = "me", .password = "secret"});
//   http::client client({.credentials = known});
//
// Basic (RFC 7617) and Bearer (RFC 6750) are sent with the first request; both can be read by whoever reads
// along, so use https. Digest (RFC 7616) is an answer to what the server asks: the first request brings a 401,
// is sent again if its body can be, and then the proof goes along at once. So it is with
// `any`, which is the best of Digest and Basic that the server asks for. An Authorization field that a request has of
// its own is never replaced. Nothing here shows in an error.
//
// May be shared by the clients of one thread.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include <parlance/http/authentication/digest.hpp>
#include <parlance/http/authentication/netrc.hpp>
#include <parlance/http/message/message.hpp>
#include <parlance/http/url/origin.hpp>
#include <parlance/http/url/url.hpp>

namespace parlance::http {

struct login {
  enum class scheme : std::uint8_t { basic, digest, bearer, any };
  scheme by = scheme::basic;
  /// As bytes, UTF-8 for most servers. Basic has no user with ':'.
  std::string user = {};
  /// The token, of bearer.
  std::string password = {};
};

/// The value of an Authorization or Proxy-Authorization field.
std::string basic_authorization(std::string_view user, std::string_view password);

class credentials {
 public:
  /// Instead of what there was for this origin. Throws std::invalid_argument, without the secret, for what
  /// cannot be sent.
  void add(const origin& of, login as);
  /// `to` is told what `from` is, unless it has a login of its own.
  void trust(const origin& from, const origin& to);
  /// For hosts whose origins have none of their own, and whose URL says no password.
  void use(netrc file) { netrc_ = std::move(file); }

  /// What to send along: of what was added for the target's origin; of the target's own name and password; of
  /// the netrc file. Nothing where none is known, or Digest has not been asked for yet. Counts the uses of a
  /// nonce, so call it once for each request. `request_target`: what stands on the request line, which Digest
  /// proves, where it is not the path and query of the target.
  std::optional<std::string> authorization(const url& target, std::string_view method,
                                           std::string_view request_target = {});

  /// Takes the challenges of a 401. Says whether the request may now go better: Digest was asked for and can
  /// be given. `again`: the last one was already an answer to a challenge, so only a nonce that was too old is
  /// a reason for another.
  bool answer(const url& target, const response_head& refused, bool again);

  /// Takes what a server says of the next request with any other answer (Authentication-Info).
  void learn(const url& target, const response_head& head);

 private:
  struct known {
    login as;
    std::optional<digest> asked = {};
    bool sends = false;  // of any: Basic was asked for
  };
  std::map<origin, known> known_;
  netrc netrc_;
};

/// The same for a client without any: the target's own name and password alone.
std::optional<std::string> authorization_of(const url& target);

}  // namespace parlance::http
