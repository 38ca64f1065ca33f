#include <fmt/format.h>

#include <string>
#include <utility>
#include <vector>

#include <parlance/http/base/secret_fields.hpp>
#include <parlance/http/client/redirect.hpp>

namespace parlance::http {
namespace {

/// 303 means "look there"; and after 301 and 302 a POST has become a GET since the first browsers (RFC
/// 9110 15.4.2).
bool becomes_get(unsigned status, std::string_view method, const redirect_rules& rules) noexcept {
  const bool stays = (status == 301 && rules.keeps_post_301) || (status == 302 && rules.keeps_post_302) ||
                     (status == 303 && rules.keeps_post_303);
  if (stays && method == "POST") return false;
  if (status == 303) return method != "GET" && method != "HEAD";
  return (status == 301 || status == 302) && method == "POST";
}

/// From http to https of one host, each at its usual port: who could read it then can read it now.
bool is_secured(const url& from, const url& to) {
  const bool usual_ports = from.authority() == from.host() && to.authority() == to.host();
  return !from.secure() && to.secure() && from.host() == to.host() && usual_ports;
}

void remove_secrets(field_list& fields) {
  std::vector<std::string> names;
  for (const field each : fields)
    if (tells_secret(each.name)) names.emplace_back(each.name);
  for (const std::string& one : names) fields.remove(one);
}

}  // namespace

bool is_redirect(unsigned status) noexcept {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

std::expected<redirect, std::string> follow_redirect(const redirect_request& request) {
  if (!is_redirect(request.status))
    return std::unexpected(fmt::format("status {} is no redirect", request.status));
  if (!request.location || request.location->empty()) {
    return std::unexpected(fmt::format("status {} without a Location to go to", request.status));
  }
  if (request.followed >= max_redirects) {
    return std::unexpected(fmt::format("redirected {} times, the most that is followed, and now to {}",
                                       max_redirects, url_in_quotes(*request.location)));
  }
  auto target = request.from.resolve(*request.location);
  if (!target) {
    return std::unexpected(
        fmt::format("redirect to {}: {}", url_in_quotes(*request.location), target.error()));
  }
  if (request.strict)
    if (auto secured = request.strict->upgraded(*target)) *target = *std::move(secured);
  if (request.from.secure() && !target->secure()) {
    return std::unexpected(
        fmt::format("redirect from https to http is not followed: {}", url_in_quotes(*request.location)));
  }
  if (request.rules.only_https && !target->secure()) {
    return std::unexpected(
        fmt::format("redirect to http, which is not gone to: {}", url_in_quotes(*request.location)));
  }
  // RFC 9110 10.2.2: without a fragment of its own the new address has the old one's.
  if (!target->fragment()) target->fragment(request.from.fragment());
  const bool get = becomes_get(request.status, request.method, request.rules);
  const bool same_origin = target->same_origin(request.from);
  const bool tells = same_origin || request.rules.tells_others;
  if (tells && !target->has_credentials()) target->credentials_of(request.from);
  const bool keeps_secrets = same_origin || is_secured(request.from, *target);
  return redirect{.method = get ? std::string("GET") : std::string(request.method),
                  .target = std::move(*target),
                  .keeps_body = !get,
                  .keeps_credentials = tells,
                  .keeps_secrets = keeps_secrets || tells};
}

void turn_to(redirect next, request& what) {
  const bool elsewhere = !next.target.same_origin(what.target);
  what.method = std::move(next.method);
  what.target = std::move(next.target);
  what.request_target.clear();
  if (!next.keeps_body) {
    what.body = {};
    for (const char* name : {"Content-Type", "Content-Encoding", "Content-Language", "Content-Location"})
      what.fields.remove(name);
  }
  if (!next.keeps_credentials)
    for (const char* name : {"Authorization", "Proxy-Authorization", "Cookie"}) what.fields.remove(name);
  if (!next.keeps_secrets) remove_secrets(what.fields);
  if (elsewhere) what.fields.remove("Host");
}

}  // namespace parlance::http
