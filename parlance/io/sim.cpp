#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <stdexcept>

#include <parlance/io/error.hpp>
#include <parlance/io/sim_datagram.hpp>
#include <parlance/io/sim_stream.hpp>

namespace parlance::io {
namespace sim {

void sim_backend::wait(time_point until) {
  if (until <= now_ || !owner().posts()->empty()) {
    now_ += length_of_a_turn;
    return;
  }
  if (until == never) throw error(errc::deadlock, "turn the simulated loop");
  now_ = until;
}

time_point sim_backend::arrival() noexcept {
  const auto least = std::max(options.min_delay, duration::zero()).count();
  const auto most = std::max(options.max_delay, duration::zero()).count();
  return after(now_,
               duration(dice.between(static_cast<std::uint64_t>(least), static_cast<std::uint64_t>(most))));
}

std::unique_ptr<socket> sim_backend::open(int family, int type) {
  if (next_operation_fails()) throw error(from_errno(EMFILE), "open a socket");
  if (family != AF_INET && family != AF_INET6 && family != AF_UNIX)
    throw error(from_errno(EAFNOSUPPORT), "open a socket");
  switch (type & ~(SOCK_CLOEXEC | SOCK_NONBLOCK)) {
    case SOCK_STREAM:
      return std::make_unique<sim_stream>(*this, family, SOCK_STREAM);
    case SOCK_DGRAM:
      return std::make_unique<sim_datagram>(*this, family, SOCK_DGRAM);
    default:
      throw error(from_errno(ESOCKTNOSUPPORT), "open a socket");
  }
}

std::unique_ptr<socket> sim_backend::adopt(int) {
  throw error(from_errno(EOPNOTSUPP), "adopt a descriptor in the simulation");
}

std::pair<std::unique_ptr<socket>, std::unique_ptr<socket>> sim_backend::open_pair() {
  if (next_operation_fails()) throw error(from_errno(EMFILE), "open a pair of sockets");
  auto a = std::make_unique<sim_stream>(*this, AF_UNIX, SOCK_STREAM);
  auto b = std::make_unique<sim_stream>(*this, AF_UNIX, SOCK_STREAM);
  sim_stream::join(*a, *b);
  return {std::move(a), std::move(b)};
}

// A real descriptor in simulated time: it is ready now, or it never will be.
bool sim_backend::begin(poll_operation& op) noexcept {
  pollfd real{.fd = op.fd(), .events = op.events(), .revents = 0};
  if (::poll(&real, 1, 0) != 1) op.error = from_errno(EOPNOTSUPP);
  if (real.revents & POLLNVAL) op.error = from_errno(EBADF);
  return true;
}

sim_socket::sim_socket(sim_backend& network, int family, int type) noexcept
    : socket(network), network_(network), family_(family), type_(type) {
  if (family == AF_INET) local_ = endpoint::ipv4({}, 0);
  if (family == AF_INET6) local_ = endpoint::ipv6({}, 0);
  const sockaddr unnamed{.sa_family = AF_UNIX, .sa_data = {}};
  if (family == AF_UNIX) local_ = endpoint(&unnamed, sizeof unnamed.sa_family);
}

sim_socket::~sim_socket() = default;

void sim_socket::detach() noexcept {
  release_waiters();
  again_.disarm();
  network_.addresses.remove(*this);
}

void sim_socket::bind(const endpoint& to) {
  endpoint at = to;
  const int failed = to.family() != family_ ? EAFNOSUPPORT
                     : bound_               ? EINVAL
                                            : network_.addresses.add(*this, at);
  if (failed) throw error(from_errno(failed), "bind " + to.to_string());
  local_ = at;
  bound_ = true;
}

int sim_socket::bind_anywhere() {
  if (bound_ || family_ == AF_UNIX) return 0;
  const int failed = network_.addresses.add(*this, local_);
  bound_ = failed == 0;
  return failed;
}

bool sim_socket::begin(socket_operation& op) noexcept {
  if (network_.next_operation_fails()) {
    if (op.what() == socket_operation::kind::accept) return fail(op, EMFILE);
    broken_by_fault();
    return fail(op, ECONNRESET);
  }
  if (op.what() == socket_operation::kind::connect) return connect(static_cast<connect_operation&>(op));
  if (loop::current().may_complete_inline()) return attempt(op);
  // The turn was full: as many operations as it had take about this long.
  try_again(after(network_.now(), std::chrono::milliseconds(1)));
  return false;
}

void sim_socket::progress(side which) noexcept {
  socket_operation* op = active(which);
  bool& trying = trying_[static_cast<std::size_t>(which)];
  // What breaks the connection in the middle of an attempt comes by here again.
  if (!op || op->what() == socket_operation::kind::connect || std::exchange(trying, true)) return;
  const bool over = attempt(*op);
  trying = false;
  if (over) finish(*op);
}

void sim_socket::try_again(time_point when) {
  if (!again_.armed() || when < again_.when()) again_.arm(when);
}

}  // namespace sim

std::unique_ptr<backend> make_sim_backend(loop& owner, const sim_options& options) {
  return std::make_unique<sim::sim_backend>(owner, options);
}

namespace {

const sim::sim_backend& simulation(const char* asked) {
  const auto* current = dynamic_cast<const sim::sim_backend*>(&loop::current().kernel());
  if (!current) throw std::logic_error(std::string(asked) + ": the current loop is not simulated");
  return *current;
}

}  // namespace

std::uint64_t sim_operations() { return simulation("io::sim_operations").operations(); }

std::vector<endpoint> sim_look_up(std::string_view host) {
  const auto& names = simulation("io::sim_look_up").options.names;
  if (const auto found = names.find(host); found != names.end()) return found->second;
  if (host != "localhost") return {};
  return {endpoint::ipv6({0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, 0),
          endpoint::ipv4({127, 0, 0, 1}, 0)};
}

}  // namespace parlance::io
