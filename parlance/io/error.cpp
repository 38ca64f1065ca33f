#include <fmt/core.h>

#include <cctype>
#include <cstdlib>

#include <parlance/io/error.hpp>

namespace parlance::io {
namespace {

class category final : public std::error_category {
 public:
  const char* name() const noexcept override { return "parlance.io"; }

  std::string message(int value) const override {
    switch (static_cast<errc>(value)) {
      case errc::cancelled:
        return "cancelled";
      case errc::timed_out:
        return "timed out";
      case errc::deadlock:
        return "nothing is left that could end this wait";
    }
    return "unknown error";
  }

  std::error_condition default_error_condition(int value) const noexcept override {
    switch (static_cast<errc>(value)) {
      case errc::cancelled:
        return std::errc::operation_canceled;
      case errc::timed_out:
        return std::errc::timed_out;
      case errc::deadlock:
        return std::errc::resource_deadlock_would_occur;
    }
    return {value, *this};
  }
};

}  // namespace

const std::error_category& io_category() noexcept {
  static const category instance;
  return instance;
}

std::error_code make_error_code(errc e) noexcept { return {static_cast<int>(e), io_category()}; }

std::error_code from_errno(int number) noexcept { return {std::abs(number), std::system_category()}; }

std::string reason(const std::error_code& code) {
  std::string text = code.message();
  // "Connection refused" reads "connection refused" after a colon; "TLS ..." stays as it is.
  if (text.size() > 1 && std::islower(static_cast<unsigned char>(text[1])))
    text[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(text[0])));
  return text;
}

error::error(std::error_code code, std::string_view doing) : error(code, doing, reason(code)) {}

error::error(std::error_code code, std::string_view doing, std::string_view why)
    : std::system_error(code), line_(fmt::format("{}: {}", doing, why)) {}

}  // namespace parlance::io
