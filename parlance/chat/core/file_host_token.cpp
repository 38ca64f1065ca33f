#include <nlohmann/json.hpp>

#include <parlance/chat/accounts/devices.hpp>
#include <parlance/chat/accounts/json_web_token.hpp>
#include <parlance/chat/accounts/kept_secret.hpp>
#include <parlance/chat/accounts/suspension.hpp>
#include <parlance/chat/core/correspondence.hpp>
#include <parlance/chat/core/file_host_token.hpp>

namespace parlance::chat {
namespace {

using nlohmann::json;

constexpr std::int64_t seconds_it_lasts = 60;

std::string secret_of(hub& of) { return kept_secret(of.kept(), file_host_service); }

}  // namespace

std::string make_file_host_token(hub& of, const person& who) {
  const std::optional<account> its = of.accounts().find(who.account);
  json modes = json::array();
  if (who.is_operator()) modes.push_back("o");
  const json claims = {{"exp", of.clock().seconds() + seconds_it_lasts},
                       {"iss", of.configured().server.name},
                       {"sub", who.nick()},
                       {"account", who.account},
                       {"umodes", modes},
                       {"identity", identity_of(who)},
                       {"password", its ? mark_of_password(*its) : std::string()}};
  return sign_token(secret_of(of), claims.dump(-1, ' ', false, json::error_handler_t::replace));
}

std::optional<std::string> owner_of_file_host_token(hub& of, std::string_view token) {
  const auto text = read_token(secret_of(of), token);
  const json claims = text ? json::parse(*text, nullptr, false) : json();
  if (!claims.is_object() || claims.value("exp", std::int64_t{0}) < of.clock().seconds()) return {};
  std::string identity = claims.value("identity", std::string());
  if (!is_account(identity)) return identity.empty() ? std::nullopt : std::optional(std::move(identity));
  const auto its = of.accounts().find_by_identity(identity);
  if (!its || suspension_of(*its, of.clock().seconds()) ||
      claims.value("password", std::string()) != mark_of_password(*its))
    return {};
  return identity;
}

}  // namespace parlance::chat
