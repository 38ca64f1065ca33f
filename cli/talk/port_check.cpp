#include <fmt/core.h>
#include <netdb.h>
#include <netinet/in.h>

#include <array>
#include <optional>
#include <utility>

#include <parlance/io/context.hpp>
#include <parlance/io/error.hpp>
#include <parlance/io/scope.hpp>
#include <parlance/io/semaphore.hpp>
#include <parlance/net/error.hpp>

#include <cli/base/standard_streams.hpp>
#include <cli/talk/port_check.hpp>
#include <cli/talk/talk.hpp>

namespace parlance::cli {
namespace {

constexpr std::size_t at_once = 64;

/// " (http)", or nothing.
std::string service_at(std::uint16_t port) {
  servent entry{};
  servent* found = nullptr;
  std::array<char, 4096> room{};
  ::getservbyport_r(htons(port), "tcp", &entry, room.data(), room.size(), &found);
  return found ? fmt::format(" ({})", found->s_name) : "";
}

class check {
 public:
  explicit check(port_check asked) : asked_(std::move(asked)) {}

  io::task<bool> run() {
    // Looked up once, not for every port, and not at all where a proxy does so.
    if (asked_.how.proxy.empty())
      found_ = co_await net::resolve({.host = asked_.host, .port = 0, .path = {}});
    lines_.resize(asked_.ports.size());
    io::scope all;
    for (std::size_t i = 0; i < asked_.ports.size(); ++i) {
      all.spawn([](check* self, std::size_t which, io::semaphore::guard&) { return self->ask(which); }, this,
                i, co_await places_.acquire());
    }
    co_await all.join();
    co_return all_;
  }

 private:
  io::task<void> ask(std::size_t which) {
    const net::address at{.host = asked_.host, .port = asked_.ports[which], .path = {}};
    const std::string name = at.to_string() + service_at(at.port);
    net::connect_options how = asked_.how;
    how.addresses = found_;
    for (net::endpoint& one : how.addresses) one.set_port(at.port);
    std::string line;
    try {
      net::stream answers = co_await net::connect(at, std::move(how));
      if (!asked_.quiet) line = name + " open\n";
    } catch (const io::error& e) {
      if (io::context::current().cancelled()) throw;
      all_ = false;
      std::string_view why = e.what();
      const std::string doing = fmt::format("connect {}: ", at.to_string());
      if (why.starts_with(doing)) why.remove_prefix(doing.size());
      if (asked_.verbose) line = fmt::format("{} closed: {}\n", name, why);
    }
    lines_[which] = std::move(line);
    // Each as soon as those before it are known.
    if (which == next_) co_await print();
  }

  io::task<void> print() {
    while (next_ < lines_.size() && lines_[next_]) {
      const std::string line = *std::exchange(lines_[next_], std::string());
      if (!line.empty()) co_await out_.print(line);
      ++next_;
    }
  }

  const port_check asked_;
  std::vector<net::endpoint> found_;
  io::semaphore places_{at_once};
  std::vector<std::optional<std::string>> lines_;  // not known yet; empty: nothing to tell
  std::size_t next_ = 0;                           // to be printed
  printer out_;
  bool all_ = true;
};

}  // namespace

io::task<bool> all_answer(port_check asked) {
  check one(std::move(asked));
  co_return co_await one.run();
}

}  // namespace parlance::cli
