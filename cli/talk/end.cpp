#include <fmt/core.h>
#include <poll.h>
#include <unistd.h>

#include <utility>

#include <parlance/io/error.hpp>

#include <cli/base/verb.hpp>
#include <cli/talk/end.hpp>

extern char** environ;

namespace parlance::cli {
namespace {

constexpr char escape = 0x1d;  // Ctrl-], as telnet has it

void name(std::vector<std::string>& environment, const char* which, const net::endpoint& at) {
  environment.push_back(fmt::format("PARLANCE_{}_ADDR={}", which, at.address()));
  if (at.family() != AF_UNIX) environment.push_back(fmt::format("PARLANCE_{}_PORT={}", which, at.port()));
}

io::process started(std::vector<std::string> command, const net::stream& peer) {
  std::vector<std::string> environment;
  for (char** one = environ; *one; ++one) environment.emplace_back(*one);
  name(environment, "REMOTE", peer.remote());
  name(environment, "LOCAL", peer.local());
  try {
    return io::process(std::move(command), {.in = io::stdio::pipe(),
                                            .out = io::stdio::pipe(),
                                            .environment = std::move(environment),
                                            .own_group = true});
  } catch (const io::error& e) {
    throw complaint(failure, fmt::format("{}; check the command of --exec", e.what()));
  }
}

}  // namespace

standard_end::standard_end(bool raw) : typed_(STDIN_FILENO) {
  if (raw) raw_.emplace(STDIN_FILENO);
}

io::task<std::string_view> standard_end::read() {
  if (escaped_) co_return std::string_view();
  std::string_view typed;
  try {
    typed = co_await typed_.read();
  } catch (const io::error& e) {
    if (e.code() == io::errc::cancelled) throw;
    throw io::error(e.code(), "read stdin");
  }
  if (!raw_ || !raw_->on()) co_return typed;
  const std::size_t end = typed.find(escape);
  escaped_ = end != typed.npos;
  co_return typed.substr(0, end);
}

bool standard_end::has_something() const noexcept {
  // A terminal is others' while we are in its background.
  if (escaped_ || io::in_background(STDIN_FILENO)) return false;
  pollfd asked{.fd = STDIN_FILENO, .events = POLLIN, .revents = 0};
  return ::poll(&asked, 1, 0) == 1;
}

io::task<bool> standard_end::print(std::string_view text) {
  co_await out_.print(text);
  co_return true;
}

bool standard_end::is_person() const noexcept { return ::isatty(STDIN_FILENO) == 1; }

program_end::program_end(std::vector<std::string> command, const net::stream& peer)
    : child_(started(std::move(command), peer)) {}

io::task<std::string_view> program_end::read() { return child_.out().read(); }

io::task<bool> program_end::print(std::string_view text) {
  try {
    co_await child_.write(text);
  } catch (const io::error& e) {
    if (e.code() != std::errc::broken_pipe && e.code() != std::errc::bad_file_descriptor) throw;
    co_return false;
  }
  co_return true;
}

io::task<bool> program_end::ended() {
  status_ = co_await child_.wait();
  co_return true;
}

int program_end::exit_code() const noexcept {
  return status_.signal != 0 ? 128 + status_.signal : status_.code;
}

}  // namespace parlance::cli
