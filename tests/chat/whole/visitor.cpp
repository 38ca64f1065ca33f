#include "chat/whole/visitor.hpp"

#include <fmt/format.h>

#include <chrono>
#include <cstdint>
#include <utility>

#include <parlance/io/combinators.hpp>
#include <parlance/io/error.hpp>
#include <parlance/io/loop.hpp>
#include <parlance/io/scope.hpp>
#include <parlance/io/wait.hpp>
#include <parlance/net/connect.hpp>

namespace parlance::chat::test {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view handshake =
    "GET / HTTP/1.1\r\nHost: 127.0.0.1:8000\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    "Sec-WebSocket-Protocol: text.ircv3.net\r\n\r\n";

constexpr unsigned text_frame = 1, close_frame = 8, ping_frame = 9, pong_frame = 10;

/// A whole frame of a client's, masked with zeros (RFC 6455, section 5.2).
std::string frame(unsigned opcode, std::string_view payload) {
  std::string all(1, static_cast<char>(0x80U | opcode));
  if (payload.size() < 126) {
    all += static_cast<char>(0x80U | payload.size());
  } else {
    all += static_cast<char>(0x80U | 126U);
    all += static_cast<char>(payload.size() >> 8U);
    all += static_cast<char>(payload.size());
  }
  all.append(4, '\0');
  return all.append(payload);
}

}  // namespace

visitor::visitor(traits its, surroundings& around, std::function<void(std::string)> wrong)
    : its_(std::move(its)), around_(around), witness_(around), wrong_(std::move(wrong)) {
  may_read_.set();
  greet();
}

void visitor::greet() {
  if (its_.speaks == language::http) return;
  if (its_.speaks == language::websocket) queue(std::string(handshake));
  if (its_.speaks == language::plain) {
    if (!its_.nick.empty()) say("/nick " + its_.nick);
    return;
  }
  say("CAP REQ :batch labeled-response message-tags server-time echo-message sasl standard-replies");
  say("CAP REQ :draft/multiline draft/message-redaction draft/channel-rename draft/event-playback "
      "draft/chathistory "
      "draft/read-marker draft/metadata-3 draft/account-registration soju.im/search");
  say("NICK " + its_.nick);
  say("USER " + its_.nick + " 0 * :somebody");
  if (!its_.account.empty()) {
    say("AUTHENTICATE PLAIN");
    say("AUTHENTICATE " + plain_credentials(its_.account, right_password));
  }
  say("CAP END");
  say("JOIN #lobby,#a");
  if (its_.account.empty()) return;
  // So that there are tokens to be shown.
  say("EXTJWT * filehost");
  say("NS DEVICES ADD one");
  say("CS HOOK #a ADD one");
  say(fmt::format("CS HOOK #a OUT http://{}/told", receiver));
}

void visitor::say(std::string_view line, bool label) {
  const std::string its = label && is_irc() && !line.starts_with('@') ? witness_.next_label() : std::string();
  const std::string whole = its.empty() ? std::string(line) : fmt::format("@label={} {}", its, line);
  if (its_.speaks == language::websocket) return queue(frame(text_frame, whole));
  queue(whole + (its_.speaks == language::plain ? "\n" : "\r\n"));
}

void visitor::send_raw(std::string_view bytes) {
  is_cut_ = true;
  queue(std::string(bytes));
}

void visitor::queue(std::string bytes) {
  constexpr std::size_t most = 65'536;
  if (over_ || outbox_.size() > most) return;
  outbox_ += bytes;
  more_.set();
}

void visitor::hang_up() {
  leaves_.set();
  if (!stream_) over_ = true;
}

void visitor::reset() {
  if (stream_ && stream_->is_open()) stream_->abort();
  leaves_.set();
}

void visitor::read(bool on) {
  reads_ = on;
  on ? may_read_.set() : may_read_.reset();
}

io::task<void> visitor::visit() {
  try {
    net::connect_options how;
    how.timeout = 5s;
    how.local = its_.local;
    stream_.emplace(co_await net::connect(std::string("127.0.0.1:8000"), std::move(how)));
    io::scope writing([](std::exception_ptr) {});
    writing.spawn(talk());
    co_await io::race(listen(), [](visitor& self) -> io::task<void> { co_await self.leaves_; }(*this));
  } catch (const io::error&) {
    // The network was bad to it; what it heard before counts.
  }
  over_ = true;
  stream_.reset();
}

io::task<void> visitor::talk() {
  for (;;) {
    while (!outbox_.empty()) {
      const std::string going = std::exchange(outbox_, {});
      co_await stream_->send(going);
    }
    more_.reset();
    co_await more_;
  }
}

io::task<void> visitor::listen() {
  std::optional<io::time_point> ends_by;
  for (;;) {
    if (!reads_) ends_by.reset();  // what has come lies there until it is read
    co_await may_read_;
    if (witness_.is_told_the_end() && !ends_by) ends_by = io::after(io::loop::current().now(), 60s);
    std::string_view bytes;
    try {
      bytes = co_await io::timeout_at(ends_by.value_or(io::never), stream_->recv());
    } catch (const io::error& e) {
      if (ends_by && e.code() == io::errc::timed_out)
        wrong_(fmt::format("{} was told that its connection ends, and it does not", witness_.nick()));
      co_return;
    }
    if (bytes.empty()) co_return;
    hear(bytes);
  }
}

void visitor::hear(std::string_view bytes) {
  if (its_.speaks == language::plain) return;
  unread_ += bytes;
  if (its_.speaks == language::http) return hear_answers();
  if (its_.speaks == language::websocket) return hear_frames();
  for (std::size_t end; (end = unread_.find("\r\n")) != unread_.npos; unread_.erase(0, end + 2))
    hear_line(std::string_view(unread_).substr(0, end));
}

/// Of which only what is told once is of interest: what fails in the server, its log tells.
void visitor::hear_answers() {
  constexpr std::string_view place = "Location: ";
  for (std::size_t end; (end = unread_.find("\r\n")) != unread_.npos; unread_.erase(0, end + 2))
    if (unread_.starts_with(place)) around_.was_told(std::string_view(unread_).substr(0, end));
  constexpr std::size_t longest = 4096;
  if (unread_.size() > longest) unread_.clear();
}

/// Of a server's frames, which are not masked and, with us, not in fragments.
void visitor::hear_frames() {
  if (unread_.starts_with("HTTP")) {
    const std::size_t end = unread_.find("\r\n\r\n");
    if (end == unread_.npos) return;
    unread_.erase(0, end + 4);
  }
  for (;;) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(unread_[i]); };
    if (unread_.size() < 2) return;
    const unsigned opcode = byte(0) & 0xfU;
    std::size_t size = byte(1) & 0x7fU, head = 2;
    if (size == 126) {
      if (unread_.size() < 4) return;
      size = static_cast<std::size_t>(byte(2)) << 8U | byte(3);
      head = 4;
    } else if (size == 127) {
      return wrong_("a message of a WebSocket is longer than a line may be");
    }
    if (unread_.size() < head + size) return;
    const std::string payload = unread_.substr(head, size);
    unread_.erase(0, head + size);
    if (opcode == text_frame) hear_line(payload);
    if (opcode == ping_frame) queue(frame(pong_frame, payload));
    if (opcode == close_frame) queue(frame(close_frame, payload));
  }
}

void visitor::hear_line(std::string_view line) {
  if (std::string wrong = witness_.take(line); !wrong.empty()) wrong_(std::move(wrong));
  if (witness_.needs_other_nick()) say(fmt::format("NICK n{}", ++other_nicks_));
  if (const std::string token = witness_.take_ping(); !token.empty() && its_.answers_pings)
    say("PONG :" + token);
}

}  // namespace parlance::chat::test
