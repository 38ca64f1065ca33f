#include <algorithm>

#include <parlance/net/address.hpp>
#include <parlance/net/detail/certificates_by_name.hpp>

namespace parlance::net {
namespace {

/// A name as it is compared: in small letters, without the dot of the root.
std::string compared(std::string name) {
  if (name.ends_with('.')) name.pop_back();
  std::ranges::transform(name, name.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return name;
}

}  // namespace

void certificates_by_name::add(identity shown, const std::vector<std::string>& names) {
  entry made{.shown = std::move(shown), .names = {}};
  if (names.empty())
    for (const std::string& name : read_certificate(made.shown.certificate.get()).dns_names)
      made.names.push_back(compared(name));
  for (const std::string& name : names)
    made.names.push_back(name.starts_with("*.") ? "*." + compared(to_ascii(name.substr(2)))
                                                : compared(to_ascii(name)));
  all_.push_back(std::move(made));
}

const identity* certificates_by_name::find(std::string_view asked) const {
  const std::string name = compared(std::string(asked));
  const auto with = [&](const std::string& wanted) -> const identity* {
    const auto found = std::ranges::find_if(
        all_, [&](const entry& one) { return std::ranges::find(one.names, wanted) != one.names.end(); });
    return found == all_.end() ? nullptr : &found->shown;
  };
  if (const identity* itself = with(name)) return itself;
  // A wildcard is the whole left label, and one (RFC 9525, section 6.3).
  const std::size_t dot = name.find('.');
  return dot == 0 || dot == std::string::npos ? nullptr : with("*" + name.substr(dot));
}

int certificates_by_name::choose(SSL* ssl, void* self) {
  const char* name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
  if (!name) return 1;
  try {
    const identity* shown = static_cast<const certificates_by_name*>(self)->find(name);
    if (!shown) return 1;
    // One of another kind of key would stay beside it, and be shown to some.
    SSL_certs_clear(ssl);
    return SSL_use_cert_and_key(ssl, shown->certificate.get(), shown->key.get(), shown->chain.get(), 1);
  } catch (const std::bad_alloc&) {
    return 0;
  }
}

void certificates_by_name::install(SSL_CTX* context) { SSL_CTX_set_cert_cb(context, choose, this); }

}  // namespace parlance::net
