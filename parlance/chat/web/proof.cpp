#include <memory>
#include <stdexcept>
#include <utility>

#include <parlance/chat/accounts/password.hpp>
#include <parlance/chat/accounts/suspension.hpp>
#include <parlance/chat/base/base64.hpp>
#include <parlance/chat/core/correspondence.hpp>
#include <parlance/chat/web/proof.hpp>
#include <parlance/http/server/refusal.hpp>
#include <parlance/io/blocking.hpp>

namespace parlance::chat {
namespace {

constexpr const char* too_many = "too many failed logins; try again later";

[[noreturn]] void refuse_busy() {
  throw http::refusal(503, "the server is busy with other passwords; try again later",
                      {{"Retry-After", "10"}});
}

/// What was paid for a look at a password, until it is known how that has ended.
struct paid_attempt {
  chat::logins& logins;
  const caller& from;
  const std::string& account;
  bool is_open = true;
  ~paid_attempt() {
    if (is_open) logins.was_left(from, account, true);
  }
};

}  // namespace

io::task<std::optional<std::string>> prove_by_password(hub& of, caller from, std::string credentials) {
  const auto decoded = base64_decode(credentials);
  wipe(credentials);
  const std::size_t colon = decoded ? decoded->find(':') : std::string::npos;
  if (colon == std::string::npos) co_return std::nullopt;
  const std::string name = decoded->substr(0, colon);
  std::string password = decoded->substr(colon + 1);
  chat::logins& logins = of.logins();
  if (!logins.may_ask(from, name)) throw http::refusal(429, too_many);
  const auto before = of.accounts().find(name);
  if (!before || password.empty() || password.size() > max_password) {
    if (!logins.may_try(from, name)) throw http::refusal(429, too_many);
    logins.was_wrong(from, name, "wrong password");
    co_return std::nullopt;
  }
  const auto turn = co_await logins.turn_to_work(from, name, std::make_shared<password_work::asker>());
  if (!turn) refuse_busy();
  if (!logins.may_try(from, name)) throw http::refusal(429, too_many);
  paid_attempt attempt{logins, from, name};
  bool is_right = false;
  try {
    is_right = co_await io::blocking([hash = before->hash, password = std::move(password)]() mutable {
      const bool fits = verify_password(hash, password);
      wipe(password);
      return fits;
    });
  } catch (const std::runtime_error&) {  // no memory: it was not looked at
    attempt.is_open = false;
    logins.not_tried(from, name);
    refuse_busy();
  }
  attempt.is_open = false;
  // Another account may have taken its place meanwhile, or another password.
  const auto now = of.accounts().find(name);
  if (!is_right || !now || now->hash != before->hash) {
    logins.was_wrong(from, name, "wrong password");
    co_return std::nullopt;
  }
  logins.was_right(from, name);
  if (const suspension* const why = suspension_of(*now, of.clock().seconds()))
    throw http::refusal(403, explain(*why));
  if (const server_ban* const ban = of.ban_on_account(now->name))
    throw http::refusal(403, fmt::format("banned from this server: {}", ban->reason));
  of.accounts().is_used(now->name, of.clock().seconds());
  of.turn().wake();
  of.count.logins.add();
  co_return identity_of(*now);
}

}  // namespace parlance::chat
