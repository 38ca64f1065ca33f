// A text for cameras: a QR code (ISO/IEC 18004) as a terminal shows it.
//
//   console.draw(qr_code_on_terminal("http://192.168.1.5:8000/", STDOUT_FILENO));
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace parlance::cli {

class qr_code {
 public:
  /// Nothing where libqrencode is not installed, and for more than fits into a code.
  static std::optional<qr_code> of(const std::string& text);

  /// Columns of a terminal, with the light edge without which cameras do not find it.
  std::size_t width() const noexcept { return side_ + 2 * edge; }
  /// In lines of half-block characters, two rows of modules each. `colours`: black on white by SGR (ECMA-48);
  /// without them it is light on dark, as terminals are as a rule.
  std::string drawn(bool colours) const;

 private:
  static constexpr std::size_t edge = 4;  // modules: section 6.3.8

  qr_code(std::vector<bool> dark, std::size_t side) : dark_(std::move(dark)), side_(side) {}
  /// Counted from the outer corner of the edge.
  bool is_dark(std::size_t row, std::size_t column) const noexcept;

  std::vector<bool> dark_;  // row by row
  std::size_t side_;
};

/// As the terminal at `fd` can show it, with the colours that it has. Empty where there is none, where that is
/// too narrow, and as qr_code::of.
std::string qr_code_on_terminal(const std::string& text, int fd);

}  // namespace parlance::cli
