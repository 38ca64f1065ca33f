#include <parlance/io/listening_socket.hpp>

namespace parlance::io {

listening_socket& accept_operation::on() const noexcept { return static_cast<listening_socket&>(*socket_); }

bool accept_operation::begin() noexcept { return on().begin(*this); }

void accept_operation::leave_behind() noexcept { on().left_behind_ = std::move(accepted); }

bool accept_operation::take_left_behind() noexcept {
  accepted = std::move(on().left_behind_);
  return accepted != nullptr;
}

listening_socket::listening_socket(backend& of) noexcept : socket(of) {}
listening_socket::~listening_socket() = default;

std::vector<std::unique_ptr<stream_socket>> listening_socket::take_accepted() {
  expect_ours();
  std::vector<std::unique_ptr<stream_socket>> callers;
  if (left_behind_) callers.push_back(std::move(left_behind_));
  stop_accepting(callers);
  return callers;
}

void listening_socket::refuse_left_behind() noexcept {
  if (left_behind_) left_behind_->abort();
}

}  // namespace parlance::io
