// Plays a script of socket calls on the current loop, and writes down what each answered.
//
//   tcp a b                      two ends of a connection; also: unix, pair
//   a send hello
//   b recv -> hello              what stands behind the arrow is the answer; none: it simply went well
//   job = b recv                 begins it, and goes on with the next line
//   a close
//   job ends -> end
//
// The transcript has the form of the script, so a script whose answers are right is its own transcript.
#pragma once

#include <fcntl.h>
#include <fmt/core.h>
#include <poll.h>

#include <charconv>
#include <map>
#include <sstream>

#include "io/support.hpp"

namespace parlance::io::test {

class player {
 public:
  /// The script again, with the answers that this backend gave.
  task<std::string> play(std::string_view script) {
    std::string transcript;
    std::istringstream lines{std::string(script)};
    for (std::string line; std::getline(lines, line);) {
      const std::size_t first = line.find_first_not_of(' ');
      if (first == std::string::npos) continue;
      const std::string call = trimmed(line.substr(first, line.find("->") - first));
      const std::string answer = co_await obey(words_of(call));
      transcript += call + (answer.empty() ? "" : " -> " + answer) + "\n";
    }
    co_return transcript;
  }

  /// A script without its indentation and its empty lines, as `play` writes it.
  static std::string plain(std::string_view script) {
    std::string text;
    std::istringstream lines{std::string(script)};
    for (std::string line; std::getline(lines, line);)
      if (line = trimmed(line); !line.empty()) text += line + "\n";
    return text;
  }

 private:
  using words = std::vector<std::string>;

  /// A call that goes on beside the others.
  struct job {
    context limits;
    std::string answer;
    bool over = false;
    scope inside{[](std::exception_ptr) {}};
  };

  static const std::string& big() {
    static const std::string bytes = pattern(20'000'000);
    return bytes;
  }

  static std::string trimmed(const std::string& text) {
    const std::size_t first = text.find_first_not_of(' ');
    if (first == std::string::npos) return {};
    return text.substr(first, text.find_last_not_of(' ') - first + 1);
  }

  static words words_of(const std::string& text) {
    std::istringstream in(text);
    words all;
    for (std::string word; in >> word;) all.push_back(word);
    return all;
  }

  static int number(const std::string& text) {
    int value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
  }

  static std::string told(const std::error_code& code) { return code ? reason(code) : std::string(); }

  /// What a word of a script stands for.
  static std::string text_of(const std::string& word) {
    if (word == "big") return big();
    return word == "empty" ? std::string() : word;
  }

  static std::string told(const std::string& bytes) {
    if (bytes.size() <= 40) return bytes;
    return fmt::format("{} bytes{}", bytes.size(), big().starts_with(bytes) ? "" : ", other ones");
  }

  task<std::string> obey(words call) {
    try {
      if (call.size() > 2 && call[1] == "=") co_return begin(call);
      if (call[0] == "within") {
        const duration limit = std::chrono::milliseconds(number(call[1]));
        co_return co_await timeout(limit, do_call({call.begin() + 2, call.end()}));
      }
      if (call[0] == "cancelled") {
        context over;
        over.cancel();
        co_return co_await run_in(over, do_call({call.begin() + 1, call.end()}));
      }
      if (jobs_.contains(call[0])) co_return co_await about(call);
      co_return co_await do_call(call);
    } catch (const error& e) {
      co_return reason(e.code());
    }
  }

  // --- jobs

  std::string begin(const words& call) {
    job& started = jobs_[call[0]];
    started.inside.spawn(run_in(started.limits, run(started, {call.begin() + 2, call.end()})));
    return {};
  }

  task<void> run(job& of, words call) {
    try {
      of.answer = co_await do_call(std::move(call));
    } catch (const error& e) {
      of.answer = reason(e.code());
    }
    of.over = true;
  }

  task<std::string> about(words call) {
    job& which = jobs_[call[0]];
    if (call[1] == "cancel") {
      which.limits.cancel();
    } else if (call[1] == "deadline") {
      which.limits.set_deadline(loop::current().now() + std::chrono::milliseconds(number(call[2])));
    } else if (call[1] == "destroy") {
      jobs_.erase(call[0]);
    } else if (call[1] == "waits") {
      co_await sleep(20ms);
      if (which.over) co_return "no: " + which.answer;
    } else {
      co_await which.inside.join();
      co_return which.answer;
    }
    co_return std::string();
  }

  // --- calls

  task<std::string> do_call(words call) {
    if (call[0] == "tcp" || call[0] == "unix") {
      ends made = co_await connected(call[0] == "tcp" ? loopback() : unique_name());
      keep(call[1], std::move(made.a)), keep(call[2], std::move(made.b));
      co_return std::string();
    }
    if (call[0] == "pair") {
      auto made = loop::current().kernel().open_pair();
      keep(call[1], std::move(made.first)), keep(call[2], std::move(made.second));
      co_return std::string();
    }
    if (call[0] == "listen") {
      keep(call[1], listening(number(call[3]), call[2] == "tcp" ? loopback() : unique_name()));
      co_return std::string();
    }
    if (call[0] == "listener") {
      keep(call[1], loop::current().kernel().open_listening(call[2] == "tcp" ? AF_INET : AF_UNIX));
      co_return std::string();
    }
    if (call[0] == "socket") {
      const bool local = call[2].starts_with("unix");
      const bool datagrams = call[2] == "udp" || call[2] == "unix_datagrams";
      const int family = local ? AF_UNIX : AF_INET;
      std::unique_ptr<socket> made =
          loop::current().kernel().open(family, datagrams ? SOCK_DGRAM : SOCK_STREAM);
      if (datagrams) made->bind(local ? unique_name() : loopback());
      keep(call[1], std::move(made));
      co_return std::string();
    }
    const auto found = sockets_.find(call[0]);
    if (found == sockets_.end()) throw std::invalid_argument("there is no '" + call[0] + "'");
    const std::string argument = call.size() > 2 ? call[2] : std::string();
    if (call[1] == "close") {
      sockets_.erase(found);
      co_return std::string();
    }
    if (call[1] == "sendto") co_return co_await send_datagram(*found->second, names_.at(argument), call[3]);
    if (call[1] == "connect") co_return co_await connect(*found->second, names_.at(argument));
    if (call[1] == "bind") co_return found->second->bind(names_.at(argument)), std::string();
    if (call[1] == "accept") co_return co_await accept(*found->second, argument);
    co_return co_await on(*found->second, call[1], argument);
  }

  task<std::string> on(socket& s, std::string verb, std::string argument) {
    if (verb == "send") co_return co_await send(s, text_of(argument));
    if (verb == "recv") co_return co_await recv(s, argument.empty() ? 0 : number(argument));
    if (verb == "drain") co_return co_await drain(s);
    if (verb == "recvfrom") co_return co_await receive_datagram(s, argument.empty() ? 100 : number(argument));
    if (verb == "fill") co_return co_await fill(s, names_.at(argument));
    if (verb == "listen") {
      socket_cast<listening_socket>(s).listen(number(argument));
    } else if (verb == "shutdown") {
      socket_cast<stream_socket>(s).shutdown(argument == "read"    ? SHUT_RD
                                             : argument == "write" ? SHUT_WR
                                                                   : SHUT_RDWR);
    } else if (verb == "abort") {
      s.abort();
    } else if (verb == "limit_read" || verb == "limit_write") {
      s.set_timeout(verb == "limit_read" ? side::read : side::write,
                    std::chrono::milliseconds(number(argument)));
    } else if (verb == "hears_end") {
      co_await come(s, POLLRDHUP | POLLHUP | POLLERR);
    } else if (verb == "hears_reset") {
      co_await come(s, POLLERR | POLLHUP);
    } else if (verb == "hears") {
      co_await come(s, POLLIN);
    } else if (verb == "urgent") {
      EXPECT_EQ(::send(s.native_handle(), argument.data(), argument.size(), MSG_OOB),
                static_cast<ssize_t>(argument.size()));
    } else if (verb == "pass") {
      pass_descriptor(s, argument);
    } else {
      throw std::invalid_argument("there is no '" + verb + "'");
    }
    co_return std::string();
  }

  static task<std::string> connect(socket& s, endpoint whom) {
    if (auto* const datagrams = dynamic_cast<datagram_socket*>(&s)) {
      datagrams->connect(whom);
      co_return std::string();
    }
    connect_operation op(s, whom);
    co_await op;
    co_return told(op.error);
  }

  task<std::string> accept(socket& s, std::string name) {
    accept_operation op(s);
    socket_ptr caller = co_await op;
    if (caller) keep(name, std::move(caller));
    co_return told(op.error);
  }

  static task<std::string> send(socket& s, std::string bytes) {
    send_operation op(s, bytes);
    co_await op;
    if (!op.error) co_return op.sent == bytes.size() ? "" : "a part only";
    co_return told(op.error);
  }

  /// `size` bytes, however they are cut; 0: as they come. What comes with them is for the next.
  task<std::string> recv(socket& s, std::size_t size) {
    std::string all = std::exchange(rests_[&s], {});
    while (all.empty() || all.size() < size) {
      recv_operation op(s);
      co_await op;
      if (op.error) co_return (all.empty() ? "" : told(all) + ", then ") + told(op.error);
      if (op.chunk.empty()) co_return all.empty() ? "the end" : told(all) + ", then the end";
      all += op.chunk;
    }
    if (size != 0 && all.size() > size) {
      rests_[&s] = all.substr(size);
      all.resize(size);
    }
    co_return told(all);
  }

  task<std::string> drain(socket& s) { return recv(s, static_cast<std::size_t>(-1)); }

  static task<std::string> send_datagram(socket& s, endpoint whom, std::string word) {
    const std::string bytes = word == "huge" ? std::string(200'000, 'x') : text_of(word);
    send_to_operation op(s, bytes, whom);
    co_await op;
    co_return told(op.error);
  }

  task<std::string> receive_datagram(socket& s, std::size_t room) {
    std::string buffer(room, '?');
    recv_from_operation op(s, std::span(buffer));
    co_await op;
    if (op.error) co_return told(op.error);
    std::string from = "nobody";
    for (const auto& [name, at] : names_)
      if (at == op.from && at.family() != AF_UNSPEC) from = name;
    const std::string text = op.size == 0 ? "empty" : buffer.substr(0, op.size);
    co_return fmt::format("{}{} from {}", text, op.truncated ? ", cut," : "", from);
  }

  /// Sends datagrams until the receiver has no room.
  static task<std::string> fill(socket& s, endpoint whom) {
    const std::string filler(4000, 'f');
    if (s.native_handle() >= 0) {
      while (::sendto(s.native_handle(), filler.data(), filler.size(), MSG_DONTWAIT, whom.data(),
                      whom.size()) > 0) {
      }
      co_return std::string();
    }
    for (;;) {
      const auto one = [&]() -> task<void> {
        send_to_operation op(s, filler, whom);
        co_await op;
        if (op.error) throw error(op.error, "fill");
      };
      if (co_await failure_of(timeout(5ms, one()))) co_return std::string();
    }
  }

  /// Returns once the kernel knows of it; in the simulation, once it must.
  static task<void> come(socket& s, int events) {
    if (s.native_handle() < 0) co_return co_await sleep(10ms);
    co_await eventually([&] {
      pollfd one{.fd = s.native_handle(), .events = static_cast<short>(events), .revents = 0};
      return ::poll(&one, 1, 0) == 1;
    });
  }

  static void pass_descriptor(socket& s, const std::string& bytes) {
    EXPECT_EQ(send_with_descriptors(s.native_handle(), bytes, {STDERR_FILENO}),
              static_cast<ssize_t>(bytes.size()));
  }

  void keep(const std::string& name, std::unique_ptr<socket> s) {
    sockets_[name] = std::move(s);
    note(name);
  }
  /// Whom others call by this name, also when it is gone.
  void note(const std::string& name) { names_[name] = sockets_[name]->local(); }

  std::map<std::string, std::unique_ptr<socket>> sockets_;
  std::map<std::string, endpoint> names_;
  std::map<const socket*, std::string> rests_;
  std::map<std::string, job> jobs_;
};

}  // namespace parlance::io::test
