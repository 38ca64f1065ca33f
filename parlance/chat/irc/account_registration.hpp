// Making an account, for REGISTER and for NickServ.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include <parlance/chat/irc/irc_client.hpp>

namespace parlance::chat::irc {

/// What CAP LS says of draft/account-registration.
std::string account_registration_value(const settings& by);

/// Why something may not be: a code of draft/account-registration, and a text for people.
struct refusal {
  std::string code;
  std::string text;
};

/// Whoever else is called so now, or as good as so, would lose the nick.
bool is_called_so(irc_client& by, std::string_view name);

/// Whether it will do as a password of the account `name`.
std::optional<refusal> weigh_password(const irc_client& by, std::string_view name, std::string_view password);
/// Whether the client may make that account now; counts when it may. An empty `email` is none.
std::optional<refusal> weigh_account(irc_client& by, std::string_view name, std::string_view password,
                                     std::string_view email);

/// Makes it, after weigh_account, and calls `then` as a part of the command, with why it was not made. It is
/// not logged in to.
void create_account(irc_client& by, std::string_view name, std::string_view password, std::string_view email,
                    std::function<void(const std::optional<refusal>&)> then);

}  // namespace parlance::chat::irc
