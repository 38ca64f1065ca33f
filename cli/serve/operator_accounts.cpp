// The operator and the chat's accounts.
#include <fmt/core.h>

#include <memory>
#include <system_error>

#include <parlance/chat/accounts/password.hpp>
#include <parlance/chat/accounts/suspension.hpp>
#include <parlance/chat/base/words.hpp>
#include <parlance/chat/core/account_control.hpp>
#include <parlance/chat/core/forget_command.hpp>
#include <parlance/chat/core/server_bans.hpp>
#include <parlance/chat/irc/message.hpp>
#include <parlance/chat/plain/plain.hpp>
#include <parlance/io/blocking.hpp>
#include <parlance/io/error.hpp>
#include <parlance/io/event.hpp>

#include <cli/serve/account_export.hpp>
#include <cli/serve/operator_console.hpp>
#include <cli/serve/operator_words.hpp>

namespace parlance::cli {
namespace {

std::string row(const chat::account& a, std::int64_t now) {
  return fmt::format("-- {:<32} made {}{}{}\n", a.name, date(a.created), a.always_on ? ", always on" : "",
                     chat::suspension_of(a, now) ? ", suspended" : "");
}

/// "alice (2 connections), al": those who are logged in to it.
std::string people_of(const chat::hub& chat, const chat::account& a) {
  std::string text;
  for (const chat::person* who : chat.people().of_account(a.name)) {
    if (!who->present()) continue;
    text +=
        fmt::format("{}{} ({} connections)", text.empty() ? "" : ", ", who->nick(), who->clients().size());
  }
  return text.empty() ? "nobody" : text;
}

std::string rooms_of(const chat::hub& chat, const chat::account& a) {
  std::string text;
  for (const auto& [key, r] : chat.rooms().all())
    if (chat::same_name(r->founder_account, a.name)) text += (text.empty() ? "" : " ") + r->name();
  return text.empty() ? "none" : text;
}

}  // namespace

void operator_console::show_accounts(std::string_view beginning) {
  std::size_t count = 0;
  std::string text;
  const std::int64_t now = server_.chat().clock().seconds();
  server_.chat().accounts().each(chat::folded(beginning), [&](const chat::account& a) {
    ++count;
    text += row(a, now);
    answer_.things.push_back({{"account", a.name},
                              {"created", a.created},
                              {"always_on", a.always_on},
                              {"suspended", chat::suspension_of(a, now) != nullptr}});
  });
  answer_.text += text + fmt::format("-- {} accounts\n", count);
}

void operator_console::tell_about(const chat::account& a) {
  const std::int64_t now = server_.chat().clock().seconds();
  const chat::suspension* const suspended = chat::suspension_of(a, now);
  std::string text = row(a, now);
  if (suspended)
    text += fmt::format("-- {} (by {} on {})\n", explain(*suspended), suspended->by, date(suspended->since));
  text += fmt::format("-- certificates: {}; several clients at once: {}\n", a.certificates.size(),
                      a.multiclient ? "yes" : "no");
  for (const chat::former_name& one : a.former_names) text += fmt::format("-- was called {}\n", one.name);
  if (!a.email.empty()) text += fmt::format("-- e-mail: {}\n", a.email);
  text += fmt::format("-- logged in: {}\n-- rooms: {}\n", people_of(server_.chat(), a),
                      rooms_of(server_.chat(), a));
  answer_.text += text;
  answer_.things.push_back({{"account", a.name},
                            {"created", a.created},
                            {"always_on", a.always_on},
                            {"certificates", a.certificates},
                            {"email", a.email},
                            {"suspended", suspended != nullptr}});
}

io::task<void> operator_console::obey_about_account(std::string_view rest) {
  chat::hub& chat = server_.chat();
  const std::string_view given = chat::take_word(rest), what = chat::take_word(rest);
  if (given.empty())
    co_return refuse(
        "/account needs more: /account NAME [create|password|drop|rename|suspend|unsuspend|export|forget]");
  const std::string name(given);
  const std::optional<chat::account> its = chat.accounts().find(name);
  if (what == "create") {
    if (its) co_return refuse(fmt::format("there is an account {}", its->name));
    if (!chat.is_fit_name(name) || chat::is_reserved(name))
      co_return refuse(fmt::format("{} cannot be the name of an account", name));
    if (const auto other = chat.accounts().looks_like(name))
      co_return refuse(fmt::format("{} looks like {}, which is an account", name, *other));
    co_return co_await set_password(name, rest, true);
  }
  if (what == "forget") co_return co_await forget(name);
  if (!its) co_return refuse(fmt::format("there is no account {}", name));
  if (what.empty()) co_return tell_about(*its);
  if (what == "password") co_return co_await set_password(its->name, rest, false);
  if (what == "export") co_return co_await export_to_file(its->name);
  if (what == "rename") co_return rename_account(*its, rest);
  if (what == "suspend") co_return suspend(*its, rest);
  if (what == "unsuspend") co_return lift_suspension(*its);
  if (what != "drop" || !rest.empty())
    co_return refuse(
        "what can be done with an account is create, password, drop, rename, suspend, unsuspend, export and "
        "forget");
  chat.drop_account(its->name, "the account is no more");
  note(fmt::format("the account {} is no more", its->name));
}

/// "7d spam": for how long, and why; both may be left out.
void operator_console::suspend(const chat::account& a, std::string_view rest) {
  std::string_view why = rest;
  const std::optional<std::int64_t> length = chat::parse_ban_length(chat::take_word(why));
  if (!length) why = rest;
  const std::int64_t now = server_.chat().clock().seconds();
  const chat::suspension how{.reason = std::string(chat::irc::truncate_utf8(why, server_.bounds().kick)),
                             .by = std::string(chat::operator_name),
                             .until = length.value_or(0) != 0 ? now + *length : 0};
  chat::suspend_account(server_.chat(), a.name, how);
  note(fmt::format("{}; {} cannot log in", explain(how), a.name));
}

void operator_console::rename_account(const chat::account& a, std::string_view to) {
  const std::string_view name = chat::take_word(to);
  if (name.empty() || !to.empty()) return refuse("/account NAME rename takes the new name");
  if (const auto why = chat::rename_account(server_.chat(), a.name, name)) return refuse(*why);
  note(fmt::format("the account {} is called {} now", a.name, name));
}

io::task<void> operator_console::export_to_file(std::string name) {
  chat::hub& chat = server_.chat();
  const chat::store_options kept = chat.kept().options();
  if (kept.folder.empty()) co_return refuse("this chat is in memory only, and keeps nothing");
  const std::int64_t now = chat.clock().seconds();
  std::optional<std::string> path;
  try {
    path = co_await io::blocking([kept, name, now] { return export_account_to_file(kept, name, now); });
  } catch (const std::system_error& why) {
    co_return refuse(fmt::format("that could not be written: {}", why.what()));
  }
  if (!path) co_return refuse(fmt::format("there is no account {}", name));
  note(fmt::format("all that is kept of {} is in {}", name, *path));
}

/// Also of an account that is no more. Answers when it is done.
io::task<void> operator_console::forget(std::string name) {
  struct outcome {
    io::event known;
    std::string how;
  };
  const auto its = std::make_shared<outcome>();
  note(chat::forget_account(server_.chat(), name, [its](std::string_view how) {
    its->how = how;
    its->known.set();
  }));
  co_await its->known;
  note(its->how);
}

void operator_console::lift_suspension(const chat::account& a) {
  if (!chat::lift_suspension(server_.chat(), a.name))
    return refuse(fmt::format("{} is not suspended", a.name));
  note(fmt::format("{} can log in again", a.name));
}

io::task<void> operator_console::set_password(std::string name, std::string_view given, bool makes) {
  const std::string password = given.empty() ? chat::random_token(12) : std::string(given);
  if (!chat::is_password(password)) co_return refuse("that cannot be a password");
  std::optional<chat::password_work::turn> turn = co_await server_.chat().logins().hashing.wait({}, true);
  if (!turn) co_return refuse("too many wait to have a password worked on; try again later");
  std::optional<chat::account_secrets> secrets;
  try {
    secrets = co_await io::blocking([password] { return chat::derive_secrets(password); });
  } catch (const io::error&) {
    throw;
  } catch (const std::runtime_error&) {
    co_return refuse("there is not enough memory to work on a password; try again later");
  }
  turn.reset();
  chat::account_registry& accounts = server_.chat().accounts();
  std::size_t put_out = 0;
  if (makes) {
    if (server_.chat().people().holder_of(name))
      co_return refuse(
          fmt::format("somebody is called {} now; put them out first, or choose another name", name));
    const auto now = server_.chat().clock().seconds();
    if (!accounts.create(name, *std::move(secrets), now))
      co_return refuse(fmt::format("there is an account {}", name));
  } else {
    std::optional<chat::account> its = accounts.find(name);
    if (!its) co_return refuse(fmt::format("there is no account {}", name));
    its->hash = std::move(secrets->hash);
    its->scram = std::move(secrets->scram);
    accounts.update(*its);
    put_out = server_.chat().put_out_clients_of(name, nullptr, "the account has another password");
  }
  const std::string shown = given.empty() ? fmt::format("; its password is {}", password) : "";
  note(makes ? fmt::format("there is an account {} now{}", name, shown)
             : fmt::format("{} has another password{}", name, shown));
  if (put_out != 0) note(fmt::format("its clients are put out: {}", put_out));
}

}  // namespace parlance::cli
