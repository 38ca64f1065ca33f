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

constexpr std::string_view wrong_code = "That is not the code, or it is over";

struct shown_code {
  std::optional<mail_codes::matter> what;
  std::string_view why_not;  // where there is nothing
  std::string_view word;     // the same for programs
};

/// A guess is paid for and told of as one of a password is. The code stays until what it is for was done.
shown_code show_code(irc_client& by, purpose why, std::string_view name, std::string_view code) {
  logins& guesses = by.chat().logins();
  if (!guesses.may_try(by.from(), name)) return {{}, explain(verdict::refused), cannot_now};
  if (const mail_codes::matter* const what = by.chat().mail_codes().find(why, name, code, now())) {
    guesses.was_right(by.from(), name);  // from where its owner may come again
    return {*what, {}, {}};
  }
  guesses.was_wrong(by.from(), name, "wrong code of a mail");
  return {{}, wrong_code, "INVALID_CODE"};
}

}  // namespace

bool verifies_email(const settings& by) noexcept {
  return by.accounts.email.verify && !by.accounts.email.command.empty();
}

std::string waiting_account(irc_client& by, std::string_view name) {
  const mail_codes::matter* const its = by.chat().mail_codes().waits(purpose::account, name, now());
  return its ? its->name : std::string();
}

namespace {

/// Empty: none of that name waits.
std::string hash_of_waiting(irc_client& by, std::string_view name) {
  const mail_codes::matter* const its = by.chat().mail_codes().waits(purpose::account, name, now());
  return its ? its->secrets.hash : std::string();
}

}  // namespace

// Who asks again, for another code or with another address, shows by the password that they began it: a neighbour, who may call from
// the same address, would have theirs in the account when its owner shows the code.
void begin_account(irc_client& by, std::string_view name, std::string_view password, const std::string& email,
                   std::function<void(const std::optional<refusal>&)> then) {
  if (!sends_mail(by.chat())) return then(refusal{std::string(cannot_now), std::string(no_mail)});
  const std::string begun = hash_of_waiting(by, name);
  if (!begun.empty() && !by.chat().logins().may_ask(by.from(), name))
    return then(refusal{std::string(cannot_now), std::string(explain(verdict::refused))});
  by.later(
      {},
      [password = std::string(password), begun]() -> std::optional<account_secrets> {
        if (!begun.empty() && !verify_password(begun, password)) return {};
        return derive_secrets(password);
      },
      [&by, name = std::string(name), email, begun,
       then = std::move(then)](std::optional<std::optional<account_secrets>> done) {
        if (!done) return then(refusal{std::string(cannot_now), std::string(explain(verdict::busy))});
        std::optional<account_secrets>& secrets = *done;
        logins& guesses = by.chat().logins();
        if (!secrets && guesses.may_try(by.from(), name))
          guesses.was_wrong(by.from(), name, "another password for an account that waits");
        if (!secrets || hash_of_waiting(by, name) != begun)
          return then(refusal{"ACCOUNT_EXISTS",
                              "An account of that name waits for its code already, with another password"});
        const bool is_sent = send_code(
            by, purpose::account,
            {.name = name, .email = email, .secrets = *std::move(secrets), .asked_from = by.from().address},
            "wants to make the account", "VERIFY");
        then(is_sent ? std::nullopt : std::optional(refusal{std::string(cannot_now), std::string(too_much)}));
      });
}

std::optional<refusal> finish_account(irc_client& by, std::string_view name, std::string_view code) {
  hub& chat = by.chat();
  shown_code shown = show_code(by, purpose::account, name, code);
  if (!shown.what) return refusal{std::string(shown.word), std::string(shown.why_not)};
  mail_codes::matter& what = *shown.what;
  const bool is_made =
      !is_called_so(by, what.name) &&
      chat.accounts().create(what.name, std::move(what.secrets), chat.clock().seconds(), what.email, true);
  if (!is_made) return refusal{"ACCOUNT_EXISTS", "Somebody, or another account, is called so now"};
  chat.mail_codes().end(purpose::account, name, code);
  chat.count.registrations.add();
  audit_own(by, "account", fmt::format("make {}", what.name));
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
  const shown_code shown = show_code(by, purpose::address, given[0], given[1]);
  if (!shown.what) return say(by, shown.why_not);
  std::optional<account> its = chat.accounts().find(shown.what->name);
  if (!its || its->number != shown.what->account_number) return say(by, wrong_code);
  its->email = shown.what->email;
  its->is_verified = true;
  chat.accounts().update(*its);
  chat.mail_codes().end(purpose::address, given[0], given[1]);
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
    send_code(by, purpose::password,
              {.name = its->name,
               .email = its->email,
               .secrets = {.hash = its->hash, .scram = {}},
               .account_number = its->number},
              "has forgotten the password of the account", "RESETPASS");
  say(by, "If there is such an account, and its address was verified, a code is sent there");
}

/// A code that was sent where mail reaches its owner no more, or before it had another password, is good for nothing.
void set_password(irc_client& by, const mail_codes::matter& of, account_secrets secrets) {
  hub& chat = by.chat();
  std::optional<account> its = chat.accounts().find(of.name);
  if (!its || its->number != of.account_number) return say(by, "There is no such account any more");
  if (its->email != of.email || its->hash != of.secrets.hash) return say(by, wrong_code);
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
  if (const shown_code shown = show_code(by, purpose::password, given[0], given[1]); !shown.what)
    return say(by, shown.why_not);
  by.later(
      {}, [password = given[2]] { return derive_secrets(password); },
      [&by, name = given[0], code = given[1]](std::optional<account_secrets> secrets) {
        if (!secrets) return say(by, explain(verdict::busy));
        // Another may have shown it meanwhile.
        mail_codes& codes = by.chat().mail_codes();
        const mail_codes::matter* const what = codes.find(purpose::password, name, code, now());
        if (!what) return say(by, wrong_code);
        set_password(by, *what, *std::move(secrets));
        codes.end(purpose::password, name, code);
      });
}

}  // namespace parlance::chat::irc
