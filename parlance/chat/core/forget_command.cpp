#include <fmt/core.h>

#include <optional>

#include <parlance/chat/accounts/password.hpp>
#include <parlance/chat/core/audit.hpp>
#include <parlance/chat/core/correspondence.hpp>
#include <parlance/chat/core/forget_command.hpp>

namespace parlance::chat {
namespace {

std::string code_of(hub& of, const person& who) {
  const sha256_digest digest =
      hmac_sha256(of.accounts().mock_secret(), fmt::format("forget {}", identity_of(who)));
  return fmt::format("{:02x}{:02x}{:02x}{:02x}", digest[0], digest[1], digest[2], digest[3]);
}

std::string done(std::size_t removed) {
  return fmt::format("what was said is forgotten: {} entries", removed);
}

/// Whoever had asked, if that is here still.
void tell(hub& of, std::uint64_t number, std::string_view text) {
  client* const asked = of.find_client(number);
  if (!asked || !asked->who()) return;
  event told{event::kind::notice, {.prefix = of.configured().server.name}, asked->who()->nick(), text};
  told.who.nick = of.configured().server.name;
  told.time = of.clock().milliseconds();
  of.turn().tell(*asked, told);
}

/// Nor is it kept that they go.
void go_unkept(hub& of, std::string_view account) {
  for (person* const who : of.people().of_account(account)) who->goes_unkept = true;
}

}  // namespace

std::vector<std::string> obey_forget_command(client& by, std::string_view code, std::string_view usage) {
  hub& chat = by.chat();
  person& who = *by.who();
  const std::string right = code_of(chat, who);
  if (code != right) {
    const std::string_view what = who.account.empty() ? "since you came" : "under your account, wherever";
    return {
        fmt::format("all that you have said {} is taken out of the history, for everybody, with your files; "
                    "not out of what others have kept themselves",
                    what),
        fmt::format("if you want that, say: {} {}", usage, right)};
  }
  audit(
      chat,
      {.who = who.nick(), .as = who.account, .from = by.from().from, .does = "history", .to = "forget own"});
  const std::optional<account> its = who.account.empty() ? std::nullopt : chat.accounts().find(who.account);
  chat.forgetting().begin(
      its ? said_by_account(chat, *its) : said_by_guest(who),
      [&chat, number = by.number()](std::size_t removed) { tell(chat, number, done(removed)); }, by.number());
  who.goes_unkept = true;
  if (its) go_unkept(chat, its->name);
  return {"what you have said is being forgotten"};
}

std::string forget_account(hub& of, std::string_view name, std::function<void(std::string_view)> then,
                           std::uint64_t by) {
  const std::optional<account> its = of.accounts().find(name);
  of.forgetting().begin(
      its ? said_by_account(of, *its) : said_by_former_accounts(name, of.clock().next_id()),
      [then = std::move(then)](std::size_t removed) { then(done(removed)); }, by);
  if (its) go_unkept(of, its->name);
  return its ? fmt::format("what {} has said is being forgotten", its->name)
             : fmt::format(
                   "there is no account {}; what those have said that were called so is being forgotten",
                   name);
}

}  // namespace parlance::chat
