// Mail that shows whose an address is (accounts.email in the configuration): of who makes an account, of who gives theirs another
// address, and of who has forgotten the password.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include <parlance/chat/irc/account_registration.hpp>
#include <parlance/chat/irc/irc_client.hpp>
#include <parlance/chat/irc/services.hpp>

namespace parlance::chat::irc {

/// Whether an account is made only once a code has been shown.
bool verifies_email(const settings& by) noexcept;

/// The account waits for its code, which is sent; after weigh_account. `then` is called as a part of the command, with why it
/// does not.
void begin_account(irc_client& by, std::string_view name, std::string_view password, const std::string& email,
                   std::function<void(const std::optional<refusal>&)> then);
/// Makes it, and calls nothing later: nothing, or why it was not made. It is not logged in to.
std::optional<refusal> finish_account(irc_client& by, std::string_view name, std::string_view code);
/// The name, as its owner spells it, of one that waits; empty: none does.
std::string waiting_account(irc_client& by, std::string_view name);

// Commands of NickServ.
void verify(irc_client& by, const service_command::words& given);
void change_email(irc_client& by, const service_command::words& given);
void reset_password(irc_client& by, const service_command::words& given);

}  // namespace parlance::chat::irc
