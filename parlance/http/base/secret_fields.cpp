#include <algorithm>
#include <array>
#include <string>

#include <parlance/http/base/grammar.hpp>
#include <parlance/http/base/secret_fields.hpp>

namespace parlance::http {

bool tells_secret(std::string_view field_name) {
  constexpr std::array<std::string_view, 2> whole = {"cookie", "set-cookie"};
  constexpr std::array<std::string_view, 9> parts = {
      "authorization", "token", "secret", "passw", "apikey", "-key", "x-auth", "credential", "signature"};
  const std::string name = lower(field_name);
  return std::ranges::find(whole, name) != whole.end() ||
         (!name.starts_with("sec-websocket") &&
          std::ranges::any_of(parts, [&](std::string_view part) { return name.contains(part); }));
}

std::string without_logins(std::string_view value) {
  std::string shown;
  for (std::size_t slashes; (slashes = value.find("//")) != value.npos;) {
    shown += value.substr(0, slashes + 2);
    value.remove_prefix(slashes + 2);
    const std::string_view authority = value.substr(0, value.find_first_of("/\\?#\"<>, "));
    const std::size_t at = authority.rfind('@');
    if (at == authority.npos) continue;
    shown += "***";
    value.remove_prefix(at);
  }
  return shown.append(value);
}

}  // namespace parlance::http
