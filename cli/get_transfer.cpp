#include "get_transfer.hpp"

#include <fmt/core.h>

#include <memory>
#include <utility>

#include <parlance/io/error.hpp>
#include <parlance/io/loop.hpp>
#include <parlance/io/wait.hpp>
#include <parlance/text/sanitizer.hpp>

#include "get_sink.hpp"
#include "talk.hpp"
#include "verb.hpp"

namespace parlance::cli {
namespace {

/// Tells on stderr what passes by, with --verbose: "*" what happens, ">" what is sent, "<" what comes.
class watcher {
 public:
  watcher(const get_options& options, const get_job& job) : options_(options), job_(job) {}

  http::exchange_observer observer() {
    if (!options_.verbose) return {};
    return {.connected = [this](const http::url& target, const net::stream& s) { connected(target, s); },
            .reused =
                [this](const http::url& target, const net::stream&) {
                  line('*', fmt::format("the connection to {} is used again", target.authority()));
                },
            .sent = [this](std::string_view head) { lines('>', head); },
            .received = [this](const http::response_head& head) { lines('<', http::serialise(head)); },
            .redirected = [this](const http::url& next) { line('*', "redirected to " + shown(next)); }};
  }

  io::task<void> done(const http::exchange& e) const {
    if (options_.verbose) line('*', timing(e));
    if (e.left_out() != 0 && !options_.quiet)
      co_await tell(fmt::format("parlance get: {}: warning: {} after the end of what was compressed left out",
                                shown(e.target()), in_words(e.left_out(), "byte")));
    const bool refused = e.head().status >= 400 && !options_.quiet && !options_.verbose && !options_.include;
    if (refused) co_await tell(fmt::format("parlance get: {}: {}", shown(e.target()), status(e.head())));
  }

  /// Without name and password.
  static std::string shown(const http::url& target) { return target.origin() + target.target(); }

  static std::string status(const http::response_head& head) {
    return text::sanitize(
        fmt::format("status {}{}{}", head.status, head.reason.empty() ? "" : " ", head.reason));
  }

 private:
  void connected(const http::url& target, const net::stream& s) const {
    const std::string address = name_of(s);
    const std::string named = target.authority();
    line('*',
         address == named ? "connected to " + named : fmt::format("connected to {} ({})", named, address));
    if (s.tls()) line('*', described(*s.tls()));
  }

  /// How long each part took, one after the other.
  static std::string timing(const http::exchange& e) {
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

  void line(char mark, std::string_view text) const {
    // At once, for these are many, and in order.
    tell(fmt::format("{}{} {}", job_.label, mark, text::sanitize(text)), std::chrono::milliseconds(50));
  }

  void lines(char mark, std::string_view head) const {
    while (!head.empty()) {
      const std::size_t end = head.find("\r\n");
      line(mark, head.substr(0, end));
      head.remove_prefix(end == head.npos ? head.size() : end + 2);
    }
  }

  const get_options& options_;
  const get_job& job_;
};

std::unique_ptr<sink> make_sink(const get_options& options, const get_job& job, io::mutex* shared) {
  if (!job.output.empty()) return file_sink(job.output);
  std::unique_ptr<sink> out = stdout_sink(options.limits.decode);
  return shared ? spooling_sink(std::move(out), *shared) : std::move(out);
}

/// A limit for all of a transfer is one for what is written, too.
class writing_limit {
 public:
  writing_limit(const get_options& options, const get_job& job) : options_(options), job_(job) {}

  io::task<void> keep(io::task<void> writing) const {
    try {
      co_await io::timeout_at(deadline_, std::move(writing));
    } catch (const io::error& e) {
      if (e.code() != io::errc::timed_out || io::loop::current().now() < deadline_) throw;
      throw complaint(timed_out, fmt::format("get {}: not done within the {} that it was given (writing what "
                                             "came, which nobody takes); allow more with -t",
                                             watcher::shown(job_.target), in_words(options_.limits.timeout)));
    }
  }

 private:
  const get_options& options_;
  const get_job& job_;
  const io::time_point deadline_ = io::after(io::loop::current().now(), options_.limits.timeout);
};

}  // namespace

io::task<void> transfer(http::client& client, const get_options& options, const get_job& job,
                        io::mutex* shared) {
  watcher watch(options, job);
  const writing_limit limit(options, job);
  http::request what = options.request;
  what.target = job.target;
  what.observer = watch.observer();
  http::exchange e = co_await client.open(std::move(what));
  if (options.fail && e.head().status >= 400)
    throw complaint(http_status, fmt::format("get {}: {}; leave out --fail to see the answer",
                                             watcher::shown(e.target()), watcher::status(e.head())));
  const std::unique_ptr<sink> to = make_sink(options, job, shared);
  co_await limit.keep(to->begin(e.head(), options.include));
  for (std::string_view piece; !(piece = co_await e.read()).empty();) co_await limit.keep(to->write(piece));
  co_await limit.keep(to->finish());
  co_await watch.done(e);
}

}  // namespace parlance::cli
