// What comes and goes, byte by byte, for who looks for the one that is wrong.
//
//   > 14:52:21.123456 sent 6 bytes
//   > 00000000  68 65 6c 6c 6f 0a                                 |hello.|
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <cli/base/file.hpp>

namespace parlance::cli {

/// Each direction has its own offsets, from its first byte.
class hex_dump {
 public:
  /// "-": stderr, of which lines are left out that nobody reads. Throws complaint.
  explicit hex_dump(const std::string& path);

  void sent(std::string_view bytes) { dump('>', "sent", bytes, sent_); }
  void received(std::string_view bytes) { dump('<', "received", bytes, received_); }

 private:
  void dump(char mark, std::string_view what, std::string_view bytes, std::uint64_t& offset);

  std::string path_;
  file into_;  // not open: stderr
  std::uint64_t sent_ = 0, received_ = 0;
};

/// The bytes in lines of sixteen, each behind `mark`, the first of them at `offset`.
std::string hex_lines(char mark, std::string_view bytes, std::uint64_t offset);

}  // namespace parlance::cli
