#include <fmt/core.h>
#include <poll.h>

#include <cerrno>

#include <parlance/io/detail/backend.hpp>
#include <parlance/io/error.hpp>
#include <parlance/io/loop.hpp>

namespace parlance::io {

poll_operation::~poll_operation() {
  if (waiting()) home().kernel().forget(*this);
}

bool poll_operation::await_ready() {
  backend& kernel = loop::current().kernel();
  kernel.expect_ours();
  if (heed_cancellation() || kernel.begin(*this)) return at_once(true);
  kernel.add(*this);
  return false;
}

void poll_operation::await_resume() const {
  if (error)
    throw io::error(error, fmt::format("wait until descriptor {} can be {}", fd_,
                                       events_ & POLLOUT ? "written" : "read"));
}

int backend::descriptor() {
  throw error(from_errno(ENOTSUP), fmt::format("wait for the backend '{}' from outside", name()));
}

void poll_operation::cancel(std::error_code why) noexcept { home().kernel().interrupt(*this, why); }

}  // namespace parlance::io
