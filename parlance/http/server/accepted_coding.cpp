#include <algorithm>
#include <optional>

#include <parlance/http/base/grammar.hpp>
#include <parlance/http/server/accepted_coding.hpp>

namespace parlance::http {
namespace {

constexpr unsigned most = 1000;

/// qvalue: 0 or 1, with up to three decimals (RFC 9110 12.4.2). What is none counts for nothing.
unsigned parse_weight(std::string_view text) noexcept {
  constexpr std::size_t longest = 5;
  if (text.empty() || text.size() > longest || (text[0] != '0' && text[0] != '1')) return 0;
  if (text.size() > 1 && text[1] != '.') return 0;
  unsigned value = text[0] == '1' ? most : 0, unit = most / 10;
  for (const char c : text.substr(std::min<std::size_t>(2, text.size()))) {
    if (c < '0' || c > '9') return 0;
    value += static_cast<unsigned>(c - '0') * unit;
    unit /= 10;
  }
  return std::min(value, most);
}

}  // namespace

unsigned weight_of_coding(const field_list& fields, std::string_view coding) {
  std::optional<unsigned> named, others;
  for (const field each : fields) {
    if (!equals_ignoring_case(each.name, "Accept-Encoding")) continue;
    for (auto rest = each.value; auto element = next_element(rest);) {
      auto parameters = *element;
      const auto name = next_element(parameters, ';').value_or("");
      unsigned weight = most;
      while (const auto parameter = next_element(parameters, ';'))
        if (parameter->starts_with("q=") || parameter->starts_with("Q="))
          weight = parse_weight(parameter->substr(2));
      if (equals_ignoring_case(name, coding)) named = weight;
      if (name == "*") others = weight;
    }
  }
  return named.value_or(others.value_or(0));
}

}  // namespace parlance::http
