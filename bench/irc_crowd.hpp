// Clients that register with an IRC server and join a room each, on one epoll. A load builds its own talk on
// this: what a client hears once it is in its room.
//
//   irc_crowd crowd(6667);                      // or irc_crowd(6667, way::tls)
//   while (crowd.size() < 100) crowd.add("#room");
//   crowd.wait_until_joined();
//   crowd.turn(100ms, [](irc_client& client, std::string_view line, steady::time_point now) { ... });
//
// The first error that the server tells a client (ERROR, or a numeric such as 433, nickname in use) and a
// lost connection end the program with one plain line: a load of which a part is missing measures nothing.
#pragma once

#include <fcntl.h>
#include <fmt/format.h>
#include <openssl/ssl.h>
#include <sys/epoll.h>

#include <array>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "loopback.hpp"
#include "tls.hpp"
#include "websocket.hpp"

namespace bench {

using steady = std::chrono::steady_clock;

/// How clients speak IRC. Handshakes are over before anything is said.
enum class way : std::uint8_t { tcp, tls, websocket };

struct irc_client {
  enum class state : std::uint8_t { registering, joining, joined };

  std::size_t id = 0;
  int socket = -1;
  state state = state::registering;
  bool writable_watched = false;
  std::string room{};
  tls_session tls = nullptr;
  std::string in{};   ///< the beginning of a line, or frame, whose end has not come
  std::string out{};  ///< what the socket did not take yet
};

class irc_crowd {
 public:
  explicit irc_crowd(std::uint16_t port, way how = way::tcp) : port_(port), how_(how) {
    if (poll_ < 0) fail("epoll_create1");
    if (how != way::tls) return;
    context_ = make_context(::TLS_client_method());
    std::signal(SIGPIPE, SIG_IGN);  // OpenSSL writes to the socket itself
  }

  /// Starts to connect one more client, the next of b0, b1, b2...; it joins `room` when it is welcome. Takes
  /// turns meanwhile, as many as the server needs to accept those before.
  void add(std::string room) {
    if (clients_.size() % clients_together == 0) wait_until_accepted();
    const std::size_t id = clients_.size();
    const auto address = static_cast<std::uint32_t>(1 + id / clients_per_address);
    const int socket = connect_to(port_, address, how_ == way::tcp ? SOCK_NONBLOCK : 0);
    set_no_delay(socket);
    irc_client& client =
        clients_.emplace_back(irc_client{.id = id, .socket = socket, .room = std::move(room)});
    shake_hands(client);
    epoll_event readable{.events = EPOLLIN, .data = {.u64 = id}};
    if (::epoll_ctl(poll_, EPOLL_CTL_ADD, socket, &readable) != 0) fail("epoll_ctl");
    send(client, fmt::format("NICK b{}\r\nUSER b 0 * :b\r\n", id));
  }

  std::size_t size() const { return clients_.size(); }
  /// How many are not welcome yet.
  std::size_t registering() const { return clients_.size() - welcomed_; }
  bool all_joined() const { return joined_ == clients_.size(); }
  irc_client& operator[](std::size_t id) { return clients_[id]; }

  /// Queues whole lines, and sends what the socket takes.
  void send(irc_client& client, std::string_view lines) {
    if (how_ != way::websocket) client.out += lines;
    while (how_ == way::websocket && !lines.empty()) {
      const std::size_t end = lines.find("\r\n");
      client.out += frame_of(lines.substr(0, end), true);
      lines.remove_prefix(end + 2);
    }
    flush(client);
  }

  /// Takes what has come, after waiting for `limit` at most, and gives on_line(client, line, now) each line
  /// that a client hears in its room; `now` is when it was received. False when nothing came.
  template <class OnLine> bool turn(std::chrono::milliseconds limit, OnLine&& on_line) {
    std::array<epoll_event, 512> events;
    const int ready = ::epoll_wait(poll_, events.data(), events.size(), static_cast<int>(limit.count()));
    if (ready < 0) fail("epoll_wait");
    for (int i = 0; i < ready; ++i) {
      irc_client& client = clients_[events[i].data.u64];
      if (events[i].events & EPOLLOUT) flush(client);
      if (events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR)) receive(client, on_line);
    }
    return ready > 0;
  }

  /// Takes turns until every client is in its room.
  void wait_until_joined() {
    while (!all_joined()) set_up_turn(std::chrono::milliseconds(100));
  }

  /// A turn while clients register and join, of which nobody listens to what is said.
  bool set_up_turn(std::chrono::milliseconds limit) {
    const bool came = turn(limit, [](const irc_client&, std::string_view, steady::time_point) {});
    if (const std::size_t progress = welcomed_ + joined_; progress != progress_) {
      progress_ = progress;
      progressed_ = steady::now();
    } else if (steady::now() - progressed_ > patience) {
      fail(fmt::format("of {} clients {} are registered and {} in their room, and no more will be", size(),
                       welcomed_, joined_),
           ETIMEDOUT);
    }
    return came;
  }

 private:
  /// Fewer than the shortest backlog: what overflows it the kernel drops and tries again seconds later.
  static constexpr std::size_t clients_together = 8;
  static constexpr std::size_t clients_per_address = 1000;
  static constexpr std::chrono::seconds patience{60};
  static constexpr std::size_t longest_line = 16'384;

  void wait_until_accepted() {
    set_up_turn(std::chrono::milliseconds(0));
    while (connections_queued_at(port_) > 0) set_up_turn(std::chrono::milliseconds(1));
  }

  [[noreturn]] static void fail_client(const irc_client& client, std::string_view what) {
    fmt::print(stderr, "client b{}: {}\n", client.id, what);
    std::exit(1);
  }

  void shake_hands(irc_client& client) {
    if (how_ == way::tcp) return;
    if (how_ == way::websocket) open_websocket(client.socket);
    if (how_ == way::tls) {
      client.tls = session_on(context_.get(), client.socket);
      // What waits to be sent grows, and moves by that.
      ::SSL_set_mode(client.tls.get(), SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
      if (::SSL_connect(client.tls.get()) != 1) fail_tls("the handshake");
    }
    if (::fcntl(client.socket, F_SETFL, O_NONBLOCK) != 0) fail("fcntl");
  }

  /// How many bytes; 0: it takes none now.
  static std::size_t write(irc_client& client) {
    if (client.tls) {
      const int sent = ::SSL_write(client.tls.get(), client.out.data(), static_cast<int>(client.out.size()));
      if (sent <= 0 && !must_wait(client.tls.get(), sent))
        fail_tls(fmt::format("client b{}: send", client.id));
      return sent <= 0 ? 0 : static_cast<std::size_t>(sent);
    }
    const ssize_t sent = ::send(client.socket, client.out.data(), client.out.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno != EAGAIN) fail(fmt::format("client b{}: send", client.id));
    return sent < 0 ? 0 : static_cast<std::size_t>(sent);
  }

  void flush(irc_client& client) {
    while (!client.out.empty()) {
      const std::size_t sent = write(client);
      if (sent == 0) break;
      client.out.erase(0, sent);
    }
    watch_writable(client, !client.out.empty());
  }

  void watch_writable(irc_client& client, bool on) {
    if (client.writable_watched == on) return;
    client.writable_watched = on;
    epoll_event event{.events = EPOLLIN | (on ? EPOLLOUT : 0U), .data = {.u64 = client.id}};
    if (::epoll_ctl(poll_, EPOLL_CTL_MOD, client.socket, &event) != 0) fail("epoll_ctl");
  }

  /// What there is, as far as there is room in the buffer; empty: nothing came.
  std::string_view read(irc_client& client) {
    std::size_t all = 0;
    while (client.tls && all < buffer_.size()) {
      const int received =
          ::SSL_read(client.tls.get(), buffer_.data() + all, static_cast<int>(buffer_.size() - all));
      if (received > 0)
        all += static_cast<std::size_t>(received);
      else if (must_wait(client.tls.get(), received))
        return {buffer_.data(), all};
      else
        fail_client(client, "the server closed the connection");
    }
    if (client.tls) return {buffer_.data(), all};
    const ssize_t received = ::recv(client.socket, buffer_.data(), buffer_.size(), 0);
    if (received < 0 && errno == EAGAIN) return {};
    if (received < 0) fail(fmt::format("client b{}: recv", client.id));
    if (received == 0) fail_client(client, "the server closed the connection");
    return {buffer_.data(), static_cast<std::size_t>(received)};
  }

  template <class OnLine> void receive(irc_client& client, OnLine&& on_line) {
    // A session may hold more than there was room for, of which the socket tells nothing any more.
    for (bool is_full = true; is_full;) {
      std::string_view bytes = read(client);
      if (bytes.empty()) return;
      is_full = client.tls && bytes.size() == buffer_.size();
      const steady::time_point now = steady::now();
      if (!client.in.empty()) bytes = client.in.append(bytes);
      const std::size_t begin = how_ == way::websocket ? take_frames(client, bytes, now, on_line)
                                                       : take_lines(client, bytes, now, on_line);
      if (bytes.size() - begin > longest_line) fail_client(client, "the server's line has no end");
      // Assigning a part of itself to a string is sound.
      client.in.assign(bytes, begin);
    }
  }

  /// Gives where the first begins that is not whole.
  template <class OnLine>
  std::size_t take_lines(irc_client& client, std::string_view bytes, steady::time_point now,
                         OnLine&& on_line) {
    std::size_t begin = 0;
    for (std::size_t end; (end = bytes.find('\n', begin)) != bytes.npos; begin = end + 1) {
      std::string_view line = bytes.substr(begin, end - begin);
      if (line.ends_with('\r')) line.remove_suffix(1);
      if (!line.empty()) take(client, line, now, on_line);
    }
    return begin;
  }

  /// The same. A frame is a line, for a server's are not masked, and a line is never in pieces.
  template <class OnLine>
  std::size_t take_frames(irc_client& client, std::string_view bytes, steady::time_point now,
                          OnLine&& on_line) {
    constexpr unsigned text = 0x81, closing = 0x88, ping = 0x89, two_bytes_more = 126;
    const auto number = [&](std::size_t at) {
      return static_cast<unsigned>(static_cast<unsigned char>(bytes[at]));
    };
    std::size_t begin = 0;
    while (bytes.size() - begin >= 4) {
      std::size_t head = 2, size = number(begin + 1);
      if (size == two_bytes_more) head = 4, size = number(begin + 2) << 8U | number(begin + 3);
      if (bytes.size() - begin < head + size) break;
      const std::string_view payload = bytes.substr(begin + head, size);
      const unsigned what = number(begin);
      begin += head + size;
      if (what == closing) fail_client(client, "the server closed the WebSocket");
      if (what == text) take(client, payload, now, on_line);
      if (what == ping) client.out += frame_of(payload, true, 0x8a), flush(client);
    }
    return begin;
  }

  template <class OnLine>
  void take(irc_client& client, std::string_view line, steady::time_point now, OnLine&& on_line) {
    if (line.starts_with("PING")) return send(client, fmt::format("PONG{}\r\n", line.substr(4)));
    if (line.starts_with("ERROR")) fail_client(client, line);
    const std::string_view command = command_of(line);
    if (command.size() == 3) take_numeric(client, command, line);
    if (client.state == irc_client::state::joined) on_line(client, line, now);
  }

  void take_numeric(irc_client& client, std::string_view numeric, std::string_view line) {
    if (numeric == "001" && client.state == irc_client::state::registering) {
      client.state = irc_client::state::joining;
      ++welcomed_;
      send(client, fmt::format("JOIN {}\r\n", client.room));
    } else if (numeric == "366" && client.state == irc_client::state::joining) {
      client.state = irc_client::state::joined;
      ++joined_;
    } else if (numeric[0] == '4' && numeric != "422") {  // 422: there is no message of the day
      fail_client(client, line);
    }
  }

  /// The word after the source, if there is one.
  static std::string_view command_of(std::string_view line) {
    if (line.starts_with(':')) line.remove_prefix(std::min(line.find(' '), line.size() - 1) + 1);
    return line.substr(0, line.find(' '));
  }

  std::uint16_t port_;
  way how_;
  tls_context context_ = nullptr;
  int poll_ = ::epoll_create1(EPOLL_CLOEXEC);
  std::deque<irc_client> clients_;
  std::size_t welcomed_ = 0;
  std::size_t joined_ = 0;
  std::size_t progress_ = 0;
  steady::time_point progressed_ = steady::now();
  std::vector<char> buffer_ = std::vector<char>(262'144);
};

}  // namespace bench
