#include <algorithm>
#include <array>
#include <utility>

#include <parlance/http/base/grammar.hpp>
#include <parlance/http/cookies/cookie_jar.hpp>
#include <parlance/http/url/host.hpp>
#include <parlance/http/url/public_suffix.hpp>

namespace parlance::http {
namespace {

/// Nobody reads along who may not: https, or this machine.
bool is_trustworthy(const url& target) {
  const std::string_view host = target.host_name();
  return target.secure() || host == "localhost" || host.ends_with(".localhost") || host == "::1" ||
         (host.starts_with("127.") && is_ip_address(host));
}

bool is_over(const cookie& one, wall_time now) { return one.expires && *one.expires <= now; }

bool same_place(const cookie& a, const cookie& b) {
  return a.name == b.name && a.domain == b.domain && a.host_only == b.host_only && a.path == b.path;
}

bool begins_with(std::string_view text, std::string_view prefix) {
  return text.size() >= prefix.size() && equals_ignoring_case(text.substr(0, prefix.size()), prefix);
}

/// RFC 6265bis 4.1.3: whether a name that promises something keeps it. `says_root`: it says the path "/".
bool keeps_promise(const cookie& one, bool says_root) {
  // One without a name is sent as its value alone, so that a server takes its beginning for a name.
  const std::string_view name = one.name.empty() ? std::string_view(one.value) : one.name;
  const bool host = begins_with(name, "__Host-");
  const bool http = begins_with(name, "__Http-") || begins_with(name, "__Host-Http-");
  if (!host && !http && !begins_with(name, "__Secure-")) return true;
  return !one.name.empty() && one.secure && (!http || one.http_only) &&
         (!host || (one.host_only && one.path == "/" && says_root));
}

/// As a URL has hosts.
std::string canonical_domain(const std::string& said) {
  if (std::ranges::all_of(said, [](unsigned char c) { return c < 0x80; })) return said;
  return parse_host(said).value_or(said);
}

}  // namespace

bool cookie_jar::may_be_set(const url& from, const set_cookie& said, const cookie& made) const {
  const bool trusted = is_trustworthy(from);
  if (made.secure && !trusted) return false;
  if (said.same_site == same_site::none && !made.secure) return false;
  if (!keeps_promise(made, said.path == "/")) return false;
  if (made.secure || trusted) return true;
  // Who can write on the way puts none in the place, or in front, of one that came securely (5.7, step 16).
  return std::ranges::none_of(kept_, [&](const kept& other) {
    return other.one.secure && other.one.name == made.name &&
           (domain_matches(made.domain, other.one.domain) || domain_matches(other.one.domain, made.domain)) &&
           path_matches(made.path, other.one.path);
  });
}

bool cookie_jar::take(const url& from, const set_cookie& said, wall_time now) {
  const std::string host(from.host_name());
  cookie made{.name = said.name,
              .value = said.value,
              .domain = host,
              .path = said.path.value_or(default_cookie_path(from.path())),
              .expires = said.expires,
              .secure = said.secure,
              .http_only = said.http_only};
  if (std::string domain = canonical_domain(said.domain); !domain.empty()) {
    const bool shared = is_public_suffix(domain);
    if (!domain_matches(host, domain) || (shared && domain != host)) return false;
    made.host_only = shared || is_ip_address(host);
    made.domain = std::move(domain);
  }
  return may_be_set(from, said, made) && put(std::move(made), now);
}

void cookie_jar::take(const url& from, const field_list& fields, wall_time now) {
  std::size_t left = limits_.per_answer;
  for (const field line : fields) {
    if (!equals_ignoring_case(line.name, "Set-Cookie") || left == 0) continue;
    --left;
    if (const auto said = parse_set_cookie(line.value, now)) take(from, *said, now);
  }
}

bool cookie_jar::put(cookie one, wall_time now) {
  if (one.domain.empty() || !one.path.starts_with('/') || one.name.size() + one.value.size() > max_cookie ||
      one.domain.size() > max_cookie_attribute || (one.name.empty() && one.value.empty()))
    return false;
  for (const std::string* part : {&one.name, &one.value, &one.domain, &one.path})
    if (has_control(*part)) return false;
  if (one.name.contains('=') || one.name.contains(';') || one.value.contains(';')) return false;
  const auto at = std::ranges::find_if(kept_, [&](const kept& other) { return same_place(other.one, one); });
  if (is_over(one, now)) {
    if (at != kept_.end()) kept_.erase(at);
    return true;
  }
  if (at != kept_.end()) {
    at->one = std::move(one);  // in its old place in the order
    at->used = ++uses_;
    return true;
  }
  std::string site = registrable_domain(one.domain);
  make_room(site, now);
  kept_.push_back({.one = std::move(one), .site = std::move(site), .used = ++uses_});
  return true;
}

void cookie_jar::make_room(const std::string& site, wall_time now) {
  const auto of_site = [&] { return std::ranges::count(kept_, site, &kept::site); };
  if (kept_.size() < limits_.per_site) return;
  std::erase_if(kept_, [&](const kept& other) { return is_over(other.one, now); });
  while (static_cast<std::size_t>(of_site()) >= limits_.per_site) drop_one(&site);
  while (kept_.size() >= limits_.in_all) drop_one(nullptr);
}

/// The one that was not used for longest; of a site, what is not Secure goes first (5.7, the end).
void cookie_jar::drop_one(const std::string* site) {
  const auto order = [&](const kept& a) {
    return std::pair(site && a.site != *site, std::pair(site && a.one.secure, a.used));
  };
  const auto at = std::ranges::min_element(kept_, {}, order);
  if (at != kept_.end()) kept_.erase(at);
}

std::string cookie_jar::field_for(const url& to, wall_time now) {
  const std::string_view host = to.host_name();
  const bool trusted = is_trustworthy(to);
  std::vector<kept*> going;
  for (kept& each : kept_) {
    const cookie& one = each.one;
    const bool is_for_it = one.host_only ? host == one.domain : domain_matches(host, one.domain);
    if (is_for_it && path_matches(to.path(), one.path) && (trusted || !one.secure) && !is_over(one, now))
      going.push_back(&each);
  }
  // The longer path first, then the older one.
  std::ranges::sort(going, [](const kept* a, const kept* b) {
    const std::size_t left = a->one.path.size(), right = b->one.path.size();
    return left != right ? left > right : a < b;
  });
  std::string text;
  for (kept* each : going) {
    const cookie& one = each->one;
    const std::size_t size = one.name.size() + one.value.size() + 3;
    if (text.size() + size > limits_.field) continue;
    if (!text.empty()) text += "; ";
    if (!one.name.empty()) text += one.name + '=';
    text += one.value;
    each->used = ++uses_;
  }
  return text;
}

void cookie_jar::end_session() {
  std::erase_if(kept_, [](const kept& each) { return !each.one.expires; });
}

std::vector<cookie> cookie_jar::all(wall_time now) const {
  std::vector<cookie> them;
  for (const kept& each : kept_)
    if (!is_over(each.one, now)) them.push_back(each.one);
  return them;
}

}  // namespace parlance::http
