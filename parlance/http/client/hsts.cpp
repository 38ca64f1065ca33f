#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <ctime>
#include <iterator>
#include <utility>

#include <parlance/http/base/grammar.hpp>
#include <parlance/http/base/kept_file.hpp>
#include <parlance/http/client/hsts.hpp>
#include <parlance/http/url/host.hpp>

namespace parlance::http {
namespace {

/// In small letters, without the dot that a full name ends with.
std::string key_of(std::string_view host) {
  if (host.ends_with('.')) host.remove_suffix(1);
  return lower(host);
}

bool is_over(const hsts::policy& how, wall_time now) { return how.until && *how.until <= now; }

/// Far beyond any life, and far from where a clock would overflow.
constexpr std::chrono::seconds longest = std::chrono::years(1000);

/// "20271231 23:59:59".
std::optional<wall_time> parse_stamp(std::string_view text) {
  constexpr std::string_view form = "dddddddd dd:dd:dd";
  if (text.size() != form.size()) return std::nullopt;
  for (std::size_t i = 0; i < form.size(); ++i)
    if (form[i] == 'd' ? text[i] < '0' || text[i] > '9' : text[i] != form[i]) return std::nullopt;
  const auto number = [&](std::size_t at, std::size_t size) {
    return static_cast<unsigned>(*parse_decimal(text.substr(at, size)));
  };
  const std::chrono::year_month_day date{std::chrono::year(static_cast<int>(number(0, 4))),
                                         std::chrono::month(number(4, 2)), std::chrono::day(number(6, 2))};
  if (!date.ok()) return std::nullopt;
  return std::chrono::sys_days(date) + std::chrono::hours(number(9, 2)) +
         std::chrono::minutes(number(12, 2)) + std::chrono::seconds(number(15, 2));
}

}  // namespace

std::optional<hsts::policy> parse_hsts(std::string_view field, wall_time now) {
  hsts::policy said;
  bool has_age = false;
  while (const auto directive = next_element(field, ';')) {
    const std::size_t equals = std::min(directive->find('='), directive->size());
    const std::string_view name = trim(directive->substr(0, equals));
    std::string_view value = trim(directive->substr(std::min(equals + 1, directive->size())));
    if (equals_ignoring_case(name, "max-age")) {
      std::string plain(value);
      if (value.starts_with('"')) {
        plain = take_quoted(value);
        if (!value.empty()) return std::nullopt;
      }
      if (has_age || plain.empty() ||
          !std::ranges::all_of(plain, [](char c) { return c >= '0' && c <= '9'; }))
        return std::nullopt;
      has_age = true;
      const auto seconds = parse_decimal(plain);
      said.until = seconds == 0 ? wall_time::min()
                                : now + std::chrono::seconds(std::min<std::uint64_t>(
                                            seconds.value_or(UINT64_MAX), longest.count()));
    } else if (equals_ignoring_case(name, "includeSubDomains")) {
      if (said.and_below || equals != directive->size()) return std::nullopt;
      said.and_below = true;
    } else if (!is_token(name)) {
      return std::nullopt;
    }
  }
  return has_age ? std::optional(said) : std::nullopt;
}

bool hsts::demands_https(std::string_view host, wall_time now) const {
  if (is_ip_address(host)) return false;
  const std::string name = key_of(host);
  for (std::string_view part = name; !part.empty();) {
    const auto at = hosts_.find(std::string(part));
    if (at != hosts_.end() && !is_over(at->second, now) &&
        (part.size() == name.size() || at->second.and_below))
      return true;
    const std::size_t dot = part.find('.');
    part.remove_prefix(dot == part.npos ? part.size() : dot + 1);
  }
  return false;
}

std::optional<url> hsts::upgraded(const url& target, wall_time now) const {
  if (target.secure() || !demands_https(target.host_name(), now)) return std::nullopt;
  auto secured = url::parse("https" + target.str().substr(target.scheme().size()));
  return secured ? std::optional(*std::move(secured)) : std::nullopt;
}

void hsts::learn(const url& from, const field_list& fields, wall_time now) {
  // Only the first of several fields counts (RFC 6797 8.1).
  const auto field = fields.get("Strict-Transport-Security");
  if (!field || !from.secure() || is_ip_address(from.host_name())) return;
  if (const auto said = parse_hsts(*field, now)) put(from.host_name(), *said, now);
}

void hsts::put(std::string_view host, policy how, wall_time now) {
  const std::string name = key_of(host);
  if (name.empty() || is_over(how, now)) {
    hosts_.erase(name);
    return;
  }
  if (hosts_.size() >= most_ && !hosts_.contains(name)) {
    const auto end_of = [](const auto& one) { return one.second.until.value_or(wall_time::max()); };
    hosts_.erase(std::ranges::min_element(hosts_, {}, end_of));
  }
  hosts_.insert_or_assign(name, how);
}

void read_hsts(hsts& into, std::string_view text, wall_time now) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const std::size_t space = line.find(' ');
    const std::size_t open = line.find('"'), close = line.rfind('"');
    if (line.starts_with('#') || space == line.npos || open == line.npos || close == open || space > open)
      continue;
    std::string_view host = line.substr(0, space);
    hsts::policy how{.and_below = host.starts_with('.')};
    if (how.and_below) host.remove_prefix(1);
    const std::string_view stamp = line.substr(open + 1, close - open - 1);
    if (stamp != "unlimited" && !(how.until = parse_stamp(stamp))) continue;
    if (!host.empty() && !is_ip_address(host)) into.put(host, how, now);
  }
}

std::string write_hsts(const hsts& from, wall_time now) {
  std::string text = "# Hosts that are asked over https only. https://curl.se/docs/hsts.html\n";
  for (const auto& [host, how] : from.all()) {
    if (is_over(how, now)) continue;
    // By time_t: fmt counts nanoseconds otherwise, and those end in 2262.
    const auto stamp = [](wall_time t) {
      return fmt::format("{:%Y%m%d %H:%M:%S}",
                         fmt::gmtime(static_cast<std::time_t>(t.time_since_epoch().count())));
    };
    const std::string until = how.until ? stamp(*how.until) : "unlimited";
    fmt::format_to(std::back_inserter(text), "{}{} \"{}\"\n", how.and_below ? "." : "", host, until);
  }
  return text;
}

bool load_hsts(hsts& into, const std::string& path) {
  const auto text = read_kept_file(path, max_hsts_file);
  if (text) read_hsts(into, *text);
  return text.has_value();
}

void save_hsts(const hsts& from, const std::string& path) { replace_kept_file(path, write_hsts(from)); }

}  // namespace parlance::http
