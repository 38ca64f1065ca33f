#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include <parlance/io/context.hpp>
#include <parlance/io/error.hpp>
#include <parlance/io/loop.hpp>
#include <parlance/io/scope.hpp>
#include <parlance/io/wait.hpp>

#include <cli/base/amounts.hpp>
#include <cli/base/peer.hpp>
#include <cli/base/verb.hpp>
#include <cli/talk/crlf_lines.hpp>
#include <cli/talk/crowd.hpp>
#include <cli/talk/hex_dump.hpp>

namespace parlance::cli {
namespace {

constexpr std::size_t most_untaken = 256 * 1024;
constexpr io::duration longest_wait_for_one = std::chrono::seconds(2);

}  // namespace

struct crowd::member {
  explicit member(net::stream& caller) : peer(caller), name(name_of(caller)) {}

  std::size_t untaken() const noexcept { return waiting.size() + going.size(); }
  void moved(io::duration wait) {
    if (wait != io::unlimited) idle.set_deadline(io::after(io::loop::current().now(), wait));
  }

  net::stream& peer;
  const std::string name;
  std::string waiting, going;  // to be sent, and being sent
  io::event something, room;
  io::time_point full_since = io::never;  // and nothing has been taken since
  io::context idle;
  tally counted;
  bool ends = false;  // once all is sent
  bool cut = false, gone = false;
};

/// A member's place among the others, for as long as it lives.
class crowd::seat {
 public:
  seat(crowd& in, std::shared_ptr<member> who) : in_(in), who_(std::move(who)) {
    in_.members_.push_back(who_);
    in_.somebody_.set();
  }
  ~seat() {
    who_->gone = true;
    who_->room.set();
    std::erase(in_.members_, who_);
    if (in_.members_.empty()) in_.somebody_.reset();
  }
  seat(const seat&) = delete;
  seat& operator=(const seat&) = delete;

 private:
  crowd& in_;
  const std::shared_ptr<member> who_;
};

crowd::crowd(const talk_options& options, bool broker) : options_(options), broker_(broker) {}
crowd::~crowd() = default;

io::task<void> crowd::say() {
  io::input typed(STDIN_FILENO);
  crlf_lines ends_lines(options_.crlf);
  for (;;) {
    co_await somebody_;
    const std::string_view text = co_await typed.read();
    if (text.empty()) break;
    const std::string_view line = ends_lines(text);
    if (options_.hex) options_.hex->sent(line);
    co_await tell_all(line, nullptr);
  }
  if (broker_) co_return;
  said_all_ = true;
  for (const std::shared_ptr<member>& one : members_) {
    one->ends = true;
    one->something.set();
  }
}

io::task<void> crowd::serve(net::stream& caller) {
  const auto me = std::make_shared<member>(caller);
  const seat mine(*this, me);
  me->ends = said_all_;
  me->moved(options_.wait);
  try {
    co_await io::run_in(me->idle, both(*me));
  } catch (const io::error&) {
    if (me->cut)
      throw complaint(broken_off, fmt::format("{} does not take what is said, and others wait; cut off, {}",
                                              me->name, me->counted.so_far()));
    if (!io::context::current().cancelled() && me->idle.cancelled())
      throw complaint(timed_out,
                      fmt::format("talk with {}: nothing came or went for {}, {}; allow more with -w",
                                  me->name, in_words(options_.wait), me->counted.so_far()));
    throw;
  }
  co_await caller.close();
  options_.detail(fmt::format("{}: both sides have ended; {}", me->name, me->counted.with_rates()));
}

io::task<void> crowd::both(member& of) {
  io::scope sides;
  sides.spawn(write(of));
  sides.spawn(hear(of));
  co_await sides.join();
}

io::task<void> crowd::hear(member& from) {
  for (std::string_view text; !(text = co_await from.peer.recv()).empty();) {
    from.counted.received += text.size();
    from.moved(options_.wait);
    if (options_.hex) options_.hex->received(text);
    const std::string copy(text);  // who is cut off meanwhile loses what it was handed out
    if (broker_)
      co_await tell_all(copy, &from);
    else
      co_await out_.print(copy);
  }
  from.ends = true;
  from.something.set();
}

io::task<void> crowd::write(member& to) {
  for (;;) {
    while (to.waiting.empty()) {
      if (to.ends) co_return co_await to.peer.shutdown();
      to.something.reset();
      co_await to.something;
    }
    to.going = std::exchange(to.waiting, {});
    co_await to.peer.send(to.going);
    to.counted.sent += to.going.size();
    to.going.clear();
    to.full_since = io::never;  // it takes something
    to.room.set();
    to.moved(options_.wait);
  }
}

io::task<void> crowd::tell_all(std::string_view text, const member* but) {
  const std::vector<std::shared_ptr<member>> now = members_;
  for (const std::shared_ptr<member>& one : now) {
    if (one.get() == but) continue;
    for (std::string_view rest = text; !rest.empty();) {
      const std::string_view some = rest.substr(0, most_untaken / 4);
      co_await make_room(*one, some.size());
      if (one->gone || one->cut || one->ends) break;
      one->waiting += some;
      one->something.set();
      rest.remove_prefix(some.size());
    }
  }
}

io::task<void> crowd::make_room(member& at, std::size_t size) {
  while (!at.gone && !at.cut && at.untaken() + size > most_untaken) {
    at.room.reset();
    if (at.full_since == io::never) at.full_since = io::loop::current().now();
    try {
      co_await io::timeout_at(io::after(at.full_since, longest_wait_for_one), at.room);
    } catch (const io::error& e) {
      if (e.code() != io::errc::timed_out || io::context::current().cancelled()) throw;
      if (at.gone) co_return;
      at.cut = true;
      at.peer.abort();
    }
  }
}

}  // namespace parlance::cli
