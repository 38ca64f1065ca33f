// A head's fields as HTTP/2 has them (RFC 9113 8.2, 8.3).
#pragma once

#include <nghttp2/nghttp2.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <parlance/http/message/message.hpp>

namespace parlance::http {

/// Names in small letters, and nothing that is of one connection alone (RFC 9113 8.2.2). Fields that tell a secret, as
/// far as their names say (secret_fields.hpp), are never indexed, by proxies neither (RFC 7541 7.1.3). The head outlives
/// it. Throws std::invalid_argument for a head that cannot be sent.
class http2_fields {
 public:
  /// Host becomes :authority.
  http2_fields(const request_head& head, std::string_view scheme);
  explicit http2_fields(const response_head& head);
  explicit http2_fields(const field_list& trailers);

  const nghttp2_nv* data() const noexcept { return all_.data(); }
  std::size_t size() const noexcept { return all_.size(); }

 private:
  void add(std::string_view name, std::string_view value, std::uint8_t flags = NGHTTP2_NV_FLAG_NONE);
  void add(const field_list& from);

  std::vector<std::string> kept_;
  std::vector<nghttp2_nv> all_;
};

/// Whether a field says something of one connection, and not of the message (RFC 9110 7.6.1). `of`: all of them.
bool is_of_connection(const field_list& of, std::string_view name, std::string_view value);

}  // namespace parlance::http
