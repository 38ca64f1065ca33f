#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <exception>
#include <new>
#include <nlohmann/json.hpp>

#include <parlance/chat/accounts/password.hpp>
#include <parlance/chat/base/names.hpp>
#include <parlance/chat/base/words.hpp>
#include <parlance/chat/core/filtering.hpp>
#include <parlance/chat/store/store.hpp>
#include <parlance/chat/web/hook_message.hpp>
#include <parlance/chat/web/hook_sender.hpp>
#include <parlance/chat/web/outward.hpp>
#include <parlance/http/client/client.hpp>
#include <parlance/io/context.hpp>
#include <parlance/io/loop.hpp>
#include <parlance/io/wait.hpp>

namespace parlance::chat {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;

/// Under way at a time, of all, and of what one has made; and those that wait for one hook, how many have such a line, and
/// the bytes of all that waits.
constexpr std::size_t most_at_once = 8, most_of_one = 2, most_waiting = 100, most_lines = 1000;
constexpr std::size_t most_bytes = std::size_t{16} << 20U;
/// What somebody has taken is forgotten at this pace, in seconds.
constexpr budget as_long{.most = 60, .per_second = 0.1};
constexpr std::size_t most_remembered = 4096;
/// For all of one post.
constexpr io::duration patience = 15s;
/// One after the other, before it is stopped.
constexpr unsigned most_failures = 15;
/// The longest wait is so many times the first (settings::hooks_group::retry).
constexpr unsigned longest_wait = 150;
constexpr std::uint64_t most_answer = std::uint64_t{64} << 10U;

/// "deploy" in "Deploy: now": the word that it begins with, in small letters.
std::string first_word_of(std::string_view text) {
  std::string_view word = text.substr(0, text.find_first_of(" \r\n"));
  while (word.ends_with(':') || word.ends_with(',')) word.remove_suffix(1);
  return folded(word);
}

/// As Mattermost posts it (https://developers.mattermost.com/integrate/webhooks/outgoing), with what is ours.
std::string body_of(const event& what, const room& in, std::string_view word) {
  std::string text(what.text);
  std::erase(text, '\r');  // where a line of IRC broke off
  return json({{"channel_name", in.name()},
               {"user_name", what.who.nick},
               {"account", what.who.account},
               {"text", text},
               {"trigger_word", word},
               {"timestamp", what.time / 1000},
               {"post_id", msgid_of(what.id)}})
      .dump(-1, ' ', false, json::error_handler_t::replace);
}

/// As GitHub signs (https://docs.github.com/webhooks/using-webhooks/validating-webhook-deliveries).
std::string signature_of(std::string_view secret, std::string_view body) {
  std::string text = "sha256=";
  for (const unsigned char byte : hmac_sha256(secret, body)) text += fmt::format("{:02x}", byte);
  return text;
}

/// Another time it may be taken.
bool is_passing(unsigned status) { return status >= 500 || status == 408 || status == 425 || status == 429; }

}  // namespace

hook_sender::hook_sender(hub& of, std::function<void(std::string_view, std::string_view)> warn)
    : of_(of), warn_(std::move(warn)) {}

void hook_sender::said(const event& what, const room* in, const person*) {
  if (!in || in->hooks.empty() || what.who.is_bot ||
      (what.what != event::kind::message && what.what != event::kind::notice) ||
      of_.configured().hooks.outgoing == hook_makers::nobody)
    return;
  std::string word;
  for (const hook& one : in->hooks) {
    if (!one.is_outgoing() || !one.failure.empty()) continue;
    if (word.empty() && !one.words.empty()) word = first_word_of(what.text);
    if (!one.words.empty() && std::ranges::find(one.words, word) == one.words.end()) continue;
    of_turn_.push_back(
        {.id = one.id, .body = body_of(what, *in, one.words.empty() ? std::string_view() : word)});
  }
}

/// Nobody is told of what may not be kept.
void hook_sender::turn_is_over(bool kept) {
  for (order& one : std::exchange(of_turn_, {})) {
    const bool is_new = !lines_.contains(one.id);
    if (!kept || (is_new && lines_.size() >= most_lines)) continue;
    queue(one.id, lines_[one.id], std::move(one.body));
    if (is_new) workers_.spawn(work(one.id));
  }
}

void hook_sender::queue(const std::string& id, line& its, std::string body) {
  if (its.waiting.size() >= most_waiting || !make_space(its, body.size())) return cut(id, its);
  its.bytes += body.size();
  bytes_ += body.size();
  its.waiting.push_back(std::move(body));
}

void hook_sender::cut(const std::string& id, line& its) {
  if (!std::exchange(its.is_cut, true))
    warn_(id, "it takes too little, so some of what is said is not posted");
}

/// The hook for which the most waits loses what was said last. False: it is that one itself.
bool hook_sender::make_space(const line& for_one, std::size_t bytes) {
  while (bytes_ + bytes > most_bytes) {
    auto& [id, longest] =
        *std::ranges::max_element(lines_, {}, [](const auto& each) { return each.second.bytes; });
    // The first may be under way.
    if (&longest == &for_one || longest.waiting.size() < 2) return false;
    const std::size_t last = longest.waiting.back().size();
    longest.waiting.pop_back();
    longest.bytes -= last;
    bytes_ -= last;
    cut(id, longest);
  }
  return true;
}

void hook_sender::drop_first(line& of, std::size_t& total) noexcept {
  const std::size_t size = of.waiting.front().size();
  of.waiting.pop_front();
  of.bytes -= size;
  total -= size;
}

/// Those who have taken the least.
void hook_sender::let_in() {
  const io::time_point now = io::loop::current().now();
  make_room(times_, most_remembered, now);
  while (under_way_.size() < most_at_once) {
    visit* best = nullptr;
    double most_left = 0;
    waiting_.for_each([&](visit& one) {
      if (std::ranges::count(under_way_, one.payer) >= static_cast<std::ptrdiff_t>(most_of_one)) return;
      budget& its = times_.try_emplace(one.payer, as_long).first->second;
      its.has_any(now);  // has grown until now
      if (!best || its.left > most_left) best = &one, most_left = its.left;
    });
    if (!best) return;
    best->unlink();
    under_way_.push_back(best->payer);
    best->since = now;
    best->may_begin.set();
  }
}

void hook_sender::leave(const visit& one) noexcept try {
  const io::time_point now = io::loop::current().now();
  const auto its = std::ranges::find(under_way_, one.payer);
  if (its != under_way_.end()) under_way_.erase(its);
  times_.try_emplace(one.payer, as_long)
      .first->second.owe(std::chrono::duration<double>(now - *one.since).count(), now);
  let_in();
} catch (const std::exception&) {
  // The next who comes lets them in.
}

io::task<void> hook_sender::work(std::string id) {
  for (line& its = lines_[id]; !its.waiting.empty();) {
    const auto found = find_outgoing_hook(of_, id);
    if (!found || !found->what->failure.empty()) break;
    const result how = co_await post(*found->what, its.waiting.front());
    if (how.how == end::posted || how.how == end::refused) drop_first(its, bytes_);
    if (how.how == end::posted) {
      its.failures = 0;
      its.is_cut = false;
      continue;
    }
    warn_(id, how.why);
    if (++its.failures >= most_failures || how.how == end::over) {
      give_up(id, how.why);
      break;
    }
    const unsigned times = its.failures > 8 ? longest_wait : std::min(1U << (its.failures - 1), longest_wait);
    co_await io::sleep(of_.configured().hooks.retry * times);
  }
  if (const auto its = lines_.find(id); its != lines_.end()) {
    bytes_ -= its->second.bytes;
    lines_.erase(its);
  }
}

io::task<hook_sender::result> hook_sender::post(hook which, const std::string& body) {
  visit here(*this, which.by);
  waiting_.push_back(here);
  let_in();
  co_await here.may_begin;
  try {
    const auto url = http::url::parse(which.url);
    if (!url) co_return result{end::over, "it is no address"};
    const networks known(of_.configured().hooks.networks, networks::unix_sockets::if_named);
    auto addresses = co_await io::timeout(patience, resolve_outward(*url, known, "hooks.networks"));
    http::request asked{
        .target = *url, .method = "POST", .body = http::request_body(body, "application/json")};
    asked.fields.append("X-Hub-Signature-256", signature_of(which.secret, body));
    const http::response answer = co_await http::send(
        std::move(asked),
        {.timeout = patience,
         .max_redirects = 0,
         .max_body = most_answer,
         .dial = {.resolve = {{.host = std::string(url->host_name()), .addresses = std::move(addresses)}}}});
    if (answer.ok()) {
      take_answer(which.id, answer);
      co_return result{end::posted};
    }
    const bool is_gone = answer.status == 410;  // for good (RFC 9110, section 15.5.11)
    co_return result{is_gone                     ? end::over
                     : is_passing(answer.status) ? end::failed
                                                 : end::refused,
                     fmt::format("{} answered {}", url->origin(), answer.status)};
  } catch (const std::exception& e) {
    if (io::context::current().cancelled()) throw;
    co_return result{end::failed, e.what()};
  }
}

/// What it answers may be said in the room.
void hook_sender::take_answer(const std::string& id, const http::response& answer) {
  if (answer.body.empty()) return;
  const auto its = lines_.find(id);
  const auto found = find_outgoing_hook(of_, id);
  const std::string type(answer.fields.get("Content-Type").value_or(""));
  if (its == lines_.end() || !found || !type.starts_with("application/json")) return;
  const auto said = read_hook_message(type, answer.body);
  const std::string text = said ? fit_for_hook(said->text, of_.configured().limits) : std::string();
  if (text.empty() || !its->second.answers.take(cost_for_hook(text), io::loop::current().now())) return;
  const std::string nick = hook_nick(found->what->name);
  if (weigh_for_hook(of_, nick, found->what->url, text, found->in->name()) != ruling::passes) return;
  of_.say_for_hook(*found->in, nick, text);
}

void hook_sender::give_up(const std::string& id, std::string_view why) {
  const auto found = find_outgoing_hook(of_, id);
  if (!found) return;
  room& in = *found->in;
  const std::string by = found->what->by;
  bool is_account = false;
  try {
    stop_hook(of_, in, id, why);
    is_account = of_.accounts().find(by).has_value();
  } catch (const store_error&) {
    of_.count.store_errors.add();
    return;
  }
  warn_(id, "it is stopped");
  const std::string text = fmt::format(
      "The hook {} of {} has failed too often and is stopped: {}. It is started again by CS HOOK {} START {}",
      id, in.name(), why, in.name(), id);
  const std::string& name = of_.configured().server.name;
  const auto tell = [&](person& whom) {
    event told{event::kind::notice, {.prefix = name, .nick = name}, whom.nick(), text};
    told.time = of_.clock().milliseconds();
    of_.turn().tell(whom, told);
  };
  if (is_account)
    for (person* const whom : of_.people().of_account(by)) tell(*whom);
  else if (person* const whom = of_.people().find(by))
    tell(*whom);
}

}  // namespace parlance::chat
