// What bytes are, as far as a look at their beginning tells: TLS records, heads of HTTP, text.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace parlance::cli {

/// One direction of a conversation. What strangers sent is made fit for a terminal.
class payload_namer {
 public:
  /// "TLS ClientHello", "GET / HTTP/1.1", "\"hello\\n\"". `size`: how many bytes there are, of which `bytes` are
  /// the first.
  std::string name(std::string_view bytes, std::size_t size);

 private:
  std::string records(std::string_view bytes, std::size_t size);

  std::size_t rest_of_record_ = 0;  // still to come of a TLS record that has begun
  bool tls_ = false, begun_ = false;
};

}  // namespace parlance::cli
