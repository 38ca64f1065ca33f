// What a redirect asks for, and whether it may be followed (RFC 9110 15.4,
// https://fetch.spec.whatwg.org/#http-redirect-fetch).
//
//   while (http::is_redirect(head.status)) {
//     auto next = http::follow_redirect({.method = method, .from = url, .status = head.status,
//                                        .location = head.fields.get("Location"), .followed = count++});
//     if (!next) throw ...(next.error());               // redirect 21 times, more than 20
//     ...
//   }
//
// Never followed: a loop of more than `max_redirects`, and https to http, which would tell everybody on the
// way what was meant for one. What proves who we are never goes to another origin, nor does any field whose name says
// that it is secret (X-Api-Key); at the same, the name and the password of the URL stay, unless the Location has its
// own.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include <parlance/http/client/hsts.hpp>
#include <parlance/http/client/request.hpp>
#include <parlance/http/url/url.hpp>

namespace parlance::http {

inline constexpr unsigned max_redirects = 20;

/// 301, 302, 303, 307 or 308.
bool is_redirect(unsigned status) noexcept;

/// What is done otherwise than browsers do it.
struct redirect_rules {
  /// A POST stays one after this status, and keeps its body.
  bool keeps_post_301 = false, keeps_post_302 = false, keeps_post_303 = false;
  /// Another origin gets what proves who we are, too: whoever can redirect can send that to whom they like.
  bool tells_others = false;
  /// Only https is gone to.
  bool only_https = false;
};

struct redirect_request {
  std::string_view method;
  /// What was asked for, with its fragment.
  const url& from;
  unsigned status;
  /// The Location field, if there is one.
  std::optional<std::string_view> location = {};
  /// Redirects followed before this one.
  unsigned followed = 0;
  /// Where http becomes https without a word, before anything else is asked.
  const hsts* strict = nullptr;
  redirect_rules rules = {};
};

struct redirect {
  std::string method;
  url target;
  /// False: send no body, and none of the Content-* fields that went with it.
  bool keeps_body = true;
  /// False: send neither Authorization, Proxy-Authorization nor a Cookie that was set by hand; a jar decides
  /// anew.
  bool keeps_credentials = true;
  /// False: send no field whose name says that it is secret (secret_fields.hpp). Unlike credentials, they stay where
  /// http of a host becomes its https.
  bool keeps_secrets = true;
};

/// The error is one plain line that says why not.
std::expected<redirect, std::string> follow_redirect(const redirect_request&);

/// Makes a request the one that a redirect asks for: the method, the target, and none of the fields that must
/// not go along.
void turn_to(redirect next, request& what);

}  // namespace parlance::http
