#include <fmt/core.h>

#include <algorithm>
#include <cerrno>
#include <limits>
#include <new>
#include <string>
#include <utility>

#include <parlance/io/context.hpp>
#include <parlance/io/error.hpp>
#include <parlance/net/error.hpp>
#include <parlance/net/reader.hpp>

namespace parlance::net {
namespace {

/// What a reader keeps of its memory between two calls.
constexpr std::size_t most_spare = 4096;

constexpr std::size_t plus(std::size_t a, std::size_t b) noexcept {
  return a > std::numeric_limits<std::size_t>::max() - b ? std::numeric_limits<std::size_t>::max() : a + b;
}

}  // namespace

/// A call that is under way.
class reader::alone {
 public:
  explicit alone(reader& of) : of_(of) {
    if (of.reading_) of.fail(io::from_errno(EALREADY), "another call of this reader waits");
    if (!of.from_.is_open()) {
      of.chunk_ = {};
      throw io::error(errc::closed, "receive from a stream");
    }
    // Also where nothing must be waited for.
    if (const std::error_code& called_off = io::context::current().cancelled())
      of.fail(called_off, io::reason(called_off));
    if (of.gathered().empty()) {
      of.kept_.clear();
      of.taken_ = 0;
      if (of.kept_.capacity() > most_spare) of.kept_ = {};
    }
    of.reading_ = true;
    of.left_ = false;
  }
  ~alone() {
    of_.reading_ = false;
    if (of_.left_) of_.forget();
  }
  alone(const alone&) = delete;
  alone& operator=(const alone&) = delete;

 private:
  reader& of_;
};

/// Looks for a mark in bytes that come in pieces, and at each byte once (Knuth, Morris and Pratt).
struct reader::search {
  explicit search(std::string_view what, bool line = false) : mark(what), is_line(line), back(what.size()) {
    for (std::size_t i = 1, matching = 0; i < mark.size(); ++i) {
      while (matching != 0 && mark[i] != mark[matching]) matching = back[matching - 1];
      if (mark[i] == mark[matching]) ++matching;
      back[i] = matching;
    }
  }

  /// True once the mark has come; `seen` are the bytes up to its end then.
  bool feed(std::string_view bytes) noexcept {
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      if (matched == 0 && (i = bytes.find(mark.front(), i)) == std::string_view::npos) break;
      while (matched != 0 && bytes[i] != mark[matched]) matched = back[matched - 1];
      if (bytes[i] == mark[matched]) ++matched;
      if (matched == mark.size()) return seen += i + 1, true;
    }
    seen += bytes.size();
    return false;
  }

  std::string mark;
  bool is_line;                   // the mark is LF, and a CR before it belongs to it
  std::vector<std::size_t> back;  // where to go on after so many bytes of the mark and one that is not its
  std::size_t matched = 0;
  std::size_t seen = 0;
};

void reader::fail(std::error_code code, std::string_view why) const {
  throw io::error(code, "receive from " + from_.remote().to_string(), why);
}

void reader::gather(std::size_t size, std::size_t most) {
  kept_.erase(kept_.begin(), kept_.begin() + static_cast<std::ptrdiff_t>(std::exchange(taken_, 0)));
  const std::size_t whole = kept_.size() + size;
  if (whole > kept_.capacity()) kept_.reserve(std::clamp(kept_.capacity() * 2, whole, std::max(whole, most)));
  kept_.insert(kept_.end(), chunk_.begin(), chunk_.begin() + size);
  chunk_.remove_prefix(size);
}

std::string_view reader::give(std::size_t size) {
  if (gathered().empty()) {
    const std::string_view piece = chunk_.substr(0, size);
    chunk_.remove_prefix(size);
    return piece;
  }
  if (size > gathered().size()) gather(size - gathered().size(), size);
  const std::string_view piece = gathered().substr(0, size);
  taken_ += size;
  return piece;
}

/// Looks at what has come since it was asked last. Throws when there are more bytes before the mark than the
/// limit, as soon as that is certain.
bool reader::has(search& mark, std::size_t limit) const {
  const std::string_view before = gathered();
  const bool found = (mark.seen < before.size() && mark.feed(before.substr(mark.seen))) ||
                     mark.feed(chunk_.substr(mark.seen - before.size()));
  // What may belong to the mark, or does.
  std::size_t of_mark = mark.matched;
  const std::size_t last = mark.seen - of_mark;
  if (mark.is_line && last != 0 &&
      (last <= before.size() ? before[last - 1] : chunk_[last - before.size() - 1]) == '\r')
    ++of_mark;
  if (mark.seen - of_mark > limit)
    fail(io::from_errno(EMSGSIZE),
         mark.is_line ? fmt::format("a line of more than {} bytes", limit)
                      : fmt::format("more than {} bytes before what should end them", limit));
  return found;
}

io::task<std::optional<std::string_view>> reader::up_to(search mark, std::size_t limit) {
  if (mark.mark.empty()) fail(io::from_errno(EINVAL), "the mark is empty");
  const alone mine(*this);
  while (!has(mark, limit)) {
    gather(chunk_.size(), plus(limit, mark.mark.size() + 1));
    chunk_ = received(co_await from_.recv());
    if (!chunk_.empty()) continue;
    const std::size_t left = had();
    if (left == 0) co_return std::nullopt;
    if (!mark.is_line)
      fail(errc::ended_early, fmt::format("the peer ended {} bytes after the last that was whole", left));
    if (left > limit) fail(io::from_errno(EMSGSIZE), fmt::format("a line of more than {} bytes", limit));
    co_return give(left);
  }
  std::string_view piece = give(mark.seen);
  piece.remove_suffix(mark.mark.size());
  if (mark.is_line && piece.ends_with('\r')) piece.remove_suffix(1);
  co_return piece;
}

io::task<std::optional<std::string_view>> reader::line(std::size_t limit) {
  return up_to(search("\n", true), limit);
}

io::task<std::optional<std::string_view>> reader::until(std::string_view mark, std::size_t limit) {
  return up_to(search(mark), limit);
}

io::task<std::optional<std::string_view>> reader::exactly(std::size_t size) {
  const alone mine(*this);
  while (had() < size) {
    gather(chunk_.size(), size);
    chunk_ = received(co_await from_.recv());
    if (!chunk_.empty()) continue;
    if (had() == 0) co_return std::nullopt;
    fail(errc::ended_early, fmt::format("the peer ended after {} of {} bytes", had(), size));
  }
  co_return give(size);
}

io::task<std::string_view> reader::rest(std::size_t limit) {
  const alone mine(*this);
  do {
    if (had() > limit) fail(io::from_errno(EMSGSIZE), fmt::format("more than {} bytes", limit));
    gather(chunk_.size(), limit);
    chunk_ = received(co_await from_.recv());
  } while (!chunk_.empty());
  co_return give(had());
}

io::task<std::string_view> reader::some() {
  const alone mine(*this);
  if (had() == 0) chunk_ = received(co_await from_.recv());
  co_return give(gathered().empty() ? chunk_.size() : gathered().size());
}

void reader::release() { release_to(from_); }

void reader::release_to(stream& to) noexcept {
  try {
    if (!to.is_open() || had() == 0) return forget();
    if (gathered().empty() && to.peeked_.empty())
      to.peeked_ = chunk_;  // it lies where that recv left it
    else
      to.unread(std::string(gathered()).append(chunk_));
  } catch (const std::bad_alloc&) {
    to.lose_received();
  }
  forget();
}

/// What came goes along with the stream that was moved, or is another's.
std::string_view reader::received(std::string_view bytes) const {
  if (left_) throw io::error(errc::closed, "receive from a stream that was moved");
  return bytes;
}

/// What was given out may lie in what was gathered, and be looked at yet.
void reader::forget() noexcept {
  taken_ = kept_.size();
  chunk_ = {};
}

void stream::expect_no_reading() {
  readers_.for_each([](const reader& each) {
    if (each.reading_) each.fail(io::from_errno(EBUSY), "a call of its reader waits");
  });
}

void stream::take_from_readers(stream& of) {
  of.readers_.for_each([this](reader& each) {
    if (each.reading_)
      each.left_ = true;
    else
      each.release_to(*this);
  });
}

void stream::end_readers() noexcept {
  readers_.for_each([](reader& each) { each.forget(); });
}

}  // namespace parlance::net
