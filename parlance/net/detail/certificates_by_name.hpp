// The certificate for the name that a client asks for (SNI, RFC 6066, section 3).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <parlance/net/detail/pem.hpp>

namespace parlance::net {

class certificates_by_name {
 public:
  /// For `names`, or without any for those in the certificate. Throws io::error for one that is no name.
  void add(identity shown, const std::vector<std::string>& names);
  /// Asked at each handshake of this context, as long as it lives. Without a match the context's own stays.
  void install(SSL_CTX* context);

 private:
  struct entry {
    identity shown;
    std::vector<std::string> names;  // in small letters
  };
  static int choose(SSL* ssl, void* self);
  const identity* find(std::string_view name) const;

  std::vector<entry> all_;
};

}  // namespace parlance::net
