#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include <parlance/chat/plain.hpp>
#include <parlance/chat/plain_command.hpp>
#include <parlance/chat/session.hpp>
#include <parlance/io/error.hpp>
#include <parlance/io/loop.hpp>
#include <parlance/io/wait.hpp>

namespace parlance::chat {
namespace {

io::time_point now() noexcept { return io::loop::current().now(); }

/// What a waiting line costs beside its bytes, so that a million short ones are not free.
constexpr std::size_t cost_of_a_line = 64;
std::size_t cost(const line& text) noexcept { return text->size() + cost_of_a_line; }

std::string seconds(io::duration length) {
  return fmt::format("{:.1f} s", std::chrono::duration<double>(length).count());
}

}  // namespace

session::session(server& of, net::stream caller)
    : server_(of),
      stream_(std::move(caller)),
      peer_(stream_.remote().to_string()),
      framing_(of.bounds().line),
      connected_(now()),
      heard_(connected_) {
  server_.sessions_.push_back(*this);
}

session::~session() {
  server_.log(fmt::format("{}{} is gone after {}", peer_, name().empty() ? "" : fmt::format(" ({})", name()),
                          seconds(now() - connected_)));
}

caller_info session::describe() const {
  return {.name = present() ? name() : std::string(),
          .from = peer_,
          .connected = now() - connected_,
          .idle = now() - heard_,
          .tcp = stream_.is_open() ? stream_.info() : std::nullopt};
}

io::task<void> session::run(std::shared_ptr<session> self) {
  session& me = *self;
  me.arm(io::after(now(), me.server_.bounds().greeting));
  try {
    // TLS needs its bytes unread, so the door looks before anything is taken. Both waits are one, for most
    // callers are silent most of the time, and what they cost is this frame.
    for (bool looking = true;;) {
      const std::string_view bytes = co_await (looking ? me.stream_.peek() : me.stream_.recv());
      if (std::exchange(looking, false)) {
        if (recognise(bytes) != language::tls || me.speaks_ != language::unknown) continue;
        me.speaks_ = language::tls;
        co_return co_await me.turn_away();
      }
      if (bytes.empty()) break;
      if (!me.understand(bytes)) co_return co_await me.turn_away();
      while (me.take_message())
        if (me.too_fast()) co_await me.hold_back();
      me.watch_for_silence();
    }
    me.input_ended();
  } catch (const io::error& e) {
    me.lost(e.what());
  } catch (...) {
    me.lost("its conversation failed");
    throw;
  }
}

// --- what arrives
// -------------------------------------------------------------------------------------------

/// Gives the framing what the caller sent, once it is known to speak plain. False: it speaks something else.
bool session::understand(std::string_view arrived) {
  heard_ = now();
  if (speaks_ == language::unknown) {
    if (!head_.empty()) arrived = head_ += arrived;
    speaks_ = recognise(arrived);
    if (speaks_ != language::plain && head_.empty()) head_ = arrived;
  }
  if (speaks_ == language::plain) framing_.feed(arrived);
  return speaks_ == language::plain || speaks_ == language::unknown;
}

bool session::take_message() {
  const std::optional<plain_framing::message> next = framing_.next();
  if (next) take(*next);
  return next.has_value();
}

void session::take(const plain_framing::message& said) {
  if (leaving_) return;
  using kind = plain_framing::message::kind;
  hears_itself = !framing_.newline_seen();
  if (!present()) {
    const plain_command first = parse_plain(said.text);
    enter(first.what == plain_command::verb::nick ? first.target : std::string_view());
    if (leaving_) return;
  }
  if (said.what == kind::too_long) return tell(plain_too_long(server_.bounds().line));
  if (said.what == kind::unreadable) return tell(plain_unreadable());
  plain_answer answer = respond(server_.chat(), *this, said.text);
  if (!answer.leaves) return tell(std::move(answer.text));
  server_.chat().leave(*this);
  farewell(answer.text);
}

/// Comes into the hub, if it may under the name that it wants; a person is greeted.
void session::enter(std::string_view wanted) {
  outcome how = server_.chat().enter(*this, wanted);
  if (how == outcome::bad_name || how == outcome::name_taken) how = server_.chat().enter(*this);
  if (how != outcome::done) return farewell(plain_notice("the server is full; try again later"));
  server_.log(fmt::format("{} is {}", peer_, name()));
  if (!hears_itself) tell(plain_greeting(server_.chat(), *this));
}

/// The end of the caller's side: what is due to it still goes out.
void session::input_ended() {
  if (speaks_ == language::unknown && !head_.empty()) {
    speaks_ = language::plain;
    framing_.feed(head_);
    while (take_message()) {
    }
  }
  if (const auto last = framing_.end()) take(*last);
  server_.chat().leave(*this);
  leaving_ = true;
  arm(writing_ ? io::after(now(), server_.bounds().linger) : io::never);
}

void session::watch_for_silence() {
  if (speaks_ == language::plain) head_ = {};  // the framing has read it
  if (leaving_) return;
  waited_longer_ = false;
  const bool matters = speaks_ == language::unknown || framing_.wants_pause();
  arm(matters ? io::after(now(), server_.bounds().pause) : io::never);
}

void session::expire() noexcept {
  try {
    silence();
  } catch (const std::exception& e) {
    lost(e.what());
  }
}

void session::silence() {
  if (leaving_) return lost("it did not end in time");
  if (std::exchange(speaks_, language::plain) == language::unknown) {
    if (head_.empty()) return enter({});
    framing_.feed(head_);
    while (take_message()) {
    }
    head_ = {};
    if (leaving_) return;
  }
  if (framing_.within_character() && !std::exchange(waited_longer_, true))
    return arm(io::after(now(), server_.bounds().split_character));
  if (const auto whole = framing_.pause()) take(*whole);
}

/// Counts a message, by the generic cell rate algorithm (ITU-T I.371): one point in time instead of a counter
/// and a clock.
bool session::too_fast() {
  const limits& bounds = server_.bounds();
  if (bounds.message_rate == 0) return false;
  const io::duration each = io::duration(std::chrono::seconds(1)) / bounds.message_rate;
  free_from_ = std::max(free_from_, now() - each * bounds.message_burst) + each;
  return free_from_ > now();
}

io::task<void> session::hold_back() { co_await io::sleep_until(free_from_); }

/// For those who speak what this server does not.
io::task<void> session::turn_away() {
  leaving_ = true;
  arm(io::after(now(), server_.bounds().linger));
  std::string answer;
  if (speaks_ == language::http) {
    const net::endpoint here = stream_.local();
    const bool is_path = here.family() == AF_UNIX;
    const std::string nc =
        is_path ? fmt::format("-U {}", here.path()) : fmt::format("{} {}", here.address(), here.port());
    answer = http_answer(head_, nc, here.to_string());
  } else {
    answer = speaks_ == language::tls ? tls_answer() : irc_answer();
  }
  server_.log(fmt::format("{} speaks {} and is turned away", peer_,
                          speaks_ == language::http  ? "HTTP"
                          : speaks_ == language::tls ? "TLS"
                                                     : "IRC"));
  co_await stream_.send(answer);
  co_await stream_.close();
}

// --- what goes out
// ------------------------------------------------------------------------------------------

bool session::receive(const event& what) {
  // What a program takes for its answer should not be news of somebody else.
  if (hears_itself && what.about_presence()) return true;
  return enqueue(what.in(plain_line));
}

void session::dismissed(std::string_view why) {
  // Somebody who is far behind gets only the reason.
  if (queued_ > server_.bounds().sendq / 2) {
    for (const line& l : outbox_) queued_ -= cost(l);
    outbox_.clear();
  }
  server_.log(fmt::format("{} ({}) is put out: {}", peer_, name(), why));
  farewell(plain_notice(fmt::format("You are put out: {}", why)));
}

void session::farewell(std::string_view last_words) {
  if (std::exchange(leaving_, true) || !stream_.is_open()) return;
  push(std::make_shared<const std::string>(last_words));
  arm(io::after(now(), server_.bounds().linger));
}

void session::tell(std::string text) {
  if (leaving_ || text.empty()) return;
  if (!enqueue(std::make_shared<const std::string>(std::move(text))))
    server_.chat().dismiss(*this, "reads too slowly");
}

bool session::enqueue(line text) {
  if (queued_ + cost(text) > server_.bounds().sendq) return false;
  push(std::move(text));
  return true;
}

void session::push(line text) {
  queued_ += cost(text);
  outbox_.push_back(std::move(text));
  if (!std::exchange(writing_, true)) server_.callers_.spawn(write(shared_from_this()));
}

io::task<void> session::write(std::shared_ptr<session> self) {
  session& me = *self;
  try {
    co_await io::yield();  // what else this turn brings goes along
    while (!me.outbox_.empty()) {
      const std::vector<line> batch = std::exchange(me.outbox_, {});
      std::vector<std::string_view> pieces;
      pieces.reserve(batch.size());
      for (const line& l : batch) pieces.push_back(*l);
      std::size_t going = 0;
      for (const line& l : batch) going += cost(l);
      co_await me.stream_.send(pieces);
      me.queued_ -= going;
    }
    if (me.leaving_) co_await me.stream_.shutdown();
  } catch (const io::error& e) {
    me.lost(e.what());
  }
  me.writing_ = false;
}

void session::lost(std::string_view why) {
  if (!stream_.is_open()) return;
  server_.log(fmt::format("{} is cut off: {}", peer_, why));
  server_.chat().leave(*this, "connection lost");
  leaving_ = true;
  disarm();
  outbox_.clear();
  stream_.abort();
}

}  // namespace parlance::chat
