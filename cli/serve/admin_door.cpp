#include <fmt/core.h>
#include <grp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>
#include <utility>

#include <parlance/io/combinators.hpp>
#include <parlance/io/error.hpp>
#include <parlance/io/event.hpp>
#include <parlance/io/scope.hpp>
#include <parlance/io/semaphore.hpp>
#include <parlance/net/listener.hpp>
#include <parlance/net/reader.hpp>

#include <cli/base/verb.hpp>
#include <cli/serve/admin_door.hpp>
#include <cli/serve/operator_console.hpp>
#include <cli/serve/operator_json.hpp>

namespace parlance::cli {
namespace {

using json = nlohmann::ordered_json;

constexpr std::size_t most_at_once = 16;
constexpr std::size_t most_waiting = std::size_t{1024} * 1024;  // bytes for one of them
constexpr std::size_t longest_line = std::size_t{64} * 1024;

gid_t group_called(const std::string& name) {
  errno = 0;
  const group* const found = ::getgrnam(name.c_str());
  if (!found) throw complaint(failure, fmt::format("console.group: there is no group {}", name));
  return found->gr_gid;
}

/// Opens it to a group.
void give_to(const std::string& path, const std::string& name) {
  if (::chown(path.c_str(), static_cast<uid_t>(-1), group_called(name)) != 0 ||
      ::chmod(path.c_str(), 0660) != 0)
    throw io::error(io::from_errno(errno), fmt::format("give {} to the group {}", path, name));
}

/// One who has come.
class visit {
 public:
  visit(chat::server& server, net::stream& with)
      : with_(with),
        console_(server, {.hears = [this](std::string_view lines) { send({{"heard", lines_of(lines)}}); }}) {}

  /// True: the server is to end.
  io::task<bool> run() {
    // Who takes nothing any more is not waited for: what fails at one ends both.
    const auto [ends, written] = co_await io::all(listen(), write());
    co_return ends;
  }

 private:
  io::task<bool> listen() {
    const bool ends = co_await obey();
    is_over_ = true;
    queued_.set();
    co_return ends;
  }

  io::task<bool> obey() {
    net::reader in(with_);
    while (const std::optional<std::string_view> line = co_await in.line(longest_line)) {
      if (*line == "/quit") break;
      if (*line == "/hear") {
        console_.enter_lobby();
        continue;
      }
      const operator_answer answer = co_await console_.obey(std::string(*line));
      send(json_of(answer));
      if (answer.ends) co_return true;
      co_await have_taken();
    }
    co_return false;
  }

  /// While much waits for it, nothing more is done for it.
  io::task<void> have_taken() {
    while (waiting_.size() > most_waiting) {
      taken_.reset();
      co_await taken_;
    }
  }

  /// Who takes too little misses some of what is heard.
  void send(const json& what) {
    if (waiting_.size() > most_waiting && what.contains("heard")) return;
    waiting_ += text_of(what) + '\n';
    queued_.set();
  }

  io::task<void> write() {
    while (!is_over_ || !waiting_.empty()) {
      if (waiting_.empty()) {
        queued_.reset();
        co_await queued_;
        continue;
      }
      const std::string now = std::exchange(waiting_, {});
      taken_.set();
      co_await with_.send(now);
    }
  }

  net::stream& with_;
  std::string waiting_;
  io::event queued_, taken_;
  bool is_over_ = false;
  operator_console console_;
};

}  // namespace

std::string admin_socket_of(const chat::settings& of) {
  if (!of.console.enabled) return {};
  if (!of.console.socket.empty()) return of.console.socket;
  return of.store.folder.empty() ? "" : of.store.folder + "/console";
}

io::task<void> serve_admins(chat::server& server, std::function<void(std::string_view)> tell,
                            std::function<void()> end) {
  const std::string path = admin_socket_of(server.configured());
  const std::string& group = server.configured().console.group;
  if (path.empty()) co_return;
  std::optional<net::listener> door;
  try {
    door = co_await net::listen("unix:" + path, {.unix_mode = 0600, .on_pause = tell});
    if (!group.empty()) give_to(path, group);
  } catch (const std::exception& e) {
    if (const auto* failed = dynamic_cast<const io::error*>(&e);
        failed && failed->code() == io::errc::cancelled)
      throw;
    tell(fmt::format("parlance admin cannot come in: {}", e.what()));
    co_return;
  }
  const bool is_for_a_group = !group.empty();
  io::scope visits([](std::exception_ptr) {});  // that one went away is its own affair
  io::semaphore places(most_at_once);
  for (;;) {
    auto place = co_await places.acquire();
    net::stream caller = co_await door->accept();
    // The kernel has looked at the file's mode; but that was another's for a moment when it was made.
    const std::optional<ucred> who = caller.peer_credentials();
    if (!is_for_a_group && (!who || (who->uid != 0 && who->uid != ::geteuid()))) continue;
    visits.spawn(
        [&server, &end](net::stream& with, io::semaphore::guard&) -> io::task<void> {
          visit now(server, with);
          const bool ends = co_await now.run();
          co_await with.close();
          if (ends) end();
        },
        std::move(caller), std::move(place));
  }
}

}  // namespace parlance::cli
