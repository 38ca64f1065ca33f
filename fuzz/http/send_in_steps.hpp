// A peer that says what the fuzzer made, in pieces of a size.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string_view>

#include <parlance/io/error.hpp>
#include <parlance/io/task.hpp>
#include <parlance/io/wait.hpp>
#include <parlance/net/stream.hpp>

namespace parlance::fuzz {

/// And then that this was all, unless the other has had enough before.
inline io::task<void> send_in_steps(net::stream& to, std::string_view bytes, std::size_t step) {
  try {
    while (!bytes.empty()) {
      co_await to.send(bytes.substr(0, step));
      bytes.remove_prefix(std::min(step, bytes.size()));
      co_await io::yield();
    }
    co_await to.shutdown();
  } catch (const io::error&) {  // it has had enough
  }
}

}  // namespace parlance::fuzz
