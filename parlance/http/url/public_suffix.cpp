#include <libpsl.h>

#include <parlance/http/url/public_suffix.hpp>

namespace parlance::http {
namespace {

/// The newer of the system's list and the one that libpsl was built with; for the life of the process.
const psl_ctx_t* suffixes() {
  static const psl_ctx_t* const list = psl_latest(nullptr);
  return list;
}

}  // namespace

bool is_public_suffix(const std::string& domain) {
  if (!suffixes()) return !domain.contains('.');
  return psl_is_public_suffix(suffixes(), domain.c_str()) == 1;
}

std::string registrable_domain(const std::string& host) {
  const char* const owned = suffixes() ? psl_registrable_domain(suffixes(), host.c_str()) : nullptr;
  return owned ? owned : host;
}

}  // namespace parlance::http
