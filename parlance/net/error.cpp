#include <parlance/net/error.hpp>

namespace parlance::net {
namespace {

class net_category final : public std::error_category {
 public:
  const char* name() const noexcept override { return "parlance.net"; }

  std::string message(int value) const override {
    switch (static_cast<errc>(value)) {
      case errc::truncated:
        return "ended without TLS's close_notify; what was received may not be all";
      case errc::tls:
        return "TLS failed";
      case errc::certificate:
        return "the certificate is not trusted";
      case errc::no_address:
        return "no such host";
      case errc::closed:
        return "it is closed on this side";
      case errc::proxy:
        return "the proxy did not do its part";
      case errc::ended_early:
        return "ended early";
    }
    return "unknown error";
  }
};

}  // namespace

const std::error_category& category() noexcept {
  static const net_category instance;
  return instance;
}

std::error_code make_error_code(errc e) noexcept { return {static_cast<int>(e), category()}; }

std::string_view why(const io::error& e) noexcept {
  const std::string_view text = e.what();
  const std::size_t colon = text.find(": ");
  return colon == std::string_view::npos ? text : text.substr(colon + 2);
}

}  // namespace parlance::net
