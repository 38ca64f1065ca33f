#include <fmt/core.h>

#include <chrono>
#include <functional>
#include <string>
#include <utility>

#include <parlance/text/sanitizer.hpp>

#include <cli/base/amounts.hpp>
#include <cli/base/peer.hpp>
#include <cli/base/standard_streams.hpp>
#include <cli/base/verb.hpp>
#include <cli/get/transcript.hpp>
#include <cli/get/watch.hpp>

namespace parlance::cli {
namespace {

/// How long each part took, one after the other.
std::string timing(const http::exchange& e) {
  const http::exchange_times& t = e.times();
  std::string text;
  if (t.connected != io::duration::zero())
    text = fmt::format("name {}, TCP {}, ", in_words(t.resolved), in_words(t.connected - t.resolved));
  const bool tls = t.secured != io::duration::zero();
  if (tls) text += fmt::format("TLS {}, ", in_words(t.secured - t.connected));
  text += fmt::format("first byte {}, body {}: ", in_words(t.first_byte - (tls ? t.secured : t.connected)),
                      in_words(t.complete - t.first_byte));
  text += fmt::format("{} in {}", in_words(e.received(), "byte"), in_words(t.complete));
  return e.received() == 0 ? text : fmt::format("{} ({})", text, rate(e.received(), t.complete));
}

}  // namespace

http::exchange_observer watcher::observer() {
  return {.connected = [this](const http::url& target, const net::stream& s) { connected(target, s, false); },
          .reused = [this](const http::url& target, const net::stream& s) { connected(target, s, true); },
          .sent =
              [this](std::string_view head) {
                // Without an answer, it is sent again over another connection.
                if (!record_.legs.empty() && !record_.legs.back().answer) record_.legs.pop_back();
                if (options_.tracer) options_.tracer->message(place_, true, head);
                next_.request_head = head;
                record_.legs.push_back(std::exchange(next_, {}));
                if (options_.told) options_.told->sent_head(head);
                if (options_.verbose) lines('>', head);
              },
          .received =
              [this](const http::response_head& head) {
                if (head.status >= 200 && !record_.legs.empty()) record_.legs.back().answer = head;
                if (options_.tracer) options_.tracer->message(place_, false, http::serialise(head));
                if (options_.told) options_.told->received_head(head);
                if (options_.verbose) lines('<', http::serialise(head));
              },
          .received_body = options_.told
                               ? [to = options_.told](std::string_view piece) { to->received_body(piece); }
                               : std::function<void(std::string_view)>(),
          .redirected =
              [this](const http::url& next) {
                if (options_.tracer) options_.tracer->note("redirected to " + shown(next));
                note("redirected to " + shown(next));
              }};
}

void watcher::begin_try() {
  record_.legs.clear();
  record_.pieces.clear();
  record_.received = 0;
  ++record_.tries;
}

void watcher::has_head(const http::exchange& e) {
  const std::vector<http::hop>& hops = e.hops();
  if (record_.legs.size() != hops.size() + 1) return;  // one was asked twice
  for (std::size_t i = 0; i < hops.size(); ++i) record_.legs[i].times = hops[i].times;
  record_.legs.back().times = e.times();
}

void watcher::connected(const http::url& target, const net::stream& s, bool reused) {
  next_ = {.target = target, .local = s.local(), .remote = s.remote(), .reused = reused};
  if (s.tls()) {
    next_.tls = described(*s.tls());
    next_.unchecked = options_.limits.tls.insecure_accept_any_certificate;
  }
  if (options_.tracer) {
    place_ = trace::place_of(s);
    if (reused)
      options_.tracer->note(fmt::format("the connection to {} is used again", target.authority()));
    else
      options_.tracer->secured(s);
  }
  if (!tells()) return;
  if (reused)
    note(fmt::format("the connection to {} is used again", target.authority()));
  else
    tell_connection(target, s);
}

io::task<void> watcher::done(const http::exchange& e) {
  has_head(e);
  record_.received = e.received();
  if (options_.told) options_.told->received_trailers(e.trailers());
  if (tells()) note(timing(e));
  if (e.left_out() != 0)
    co_await say(fmt::format("{}: warning: {} after the end of what was compressed left out",
                             shown(e.target()), in_words(e.left_out(), "byte")));
  const bool refused =
      e.head().status >= 400 && !options_.fail_late && !options_.verbose && !options_.include;
  if (refused) co_await say(fmt::format("{}: {}", shown(e.target()), status(e.head())));
}

io::task<void> watcher::say(std::string line) const {
  if (!options_.quiet) co_await tell_without_blocking(fmt::format("parlance {}: {}", options_.verb, line));
}

std::string watcher::status(const http::response_head& head) {
  return text::sanitize(
      fmt::format("status {}{}{}", head.status, head.reason.empty() ? "" : " ", head.reason));
}

void watcher::tell_connection(const http::url& target, const net::stream& s) const {
  const std::string address = name_of(s);
  const std::string named = target.authority();
  note(address == named ? "connected to " + named : fmt::format("connected to {} ({})", named, address));
  if (s.tls()) note(described(*s.tls()));
}

void watcher::note(std::string_view what) const {
  if (options_.told) options_.told->note(text::sanitize(what));
  if (options_.verbose) line('*', what);
}

void watcher::line(char mark, std::string_view text) const {
  // At once, for these are many, and in order.
  tell(fmt::format("{}{}{} {}", options_.tells_time ? time_mark() : "", job_.label, mark,
                   text::sanitize(text)),
       std::chrono::milliseconds(50));
}

void watcher::lines(char mark, std::string_view head) const {
  while (!head.empty()) {
    const std::size_t end = head.find("\r\n");
    line(mark, head.substr(0, end));
    head.remove_prefix(end == head.npos ? head.size() : end + 2);
  }
}

}  // namespace parlance::cli
