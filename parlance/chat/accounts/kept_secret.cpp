#include <nlohmann/json.hpp>

#include <parlance/chat/accounts/kept_secret.hpp>
#include <parlance/chat/accounts/password.hpp>
#include <parlance/chat/store/record_kinds.hpp>
#include <parlance/chat/store/store.hpp>

namespace parlance::chat {

std::string kept_secret(store& in, std::string_view name) {
  using nlohmann::json;
  if (const auto kept = in.get(record_kinds::secret, name))
    if (const json secret = json::parse(*kept, nullptr, false); secret.is_string())
      return secret.get<std::string>();
  std::string made = random_token(32);
  in.put(record_kinds::secret, name, json(made).dump());
  return made;
}

}  // namespace parlance::chat
