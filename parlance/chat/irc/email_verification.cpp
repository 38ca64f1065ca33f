#include <fmt/core.h>

#include <utility>

#include <parlance/chat/accounts/devices.hpp>
#include <parlance/chat/accounts/password.hpp>
#include <parlance/chat/base/names.hpp>
#include <parlance/chat/irc/authentication.hpp>
#include <parlance/chat/irc/email_verification.hpp>
#include <parlance/chat/irc/people.hpp>
#include <parlance/io/loop.hpp>

namespace parlance::chat::irc {
namespace {

using arguments = service_command::words;
using purpose = mail_codes::purpose;

constexpr std::string_view cannot_now = "TEMPORARILY_UNAVAILABLE";
constexpr std::string_view no_mail = "This server sends no mail";
constexpr std::string_view too_much = "Too many mails were asked for; try again later";
/// What asking for one costs, in messages.
constexpr double cost_of_mail = 5;

io::time_point now() { return io::loop::current().now(); }

void say(irc_client& to, std::string_view text) { notice(to, nick_service, text); }

bool sends_mail(const hub& chat) { return chat.on_mail && !chat.configured().accounts.email.command.empty(); }

/// Those of this machine may ask for as many as they like, for any address.
std::optional<network> payer(const irc_client& by) {
  const std::optional<network> from = by.from().network();
  return from && from->is_loopback() ? std::nullopt : from;
}

/// False: it was too much.
bool send_code(irc_client& by, purpose why, mail_codes::matter what, std::string_view words,
               std::string_view command) {
  hub& chat = by.chat();
  by.charge(cost_of_mail);
  const std::string to = what.email, name = what.name;
  const std::optional<std::string> code = chat.mail_codes().make(why, std::move(what), payer(by), now());
  if (!code) return false;
  const std::string& network = chat.configured().server.network;
  chat.on_mail(
      to, "Your code",
      fmt::format(
          "Somebody, from {}, {} {} at {} ({}).\n\nIf that was you, say this there within an hour:\n\n"
          "    {}\n\nIf it was not, you need not do anything: without the code nothing happens.\n",
          by.from().address, words, name, network, chat.configured().server.name,
          fmt::format("/msg NickServ {} {} {}{}", command, name, *code,
                      why == purpose::password ? " NEW-PASSWORD" : "")));
  audit_own(by, "mail", fmt::format("a code for {}", name));
  return true;
}

/// A guess is paid for and told of as one of a password is. Nothing: that is not the code, it is over, or too much was guessed.
std::optional<mail_codes::matter> take_code(irc_client& by, purpose why, std::string_view name,
                                            std::string_view code) {
  logins& guesses = by.chat().logins();
  if (!guesses.may_try(by.from(), name)) return {};
  auto what = by.chat().mail_codes().take(why, name, code, now());
  if (what)
    guesses.was_right(by.from(), name);  // from where its owner may come again
  else
    guesses.was_wrong(by.from(), name, "wrong code of a mail");
  return what;
}

}  // namespace

bool verifies_email(const settings& by) noexcept {
  return by.accounts.email.verify && !by.accounts.email.command.empty();
}

std::string waiting_account(irc_client& by, std::string_view name) {
  const mail_codes::matter* const its = by.chat().mail_codes().waits(purpose::account, name, now());
  return its ? its->name : std::string();
}

void begin_account(irc_client& by, std::string_view name, std::string_view password, const std::string& email,
                   std::function<void(const std::optional<refusal>&)> then) {
  if (!sends_mail(by.chat())) return then(refusal{std::string(cannot_now), std::string(no_mail)});
  by.later(
      {}, [password = std::string(password)] { return derive_secrets(password); },
      [&by, name = std::string(name), email, then = std::move(then)](std::optional<account_secrets> secrets) {
        if (!secrets) return then(refusal{std::string(cannot_now), std::string(explain(verdict::busy))});
        const bool is_sent = send_code(
            by, purpose::account,
            {.name = name, .email = email, .secrets = *std::move(secrets), .asked_from = by.from().address},
            "wants to make the account", "VERIFY");
        then(is_sent ? std::nullopt : std::optional(refusal{std::string(cannot_now), std::string(too_much)}));
      });
}

std::optional<refusal> finish_account(irc_client& by, std::string_view name, std::string_view code) {
  hub& chat = by.chat();
  std::optional<mail_codes::matter> what = take_code(by, purpose::account, name, code);
  if (!what) return refusal{"INVALID_CODE", "That is not the code, or it is over"};
  const bool is_made =
      !is_called_so(by, what->name) &&
      chat.accounts().create(what->name, std::move(what->secrets), chat.clock().seconds(), what->email);
  if (!is_made) return refusal{"ACCOUNT_EXISTS", "Somebody, or another account, is called so now"};
  std::optional<account> its = chat.accounts().find(what->name);
  its->is_verified = true;
  chat.accounts().update(*its);
  chat.count.registrations.add();
  audit_own(by, "account", fmt::format("make {}", its->name));
  return {};
}

/// Of an account that is to be made, or of an address of one's own.
void verify(irc_client& by, const arguments& given) {
  const std::string waiting = waiting_account(by, given[0]);
  if (!waiting.empty() && account_of(by).empty()) {
    if (const auto why = finish_account(by, waiting, given[1])) return say(by, why->text);
    say(by, "Account created");
    log_in(by, waiting);
    return;
  }
  hub& chat = by.chat();
  const auto what = take_code(by, purpose::address, given[0], given[1]);
  std::optional<account> its = what ? chat.accounts().find(what->name) : std::nullopt;
  if (!its || its->number != what->account_number) return say(by, "That is not the code, or it is over");
  its->email = what->email;
  its->is_verified = true;
  chat.accounts().update(*its);
  audit_own(by, "account", fmt::format("address of {}", its->name));
  say(by, fmt::format("Mail reaches {} at {}", its->name, its->email));
}

void change_email(irc_client& by, const arguments& given) {
  const auto its = account_of(by).empty() ? std::nullopt : by.chat().accounts().find(account_of(by));
  if (!its) return say(by, "You are not logged in to an account");
  if (!sends_mail(by.chat())) return say(by, no_mail);
  if (!is_email(given[0])) return say(by, "That is no e-mail address");
  const bool is_sent =
      send_code(by, purpose::address, {.name = its->name, .email = given[0], .account_number = its->number},
                "says that this is the address of the account", "VERIFY");
  say(by, is_sent ? std::string("A code has been sent there; VERIFY shows it") : std::string(too_much));
}

namespace {

/// It tells nobody which accounts there are, or have an address.
void send_reset(irc_client& by, const std::string& name) {
  if (!sends_mail(by.chat())) return say(by, no_mail);
  by.charge(cost_of_mail);
  const auto its = by.chat().accounts().find(name);
  if (its && its->is_verified)
    send_code(by, purpose::password, {.name = its->name, .email = its->email, .account_number = its->number},
              "has forgotten the password of the account", "RESETPASS");
  say(by, "If there is such an account, and its address was verified, a code is sent there");
}

void set_password(irc_client& by, const mail_codes::matter& of, account_secrets secrets) {
  hub& chat = by.chat();
  std::optional<account> its = chat.accounts().find(of.name);
  if (!its || its->number != of.account_number) return say(by, "There is no such account any more");
  its->hash = std::move(secrets.hash);
  its->scram = std::move(secrets.scram);
  chat.accounts().update(*its);
  end_devices(chat.kept(), *its);
  audit_own(by, "account", fmt::format("password of {} by mail", its->name));
  chat.put_out_clients_of(its->name, &by, "the account has another password");
  say(by, fmt::format("The account {} has another password now", its->name));
}

}  // namespace

void reset_password(irc_client& by, const arguments& given) {
  if (given.size() == 1) return send_reset(by, given[0]);
  if (given.size() != 3)
    return say(by, "Use: RESETPASS account, and with the code RESETPASS account code new-password");
  if (const auto why = weigh_password(by, given[0], given[2])) return say(by, why->text);
  auto what = take_code(by, purpose::password, given[0], given[1]);
  if (!what) return say(by, "That is not the code, or it is over");
  by.later(
      {}, [password = given[2]] { return derive_secrets(password); },
      [&by, what = *std::move(what)](std::optional<account_secrets> secrets) {
        if (!secrets) return say(by, explain(verdict::busy));
        set_password(by, what, *std::move(secrets));
      });
}

}  // namespace parlance::chat::irc
