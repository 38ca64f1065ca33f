#include "chat/whole/attendant.hpp"

#include <string>
#include <utility>

#include <parlance/chat/accounts/api_tokens.hpp>
#include <parlance/chat/base/words.hpp>
#include <parlance/chat/core/account_control.hpp>
#include <parlance/chat/core/filter_command.hpp>
#include <parlance/chat/core/forget_command.hpp>
#include <parlance/chat/plain/plain.hpp>
#include <parlance/chat/store/store.hpp>

#include "chat/whole/grammar.hpp"

namespace parlance::chat::test {

attendant::attendant(server& of)
    : server_(of), window_(of.chat(), *this, {.address = "console", .from = "console"}) {
  window_.hear(false, true);
  of.chat().enter_operator(window_);
  of.chat().join(*window_.who(), lobby, {}, &window_);
}

std::string attendant::obey(std::string_view rest) try {
  const std::string_view what = take_word(rest);
  if (what == "/token") return see_to_tokens(rest);
  do_to_chat(what, rest);
  return {};
} catch (const store_error&) {
  return {};  // The disk fails: that is this line's misfortune alone.
}

std::string attendant::see_to_tokens(std::string_view rest) {
  store& kept = server_.chat().kept();
  const std::string_view what = take_word(rest), name = take_word(rest);
  if (what == "add")
    return make_api_token(kept, name, rest == "read", server_.chat().clock().seconds()).value_or("");
  if (end_api_token(kept, name) && server_.on_api_token_ended) server_.on_api_token_ended(name);
  return {};
}

void attendant::do_to_chat(std::string_view what, std::string_view rest) {
  hub& chat = server_.chat();
  const std::string_view whole = rest;
  const std::string first(take_word(rest));
  const source self = window_.who()->as_source();
  room* const place = chat.rooms().find(first);
  if (what == "/kick") {
    person* const whom = chat.people().find(first);
    if (whom && whom != window_.who()) chat.remove(*whom, rest);
  } else if (what == "/ban" || what == "/unban") {
    const auto kind = first.contains('@') ? server_ban::kind::people : server_ban::kind::address;
    const std::optional<std::string> mask = normalise_server_ban(kind, first);
    if (!mask || bans_everybody(kind, *mask)) return;
    if (what == "/unban") return static_cast<void>(chat.bans().remove(kind, *mask));
    chat.add_ban(kind, *mask, "by the operator", operator_name, 600);
    chat.enforce_bans("Banned", &window_);
  } else if (what == "/room") {
    if (place && !place->founder_account.empty()) chat.unregister_room(self, *place);
  } else if (what == "/op") {
    person* const whom = chat.people().find(rest);
    if (!place || !whom || !whom->is_in(*place)) return;
    chat.rooms().try_ranks(*place, *whom, place->ranks_of(*whom) | channel_operator);
    chat.announce_modes(self, *place, "+o " + whom->nick());
  } else if (what == "/topic") {
    if (place && rest.size() <= server_.bounds().topic) chat.set_topic(self, *place, rest);
  } else if (what == "/drop") {
    chat.drop_account(first, "the account is no more");
  } else if (what == "/suspend") {
    suspend_account(chat, first, {.reason = "by the operator", .until = chat.clock().seconds() + 5});
  } else if (what == "/unsuspend") {
    lift_suspension(chat, first);
  } else if (what == "/rename") {
    rename_account(chat, first, take_word(rest));
  } else if (what == "/forget") {
    forget_account(chat, first, [](std::string_view) {});
  } else if (what == "/password" || what == "/create") {
    set_password(first, what == "/create");
  } else if (what == "/announce") {
    for (const auto& [key, who] : chat.people().all()) {
      if (!who->present() || who.get() == window_.who()) continue;
      event told{event::kind::notice, self, who->nick(), "an announcement"};
      told.time = chat.clock().milliseconds();
      chat.turn().tell(*who, told);
    }
  } else if (what == "/say") {
    chat.say(window_, lobby, {.text = first.empty() ? "hello" : std::string_view(first)});
  } else if (what == "/to") {
    respond(window_, "/to " + first + " hello");
  } else if (what == "/filter") {
    obey_filter_command(chat, whole, operator_name);
  } else if (what == "/reload") {
    settings next = server_.configured();
    next.limits.targets = next.limits.targets == 4 ? 2 : 4;
    next.accounts.always_on = next.accounts.always_on == always_on::off ? always_on::opt_in : always_on::off;
    server_.use(std::move(next));
  }
}

void attendant::set_password(std::string_view account, bool makes) {
  hub& chat = server_.chat();
  account_registry& accounts = chat.accounts();
  account_secrets secrets = derive_secrets(right_password);
  if (makes) {
    if (!chat.people().holder_of(account))
      accounts.create(account, std::move(secrets), chat.clock().seconds());
    return;
  }
  std::optional<chat::account> its = accounts.find(account);
  if (!its) return;
  its->hash = std::move(secrets.hash);
  its->scram = std::move(secrets.scram);
  accounts.update(*its);
  chat.put_out_clients_of(account, nullptr, "the account has another password");
}

}  // namespace parlance::chat::test
