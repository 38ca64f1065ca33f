// Where TLS records end: so that no more of them are dealt with in one go than may be.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace parlance::net {

/// Follows the records of one direction (RFC 8446, section 5.1; RFC 5246, section 6.2.1) by the lengths in
/// their headers, however they come in pieces.
class tls_records {
 public:
  /// How many of `bytes`, which follow those of the calls before, hold at most `most` ends of records.
  std::size_t up_to(std::string_view bytes, std::size_t most) noexcept;

 private:
  static constexpr std::size_t header_size = 5;
  std::array<unsigned char, header_size> header_{};
  std::size_t known_ = 0;  // of the header
  std::size_t left_ = 0;   // of the record, once its header is known
};

}  // namespace parlance::net
