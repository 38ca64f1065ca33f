// The floor of chat fan-out: lets everybody in, answers just enough IRC for load_irc, and copies each PRIVMSG
// to all others in the one room there is. No names, no limits, no checks: what no chat server beats with as
// many system calls.
//
//   each   one send for each receiver of each message
//   batch  one send for each receiver of all that came in one turn
#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "loopback.hpp"

namespace {

using bench::fail;

struct client {
  int socket = -1;
  std::string nick{};
  std::string in{};   // the beginning of a line
  std::string out{};  // what the socket did not take
};

class room_server {
 public:
  room_server(std::uint16_t port, bool batch)
      : batch_(batch), listener_(bench::listen_on(port, SOCK_NONBLOCK)) {
    if (poll_ < 0) fail("epoll_create1");
    watch(listener_);
  }

  void turn() {
    std::array<epoll_event, 512> events;
    // Who has something waiting is tried again each millisecond: simpler than to watch for it, and rare.
    const int ready = ::epoll_wait(poll_, events.data(), events.size(), 1);
    if (ready < 0 && errno != EINTR) fail("epoll_wait");
    for (int i = 0; i < ready; ++i) {
      if (events[i].data.fd == listener_)
        accept_all();
      else
        receive(*clients_.at(events[i].data.fd));
    }
    for (client* member : members_) {
      if (!said_.empty()) put(*member, said_);
      if (!member->out.empty()) flush(*member);
    }
    said_.clear();
  }

 private:
  void watch(int socket) {
    epoll_event readable{.events = EPOLLIN, .data = {.fd = socket}};
    if (::epoll_ctl(poll_, EPOLL_CTL_ADD, socket, &readable) != 0) fail("epoll_ctl");
  }

  void accept_all() {
    for (int socket; (socket = ::accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0;) {
      bench::set_no_delay(socket);
      clients_.emplace(socket, std::make_unique<client>(client{.socket = socket}));
      watch(socket);
    }
    if (errno != EAGAIN) fail("accept4");
  }

  void receive(client& from) {
    static std::array<char, 65'536> buffer;
    const ssize_t received = ::recv(from.socket, buffer.data(), buffer.size(), 0);
    if (received < 0 && errno == EAGAIN) return;
    if (received <= 0) return leave(from);
    from.in.append(buffer.data(), static_cast<std::size_t>(received));
    std::size_t begin = 0;
    for (std::size_t end; (end = from.in.find("\r\n", begin)) != from.in.npos; begin = end + 2)
      take(from, std::string_view(from.in).substr(begin, end - begin));
    from.in.erase(0, begin);
  }

  void leave(client& who) {
    std::erase(members_, &who);
    ::close(who.socket);
    clients_.erase(who.socket);
  }

  void take(client& from, std::string_view line) {
    if (line.starts_with("NICK ")) {
      from.nick = line.substr(5);
    } else if (line.starts_with("USER ")) {
      put(from, fmt::format(":s 001 {} :hi\r\n", from.nick));
    } else if (line.starts_with("JOIN ")) {
      members_.push_back(&from);
      put(from, fmt::format(":s 366 {} {} :end\r\n", from.nick, line.substr(5)));
    } else if (line.starts_with("PRIVMSG ")) {
      say(from, fmt::format(":{}!b@h {}\r\n", from.nick, line));
    }
  }

  void say(const client& from, const std::string& line) {
    if (batch_) {
      said_ +=
          line;  // to the speaker too, which a real server would not: it would cost a copy to leave it out
      return;
    }
    for (client* member : members_)
      if (member != &from) put(*member, line);
  }

  static void put(client& to, std::string_view bytes) {
    const bool idle = to.out.empty();
    std::size_t sent = 0;
    if (idle) sent = send(to, bytes);
    to.out += bytes.substr(sent);
  }

  static void flush(client& to) { to.out.erase(0, send(to, to.out)); }

  /// What the socket took. Of a connection that is gone nothing; its end is received in a later turn.
  static std::size_t send(const client& to, std::string_view bytes) {
    const ssize_t sent = ::send(to.socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    return sent > 0 ? static_cast<std::size_t>(sent) : 0;
  }

  const bool batch_;
  int poll_ = ::epoll_create1(EPOLL_CLOEXEC);
  int listener_;
  std::unordered_map<int, std::unique_ptr<client>> clients_;  // by socket
  std::vector<client*> members_;
  std::string said_;  // in this turn
};

}  // namespace

int main(int argc, char** argv) {
  constexpr std::string_view usage = "floor_fanout PORT each|batch";
  const std::string_view mode = argc == 3 ? argv[2] : "";
  if (mode != "each" && mode != "batch") {
    fmt::print(stderr, "usage: {}\n", usage);
    return 2;
  }
  bench::raise_open_file_limit();
  room_server server(bench::number<std::uint16_t>(argv[1], 1, 65'535, usage), mode == "batch");
  while (true) server.turn();
}
