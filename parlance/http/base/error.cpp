#include <parlance/http/base/error.hpp>

namespace parlance::http {
namespace {

class http_category final : public std::error_category {
 public:
  const char* name() const noexcept override { return "parlance.http"; }

  std::string message(int value) const override {
    switch (static_cast<errc>(value)) {
      case errc::url:
        return "not a URL";
      case errc::malformed:
        return "not HTTP";
      case errc::incomplete:
        return "the message is not whole";
      case errc::redirect:
        return "a redirect that is not followed";
      case errc::coding:
        return "broken content coding";
      case errc::too_large:
        return "too large";
      case errc::refused:
        return "refused by the server";
    }
    return "unknown error";
  }
};

}  // namespace

const std::error_category& category() noexcept {
  static const http_category instance;
  return instance;
}

std::error_code make_error_code(errc e) noexcept { return {static_cast<int>(e), category()}; }

}  // namespace parlance::http
