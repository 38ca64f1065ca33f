#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <stdexcept>

#include <parlance/http/base/grammar.hpp>
#include <parlance/http/base/percent.hpp>
#include <parlance/http/server/refusal.hpp>
#include <parlance/http/server/router.hpp>

namespace parlance::http {
namespace {

constexpr auto standard_methods = std::to_array<std::string_view>(
    {"GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"});

/// Takes the next segment off a path that begins with a slash.
std::string_view take_segment(std::string_view& path) noexcept {
  path.remove_prefix(1);
  const std::string_view one = path.substr(0, path.find('/'));
  path.remove_prefix(one.size());
  return one;
}

bool says(std::string_view encoded, std::string_view text) {
  return encoded.contains('%') ? percent_decode(encoded) == text : encoded == text;
}

/// Names of methods, each once.
class allowed {
 public:
  void add(std::string_view method) {
    if (std::ranges::find(methods_, method) == methods_.end()) methods_.emplace_back(method);
  }
  std::string list() {
    if (std::ranges::find(methods_, "GET") != methods_.end()) add("HEAD");
    add("OPTIONS");
    return fmt::format("{}", fmt::join(methods_, ", "));
  }

 private:
  std::vector<std::string> methods_;
};

}  // namespace

// --- what there is

std::vector<router::segment> router::parse(std::string_view pattern) {
  const auto refuse = [&](std::string_view why) {
    throw std::invalid_argument(fmt::format("pattern {} {}", in_quotes(pattern), why));
  };
  if (!pattern.starts_with('/')) refuse("does not begin with a slash");
  std::vector<segment> all;
  for (std::string_view rest = pattern; !rest.empty();) {
    std::string_view text = take_segment(rest);
    segment next{kind::text, std::string(text)};
    if (text.starts_with('{') && text.ends_with('}')) {
      text = text.substr(1, text.size() - 2);
      next.what = text.ends_with("...") ? kind::rest : kind::one;
      if (next.what == kind::rest) text.remove_suffix(3);
      if (!is_token(text)) refuse("has a parameter without a name");
      next.text = text;
      const auto same = [&](const segment& s) { return s.what != kind::text && s.text == next.text; };
      if (std::ranges::any_of(all, same)) refuse("has two parameters of one name");
      if (next.what == kind::rest && !rest.empty()) refuse("goes on after what stands for all that follows");
    } else if (text.find_first_of("{}?#%") != text.npos) {
      refuse("has a character in a text that can never be asked for");
    }
    all.push_back(std::move(next));
  }
  return all;
}

bool router::comes_before(const route& a, const route& b) noexcept {
  return std::ranges::lexicographical_compare(
      a.pattern, b.pattern, {}, [](const segment& s) { return s.what; },
      [](const segment& s) { return s.what; });
}

router& router::on(std::string_view method, std::string_view pattern, server_handler handler) {
  if (!is_token(method)) throw std::invalid_argument("a method is no token: " + in_quotes(method));
  route fresh{.pattern = parse(pattern), .methods = {}};
  auto at = std::ranges::find(routes_, fresh.pattern, &route::pattern);
  if (at == routes_.end())
    at = routes_.insert(std::ranges::upper_bound(routes_, fresh, comes_before), std::move(fresh));
  if (at->find(method))
    throw std::invalid_argument(fmt::format("there is a handler for {} {} already", method, pattern));
  at->methods.emplace_back(method, std::move(handler));
  return *this;
}

const server_handler* router::route::find(std::string_view method) const noexcept {
  const auto found =
      std::ranges::find(methods, method, [](const auto& each) { return std::string_view(each.first); });
  return found == methods.end() ? nullptr : &found->second;
}

bool router::knows(std::string_view method) const noexcept {
  return std::ranges::find(standard_methods, method) != standard_methods.end() ||
         std::ranges::any_of(routes_, [&](const route& r) { return r.find(method) != nullptr; });
}

// --- what is asked for

bool router::route::fits(std::string_view path) const {
  for (const segment& each : pattern) {
    if (!path.starts_with('/')) return false;
    if (each.what == kind::rest) return true;
    const std::string_view one = take_segment(path);
    if (each.what == kind::text ? !says(one, each.text) : one.empty()) return false;
  }
  return path.empty();
}

void router::route::tell(server_request& asked) const {
  std::vector<std::pair<std::string_view, std::string>> parameters;
  std::string_view path = asked.path();
  for (const segment& each : pattern) {
    if (each.what == kind::rest) {
      asked.set_rest(path.substr(1));
      parameters.emplace_back(each.text, path.substr(1));
      break;
    }
    const std::string_view one = take_segment(path);
    if (each.what == kind::one) parameters.emplace_back(each.text, percent_decode(one));
  }
  asked.set_parameters(std::move(parameters));
}

io::task<void> router::operator()(server_request& asked, server_response& answer) const {
  const std::string& method = asked.method();
  const bool is_for_all = asked.path() == "*";
  allowed instead;
  bool fits = is_for_all;
  for (const route& each : routes_) {
    if (!is_for_all && !each.fits(asked.path())) continue;
    const server_handler* handler = is_for_all ? nullptr : each.find(method);
    if (!handler && method == "HEAD") handler = each.find("GET");
    if (handler) {
      each.tell(asked);
      co_return co_await (*handler)(asked, answer);
    }
    fits = true;
    for (const auto& [other, its] : each.methods) instead.add(other);
  }
  if (!fits) throw refusal(404, "there is nothing at this path");
  if (!knows(method)) throw refusal(501, "this method is not known here");
  const std::string list = instead.list();
  if (method != "OPTIONS") throw refusal(405, "what is at this path takes " + list, {{"Allow", list}});
  answer.fields().append("Allow", list);
  co_await answer.send_nothing();
}

}  // namespace parlance::http
