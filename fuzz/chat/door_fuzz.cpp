// Once the door has decided, more bytes change nothing.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include <parlance/chat/door/door.hpp>

using namespace parlance::chat;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  constexpr std::size_t most = 64;
  language decided = language::unknown;
  for (std::size_t n = 1; n <= size; ++n) {
    const language now = recognise(bytes.substr(0, n), size % 2 == 1, most);
    if (decided != language::unknown && now != decided) std::abort();
    if (now == language::unknown && first_line_of(bytes.substr(0, n)).size() >= most) std::abort();
    decided = now;
  }
  return 0;
}
