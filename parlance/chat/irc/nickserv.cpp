// NickServ: accounts for people whose client has no SASL and no REGISTER.
#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <ctime>

#include <parlance/chat/accounts/devices.hpp>
#include <parlance/chat/accounts/password.hpp>
#include <parlance/chat/accounts/suspension.hpp>
#include <parlance/chat/irc/account_registration.hpp>
#include <parlance/chat/irc/authentication.hpp>
#include <parlance/chat/irc/commands.hpp>
#include <parlance/chat/irc/email_verification.hpp>
#include <parlance/chat/irc/nickserv_operators.hpp>
#include <parlance/chat/irc/people.hpp>
#include <parlance/chat/irc/services.hpp>
#include <parlance/chat/store/store.hpp>
#include <parlance/io/loop.hpp>
#include <parlance/text/sanitizer.hpp>

namespace parlance::chat::irc {
namespace {

using arguments = service_command::words;

void say(irc_client& to, std::string_view text) { notice(to, nick_service, text); }

/// The account that it is logged in to; says so when there is none.
std::optional<account> own_account(irc_client& by) {
  std::optional<account> its;
  if (!account_of(by).empty()) its = by.chat().accounts().find(account_of(by));
  if (!its) say(by, "You are not logged in to an account");
  return its;
}

void identify(irc_client& by, const arguments& given) {
  const std::string name = given.size() > 1 ? given[0] : std::string(by.nick());
  check_password(by, name, given.back(), [&by, name](verdict how) {
    if (how != verdict::right) return say(by, explain(how));
    const auto its = by.chat().accounts().find(name);
    if (!its) return say(by, explain(verdict::wrong));
    if (const auto why = log_in(by, its->name)) return say(by, *why);
    say(by, fmt::format("You are now logged in as {}", its->name));
  });
}

void make(irc_client& by, const arguments& given) {
  if (!account_of(by).empty()) return say(by, "You are logged in to an account already");
  const std::string name(by.nick());
  const std::string email = given.size() > 1 ? given[1] : std::string();
  if (const auto why = weigh_account(by, name, given[0], email)) return say(by, why->text);
  if (verifies_email(by.chat().configured()))
    return begin_account(by, name, given[0], email, [&by](const std::optional<refusal>& why) {
      say(by, why ? why->text : "A code has been sent to that address; VERIFY shows it");
    });
  create_account(by, name, given[0], email, [&by, name](const std::optional<refusal>& why) {
    if (why) return say(by, why->text);
    say(by, "Account created");
    log_in(by, name);
  });
}

void log_out_of(irc_client& by, const arguments&) {
  if (account_of(by).empty()) return say(by, "You are not logged in to an account");
  if (by.who()->clients().size() > 1)
    return say(by, "Other clients share your nick; they must leave before you log out");
  if (by.chat().configured().accounts.require_sasl)
    return say(by, "Nobody is here without an account; to leave, use QUIT");
  log_out(by);
}

void set_always_on(irc_client& by, account its, bool on) {
  if (on && by.chat().configured().accounts.always_on == always_on::off)
    return say(by, "Nobody can be always on here");
  its.always_on = on;
  by.chat().accounts().update(its);
  by.chat().always_on_is_set(its);
  if (!on) return say(by, "You leave when your last client does");
  say(by, by.who()->always_on
              ? "You stay in your rooms when your last client leaves"
              : fmt::format("You stay in your rooms when your last client leaves while your nick is {}",
                            its.name));
}

void set_multiclient(irc_client& by, account its, bool on) {
  its.multiclient = on;
  by.chat().accounts().update(its);
  say(by, on ? "Your clients share your nick" : "One client at a time has your nick");
}

void set(irc_client& by, const arguments& given) {
  const auto its = own_account(by);
  if (!its) return;
  const auto is = [&](std::initializer_list<std::string_view> words) {
    return std::ranges::any_of(words, [&](std::string_view w) { return same_name(w, given[1]); });
  };
  const bool on = is({"on", "true", "yes"}), off = is({"off", "false", "no"});
  if ((on || off) && same_name(given[0], "ALWAYS-ON")) return set_always_on(by, *its, on);
  if ((on || off) && same_name(given[0], "MULTICLIENT")) return set_multiclient(by, *its, on);
  say(by, "Use: SET ALWAYS-ON on|off, or SET MULTICLIENT on|off");
}

void list_certificates(irc_client& by, const account& of) {
  if (of.certificates.empty()) return say(by, "Your account has no certificates");
  for (const std::string& c : of.certificates) say(by, c);
}

void certificates(irc_client& by, const arguments& given) {
  auto its = own_account(by);
  if (!its) return;
  if (same_name(given[0], "LIST")) return list_certificates(by, *its);
  std::string fingerprint = folded(given.size() > 1 ? given[1] : by.from().certificate);
  std::erase(fingerprint, ':');
  if (!is_certificate(fingerprint))
    return say(by, "A certificate is named by its SHA-256: 64 hexadecimal digits");
  account_registry& accounts = by.chat().accounts();
  if (same_name(given[0], "ADD"))
    return say(by, accounts.add_certificate(*its, fingerprint)
                       ? "The certificate was added"
                       : "The certificate belongs to an account already, or yours has too many");
  if (same_name(given[0], "DEL"))
    return say(by, accounts.remove_certificate(*its, fingerprint) ? "The certificate was removed"
                                                                  : "Your account has no such certificate");
  say(by, "Use: CERT ADD, DEL or LIST");
}

std::string_view not_its_password(verdict how) {
  return how == verdict::wrong ? "That is not the password of your account" : explain(how);
}

void change_password(irc_client& by, const arguments& given) {
  const auto its = own_account(by);
  if (!its) return;
  if (const auto why = weigh_password(by, its->name, given[1])) return say(by, why->text);
  check_password(by, its->name, given[0], [&by, name = its->name, password = given[1]](verdict how) {
    if (how != verdict::right) return say(by, not_its_password(how));
    const auto its = by.chat().accounts().find(name);
    by.later(
        name, [password] { return derive_secrets(password); },
        [&by, name, before = its ? its->hash : std::string()](std::optional<account_secrets> secrets) {
          if (!secrets) return say(by, explain(verdict::busy));
          auto now = by.chat().accounts().find(name);
          if (!now || now->hash != before) return say(by, not_its_password(verdict::wrong));
          now->hash = std::move(secrets->hash);
          now->scram = std::move(secrets->scram);
          by.chat().accounts().update(*now);
          end_devices(by.chat().kept(), *now);
          audit_own(by, "account", fmt::format("password of {}", name));
          const std::size_t others =
              by.chat().put_out_clients_of(name, &by, "the account has another password");
          say(by, others == 0
                      ? "Your account has another password now"
                      : fmt::format("Your account has another password now; clients put out: {}", others));
        });
  });
}

/// It is told once that is kept.
void end_account(irc_client& by, const std::string& name) {
  audit_own(by, "account", fmt::format("end {}", name));
  by.chat().drop_account(name, "the account is no more");
  say(by, fmt::format("The account {} is no more", name));
}

void drop(irc_client& by, const arguments& given) {
  const auto its = own_account(by);
  if (!its) return;
  check_password(by, its->name, given[0], [&by, name = its->name](verdict how) {
    if (how != verdict::right) return say(by, not_its_password(how));
    end_account(by, name);
  });
}

/// What its owner must say once more: not by accident, and not by who only reads along.
std::string code_of(account_registry& accounts, const account& its) {
  const sha256_digest digest =
      hmac_sha256(accounts.mock_secret(), fmt::format("{} {}", its.name, its.created));
  return fmt::format("{:02x}{:02x}{:02x}{:02x}", digest[0], digest[1], digest[2], digest[3]);
}

/// The same as DROP for who has logged in without a password, and for operators.
void unregister(irc_client& by, const arguments& given) {
  const auto its = by.chat().accounts().find(given[0]);
  const bool is_own = its && same_name(account_of(by), its->name);
  if (!is_own && !by.who()->may(permission::accounts)) return say(by, "That is not your account");
  if (!its) return say(by, "There is no such account");
  const std::string code = code_of(by.chat().accounts(), *its);
  if (given.size() > 1 && given[1] == code) {
    if (!is_own) log_operator(by, "accounts", fmt::format("end {}", its->name));
    return end_account(by, its->name);
  }
  say(by, "That ends the account, with its rooms and its private talks");
  say(by, fmt::format("If you want that, say: UNREGISTER {} {}", its->name, code));
}

void inform(irc_client& by, const arguments& given) {
  const std::string name = !given.empty() ? given[0] : std::string(account_of(by));
  const auto its = by.chat().accounts().find(name);
  if (!its) return say(by, "There is no such account");
  std::array<char, 32> date{};
  const std::time_t created = its->created;
  std::tm parts{};
  std::strftime(date.data(), date.size(), "%Y-%m-%d", ::gmtime_r(&created, &parts));
  say(by, fmt::format("Account {}, made on {}", its->name, date.data()));
  const bool is_own = same_name(account_of(by), its->name);
  if (!its->email.empty() && (is_own || by.who()->may(permission::accounts)))
    say(by, fmt::format("E-mail: {}{}", its->email, its->is_verified ? ", verified" : ""));
  const suspension* const suspended = suspension_of(*its, by.chat().clock().seconds());
  if (suspended && by.who()->may(permission::accounts)) say(by, chat::explain(*suspended));
  if (!is_own) return;
  say(by, fmt::format("Always on: {}; certificates: {}", its->always_on ? "yes" : "no",
                      its->certificates.size()));
}

/// Frees a nick that belongs to the account from somebody who had it before.
void ghost(irc_client& by, const arguments& given) {
  const auto its = own_account(by);
  if (!its) return;
  person* const whom = by.chat().people().find(given[0]);
  if (!whom || whom == by.who()) return say(by, "Nobody else is called so");
  if (!same_name(whom->nick(), its->name) && !same_name(whom->account, its->name))
    return say(by, "That nick does not belong to your account");
  by.chat().remove(*whom, fmt::format("{} takes the nick back", by.nick()));
  say(by, "The nick is free");
}

/// "5 min"
std::string length_of(io::duration time) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(time).count();
  if (seconds < 120) return fmt::format("{} s", seconds);
  if (seconds < 7200) return fmt::format("{} min", seconds / 60);
  return seconds < 172'800 ? fmt::format("{} h", seconds / 3600) : fmt::format("{} d", seconds / 86'400);
}

void list_sessions(irc_client& by, const std::vector<client*>& all) {
  const io::time_point now = io::loop::current().now();
  for (const client* c : all)
    say(by, fmt::format("{}: {} as {} from {}{}, connected for {}, silent for {}{}", c->number(),
                        c->shape().speaks() == dialect::plain ? "plain text" : "IRC", c->who()->nick(),
                        c->from().from, c->from().is_secure ? " by TLS" : "", length_of(now - c->connected()),
                        length_of(now - c->heard), c == &by ? "; this one" : ""));
  say(by, fmt::format("Clients of your account: {}; SESSIONS END NUMBER ends one", all.size()));
}

/// Somebody else may know the password.
void sessions(irc_client& by, const arguments& given) {
  const auto its = own_account(by);
  if (!its) return;
  const std::vector<client*> all = by.chat().clients_of(its->name);
  if (given.empty()) return list_sessions(by, all);
  if (given.size() != 2 || !same_name(given[0], "END"))
    return say(by, "Use: SESSIONS, or SESSIONS END number");
  const auto one =
      std::ranges::find_if(all, [&](const client* c) { return std::to_string(c->number()) == given[1]; });
  if (one == all.end()) return say(by, "Your account has no such client");
  by.chat().dismiss(**one, fmt::format("{} ended this connection", by.nick()));
  say(by, "The client is put out");
}

/// As a program reads it, too: "Device AbCdEfGh seen 2026-12-01T09:00:00.000Z: Firefox on Linux"
void list_devices(irc_client& by, const account& of) {
  const std::vector<device> all = devices_of(by.chat().kept(), of);
  for (const device& one : all) {
    std::string text = fmt::format("Device {} seen ", one.id);
    append_time(text, one.seen / 1000);
    say(by, fmt::format("{}{}: {}", text, one.id == device_of(by) ? ", this one" : "", one.name));
  }
  say(by, fmt::format("Devices that log in without the password: {}; DEVICES END ID ends one", all.size()));
}

/// Clients that have logged in by it go, too, but who says so.
void end_one_device(irc_client& by, const account& of, const std::string& id) {
  if (!end_device(by.chat().kept(), of, id)) return say(by, "Your account has no such device");
  for (client* const c : by.chat().clients_of(of.name))
    if (const auto* const irc = dynamic_cast<const irc_client*>(c); irc && c != &by && device_of(*irc) == id)
      by.chat().dismiss(*c, fmt::format("{} has logged this device out", by.nick()));
  say(by, fmt::format("The device {} is logged out", id));
}

void devices(irc_client& by, const arguments& given) {
  constexpr std::size_t longest_name = 100;
  const auto its = own_account(by);
  if (!its) return;
  if (given.empty()) return list_devices(by, *its);
  if (same_name(given[0], "END") && given.size() == 2) return end_one_device(by, *its, given[1]);
  if (!same_name(given[0], "ADD")) return say(by, "Use: DEVICES, DEVICES ADD name, or DEVICES END id");
  std::string name;
  for (std::size_t i = 1; i < given.size(); ++i) name += (i > 1 ? " " : "") + given[i];
  name = truncate_utf8(text::sanitize(name), longest_name);
  const std::string token =
      make_device(by.chat().kept(), *its, name.empty() ? "a device" : name, by.chat().clock().now());
  say(by, fmt::format("Device token {}", token));
  say(by,
      "It logs in to your account by SASL OAUTHBEARER, until you end it: keep it as you would a password");
}

constexpr auto commands = std::to_array<service_command>({
    {"IDENTIFY", identify, 1, 2, "[account] password", "log in"},
    {"REGISTER", make, 1, 2, "password [email]", "make an account that is called as you are"},
    {"VERIFY", verify, 2, 2, "account code", "show the code that was sent to you by mail"},
    {"EMAIL", change_email, 1, 1, "address",
     "say where mail reaches you, which a code that is sent there shows"},
    {"RESETPASS", reset_password, 1, 3, "account [code new-password]",
     "another password, by a code that is sent to the address of the account"},
    {"LOGOUT", log_out_of, 0, 0, "", "log out"},
    {"SET", set, 2, 2, "ALWAYS-ON|MULTICLIENT on|off",
     "stay in your rooms without being connected; share your nick among your clients"},
    {"CERT", certificates, 1, 2, "ADD|DEL|LIST [fingerprint]", "log in by certificate (EXTERNAL)"},
    {"PASSWD", change_password, 2, 2, "old new", "change your password"},
    {"DROP", drop, 1, 1, "password", "end your account, with its rooms and its private talks"},
    {"UNREGISTER", unregister, 1, 2, "account [code]", "the same, without the password"},
    {"INFO", inform, 0, 1, "[account]", "what is known of an account"},
    {"GHOST", ghost, 1, 1, "nick", "put out somebody who has your nick"},
    {"SESSIONS", sessions, 0, 2, "[END number]", "the clients that are logged in to your account; end one"},
    {"DEVICES", devices, 0, 16, "[ADD name|END id]",
     "what logs in to your account without the password, by a token; one more, or one less"},
    {"RENAME", rename_account_of_another, 2, 2, "account new-name",
     "it is called so, and all that is its own stays so", permission::accounts},
    {"SAREGISTER", make_account_for_another, 2, 3, "account password [email]", "make an account for somebody",
     permission::accounts},
    {"SUSPEND", suspend_account_of_another, 0, 64, "[account [time] [reason]]",
     "nobody logs in to it, for so long (7d) or until UNSUSPEND; which accounts are suspended",
     permission::accounts},
    {"UNSUSPEND", lift_suspension_of_another, 1, 1, "account", "its owner logs in again",
     permission::accounts},
});

}  // namespace

constinit const service nick_service{.nick = "NickServ", .commands = commands, .is_told_passwords = true};

}  // namespace parlance::chat::irc
