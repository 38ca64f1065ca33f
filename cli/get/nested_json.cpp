#include <fmt/core.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <parlance/http/base/grammar.hpp>

#include <cli/base/verb.hpp>
#include <cli/get/nested_json.hpp>

namespace parlance::cli {
namespace {

/// Further places of a list would be a mistake of typing.
constexpr std::uint64_t most_places = 10'000;
constexpr std::size_t deepest = 100;

struct segment {
  std::string text = {};
  bool in_brackets = false;
};

[[noreturn]] void refuse(std::string_view name, const std::string& why) {
  throw complaint(usage, fmt::format("{}: {}; \\[ is a bracket of the name itself",
                                     http::in_quotes(std::string(name)), why));
}

/// Takes text up to one of `ends` off the front, without backslashes before brackets.
std::string take_until(std::string_view& rest, char end) {
  std::string text;
  while (!rest.empty() && rest[0] != end) {
    const bool escaped = rest[0] == '\\' && rest.size() > 1 && (rest[1] == '[' || rest[1] == ']');
    if (escaped) rest.remove_prefix(1);
    text += rest[0];
    rest.remove_prefix(1);
  }
  return text;
}

std::vector<segment> segments_of(std::string_view name) {
  std::string_view rest = name;
  std::vector<segment> found = {{.text = take_until(rest, '[')}};
  while (!rest.empty()) {
    if (rest[0] != '[') refuse(name, "between ] and [ is nothing");
    rest.remove_prefix(1);
    std::string inside = take_until(rest, ']');
    if (rest.empty()) refuse(name, "there is no ] to its [");
    rest.remove_prefix(1);
    found.push_back({.text = std::move(inside), .in_brackets = true});
  }
  if (found.size() > deepest) refuse(name, "it is too deep");
  return found;
}

/// The place in `at` that a segment names.
nlohmann::ordered_json& step(nlohmann::ordered_json& at, const segment& to, std::string_view name) {
  const auto place = to.in_brackets ? http::parse_decimal(to.text) : std::nullopt;
  if (to.in_brackets && (to.text.empty() || place)) {
    if (at.is_null()) at = nlohmann::ordered_json::array();
    if (!at.is_array()) refuse(name, fmt::format("what has [{}] is no list", to.text));
    if (to.text.empty()) return at.emplace_back(nullptr);
    if (*place >= most_places) refuse(name, fmt::format("[{}] is too far in a list", to.text));
    while (at.size() <= *place) at.emplace_back(nullptr);
    return at[static_cast<std::size_t>(*place)];
  }
  if (at.is_null()) at = nlohmann::ordered_json::object();
  if (!at.is_object()) refuse(name, fmt::format("what has [{}] is no object", to.text));
  return at[to.text];
}

}  // namespace

void put_json(nlohmann::ordered_json& whole, std::string_view name, nlohmann::ordered_json value) {
  nlohmann::ordered_json* at = &whole;
  for (const segment& to : segments_of(name)) at = &step(*at, to, name);
  *at = std::move(value);
}

}  // namespace parlance::cli
