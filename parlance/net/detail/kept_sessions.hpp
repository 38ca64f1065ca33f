// Sessions that a client may resume (RFC 8446, section 2.2; RFC 5077).
#pragma once

#include <openssl/ssl.h>

#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <string>

#include <parlance/net/detail/openssl.hpp>

namespace parlance::net {

using ssl_session_ptr = std::unique_ptr<SSL_SESSION, freed_by<SSL_SESSION_free>>;

/// By the name that was asked for. The oldest go when there are too many. For any number of threads at once.
class kept_sessions {
 public:
  static constexpr std::size_t max_of_one_host = 4, max = 256;

  /// `verified`: whether the certificate had been checked, and was good.
  void keep(const std::string& host, ssl_session_ptr session, bool verified);
  /// The newest that can be resumed, or null. Of TLS 1.3 it is handed out once.
  ssl_session_ptr take(const std::string& host, bool only_verified);

 private:
  struct kept {
    std::string host;
    ssl_session_ptr session;
    bool verified;
  };
  std::mutex mutex_;
  std::deque<kept> all_;  // the oldest first
};

}  // namespace parlance::net
