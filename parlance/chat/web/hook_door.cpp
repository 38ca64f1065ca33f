#include <fmt/format.h>

#include <cmath>
#include <memory>
#include <utility>

#include <parlance/chat/core/filtering.hpp>
#include <parlance/chat/core/hooks.hpp>
#include <parlance/chat/store/store.hpp>
#include <parlance/chat/web/hook_door.hpp>
#include <parlance/chat/web/hook_message.hpp>
#include <parlance/chat/web/shown_token.hpp>
#include <parlance/http/server/refusal.hpp>
#include <parlance/io/loop.hpp>

namespace parlance::chat {
namespace {

constexpr std::string_view place = "/hooks/";
constexpr std::uint64_t most_bytes = std::uint64_t{64} << 10U;
constexpr std::size_t most_remembered = 4096;

[[noreturn]] void refuse_unknown() { throw http::refusal(404, "there is no such hook, or not any more"); }

/// As whom it speaks: as it says, where one may be called so.
std::string nick_of(std::string name, const hook& one, const limits& bounds) {
  for (char& c : name)
    if (c == ' ') c = '-';
  return hook_nick(is_hook_name(name, bounds) ? name : one.name);
}

}  // namespace

bool is_hook_path(std::string_view path) noexcept { return path.starts_with(place); }

void hook_door::pay(const std::string& id, double cost) {
  const io::time_point now = io::loop::current().now();
  make_room(often_, most_remembered, now);
  budget& left = often_.try_emplace(id, hook_rate).first->second;
  if (left.take(cost, now)) return;
  const double seconds = std::ceil((1 - left.left) / left.per_second);
  throw http::refusal(429, "that hook has said too much for now; try again later",
                      {{"Retry-After", std::to_string(static_cast<int>(seconds))}});
}

io::task<void> hook_door::answer(caller from, bool is_private, http::server_request& asked,
                                 http::server_response& answer) {
  answer.fields().append("Cache-Control", "no-store");
  answer.fields().append("X-Content-Type-Options", "nosniff");
  if (asked.method() != "POST")
    throw http::refusal(405, "what a hook is to say is posted", {{"Allow", "POST"}});
  const std::string token(asked.path().substr(place.size()));
  if (!is_private && !of_.configured().hooks.plain_http)
    throw http::refusal(403, "hooks are posted to by https (hooks.plain_http)");
  expect_may_show_token(of_, from);
  if (!find_hook(of_, token)) {
    token_was_wrong(of_, from, "wrong token of a webhook");
    refuse_unknown();
  }
  asked.limit_body(most_bytes);
  const std::string body = co_await asked.read_all();
  const auto said = read_hook_message(asked.fields().get("Content-Type").value_or(""), body);
  if (!said) throw http::refusal(400, said.error());
  const limits& bounds = of_.configured().limits;
  const std::string text = fit_for_hook(said->text, bounds);
  if (text.empty()) throw http::refusal(400, "there is nothing to say in it");
  // It may have been taken back meanwhile.
  const auto its = find_hook(of_, token);
  if (!its) refuse_unknown();
  pay(its->what->id, cost_for_hook(text));
  const std::string nick = nick_of(said->username, *its->what, bounds);
  const ruling weighed = weigh_for_hook(of_, nick, from.address, text, its->in->name());
  if (weighed == ruling::refused)
    throw http::refusal(403, fmt::format("that is not to be said here: {}", of_.filters().why));
  if (weighed == ruling::unheard) co_return co_await answer.send("ok\n");
  const std::shared_ptr<hub::turn_end> end = of_.expect_turn_end();
  of_.say_for_hook(*its->in, nick, text);
  co_await end->over;
  if (!end->kept) throw http::refusal(503, "what was said could not be kept, so nobody has heard it");
  co_await answer.send("ok\n");
}

}  // namespace parlance::chat
