#include <cerrno>
#include <utility>

#include <parlance/io/detail/sim_listener.hpp>
#include <parlance/io/error.hpp>

namespace parlance::io::sim {
namespace {
constexpr int most_in_a_backlog = 4096;  // net.core.somaxconn
}  // namespace

void sim_listener::listen(int backlog) {
  expect_ours();
  int failed = bind_anywhere();
  if (family() == AF_UNIX && local_.path().empty()) failed = EINVAL;
  if (failed) throw error(from_errno(failed), "listen on " + local_.to_string());
  // As Linux counts, which takes what is below zero for more than it allows.
  backlog_ = static_cast<std::size_t>(backlog < 0 ? most_in_a_backlog : backlog) + 1;
}

void sim_listener::add(std::unique_ptr<sim_stream> caller) {
  callers_.push_back(std::move(caller));
  progress(side::read);
}

bool sim_listener::attempt(socket_operation& op) noexcept {
  if (!listens()) return fail(op, EINVAL);
  if (callers_.empty()) return false;
  static_cast<accept_operation&>(op).accepted = std::move(callers_.front());
  callers_.pop_front();
  let_call_again();
  return true;
}

void sim_listener::let_call_again() noexcept {
  list<sim_stream, in_front_of_a_backlog> all;
  all.splice(before_);
  while (!all.empty()) all.pop_front().call();
}

void sim_listener::detach() noexcept {
  sim_socket::detach();
  refuse_left_behind();
  backlog_ = 0;
  for (const auto& caller : callers_) caller->refuse();
  callers_.clear();
  let_call_again();
}

}  // namespace parlance::io::sim
