#include <poll.h>
#include <strings.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <stdexcept>

#include <parlance/io/detail/sim_datagram.hpp>
#include <parlance/io/detail/sim_listener.hpp>
#include <parlance/io/detail/sim_stream.hpp>
#include <parlance/io/error.hpp>

namespace parlance::io {
namespace sim {

void sim_backend::wait(time_point until) {
  if (until <= now_ || !owner().posts()->empty()) {
    now_ = after(now_, length_of_a_turn);
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

std::unique_ptr<stream_socket> sim_backend::open_stream(int family) {
  if (next_operation_fails()) throw error(from_errno(EMFILE), "open a socket");
  return std::make_unique<sim_stream>(*this, family);
}

std::unique_ptr<listening_socket> sim_backend::open_listening(int family) {
  if (next_operation_fails()) throw error(from_errno(EMFILE), "open a socket");
  return std::make_unique<sim_listener>(*this, family);
}

std::unique_ptr<datagram_socket> sim_backend::open_datagram(int family) {
  if (next_operation_fails()) throw error(from_errno(EMFILE), "open a socket");
  return std::make_unique<sim_datagram>(*this, family);
}

std::pair<std::unique_ptr<stream_socket>, std::unique_ptr<stream_socket>> sim_backend::open_pair() {
  if (next_operation_fails()) throw error(from_errno(EMFILE), "open a pair of sockets");
  auto a = std::make_unique<sim_stream>(*this, AF_UNIX);
  auto b = std::make_unique<sim_stream>(*this, AF_UNIX);
  sim_stream::join(*a, *b);
  return {std::move(a), std::move(b)};
}

std::unique_ptr<stream_socket> sim_backend::adopt_stream(int descriptor) {
  ::close(descriptor);
  throw error(from_errno(EOPNOTSUPP), "adopt a descriptor in the simulation");
}

std::unique_ptr<listening_socket> sim_backend::adopt_listening(int descriptor) {
  ::close(descriptor);
  throw error(from_errno(EOPNOTSUPP), "adopt a descriptor in the simulation");
}

// A real descriptor in simulated time: it is ready now, or it never will be.
bool sim_backend::begin(poll_operation& op) noexcept {
  pollfd real{.fd = op.fd(), .events = op.events(), .revents = 0};
  if (::poll(&real, 1, 0) != 1) op.error = from_errno(EOPNOTSUPP);
  if (real.revents & POLLNVAL) op.error = from_errno(EBADF);
  return true;
}

addressed::addressed(sim_backend& network, int family, int type)
    : network_(network), family_(family), type_(type) {
  if (family != AF_INET && family != AF_INET6 && family != AF_UNIX)
    throw error(from_errno(EAFNOSUPPORT), "open a socket");
  if (family == AF_INET) local_ = endpoint::ipv4({}, 0);
  if (family == AF_INET6) local_ = endpoint::ipv6({}, 0);
  const sockaddr unnamed{.sa_family = AF_UNIX, .sa_data = {}};
  if (family == AF_UNIX) local_ = endpoint(&unnamed, sizeof unnamed.sa_family);
}

void addressed::bind_to(const endpoint& to) {
  endpoint at = to;
  const int failed = to.family() != family_ ? EAFNOSUPPORT
                     : bound_               ? EINVAL
                                            : network_.addresses.add(*this, at);
  if (failed) throw error(from_errno(failed), "bind " + to.to_string());
  local_ = at;
  bound_ = true;
}

int addressed::bind_anywhere() {
  if (bound_ || family_ == AF_UNIX) return 0;
  const int failed = network_.addresses.add(*this, local_);
  bound_ = failed == 0;
  return failed;
}

void addressed::unbind() noexcept { network_.addresses.remove(*this); }

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
  // Whatever the case of their letters (RFC 4343).
  const auto is = [](std::string_view one, std::string_view other) {
    return one.size() == other.size() && ::strncasecmp(one.data(), other.data(), one.size()) == 0;
  };
  const auto found = std::ranges::find_if(names, [&](const auto& known) { return is(known.first, host); });
  if (found != names.end()) return found->second;
  constexpr std::string_view own = "localhost", below = ".localhost";  // RFC 6761, section 6.3
  const bool is_below = host.size() > below.size() && is(host.substr(host.size() - below.size()), below);
  if (!is_below && !is(host, own)) return {};
  return {endpoint::ipv6({0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, 0),
          endpoint::ipv4({127, 0, 0, 1}, 0)};
}

}  // namespace parlance::io
