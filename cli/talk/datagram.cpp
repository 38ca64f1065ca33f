#include <fmt/core.h>

#include <functional>
#include <optional>
#include <string>
#include <utility>

#include <parlance/io/context.hpp>
#include <parlance/io/error.hpp>
#include <parlance/io/event.hpp>
#include <parlance/io/loop.hpp>
#include <parlance/io/scope.hpp>
#include <parlance/io/wait.hpp>

#include <cli/base/amounts.hpp>
#include <cli/base/standard_streams.hpp>
#include <cli/base/verb.hpp>
#include <cli/talk/talk.hpp>

namespace parlance::cli {
namespace {

/// The longest datagram that is sent: as much as fits, in even parts of what a read gives.
constexpr std::size_t longest = 32 * 1024;
constexpr io::duration default_wait = std::chrono::seconds(1);

class datagrams {
 public:
  datagrams(net::datagram_socket& socket, const talk_options& options, bool connected,
            std::function<bool(const net::endpoint&)> admits = {})
      : socket_(socket), options_(options), connected_(connected), admits_(std::move(admits)) {
    if (connected) whom_ = socket.remote();
  }

  io::task<void> run() {
    io::scope sides;
    if (connected_) someone_.set();
    sides.spawn(say());
    try {
      co_await io::run_in(quiet_, hear());
    } catch (const io::error&) {
      if (!quiet_.cancelled()) throw;
      if (io::context::current().cancelled()) {
        report();
        throw;
      }
    }
    sides.cancel();
    co_await sides.join();
    report();
    if (refused_) throw io::error(io::from_errno(ECONNREFUSED), "send to " + whom_.to_string());
  }

 private:
  io::task<void> say() {
    try {
      co_await say_all();
    } catch (...) {
      quiet_.cancel();
      throw;
    }
  }

  io::task<void> say_all() {
    co_await someone_;
    for (std::string_view text; !(text = co_await typed_.read()).empty();) {
      for (; !text.empty(); text.remove_prefix(std::min(longest, text.size())))
        co_await send(text.substr(0, longest));
      if (!connected_) moved();
    }
    said_all_ = true;
    options_.detail("stdin has ended");
    if (connected_) moved();
  }

  io::task<void> send(std::string_view text) {
    // The kernel tells of an earlier datagram that found nobody instead of sending this one: once more, then.
    for (const bool last : {false, true}) {
      try {
        co_await (connected_ ? socket_.send(text) : socket_.send_to(text, whom_));
        break;
      } catch (const io::error& e) {
        if (e.code() != std::errc::connection_refused) throw;
        refused();
        if (last) co_return;
      }
    }
    tally_.sent += text.size();
    ++sent_;
  }

  io::task<void> hear() {
    for (;;) {
      net::datagram arrived;
      try {
        arrived = co_await socket_.recv_from();
      } catch (const io::error& e) {
        if (e.code() != std::errc::connection_refused) throw;
        refused();
        if (said_all_) co_return;
        continue;
      }
      if (admits_ && !admits_(arrived.from)) continue;
      refused_ = false;
      tally_.received += arrived.data.size();
      ++received_;
      if (!connected_ && !(arrived.from == whom_)) {
        whom_ = arrived.from;
        options_.detail(whom_.to_string() + " speaks");
        someone_.set();
      }
      if (!connected_ || said_all_) moved();
      co_await out_.print(arrived.data);
    }
  }

  void moved() {
    const io::duration wait = connected_ && options_.wait == io::unlimited ? default_wait : options_.wait;
    if (wait != io::unlimited) quiet_.set_deadline(io::after(io::loop::current().now(), wait));
  }

  /// It may yet begin to listen, so this is no end while there is more to send.
  void refused() {
    if (!std::exchange(refused_, true) && !said_all_) options_.say("nobody receives at " + whom_.to_string());
  }

  void report() const {
    options_.detail(
        fmt::format("{} out, {} in; {}", in_words(sent_, "datagram"), received_, tally_.with_rates()));
  }

  net::datagram_socket& socket_;
  const talk_options& options_;
  const bool connected_;
  const std::function<bool(const net::endpoint&)> admits_;  // empty: everybody
  net::endpoint whom_;
  io::event someone_;
  tally tally_;
  std::uint64_t sent_ = 0, received_ = 0;
  io::context quiet_;
  io::input typed_{STDIN_FILENO};
  printer out_;
  bool said_all_ = false, refused_ = false;
};

}  // namespace

io::task<void> talk_to_one(net::datagram_socket& socket, const talk_options& options) {
  datagrams between(socket, options, true);
  co_await between.run();
}

io::task<void> talk_to_all(net::datagram_socket& socket, const talk_options& options,
                           std::function<bool(const net::endpoint&)> admits) {
  datagrams between(socket, options, false, std::move(admits));
  co_await between.run();
}

}  // namespace parlance::cli
