// The whole server, with everybody who calls it and its disk: the input is what they do. See tests/chat/whole.
#include <fmt/core.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "chat/whole/whole_server.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 4096) return 0;
  if (const std::string wrong = parlance::chat::test::try_whole_server({data, size}); !wrong.empty()) {
    fmt::print(stderr, "{}\n", wrong);
    std::abort();
  }
  return 0;
}
