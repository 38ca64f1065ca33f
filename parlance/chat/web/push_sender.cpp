#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <exception>
#include <memory>
#include <utility>

#include <parlance/chat/base/base64.hpp>
#include <parlance/chat/base/names.hpp>
#include <parlance/chat/base/network.hpp>
#include <parlance/chat/core/correspondence.hpp>
#include <parlance/chat/core/form.hpp>
#include <parlance/chat/irc/encode.hpp>
#include <parlance/chat/store/store.hpp>
#include <parlance/chat/web/outward.hpp>
#include <parlance/chat/web/push_sender.hpp>
#include <parlance/http/client/client.hpp>
#include <parlance/io/blocking.hpp>
#include <parlance/io/context.hpp>
#include <parlance/io/loop.hpp>
#include <parlance/io/wait.hpp>
#include <parlance/net/address.hpp>

namespace parlance::chat {
namespace {

using namespace std::chrono_literals;

/// Under way at a time, one of each person, and those that wait for that; of one person, too.
constexpr std::size_t most_at_once = 16, most_waiting = 1000, most_waiting_of_person = 20;
/// Of one person, in a burst, and then one each ten seconds.
constexpr budget as_often{.most = 20, .per_second = 0.1};
constexpr std::size_t most_remembered = 4096;
/// For all of one push. A service that is slow has others wait.
constexpr io::duration patience = 15s;
/// What the pushes of one person may take at one service, in seconds: where it answers, that is never used up.
constexpr budget as_long{.most = 30, .per_second = 0.02};
/// Who has not sent anything for so long is not there, whatever the connection says: clients are asked more often.
constexpr io::duration silence = 120s;
/// So long a service keeps it for a browser that is not there (RFC 8030, section 5.2), in seconds.
constexpr int kept_for = 24 * 3600;
/// Of a message, as pushed: the beginning tells enough.
constexpr std::size_t most_text = 1000, most_words = 100;

constexpr form pushed{dialect::irc, {capability::message_tags, capability::server_time}};

/// Whether somebody looks at one of its clients, as far as those tell.
bool is_attentive(const person& who) {
  const io::time_point now = io::loop::current().now();
  return std::ranges::any_of(who.clients(), [&](const client* c) {
    // Who speaks plain may be silent for hours, and reads.
    const bool is_heard =
        c->shape().speaks() == dialect::plain || now - std::max(c->heard, c->connected()) < silence;
    return c->away.empty() && is_heard;
  });
}

constexpr auto letters = [] {
  std::array<bool, 256> all{};
  for (const char c :
       std::string_view("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-[]{}|^`\\"))
    all[static_cast<unsigned char>(c)] = true;
  return all;
}();
bool is_letter(char c) noexcept { return letters[static_cast<unsigned char>(c)]; }

/// The nicks that a text may name.
std::vector<std::string_view> names_in(std::string_view text, std::size_t longest) {
  std::vector<std::string_view> all;
  for (auto end = text.begin(); all.size() < most_words;) {
    const auto begin = std::find_if(end, text.end(), is_letter);
    if (begin == text.end()) break;
    end = std::find_if_not(begin, text.end(), is_letter);
    if (const std::string_view word(begin, end); word.size() <= longest) all.push_back(word);
  }
  return all;
}

/// As one line of IRC (draft/webpush), of several the first.
std::string line_of(const event& what) {
  event one = what;
  if (!one.lines.empty()) one.text = one.lines.front().text;
  one.lines = {};
  one.tags = {};  // what others have put there may be long
  if (one.text.size() > most_text) {
    std::size_t end = most_text;
    while (end > 0 && (static_cast<unsigned char>(one.text[end]) & 0xc0U) == 0x80U) --end;
    one.text = one.text.substr(0, end);
  }
  std::string line;
  irc::append_event(line, one, pushed);
  return line.substr(0, line.find("\r\n"));
}

}  // namespace

void push_sender::said(const event& what, const room* in, const person* to) {
  if (!of_.has_push_subscriptions || !of_.configured().push.enabled ||
      (what.what != event::kind::message && what.what != event::kind::notice))
    return;
  if (to) return add(*to, what, true);
  // Each once, however often it is named.
  std::vector<const person*> named;
  for (const std::string_view word :
       names_in(what.lines.empty() ? what.text : what.lines.front().text, of_.configured().limits.name))
    if (const person* const one = of_.people().find(word); one && one->is_in(*in) &&
                                                           !same_name(one->nick(), what.who.nick) &&
                                                           std::ranges::find(named, one) == named.end())
      named.push_back(one);
  for (const person* const one : named) add(*one, what, false);
}

void push_sender::add(const person& whom, const event& what, bool is_urgent) {
  if (whom.account.empty() || is_attentive(whom)) return;
  try {
    const std::optional<account> its = of_.accounts().find(whom.account);
    if (!its || its->number != whom.account_number) return;
    const std::string identity = identity_of(whom);
    std::vector<push_subscription> all = subscriptions_of(of_.kept(), *its);
    if (all.empty()) return;
    const io::time_point now = io::loop::current().now();
    make_room(often_, most_remembered, now);
    if (!often_.try_emplace(identity, as_often).first->second.take(1, now)) return;
    const std::string text = line_of(what);
    for (push_subscription& one : all) {
      const auto url = http::url::parse(one.endpoint);
      if (!url) continue;
      of_turn_.push_back({.identity = identity,
                          .to = std::move(one),
                          .payer = fmt::format("{} {}", identity, url->origin()),
                          .text = text,
                          .is_urgent = is_urgent});
    }
  } catch (const store_error&) {
    of_.count.store_errors.add();
  }
}

/// Nobody is told of what may not be kept.
void push_sender::turn_is_over(bool kept) {
  for (order& one : std::exchange(of_turn_, {}))
    if (kept) queue(std::move(one));
  begin();
}

budget& push_sender::time_of(const order& one) {
  budget& left = times_.try_emplace(one.payer, as_long).first->second;
  left.has_any(io::loop::current().now());  // has grown until now
  return left;
}

/// Where too many wait, one whose service has taken the most makes room.
void push_sender::queue(order one) {
  make_room(times_, most_remembered, io::loop::current().now());
  if (std::ranges::count(waiting_, one.identity, &order::identity) >=
      static_cast<std::ptrdiff_t>(most_waiting_of_person))
    return;
  if (waiting_.size() >= most_waiting) {
    const auto slowest =
        std::ranges::min_element(waiting_, {}, [this](const order& each) { return time_of(each).left; });
    if (time_of(*slowest).left >= time_of(one).left) return;
    waiting_.erase(slowest);
  }
  waiting_.push_back(std::move(one));
}

/// The oldest of those whose service has taken the least, so that nobody waits for what others have named. Where too
/// much was taken, what waits is not sent.
std::optional<push_sender::order> push_sender::next() {
  std::erase_if(waiting_, [this](const order& one) { return time_of(one).left <= 0; });
  auto best = waiting_.end();
  for (auto one = waiting_.begin(); one != waiting_.end(); ++one)
    if (std::ranges::find(under_way_, one->identity) == under_way_.end() &&
        (best == waiting_.end() || time_of(*one).left > time_of(*best).left))
      best = one;
  if (best == waiting_.end()) return {};
  order found = std::move(*best);
  waiting_.erase(best);
  return found;
}

void push_sender::begin() {
  while (under_way_.size() < most_at_once) {
    std::optional<order> one = next();
    if (!one) return;
    under_way_.push_back(one->identity);
    workers_.spawn(work(*std::move(one)));
  }
}

io::task<void> push_sender::work(order what) {
  const io::time_point start = io::loop::current().now();
  try {
    co_await io::timeout(patience, send(what));
  } catch (const std::exception& e) {
    if (io::context::current().cancelled()) throw;
    warn_(fmt::format("{}: {}", http::url::parse(what.to.endpoint)->origin(), e.what()));
  }
  const io::time_point now = io::loop::current().now();
  time_of(what).owe(std::chrono::duration<double>(now - start).count(), now);
  std::erase(under_way_, what.identity);
  begin();
}

io::task<void> push_sender::send(order what) {
  const auto url = http::url::parse(what.to.endpoint);
  if (!url) co_return;
  if (!ours_) ours_ = vapid_key_of(of_.kept());
  const networks known(of_.configured().push.networks, networks::unix_sockets::if_named);
  std::vector<net::endpoint> addresses = co_await resolve_outward(*url, known, "push.networks");
  std::string body = co_await io::blocking([keys = what.to, text = std::move(what.text)] {
    const auto point = base64url_decode(keys.p256dh), secret = base64url_decode(keys.auth);
    return encrypt_push({.p256dh = point.value_or(""), .auth = secret.value_or("")}, text);
  });
  const std::string& contact = of_.configured().push.contact;
  http::request asked{.target = *url,
                      .method = "POST",
                      .body = http::request_body(std::move(body), "application/octet-stream")};
  asked.fields.append("TTL", std::to_string(kept_for));
  asked.fields.append("Urgency", what.is_urgent ? "high" : "normal");
  asked.fields.append("Content-Encoding", "aes128gcm");
  asked.fields.append(
      "Authorization",
      ours_->authorize(url->origin(),
                       contact.empty() ? fmt::format("https://{}", of_.configured().server.name) : contact,
                       of_.clock().seconds()));
  const http::response answer = co_await http::send(
      std::move(asked),
      {.max_redirects = 0,
       .decode = false,
       .max_body = std::uint64_t{64} << 10U,
       .dial = {.resolve = {{.host = std::string(url->host_name()), .addresses = std::move(addresses)}}}});
  if (answer.status == 404 || answer.status == 410)  // it is over (RFC 8030, section 7.3)
    unsubscribe(of_.kept(), what.identity, what.to.endpoint);
  else if (!answer.ok())
    throw std::runtime_error(fmt::format("answered {}", answer.status));
}

}  // namespace parlance::chat
