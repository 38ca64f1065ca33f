#include <algorithm>
#include <array>
#include <string>

#include <parlance/http/base/grammar.hpp>

#include <cli/get/secret_fields.hpp>

namespace parlance::cli {

bool tells_secret(std::string_view field_name) {
  constexpr std::array<std::string_view, 2> whole = {"cookie", "set-cookie"};
  constexpr std::array<std::string_view, 6> parts = {"authorization", "token",  "secret",
                                                     "password",      "apikey", "-key"};
  const std::string name = http::lower(field_name);
  return std::ranges::find(whole, name) != whole.end() ||
         (!name.starts_with("sec-websocket") &&
          std::ranges::any_of(parts, [&](std::string_view part) { return name.contains(part); }));
}

}  // namespace parlance::cli
