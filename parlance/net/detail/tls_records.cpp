#include <algorithm>

#include <parlance/net/detail/tls_records.hpp>

namespace parlance::net {

std::size_t tls_records::up_to(std::string_view bytes, std::size_t most) noexcept {
  std::size_t taken = 0;
  while (most != 0 && taken != bytes.size()) {
    if (known_ < header_size) {
      header_[known_++] = static_cast<unsigned char>(bytes[taken++]);
      if (known_ < header_size) continue;
      left_ = std::size_t{header_[3]} << 8U | header_[4];
    } else {
      const std::size_t step = std::min(left_, bytes.size() - taken);
      taken += step;
      left_ -= step;
    }
    if (left_ != 0) continue;
    known_ = 0;
    --most;
  }
  return taken;
}

}  // namespace parlance::net
