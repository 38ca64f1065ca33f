#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <optional>
#include <string>
#include <utility>

#include <parlance/io/blocking.hpp>
#include <parlance/io/context.hpp>
#include <parlance/io/error.hpp>
#include <parlance/io/loop.hpp>
#include <parlance/io/scope.hpp>
#include <parlance/io/wait.hpp>

#include <cli/base/verb.hpp>
#include <cli/get/pieces.hpp>
#include <cli/get/retry.hpp>
#include <cli/get/transcript.hpp>
#include <cli/get/watch.hpp>

namespace parlance::cli {
namespace {

/// So much is written at a time.
constexpr std::size_t buffer_size = 256 * 1024;
static_assert(buffer_size < shortest_piece);  // what is not written yet is never taken away

std::uint64_t size_of(const std::vector<byte_range>& missing) {
  std::uint64_t all = 0;
  for (const byte_range& one : missing) all += one.end - one.first;
  return all;
}

/// Gives 0, or an errno value.
int write_at(int descriptor, std::string_view bytes, std::uint64_t at) {
  while (!bytes.empty()) {
    const ssize_t put = ::pwrite(descriptor, bytes.data(), bytes.size(), static_cast<off_t>(at));
    if (put < 0 && errno != EINTR) return errno;
    if (put <= 0) continue;
    bytes.remove_prefix(static_cast<std::size_t>(put));
    at += static_cast<std::uint64_t>(put);
  }
  return 0;
}

}  // namespace

/// How a piece ended.
struct pieces_fetch::setback {
  /// None: it is done, as far as this connection goes.
  std::exception_ptr why = {};
  bool passes = false;
  std::string retry_after = {};
  /// The server gives no pieces of this file, at least not over one more connection.
  bool refused = false;
};

pieces_fetch::pieces_fetch(pieces_job what)
    : what_(std::move(what)),
      to_(std::make_shared<file>(::dup(what_.descriptor))),
      map_(what_.missing, shortest_piece),
      written_(*what_.version.size - size_of(what_.missing)),
      began_(io::loop::current().now()),
      noted_(began_) {}

pieces_fetch::~pieces_fetch() {
  try {
    what_.note(map_.missing());
  } catch (const complaint&) {  // the note before says too much is missing, and nothing wrong
  }
}

io::task<bool> pieces_fetch::run(http::exchange first) {
  what_.note(map_.missing());
  workers_.spawn(work(std::move(first)));
  for (unsigned i = 1; i < what_.options.connections; ++i) workers_.spawn(work(std::nullopt));
  co_await workers_.join();
  if (other_file_) co_return false;
  if (map_.missing().empty()) co_return true;
  if (failure_) std::rethrow_exception(failure_);
  co_return false;
}

io::task<void> pieces_fetch::work(std::optional<http::exchange> first) {
  for (unsigned failures = 0; !other_file_;) {
    piece_map::piece* const mine = map_.take();
    if (!mine) {
      // What the others cannot do is left to who still can.
      if (!map_.is_under_way()) co_return;
      moved_.reset();
      co_await moved_;
      continue;
    }
    const std::uint64_t had = mine->at;
    const setback ended = co_await fetch(*mine, std::exchange(first, std::nullopt));
    if (mine->at > had) failures = 0;
    map_.put_back(mine);
    moved_.set();
    if (ended.refused) co_return;
    if (!ended.why) continue;
    failure_ = ended.why;
    if (!ended.passes || ++failures > what_.options.retry.times) co_return;
    const auto wait = wait_before(failures, what_.options.retry, ended.retry_after);
    if (!wait || io::loop::current().now() + *wait > what_.retry_until) co_return;
    co_await io::sleep(*wait);
  }
}

/// Whatever is wrong with this connection says nothing of the others.
io::task<pieces_fetch::setback> pieces_fetch::fetch(piece_map::piece& mine,
                                                    std::optional<http::exchange> first) {
  try {
    if (!first) co_return co_await ask(mine);
    setback ended = co_await copy(*first, mine, *what_.version.size);
    what_.first_ended(*first);
    co_return ended;
  } catch (const io::error& e) {
    if (io::context::current().cancelled()) throw;
    co_return setback{.why = std::current_exception(), .passes = what_.options.retry.heeds(e.code())};
  }
}

io::task<pieces_fetch::setback> pieces_fetch::ask(piece_map::piece& mine) {
  constexpr unsigned ok = 200, range_not_satisfiable = 416;
  transfer_record own{.asked = what_.record.asked, .method = what_.record.method};
  watcher watch(what_.options, what_.job, own);
  http::request asked = what_.request();
  asked.observer = watch.observer();
  const std::uint64_t end = mine.end;  // others may take of it meanwhile
  asked.fields.set("Range", fmt::format("bytes={}-{}", mine.at, end - 1));
  asked.fields.set("If-Range", what_.version.validator);
  http::exchange e = co_await what_.client.open(std::move(asked));
  watch.has_head(e);
  const http::response_head& head = e.head();
  if (head.status == ok && version_of(head, e.announced()).validator == what_.version.validator)
    co_return setback{.refused = true};
  const auto part = part_of(head, what_.version, mine.at, end);
  if (!part && (head.status < 400 || head.status == range_not_satisfiable)) {
    other_file_ = true;
    workers_.cancel();
    co_return setback{};
  }
  if (!part)
    co_return setback{.why = std::make_exception_ptr(
                          complaint(http_status, fmt::format("{} {}: {}", what_.options.verb,
                                                             shown(e.target()), watcher::status(head)))),
                      .passes = what_.options.retry.heeds(head.status),
                      .retry_after = std::string(head.fields.get("Retry-After").value_or(""))};
  transfer_piece done{.first = mine.at, .began = io::loop::current().now() - began_};
  setback ended = co_await copy(e, mine, *part);
  watch.has_head(e);
  done.end = mine.at;
  if (const transfer_leg* leg = own.last()) done.leg = *leg;
  what_.record.pieces.push_back(std::move(done));
  co_return ended;
}

/// Up to the end of the piece, and on where nobody has begun, as far as the answer goes.
io::task<pieces_fetch::setback> pieces_fetch::copy(http::exchange& from, piece_map::piece& mine,
                                                   std::uint64_t limit) {
  std::string bytes;
  bytes.reserve(buffer_size);
  for (;;) {
    std::exception_ptr broken;
    std::string_view piece;
    std::error_code why;
    try {
      piece = co_await from.read();
    } catch (const io::error& e) {
      if (io::context::current().cancelled()) throw;
      broken = std::current_exception();
      why = e.code();
    }
    received_ += piece.size();
    if (what_.options.told) co_await what_.options.told->flush();
    const bool over = broken || piece.empty();
    while (!piece.empty()) {
      const std::uint64_t end = std::min(mine.end, limit), at = mine.at + bytes.size();
      const std::size_t room = std::min(buffer_size - bytes.size(), end > at ? end - at : 0);
      if (room == 0 && bytes.empty() && !co_await extend(mine, limit)) break;
      bytes.append(piece.substr(0, room));
      piece.remove_prefix(std::min(room, piece.size()));
      if (bytes.size() == buffer_size || mine.at + bytes.size() >= end) co_await put(mine, bytes);
    }
    if (over || (what_.options.rate != 0 && !bytes.empty())) co_await put(mine, bytes);
    co_await keep_rate();
    if (broken) co_return setback{.why = broken, .passes = what_.options.retry.heeds(why)};
    const bool done = mine.at >= std::min(mine.end, limit);
    if (over && !done)
      throw io::error(http::errc::incomplete, what_.options.verb + " " + shown(from.target()));
    // What was dropped here is not read again.
    if (done && !over && piece.empty() && co_await extend(mine, limit)) continue;
    if (!done) continue;
    // Its end, where that is all that is left, gives the connection back.
    if (!over && from.received() == from.announced()) co_await from.read();
    co_return setback{};
  }
}

/// Goes on past its end, where nobody does. Others may fail that have asked for what follows: this answer has it.
io::task<bool> pieces_fetch::extend(piece_map::piece& mine, std::uint64_t limit) {
  while (map_.may_be_left(mine, limit)) {
    moved_.reset();
    co_await moved_;
  }
  co_return limit > mine.end&& map_.extend(mine, limit);
}

/// Off the loop, and to its end: a file that is begun anew must not be written by those before.
io::task<void> pieces_fetch::put(piece_map::piece& mine, std::string& bytes) {
  if (bytes.empty()) co_return;
  const std::size_t size = bytes.size();
  const auto own = std::make_shared<std::string>(std::exchange(bytes, {}));
  const int number = co_await io::shield(
      io::blocking([to = to_, own, at = mine.at] { return write_at(to->descriptor(), *own, at); }));
  if (number != 0) fail("write " + what_.record.file, number, "give another FILE to -o, or make room");
  bytes = std::move(*own);
  bytes.clear();
  mine.at += size;
  if (!std::exchange(mine.begun, true)) moved_.set();
  written_ += size;
  what_.written(written_);
  constexpr io::duration between_notes = std::chrono::seconds(1);
  if (io::loop::current().now() - noted_ < between_notes) co_return;
  noted_ = io::loop::current().now();
  what_.note(map_.missing());
}

/// All connections together keep it.
io::task<void> pieces_fetch::keep_rate() const {
  if (what_.options.rate == 0) co_return;
  const std::chrono::duration<double> due(static_cast<double>(received_) /
                                          static_cast<double>(what_.options.rate));
  const io::time_point when = io::after(began_, std::chrono::round<io::duration>(due));
  if (when > io::loop::current().now()) co_await io::sleep_until(when);
}

}  // namespace parlance::cli
