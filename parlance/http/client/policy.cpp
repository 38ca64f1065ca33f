#include <utility>

#include <parlance/http/base/grammar.hpp>
#include <parlance/http/client/policy.hpp>

namespace parlance::http {

void secure_target(const client_options& options, request& what) {
  if (!options.hsts) return;
  auto secured = options.hsts->upgraded(what.target);
  if (!secured) return;
  what.target = *std::move(secured);
  if (what.observer.redirected) what.observer.redirected(what.target);
}

route way_to(const client_options& options, const url& target) {
  if (!options.unix_path.empty()) return {.to = origin::of(target), .unix_path = options.unix_path};
  return route_to(target, options.proxies);
}

field_list fields_for(const usual_fields& usual, const request& what) {
  const auto at = usual.of.find(origin::of(what.target));
  const field_list own = at == usual.of.end() ? field_list() : at->second;
  field_list fields;
  const auto add = [&](const field& f) {
    const bool tells_of_body = equals_ignoring_case(f.name.substr(0, 8), "Content-");
    if (!tells_of_body && !what.fields.contains(f.name)) fields.append(f.name, f.value);
  };
  for (const field f : own) add(f);
  for (const field f : usual.all)
    if (!own.contains(f.name)) add(f);
  return fields;
}

field_list policy_fields(const client_options& options, const request& what, const route& way) {
  field_list fields = fields_for(options.usual, what);
  if (way.is_forwarded) {
    const proxy_rules& by = options.proxies;
    const net::proxy_credentials as = parsed_proxy::parse(way.proxy).at.as;
    std::optional<std::string> told;
    if (by.logins)
      told = by.logins->authorization(way.proxy, what.method, forwarded_target(what));
    else if (!as.user.empty())
      told = basic_authorization(as.user, as.password);
    if (told) fields.append("Proxy-Authorization", *told);
    for (const field f : by.fields)
      if (!told || !equals_ignoring_case(f.name, "Proxy-Authorization")) fields.append(f.name, f.value);
  }
  const auto is_said = [&](std::string_view name) {
    return what.fields.contains(name) || fields.contains(name);
  };
  if (!is_said("Authorization")) {
    const auto known = options.credentials
                           ? options.credentials->authorization(what.target, what.method, what.request_target)
                           : authorization_of(what.target);
    if (known) fields.append("Authorization", *known);
  }
  if (options.cookies && !is_said("Cookie")) {
    const std::string cookies = options.cookies->field_for(what.target);
    if (!cookies.empty()) fields.append("Cookie", cookies);
  }
  return fields;
}

std::string forwarded_target(const request& what) {
  return what.request_target.empty() ? what.target.origin() + what.target.target() : what.request_target;
}

bool answer_challenge(const client_options& options, const request& what, const route& way,
                      const response_head& head, bool again) {
  if (head.status == 407 && way.is_forwarded && options.proxies.logins)
    return options.proxies.logins->answer(way.proxy, head.fields, again);
  return head.status == 401 && options.credentials && !what.fields.contains("Authorization") &&
         options.credentials->answer(what.target, head, again);
}

void learn(const client_options& options, const request& what, const response_head& head) {
  if (options.credentials) options.credentials->learn(what.target, head);
  // What a server says whose certificate nobody checked, anybody in between can have said (RFC 6797 8.1).
  if (options.hsts && !options.tls.insecure_accept_any_certificate)
    options.hsts->learn(what.target, head.fields);
  if (options.cookies) options.cookies->take(what.target, head.fields);
}

}  // namespace parlance::http
