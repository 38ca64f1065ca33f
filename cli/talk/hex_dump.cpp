#include <fcntl.h>
#include <fmt/core.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <ctime>

#include <cli/base/verb.hpp>
#include <cli/talk/hex_dump.hpp>

namespace parlance::cli {
namespace {

constexpr std::size_t width = 16;

/// "14:52:21.123456", as the clock on the wall has it.
std::string time_of_day() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const auto micros = std::chrono::duration_cast<std::chrono::microseconds>(now).count();
  const std::time_t seconds = micros / 1'000'000;
  std::tm local{};
  ::localtime_r(&seconds, &local);
  return fmt::format("{:02}:{:02}:{:02}.{:06}", local.tm_hour, local.tm_min, local.tm_sec,
                     micros % 1'000'000);
}

}  // namespace

std::string hex_lines(char mark, std::string_view bytes, std::uint64_t offset) {
  std::string lines;
  for (; !bytes.empty(); bytes.remove_prefix(std::min(width, bytes.size())), offset += width) {
    std::string digits, text;
    for (std::size_t i = 0; i < width; ++i) {
      if (i == width / 2) digits += ' ';
      if (i >= bytes.size()) {
        digits += "   ";
        continue;
      }
      digits += fmt::format("{:02x} ", static_cast<unsigned char>(bytes[i]));
      text += bytes[i] >= ' ' && bytes[i] <= '~' ? bytes[i] : '.';
    }
    lines += fmt::format("{} {:08x}  {} |{}|\n", mark, offset, digits, text);
  }
  return lines;
}

hex_dump::hex_dump(const std::string& path) : path_(path) {
  if (path == "-") return;
  into_ = file(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY, 0666));
  if (!into_.is_open()) fail("open " + path, errno, "take another file for --hex");
}

void hex_dump::dump(char mark, std::string_view what, std::string_view bytes, std::uint64_t& offset) {
  const std::string head = fmt::format("{} {} {} {} byte{}\n", mark, time_of_day(), what, bytes.size(),
                                       bytes.size() == 1 ? "" : "s");
  const std::string text = head + hex_lines(mark, bytes, offset);
  offset += bytes.size();
  if (!into_.is_open()) return write_to_stderr(text, std::chrono::seconds(1));
  if (const int number = into_.write(text); number != 0)
    fail("write " + path_, number, "take another file for --hex, or make room");
}

}  // namespace parlance::cli
