// Who an IRC client is: its accounts by SASL (IRCv3 sasl 3.2), by PASS, and by NickServ, and what must be
// known of it before it comes into the chat.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include <parlance/chat/accounts/accounts.hpp>
#include <parlance/chat/irc/irc_client.hpp>

namespace parlance::chat::irc {

/// What CAP LS says: the mechanisms that are there for the client.
std::string sasl_mechanisms(const irc_client& to);

/// Whether it can be somebody now, after NICK, USER and CAP END. False: it was told why not, or that is being
/// found out, and try_to_register is called again after it.
bool may_register(irc_client& by);

/// Whether a nick that somebody else has may turn out to be its own, once it has logged in.
bool may_become_its_own(const irc_client& by, std::string_view nick);

/// The account that it is logged in to, or empty.
std::string_view account_of(const irc_client& by);

/// Logs in, and tells so (RPL_LOGGEDIN). Nothing; or why not: it is one of several clients of a person with another
/// account, or the account is suspended.
std::optional<std::string> log_in(irc_client& by, std::string_view account);
/// Is nobody's from now on (RPL_LOGGEDOUT).
void log_out(irc_client& by);

enum class verdict : unsigned char {
  right,
  wrong,
  refused,  ///< it was not looked at: too many were wrong before
  busy      ///< nor was this: too many others are looked at
};
/// What to say of one that is not right.
std::string_view explain(verdict how) noexcept;

/// Finds out whether `password` is that of the account, and then calls `then` as a part of the command.
/// Counts what is not right, and ends the client after `then` when that was one too many.
void check_password(irc_client& by, std::string_view account, std::string_view password,
                    std::function<void(verdict)> then);
/// The same for any password: `hash` is an argon2id string, `account` what its failures are counted for.
void check_hash(irc_client& by, std::string_view account, std::string hash, std::string_view password,
                std::function<void(verdict)> then);
/// Counts a failure of this connection, which may not have many: one too many ends the client.
void count_failure(irc_client& by);

/// The id of the device by whose token it has logged in to the account that it is logged in to; or empty.
std::string_view device_of(const irc_client& by);
/// It was logged in by that token in another run of the server.
void go_on_by_device(irc_client& as, std::string device);

}  // namespace parlance::chat::irc
