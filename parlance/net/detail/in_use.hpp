// Taking an address over from a process that has just been killed. For net::listen and net::bind_datagram.
#pragma once

#include <fmt/core.h>

#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <system_error>

#include <parlance/io/error.hpp>
#include <parlance/io/loop.hpp>
#include <parlance/io/task.hpp>
#include <parlance/io/wait.hpp>

namespace parlance::net {

/// What `attempt` gives, tried again and again for `patience` while it throws that the address is in use.
/// `tell` is told so once, when it takes long enough for somebody to wonder.
template <class F>
io::task<io::await_result_t<std::invoke_result_t<F&>>> while_in_use(
    io::duration patience, std::function<void(std::string_view)> tell, F attempt) {
  constexpr io::duration pause = std::chrono::milliseconds(10), noticed = std::chrono::milliseconds(500);
  const io::time_point start = io::loop::current().now();
  for (bool told = false;;) {
    std::string why;
    try {
      co_return co_await attempt();
    } catch (const io::error& e) {
      if (e.code() != std::errc::address_in_use || io::loop::current().now() - start >= patience) throw;
      why = e.what();
    }
    if (!told && io::loop::current().now() - start >= noticed) {
      told = true;
      tell(fmt::format("{}; trying for {:g} s", why, std::chrono::duration<double>(patience).count()));
    }
    co_await io::sleep(pause);
  }
}

}  // namespace parlance::net
