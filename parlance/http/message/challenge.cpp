#include <algorithm>

#include <parlance/http/base/grammar.hpp>
#include <parlance/http/message/challenge.hpp>

namespace parlance::http {
namespace {

using parameter = std::pair<std::string, std::string>;

/// Takes a token off `rest`; empty where there is none.
std::string_view take_token(std::string_view& rest) noexcept {
  std::size_t size = 0;
  while (size < rest.size() && is_token(rest.substr(size, 1))) ++size;
  const std::string_view token = rest.substr(0, size);
  rest.remove_prefix(size);
  return token;
}

/// `name = value`, where the value is a token or a quoted string, and nothing comes after it.
std::optional<parameter> parameter_of(std::string_view text) {
  const std::string_view name = take_token(text);
  text = trim(text);
  if (name.empty() || !text.starts_with('=')) return std::nullopt;
  text = trim(text.substr(1));
  if (text.starts_with('"')) {
    std::string value = take_quoted(text);
    return text.empty() ? std::optional<parameter>({std::string(name), std::move(value)}) : std::nullopt;
  }
  if (!is_token(text)) return std::nullopt;
  return parameter{name, text};
}

}  // namespace

bool challenge::is(std::string_view name) const noexcept { return equals_ignoring_case(scheme, name); }

std::optional<std::string_view> challenge::get(std::string_view name) const noexcept {
  const auto at = std::ranges::find_if(
      parameters, [&](const parameter& one) { return equals_ignoring_case(one.first, name); });
  return at == parameters.end() ? std::nullopt : std::optional<std::string_view>(at->second);
}

std::vector<std::pair<std::string, std::string>> parameters_of(std::string_view list) {
  std::vector<parameter> found;
  while (const auto element = next_element(list))
    if (auto one = parameter_of(*element)) found.push_back(*std::move(one));
  return found;
}

std::vector<challenge> challenges_of(const field_list& fields, std::string_view name) {
  std::vector<challenge> found;
  for (const field line : fields) {
    if (!equals_ignoring_case(line.name, name)) continue;
    // A comma separates challenges, and the parameters of one: what is no parameter begins the next.
    bool in_one = false;
    std::string_view rest = line.value;
    while (const auto element = next_element(rest)) {
      if (auto one = parameter_of(*element)) {
        if (in_one) found.back().parameters.push_back(*std::move(one));
        continue;
      }
      std::string_view text = *element;
      const std::string_view scheme = take_token(text);
      in_one = !scheme.empty() && (text.empty() || text.starts_with(' ') || text.starts_with('\t'));
      if (!in_one) continue;
      found.push_back({.scheme = std::string(scheme)});
      if (auto one = parameter_of(trim(text))) found.back().parameters.push_back(*std::move(one));
    }
  }
  return found;
}

}  // namespace parlance::http
