// Many callers at once: `listen --many` and `--broker`.
//
//   crowd all(options, false);
//   callers.spawn(all.say());
//   for (;;) callers.spawn([&](net::stream& s) { return all.serve(s); }, co_await listener.accept());
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <parlance/io/event.hpp>
#include <parlance/io/task.hpp>
#include <parlance/net/stream.hpp>

#include <cli/base/standard_streams.hpp>
#include <cli/talk/talk.hpp>

namespace parlance::cli {

/// What stdin says goes to everybody. What a caller says goes to stdout, or, with a broker, to all the others.
///
/// Nobody is waited for long: each caller has 256 KiB of what it has not taken yet, and one that makes others
/// wait two seconds for room in there is cut off. One thread; it outlives its tasks.
class crowd {
 public:
  crowd(const talk_options& options, bool broker);
  ~crowd();

  /// stdin to everybody, as long as somebody is there. When it ends, so does our side of each conversation,
  /// but not a broker's.
  io::task<void> say();
  /// Until both sides have ended. Throws io::error, complaint or stdout_closed.
  io::task<void> serve(net::stream& caller);

 private:
  struct member;
  class seat;

  io::task<void> both(member& of);
  io::task<void> hear(member& from);
  io::task<void> write(member& to);
  /// To everybody but one.
  io::task<void> tell_all(std::string_view text, const member* but);
  io::task<void> make_room(member& at, std::size_t size);

  const talk_options& options_;
  const bool broker_;
  std::vector<std::shared_ptr<member>> members_;
  io::event somebody_;
  printer out_;
  bool said_all_ = false;
};

}  // namespace parlance::cli
