// How one gets an account: REGISTER and VERIFY (IRCv3 draft/account-registration).
#include <fmt/core.h>

#include <algorithm>

#include <parlance/chat/accounts/password.hpp>
#include <parlance/chat/core/lockdown.hpp>
#include <parlance/chat/irc/account_registration.hpp>
#include <parlance/chat/irc/authentication.hpp>
#include <parlance/chat/irc/commands.hpp>
#include <parlance/chat/irc/email_verification.hpp>
#include <parlance/chat/irc/people.hpp>
#include <parlance/io/loop.hpp>

namespace parlance::chat::irc {
namespace {

constexpr std::string_view cannot_now = "TEMPORARILY_UNAVAILABLE";

std::size_t count_characters(std::string_view text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

/// Whether accounts can be made before one is let in; not where being let in takes a password.
bool is_before_connect(const settings& all) {
  return all.accounts.register_before_connect && all.server.password.empty();
}

/// Names that the server gives to those who have none.
bool is_guest_name(std::string_view name) {
  return name.size() > 5 && same_name(name.substr(0, 5), "guest") &&
         name.find_first_not_of("0123456789", 5) == std::string_view::npos;
}

}  // namespace

bool is_called_so(irc_client& by, std::string_view name) {
  const person* const holder = by.chat().people().holder_of(name);
  return (holder && holder != by.who()) || by.chat().people().looks_like_other(name, by.who());
}

std::string account_registration_value(const settings& by) {
  std::string value = is_before_connect(by) ? "before-connect," : "";
  value += "custom-account-name";
  if (by.accounts.require_email || verifies_email(by)) value += ",email-required";
  return value;
}

std::optional<refusal> weigh_password(const irc_client& by, std::string_view name,
                                      std::string_view password) {
  if (!is_password(password)) return refusal{"UNACCEPTABLE_PASSWORD", "That password cannot be used"};
  if (const std::size_t least = by.chat().configured().accounts.min_password;
      count_characters(password) < least)
    return refusal{"WEAK_PASSWORD", fmt::format("A password has at least {} characters", least)};
  if (same_name(name, password)) return refusal{"WEAK_PASSWORD", "The account's name is no password"};
  return {};
}

std::optional<refusal> weigh_account(irc_client& by, std::string_view name, std::string_view password,
                                     std::string_view email) {
  hub& chat = by.chat();
  const bool is_operator = by.who() && by.who()->may(permission::accounts);
  if (!chat.configured().accounts.registration && !is_operator)
    return refusal{std::string(cannot_now), "Accounts cannot be made here"};
  if (lockdown_of(chat) && !is_operator)
    return refusal{std::string(cannot_now), "Accounts cannot be made just now"};
  if (const std::string why = is_operator ? std::string() : why_listed(chat, by, false); !why.empty())
    return refusal{std::string(cannot_now), "Accounts cannot be made from your address, which is on a list"};
  if (!chat.is_fit_name(name) || is_reserved(name) || is_guest_name(name))
    return refusal{"BAD_ACCOUNT_NAME", "An account is called as a nickname can be"};
  if (chat.accounts().exists(name)) return refusal{"ACCOUNT_EXISTS", "There is an account of that name"};
  if (chat.accounts().looks_like(name))
    return refusal{"BAD_ACCOUNT_NAME", "That looks like the name of another account"};
  if (is_called_so(by, name)) return refusal{"ACCOUNT_EXISTS", "Somebody is called so now"};
  // Who has begun it asks for another code so, or has one sent to another address than what was mistyped. Another's password
  // would be in the account when its owner shows the code.
  const mail_codes::matter* const waits =
      chat.mail_codes().waits(mail_codes::purpose::account, name, io::loop::current().now());
  if (waits && waits->asked_from != by.from().address)
    return refusal{"ACCOUNT_EXISTS", "Somebody else is about to make an account of that name"};
  if (auto why = weigh_password(by, name, password)) return why;
  if (email.empty() && (chat.configured().accounts.require_email || verifies_email(chat.configured())))
    return refusal{"INVALID_EMAIL", "An account needs an e-mail address"};
  if (!email.empty() && !is_email(email)) return refusal{"INVALID_EMAIL", "That is no e-mail address"};
  if (!chat.accounts().may_create_from(by.from().address, io::loop::current().now()))
    return refusal{std::string(cannot_now), "Too many accounts were made from your address; try again later"};
  return {};
}

void create_account(irc_client& by, std::string_view name, std::string_view password, std::string_view email,
                    std::function<void(const std::optional<refusal>&)> then) {
  by.later(
      {}, [password = std::string(password)] { return derive_secrets(password); },
      [&by, name = std::string(name), email = std::string(email),
       then = std::move(then)](std::optional<account_secrets> secrets) {
        if (!secrets) return then(refusal{std::string(cannot_now), std::string(explain(verdict::busy))});
        hub& chat = by.chat();
        const auto seconds = chat.clock().seconds();
        // Since it was looked at, too.
        if (is_called_so(by, name)) return then(refusal{"ACCOUNT_EXISTS", "Somebody is called so now"});
        const bool is_made = chat.accounts().create(name, std::move(*secrets), seconds, email);
        if (!is_made) return then(refusal{"ACCOUNT_EXISTS", "There is an account of that name"});
        chat.count.registrations.add();
        audit_own(by, "account", fmt::format("make {}", name));
        chat.logins().was_right(by.from(), name);  // from where its owner may come again
        then({});
      });
}

void register_account(irc_client& by, const message& m) {
  const auto refuse = [&by](std::string_view code, std::string_view about, std::string_view text) {
    by.fail("REGISTER", code, {about}, text);
  };
  const bool is_own_name = m.param(0) == "*";
  const std::string name(!is_own_name ? m.param(0)
                         : by.who()   ? by.nick()
                                      : std::string_view(by.brought().wanted));
  if (!by.is_registered() && !is_before_connect(by.chat().configured()))
    return refuse("COMPLETE_CONNECTION_REQUIRED", m.param(0), "Come in first");
  if (name.empty()) return refuse("NEED_NICK", "*", "Send NICK first");
  if (!account_of(by).empty())
    return refuse("ALREADY_AUTHENTICATED", account_of(by), "You are logged in to an account");
  const std::string_view email = m.param(1) == "*" ? std::string_view() : m.param(1);
  if (const auto why = weigh_account(by, name, m.param(2), email)) return refuse(why->code, name, why->text);
  if (verifies_email(by.chat().configured()))
    return begin_account(
        by, name, m.param(2), std::string(email), [&by, name, refuse](const std::optional<refusal>& why) {
          if (why) return refuse(why->code, name, why->text);
          by.answer("REGISTER",
                    {"VERIFICATION_REQUIRED", name, "A code has been sent to that address; VERIFY shows it"});
        });
  create_account(by, name, m.param(2), email, [&by, name, refuse](const std::optional<refusal>& why) {
    if (why) return refuse(why->code, name, why->text);
    by.answer("REGISTER", {"SUCCESS", name, "Account successfully registered"});
    log_in(by, name);
  });
}

void verify_account(irc_client& by, const message& m) {
  if (!account_of(by).empty())
    return by.fail("VERIFY", "ALREADY_AUTHENTICATED", {account_of(by)}, "You are logged in to an account");
  const std::string name = waiting_account(by, m.param(0));
  if (name.empty())
    return by.fail("VERIFY", "INVALID_CODE", {m.param(0)}, "No account here waits to be verified");
  if (const auto why = finish_account(by, name, m.param(1)))
    return by.fail("VERIFY", why->code, {m.param(0)}, why->text);
  by.answer("VERIFY", {"SUCCESS", name, "Account successfully registered"});
  log_in(by, name);
}

}  // namespace parlance::chat::irc
