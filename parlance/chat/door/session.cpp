#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

#include <parlance/chat/base/line_end.hpp>
#include <parlance/chat/door/refusal.hpp>
#include <parlance/chat/door/session.hpp>
#include <parlance/chat/irc/irc_handler.hpp>
#include <parlance/chat/plain/plain.hpp>
#include <parlance/chat/plain/plain_handler.hpp>
#include <parlance/chat/web/pages.hpp>
#include <parlance/http/message/response_writer.hpp>
#include <parlance/io/combinators.hpp>
#include <parlance/io/error.hpp>
#include <parlance/io/loop.hpp>
#include <parlance/io/wait.hpp>
#include <parlance/net/remote_stream.hpp>
#include <parlance/net/tls.hpp>

namespace parlance::chat {
namespace {

io::time_point now() noexcept { return io::loop::current().now(); }

/// What a waiting piece costs beside its bytes, so that a million short ones are not free.
constexpr std::size_t cost_of_a_piece = 64;
std::size_t cost(const outgoing& batch) noexcept {
  return batch.size() + cost_of_a_piece * batch.pieces().size();
}

/// What a caller may have said ahead, and not lose its place among those for whom a password is worked on.
constexpr std::size_t most_ahead = std::size_t{64} * 1024;

/// After what may be the first key of a line that is typed.
constexpr io::duration next_key = std::chrono::seconds(1);
/// After so long it is looked again whether another thread has read what has arrived.
constexpr io::duration other_thread = std::chrono::milliseconds(10);

/// After so long it is looked again whether lists have answered.
constexpr io::duration between_looks = std::chrono::milliseconds(50);

/// And after several: whoever types on ends the line.
constexpr io::duration end_of_typing = std::chrono::seconds(3);

/// So long the lines of one caller are dealt with before it is the others' turn; and so long those of all in
/// one turn of the loop, from which on each has one line more.
constexpr io::duration longest_stint = std::chrono::milliseconds(2);
constexpr io::duration longest_turn = std::chrono::milliseconds(10);

gauge& gauge_of(server& of, protocol what) noexcept {
  return of.chat().count.connections[static_cast<std::size_t>(what)];
}

}  // namespace

session::session(server& of, net::stream caller, io::loop_thread* where, const arrival& how)
    : server_(of),
      stream_(where ? net::stream(net::remote_stream(std::move(caller), *where)) : std::move(caller)),
      address_(network::of(how.peer)),
      told_(how.here ? std::make_unique<const arrival>(how) : nullptr),
      stranger_(std::make_unique<stranger>()),
      connected_(now()),
      heard_(connected_),
      is_elsewhere_(where != nullptr),
      moved_(connected_) {
  stranger_->from.from = how.peer.to_string();
  stranger_->from.address = address_ ? how.peer.address() : "localhost";
  stranger_->from.is_secure = how.is_secure;
  if (const io::endpoint at = here(); at.family() != AF_UNIX) stranger_->from.here = at.to_string();
  server_.count_in(address_);
  server_.sessions_.push_back(*this);
  gauge_of(server_, counted_as_).add();
  server_.log().debug("caller_comes", {{"from", from().from}});
}

session::~session() {
  gauge_of(server_, counted_as_).sub();
  if (has_tls_) server_.chat().count.tls_connections.sub();
  server_.chat().count.queued_bytes.sub(static_cast<std::int64_t>(queued_));
  if (has_spoken_) server_.give_back_burst(address_, free_from_);
  server_.count_out(address_);
  if (!is_gone_along_ && server_.tells_of(address_))
    server_.log().info("caller_gone", {{"from", from().from},
                                       {"protocol", protocol_names[static_cast<std::size_t>(counted_as_)]},
                                       {"after", now() - connected_}});
}

void session::go_on_as(protocol what) noexcept {
  gauge_of(server_, counted_as_).sub();
  counted_as_ = what;
  gauge_of(server_, counted_as_).add();
}

caller_info session::describe() const {
  const client* const seen = window();
  const person* const who = seen ? seen->who() : nullptr;
  return {.name = who && who->present() ? who->nick() : std::string(),
          .from = from().from,
          .connected = now() - connected_,
          .speaks = counted_as_ == protocol::unknown ? std::string_view()
                                                     : protocol_names[static_cast<std::size_t>(counted_as_)],
          .idle = now() - heard_,
          .tcp = stream_.is_open() ? stream_.info() : std::nullopt};
}

bool session::has_all() const {
  if (!stream_.is_open()) return counted_as_ != protocol::http;  // its requests are being answered
  const std::optional<tcp_info> at = leaving_ && !writing_ ? stream_.info() : std::nullopt;
  return at && (at->tcpi_state == TCP_FIN_WAIT2 || at->tcpi_state == TCP_CLOSE);
}

io::task<void> session::run(std::shared_ptr<session> self) {
  session& me = *self;
  if (me.handler_)
    me.watch_for_silence();
  else
    me.arm(io::after(now(), me.server_.bounds().greeting));
  stint its;
  try {
    // TLS needs its bytes unread, so the door looks before anything is taken. Both waits are one, for most
    // callers are silent most of the time, and what they cost is this frame.
    for (bool looking = me.handler_ == nullptr;;) {
      const std::string_view bytes = co_await (looking ? me.stream_.peek() : me.stream_.recv());
      if (std::exchange(looking, false)) {
        if (recognise(bytes) != language::tls || me.speaks_ != language::unknown) continue;
        // Who was greeted has had plain text for an answer.
        if (me.has_tls_ || !me.server_.tls() || me.handler_) {
          me.go_on_with(language::tls);
          co_return co_await me.turn_away();
        }
        co_await me.start_tls();
        looking = true;
        continue;
      }
      if (bytes.empty()) break;
      me.server_.chat().count.bytes_in.add(bytes.size());
      me.reading_ = true;
      if (!me.understand(bytes)) co_return co_await me.turn_away();
      if (!std::exchange(me.has_spoken_, true)) me.free_from_ = me.server_.take_burst(me.address_);
      if (me.free_from_ > now()) co_await io::sleep_until(me.free_from_);
      if (me.counted_as_ == protocol::http) {
        co_await me.serve_requests();
        if (!me.handler_) co_return;
      }
      while (me.handler_ && !me.leaving_ && !me.server_.lets_go_) {
        if (const auto asked = me.asked_about()) {
          co_await io::race(asked->over, me.over_);
          continue;
        }
        if (!(me.line_time_.is_over(now()) ? co_await me.obey_alone() : me.obey_next())) break;
        // What it said long ago, and was held back for its rate, is heard only now.
        if (client* const seen = me.window()) seen->heard = now();
        if (io::event* busy = me.handler_->busy()) co_await me.wait_for_handler(*busy);
        // What it asks for is answered by so much a turn, for so long, and then it is the others' turn.
        const client* const seen = me.window();
        const bool has_much_due = seen && seen->due() > me.server_.bounds().sendq / 2;
        if (has_much_due || me.has_had_its_turn(its)) {
          co_await io::end_of_turn();
          co_await io::yield();
          // It reads no slower than we write, which may be on another thread.
          while (me.queued_ > me.server_.bounds().sendq / 2 && me.stream_.is_open() && !me.leaving_) {
            me.drained_.reset();
            co_await me.drained_;
          }
        }
        if (me.too_fast()) {
          me.server_.chat().count.rate_limited.add();
          co_await io::sleep_until(me.free_from_);
        }
      }
      // What it has said lies in the stream's buffer still, and is carried.
      if (me.server_.lets_go_) co_await me.over_;
      // What arrives meanwhile need not be whole lines.
      if (me.has_had_its_turn(its)) {
        co_await io::end_of_turn();
        co_await io::yield();
      }
      me.reading_ = false;
      me.watch_for_silence();
    }
    // What it said last has no end, and it comes in by that.
    if (me.stranger_ && !me.stranger_->head.empty())
      if (const auto asked = me.asked_about()) co_await io::race(asked->over, me.over_);
    me.input_ended();
    co_await me.over_;  // what is due to it comes at the end of the turn
  } catch (const io::error& e) {
    me.lost(e.what());
  } catch (...) {
    me.lost("its conversation failed");
    throw;
  }
}

io::task<void> session::start_tls() {
  disarm();
  const net::tls_info agreed = co_await stream_.start_tls(server_.tls());
  std::string certificate = agreed.peer ? agreed.peer->fingerprint : std::string();
  stranger_->from.is_secure = has_tls_ = true;
  server_.chat().count.tls_connections.add();
  std::erase(certificate, ':');
  std::transform(certificate.begin(), certificate.end(), certificate.begin(), fold);
  stranger_->from.certificate = std::move(certificate);
  arm(io::after(now(), server_.bounds().greeting));
}

// --- what arrives

/// Gives the handler what the caller sent, once it is known what it speaks. False: nothing that is understood
/// here.
bool session::understand(std::string_view arrived) {
  const io::duration gap = now() - heard_;
  heard_ = now();
  if (speaks_ == language::unknown) {
    if (!stranger_) stranger_ = std::make_unique<stranger>(handler_->from());
    std::string& head = stranger_->head;
    stranger_->count_keys(arrived, gap);
    if (!head.empty()) arrived = head += arrived;
    const language found = recognise(arrived, handler_ != nullptr);
    if (found == language::unknown || !go_on_with(found)) {
      if (head.empty()) head = arrived;
      stranger_->shorten();
      return found == language::unknown;
    }
    arrived.remove_prefix(stranger_->told);
    if (found != language::plain) arrived = first_line_of(arrived);
    if (found == language::http) {
      stream_.unread(std::string(arrived));
      return true;
    }
  }
  if (!handler_) return true;  // it is being turned away
  if (client* const seen = window()) seen->heard = heard_;
  handler_->feed(arrived);
  return true;
}

/// However many blanks and blank lines come before the first line, one is enough to tell that they did.
void session::stranger::shorten() {
  const std::size_t blanks = head.size() - first_line_of(head).size();
  if (blanks <= 1) return;
  const bool is_line = std::ranges::any_of(std::string_view(head).substr(0, blanks), ends_line);
  head.replace(0, blanks, 1, is_line ? '\n' : ' ');
  told = told < blanks ? 0 : told - blanks + 1;
}

/// A telnet that sends each key as it is typed: first one character, then few at a time, and not as fast as a
/// program that does not buffer what it writes.
void session::stranger::count_keys(std::string_view arrived, io::duration gap) noexcept {
  constexpr std::size_t most_at_once = 8;
  constexpr io::duration least_gap = std::chrono::milliseconds(30);
  const bool is_first = head.size() == told;
  const auto characters = std::ranges::count_if(arrived, [](char c) { return (c & 0xc0) != 0x80; });
  const bool may_type = told == 0 || keys != 0;  // and is no program that sends texts without newlines
  if (is_first)
    keys = characters == 1 && may_type ? 1 : 0;
  else if (arrived.size() > most_at_once)
    keys = 0;
  else if (keys != 0 && gap >= least_gap)
    ++keys;
}

/// It has been told what the caller speaks. False: nobody here does.
bool session::go_on_with(language what) {
  const bool was_taken_for_plain = handler_ != nullptr;
  if (!stranger_) stranger_ = std::make_unique<stranger>(handler_->from());
  if (was_taken_for_plain && what == language::plain) {
    speaks_ = what;
    return true;
  }
  if (was_taken_for_plain) {
    stranger_->told = 0;
    handler_->end("it speaks another language");
    handler_.reset();
  }
  if (!speak(what)) return false;
  // Its client does not mind a notice, and a person who forgot a slash wonders.
  if (was_taken_for_plain && what == language::irc)
    say(fmt::format(":{} NOTICE * :You are taken for a client of IRC now; in plain text it is /nick NAME\r\n",
                    server_.configured().server.name));
  return true;
}

/// False: not here, or not with this caller.
bool session::speak(language what) {
  speaks_ = what;
  const settings& all = server_.configured();
  // A proxy tells in its request how it was asked.
  const bool may_be_secure = what == language::http && server_.hub_.named().forward.contain(address_);
  if (all.tls.only && !from().is_secure && !may_be_secure) return false;
  // In the plain dialect nobody can show a password, or log in, before coming in.
  is_refused_ = what == language::plain && (all.accounts.require_sasl || !all.server.password.empty());
  if (is_refused_) return false;
  if (what == language::plain)
    handler_ = std::make_unique<plain_handler>(server_.chat(), *this, stranger_->from);
  else if (what == language::irc)
    handler_ = std::make_unique<irc::irc_handler>(server_.chat(), *this, stranger_->from);
  else if (what != language::http)
    return false;
  go_on_as(what == language::plain ? protocol::plain
           : what == language::irc ? protocol::irc
                                   : protocol::http);
  return true;
}

/// No line has told what it speaks, and it is taken for a plain caller, where there may be such.
void session::take_for_plain() {
  if (handler_) return;
  speak(language::plain);
  speaks_ = language::unknown;
}

/// Meanwhile its end is listened for: nobody works for one who is gone, nor for long for one who may be,
/// having said more than is read. Who has only ended its own side is still answered.
io::task<void> session::wait_for_handler(io::event& done) {
  std::string said(handler_->unread());  // where it lies now is the next recv's
  while (!done.is_set() && !leaving_) {
    if (said.size() < most_ahead) {
      const auto first = co_await io::race(done, over_, stream_.recv());
      if (first.index() != 2) break;
      const std::string_view more = std::get<2>(first);
      server_.chat().count.bytes_in.add(more.size());
      said += more;
      if (!more.empty()) continue;
    }
    handler_->give_up_waiting();
    co_await done;
  }
  if (leaving_) handler_->give_up_waiting();
  said_meanwhile_ = std::move(said);
  handler_->feed(said_meanwhile_);
}

void session::take_all() {
  while (!leaving_ && handler_->next()) {
  }
}

/// The end of the caller's side: what is due to it still goes out.
void session::input_ended() {
  if (speaks_ == language::unknown && stranger_ && stranger_->head.size() > stranger_->told) {
    const std::string line = stranger_->head + '\n';  // the end of the last one
    const language found = recognise(line, handler_ != nullptr);
    go_on_with(found == language::unknown ? language::plain : found);
    if (handler_) {
      handler_->feed(std::string_view(stranger_->head).substr(stranger_->told));
      take_all();
    }
  }
  if (handler_ && !leaving_) handler_->end({});
  // What was just said is answered at the end of the turn, and then it ends.
  if (client* const seen = window())
    server_.chat().finish(*seen);
  else
    end();
}

/// How long it may be silent until that means something.
io::duration session::patience() const {
  const limits& bounds = server_.bounds();
  if (speaks_ != language::unknown) return handler_ ? handler_->patience() : bounds.pause;
  if (!stranger_ || stranger_->head.size() == stranger_->told)
    return handler_ ? handler_->patience() : was_told_ ? bounds.registration_time : bounds.greeting;
  const io::duration behind = patience_behind(stranger_->head, weigh(), bounds);
  if (stranger_->keys == 0) return behind;
  return std::max(behind, stranger_->keys == 1 ? next_key : end_of_typing);
}

/// What a pause means behind what has come of its first line, some of which was said perhaps.
pause_means session::weigh() const {
  const std::string_view head = stranger_->head;
  const pause_means as_first = weigh_pause(head);
  if (!handler_) return as_first;
  return std::max(as_first, static_cast<const plain_handler&>(*handler_).weigh(head.substr(stranger_->told)));
}

void session::watch_for_silence() {
  if (is_slow_ && !leaving_) return arm(now());  // whatever it says, it is put out
  // What a plain caller costs most of the time: it was greeted, and has said nothing, or has said what it is.
  if (handler_ && stranger_ && (speaks_ != language::unknown || stranger_->head.empty())) stranger_.reset();
  if (!leaving_) arm(io::after(now(), patience()));
}

void session::expire() noexcept {
  try {
    silence();
  } catch (const std::exception& e) {
    lost(e.what());
  }
}

/// What it said has arrived, and the thread that has its connection has not come to it.
bool session::has_unread() const noexcept {
  char byte;
  return ::recv(stream_.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0;
}

void session::silence() {
  if (is_slow_ && !leaving_) {
    server_.chat().count.dropped_sendq.add();
    client* const seen = window();
    return seen ? server_.chat().dismiss(*seen, "reads too slowly (SendQ exceeded)")
                : lost("it reads too slowly");
  }
  if (leaving_) return lost("it did not end in time");
  if (reading_) return;  // it is our turn, not the caller's
  if (is_elsewhere_ && has_unread()) return arm(io::after(now(), other_thread));
  if (asked_about()) return arm(io::after(now(), between_looks));
  if (speaks_ == language::unknown && !break_silence()) return;
  if (!leaving_) handler_->pause();
  // Blank lines are no message, and whoever sends them is still a person who waits.
  if (speaks_ == language::unknown && !window()->who() && !window()->is_ending())
    static_cast<plain_handler&>(*handler_).greet();
  watch_for_silence();
}

/// Nothing has come for a while from who has not said a line. False: it goes, or waits on.
bool session::break_silence() {
  const bool has_said = stranger_ && stranger_->head.size() > stranger_->told;
  const pause_means means = has_said ? weigh() : pause_means::plain;
  take_for_plain();
  if (!handler_) {
    // It may be told why, but not sent away for being late.
    if (!std::exchange(was_told_, true)) say(last_words());
    if ((has_said && means == pause_means::plain) ||
        now() >= io::after(heard_, server_.bounds().registration_time))
      end();
    else
      watch_for_silence();
    return false;
  }
  if (means == pause_means::more) {
    // What it is was never known, and may be a password.
    static_cast<plain_handler&>(*handler_).give_up();
    return false;
  }
  if (has_said) {
    handler_->feed(std::string_view(stranger_->head).substr(stranger_->told));
    stranger_->told = stranger_->head.size();
    take_all();
  }
  return true;
}

/// Counts a message.
bool session::too_fast() {
  if (server_.bounds().message_rate == 0) return false;
  free_from_ = after_message(free_from_, handler_->cost(), server_.bounds(), now());
  return free_from_ > now();
}

/// False: nothing was left to obey.
bool session::obey_next() {
  const auto began = std::chrono::steady_clock::now();
  const bool is_more = handler_->next();
  line_time_.add(std::chrono::steady_clock::now() - began, now());
  return is_more;
}

/// The same, in a turn of the loop in which nobody else does so: however many callers there are whose lines take
/// long, everybody else waits for one of them.
io::task<bool> session::obey_alone() {
  const io::mutex::guard alone = co_await server_.long_lines_.lock();
  if (leaving_ || !obey_next()) co_return false;
  co_await io::end_of_turn();
  co_await io::yield();
  co_return true;
}

/// What is under way about somebody who is not here yet; null: nothing. Who asks by HTTP alone is not asked about.
std::shared_ptr<blocklists::inquiry> session::asked_about() {
  const client* const seen = window();
  const bool is_here = seen && seen->who() && seen->who()->present();
  return is_here ? nullptr : server_.blocklists_.ask(address_);
}

bool session::has_had_its_turn(stint& its) noexcept {
  const bool is_over = its.is_over(longest_stint);
  return server_.stint_.is_over(longest_turn) || is_over;
}

std::string session::last_words() const {
  if (speaks_ == language::tls) return tls_answer();
  if (speaks_ == language::http) {
    const std::string body = how_to_join(server_.configured(), here());
    return http::write_response({.status = 404, .body = body},
                                stranger_->head.starts_with("HEAD ") ? "HEAD" : "GET", http::after::close);
  }
  if (is_refused_) return plain_notice("one needs an account or a password here: come with an IRC client");
  if (speaks_ == language::irc)
    return refusal_in(speaks_, from().address, {.why = "this server speaks IRC over TLS only"});
  return plain_notice("this server speaks TLS only: " + how_to_join_by_tls(here()));
}

/// For those who speak what this server does not.
io::task<void> session::turn_away() {
  leaving_ = true;
  arm(io::after(now(), server_.bounds().linger));
  const std::string said = last_words();
  if (server_.tells_of(address_)) server_.log().info("caller_turned_away", {{"from", from().from}});
  co_await stream_.send(said);
  co_await stream_.close();
}

// --- whom it speaks with

/// It is counted there from now on. Gives why it is not taken, if it is not.
std::optional<obstacle> session::move_to(const std::optional<network>& address) {
  server_.discount_address(address_);
  if (has_spoken_) server_.give_back_burst(address_, free_from_);
  address_ = address;
  std::optional<obstacle> what = server_.obstacle_to_address(address_);
  server_.count_address(address_);
  if (has_spoken_) free_from_ = server_.take_burst(address_);
  if (!what) return {};
  server_.chat().count.refused.add();
  if (server_.tells_of(address_))
    server_.log().info("caller_refused", {{"from", from().from}, {"why", what->why}});
  return what;
}

void session::comes_from(const std::optional<network>& address) {
  if (const std::optional<obstacle> what = move_to(address)) keep_out(what->why);
}

// --- what goes out

void session::deliver(outgoing batch) {
  if (!stream_.is_open()) return;
  // What waited before this turn counts: whoever had taken all of it is not slow, however much a turn brings.
  if (queued_ > server_.bounds().sendq && !leaving_ && !is_late_thread()) {
    // Only the reason still goes to somebody who is so far behind.
    if (is_slow_) return;
    is_slow_ = true;
    dequeue(cost(std::exchange(outbox_, {})));
    return arm(now());
  }
  const std::size_t more = cost(batch);
  queued_ += more;
  server_.chat().count.queued_bytes.add(static_cast<std::int64_t>(more));
  outbox_.add(std::move(batch));
  if (!std::exchange(writing_, true)) server_.callers_.spawn(write(shared_from_this()));
}

/// What waits may wait for the thread that sends it, which this one can leave far behind: that is not yet the
/// caller's slowness. Most of what waits is shared by all who hear it.
bool session::is_late_thread() const {
  constexpr io::duration patience = std::chrono::seconds(2);
  constexpr std::size_t most = 8;
  return is_elsewhere_ && queued_ <= most * server_.bounds().sendq && now() < io::after(moved_, patience);
}

void session::end() {
  over_.set();
  drained_.set();
  if (std::exchange(leaving_, true) || !stream_.is_open()) return;
  if (handler_)
    if (const std::string last = handler_->last_bytes(); !last.empty()) say(last);
  arm(io::after(now(), server_.bounds().linger));
  if (!std::exchange(writing_, true)) server_.callers_.spawn(write(shared_from_this()));
}

void session::say(std::string_view bytes) {
  outgoing batch;
  batch.append([&](std::string& out) { out += bytes; });
  deliver(std::move(batch));
}

void session::dequeue(std::size_t gone) noexcept {
  queued_ -= gone;
  drained_.set();
  server_.chat().count.queued_bytes.sub(static_cast<std::int64_t>(gone));
}

void session::farewell(std::string_view last_words) {
  if (leaving_) return;
  if (client* const seen = window()) {
    if (counted_as_ == protocol::plain)
      seen->write(last_words);
    else
      seen->dismissed("The server is closing");
    return server_.chat().finish(*seen);
  }
  if (!handler_) say(last_words);
  end();
}

void session::keep_out(std::string_view why) {
  client* const seen = window();
  if (leaving_ || (seen && seen->who())) return;
  if (seen) {
    seen->dismissed(why);
    return server_.chat().finish(*seen);
  }
  say(plain_notice(why));
  end();
}

io::task<void> session::write(std::shared_ptr<session> self) {
  session& me = *self;
  std::string failed;
  try {
    while (!me.outbox_.empty()) {
      outgoing batch = std::move(me.outbox_);  // which is empty then
      const std::size_t going = cost(batch), bytes = batch.size();
      // Most of what is told is one piece.
      const std::string_view only = batch.pieces().front().view();
      const std::vector<std::string_view> several =
          batch.pieces().size() > 1 ? batch.views() : std::vector<std::string_view>();
      me.moved_ = now();
      // On another thread it lasts until that is done with it, whatever becomes of this frame.
      co_await me.stream_.send(
          several.empty() ? std::span(&only, 1) : std::span(several),
          me.is_elsewhere_ ? std::make_shared<const outgoing>(std::move(batch)) : nullptr);
      me.dequeue(going);
      me.server_.chat().count.bytes_out.add(bytes);
    }
    if (me.leaving_) co_await me.stream_.shutdown();
  } catch (const io::error& e) {
    failed = e.what();
  }
  if (!failed.empty()) {
    // Who delivered may be in the middle of what was received, which goes with the stream.
    co_await io::shield(io::yield());
    me.lost(failed);
  }
  me.writing_ = false;
}

void session::lost(std::string_view why) {
  if (is_gone_along_) return;
  over_.set();
  drained_.set();
  if (!stream_.is_open()) return;
  if (server_.tells_of(address_)) server_.log().info("caller_cut_off", {{"from", from().from}, {"why", why}});
  if (handler_ && !leaving_) handler_->end("Connection lost");
  if (client* const seen = window()) server_.chat().leave(*seen, "Connection lost");
  leaving_ = true;
  disarm();
  outbox_ = {};
  stream_.abort();
}

}  // namespace parlance::chat
