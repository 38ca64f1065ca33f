#include <fmt/core.h>

#include <exception>
#include <memory>
#include <optional>
#include <string>

#include <parlance/io/context.hpp>
#include <parlance/io/error.hpp>
#include <parlance/io/loop.hpp>
#include <parlance/io/scope.hpp>
#include <parlance/io/wait.hpp>

#include <cli/base/amounts.hpp>
#include <cli/base/peer.hpp>
#include <cli/base/verb.hpp>
#include <cli/talk/crlf_lines.hpp>
#include <cli/talk/end.hpp>
#include <cli/talk/hex_dump.hpp>
#include <cli/talk/talk.hpp>
#include <cli/trace/trace.hpp>

namespace parlance::cli {
namespace {

/// A reader who pauses (`| less`) for an hour is no failure here. A peer that is gone is still noticed, by
/// TCP's keepalive and retransmissions.
void allow_pauses(net::stream& peer) { peer.set_send_timeout(io::unlimited); }

bool is_broken_off(const io::error& e) noexcept {
  return e.code() == std::errc::broken_pipe || e.code() == std::errc::connection_reset;
}

class conversation {
 public:
  conversation(net::stream& peer, talk_end& here, const talk_options& options)
      : peer_(peer),
        here_(here),
        options_(options),
        name_(name_of(peer)),
        place_(trace::place_of(peer)),
        ends_lines_(options.crlf) {}

  io::task<void> run() {
    allow_pauses(peer_);
    moved();
    try {
      co_await io::run_in(idle_, both());
    } catch (const io::error& e) {
      fail(e);
    }
    co_await peer_.close();
    options_.detail(fmt::format("{}: both sides have ended; {}", name_, tally_.with_rates()));
  }

 private:
  io::task<void> both() {
    io::scope sides;
    sides.spawn(
        [](conversation* self, io::scope* all) -> io::task<void> {
          co_await self->say();
          // Who has gone listens no more.
          if (self->said_all_ && co_await self->here_.ended()) {
            self->over_ = true;
            all->cancel();
          }
        },
        this, &sides);
    sides.spawn(hear());
    co_await sides.join();
    if (cut_) std::rethrow_exception(cut_);
  }

  /// What is said here, to the peer.
  io::task<void> say() {
    waiting_for_stdin_.emplace();
    for (std::string_view text; !(text = co_await next()).empty();) {
      text = ends_lines_(text);
      try {
        if (options_.tracer) options_.tracer->message(place_, true, text);
        co_await peer_.send(text);
        if (options_.hex) options_.hex->sent(text);
      } catch (const io::error& e) {
        tally_.sent += e.bytes_sent();
        if (!is_broken_off(e)) throw;
        // Nothing more reaches the peer, but what it said before is still to be had.
        if (!cut_) cut_ = std::current_exception();
        co_return;
      }
      tally_.sent += text.size();
      moved();
    }
    said_all_ = true;
    try {
      co_await peer_.shutdown();
    } catch (const io::error& e) {
      if (!is_broken_off(e)) throw;
      // Who has gone misses nothing where we have said nothing.
      if (tally_.sent != 0 && !cut_) cut_ = std::current_exception();
      co_return;
    }
    options_.detail("our side has ended");
  }

  /// What is said next; empty: our side ends.
  io::task<std::string_view> next() {
    try {
      if (!waiting_for_stdin_->cancelled()) co_return co_await io::run_in(*waiting_for_stdin_, here_.read());
    } catch (const io::error& e) {
      if (e.code() != io::errc::cancelled) {
        abort();
        throw;
      }
      if (io::context::current().cancelled()) throw;
    }
    // Nothing more is waited for, but what is there is still said.
    if (!here_.has_something()) co_return std::string_view();
    co_return co_await here_.read();
  }

  /// What the peer says, to who is here.
  io::task<void> hear() {
    try {
      co_await print_all();
    } catch (const io::error& e) {
      if (e.code() != net::errc::truncated) throw;
      // What came is in doubt, but not what we have to say (RFC 8446, section 6.1): what is there goes out.
      cut_ = std::current_exception();
      waiting_for_stdin_->cancel();
      co_return;
    }
    here_.peer_has_ended();
    if (options_.end_with_peer && !here_.is_program()) waiting_for_stdin_->cancel();
    if (said_all_ || cut_) co_return options_.detail(name_ + " has ended its side");
    // A person who could still type must be told, or the program seems to hang.
    if (here_.is_person() && !options_.end_with_peer)
      options_.say(name_ + " has ended its side; Ctrl-D ends yours");
    else
      options_.detail(name_ + " has ended its side");
  }

  io::task<void> print_all() {
    for (std::string_view text; !(text = co_await peer_.recv()).empty();) {
      tally_.received += text.size();
      moved();
      if (options_.hex) options_.hex->received(text);
      if (options_.tracer) options_.tracer->message(place_, false, text);
      try {
        if (!co_await here_.print(text)) co_return co_await peer_.peer_ended();
      } catch (...) {
        // A program that has ended has said all, and what it did not read is no loss.
        if (!over_) abort();
        throw;
      }
      moved();
    }
  }

  /// What came is lost, or what we say is not whole: after an orderly end the peer would believe that it is.
  void abort() noexcept { peer_.abort(); }

  void moved() {
    if (options_.wait != io::unlimited)
      idle_.set_deadline(io::after(io::loop::current().now(), options_.wait));
  }

  [[noreturn]] void fail(const io::error& e) const {
    const std::error_code from_outside = io::context::current().cancelled();
    if (from_outside == io::errc::timed_out)
      throw complaint(
          timed_out,
          fmt::format("talk with {}: not done by the deadline of {}, {}; allow more with --deadline", name_,
                      in_words(options_.deadline), tally_.so_far()));
    if (from_outside) {
      options_.detail(fmt::format("{}: {}", name_, tally_.with_rates()));
      throw;
    }
    if (idle_.cancelled())
      throw complaint(timed_out,
                      fmt::format("talk with {}: nothing came or went for {}, {}; allow more with -w", name_,
                                  in_words(options_.wait), tally_.so_far()));
    const std::string_view text = e.what();
    const std::size_t colon = text.find(": ");
    if (colon == std::string_view::npos) throw;
    throw io::error(e.code(), text.substr(0, colon),
                    fmt::format("{}, {}", text.substr(colon + 2), tally_.so_far()));
  }

  net::stream& peer_;
  talk_end& here_;
  const talk_options& options_;
  const std::string name_;
  const trace::place place_;
  tally tally_;
  io::context idle_;
  std::optional<io::context> waiting_for_stdin_;
  crlf_lines ends_lines_;
  bool said_all_ = false;
  bool over_ = false;       // who is here has ended
  std::exception_ptr cut_;  // why the peer takes nothing more, or may not have said all
};

}  // namespace

io::task<int> talk(net::stream& peer, const talk_options& options) {
  std::unique_ptr<talk_end> here;
  if (options.command.empty())
    here = std::make_unique<standard_end>(options.raw);
  else
    here = std::make_unique<program_end>(options.command, peer);
  conversation between(peer, *here, options);
  co_await between.run();
  co_return here->exit_code();
}

}  // namespace parlance::cli
