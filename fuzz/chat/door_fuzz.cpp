// Once the door has decided, more bytes change nothing; and every answer in HTTP is whole.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include <parlance/chat/door.hpp>

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
  if (decided == language::http) {
    const std::string answer = http_answer(bytes, "host 8000", "host:8000");
    const std::size_t end = answer.find("\r\n\r\n");
    if (end == std::string::npos || answer.find("Content-Length: ") > end) std::abort();
    if (bytes.starts_with("HEAD ") != (end + 4 == answer.size())) std::abort();
  }
  return 0;
}
