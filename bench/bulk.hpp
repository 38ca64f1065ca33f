// One connection, all in one direction: what the servers of bench/bulk.sh have in common. The caller's first
// byte says which.
#pragma once

#include <cstddef>
#include <string>

namespace bench {

/// The server sends for as long as the caller takes it.
constexpr char pull = 'v';
/// The server receives, to the end, and answers nothing.
constexpr char push = '^';

/// What it sends at a time: as much as programs do that copy files.
inline const std::string& bulk_piece() {
  static const std::string bytes(std::size_t{64} * 1024, 'x');
  return bytes;
}

}  // namespace bench
