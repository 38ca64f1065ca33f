// How text looks: its colours, and whether it is bold, dim, italic, underlined or reversed.
//
//   style mention{.foreground = color::indexed(11), .bold = true};
//   style quiet{.foreground = color::rgb(0x80, 0x88, 0x90)};
#pragma once

#include <cstdint>

namespace parlance::cli::screen {

/// Which colours a terminal has. One with fewer than were asked for gets the nearest.
enum class colors : std::uint8_t { none, sixteen, palette, rgb };

class color {
 public:
  enum class kind : std::uint8_t { standard, indexed, rgb };

  /// The terminal's own.
  constexpr color() noexcept = default;
  /// Of the palette: 0-7 and 8-15 (bright) as the terminal's user has set them, 16-231 a cube of 6x6x6, 232-255
  /// greys.
  static constexpr color indexed(std::uint8_t index) noexcept { return {kind::indexed, index, 0, 0}; }
  static constexpr color rgb(std::uint8_t red, std::uint8_t green, std::uint8_t blue) noexcept {
    return {kind::rgb, red, green, blue};
  }

  constexpr kind which() const noexcept { return kind_; }
  constexpr std::uint8_t index() const noexcept { return a_; }
  constexpr std::uint8_t red() const noexcept { return a_; }
  constexpr std::uint8_t green() const noexcept { return b_; }
  constexpr std::uint8_t blue() const noexcept { return c_; }
  bool operator==(const color&) const = default;

 private:
  constexpr color(kind which, std::uint8_t a, std::uint8_t b, std::uint8_t c) noexcept
      : kind_(which), a_(a), b_(b), c_(c) {}

  kind kind_ = kind::standard;
  std::uint8_t a_ = 0, b_ = 0, c_ = 0;
};

/// The nearest that a terminal with `available` has.
color nearest(color wanted, colors available) noexcept;

struct style {
  color foreground = {};
  color background = {};
  bool bold = false;
  bool dim = false;
  bool italic = false;
  bool underline = false;
  bool reverse = false;

  bool operator==(const style&) const = default;
};

}  // namespace parlance::cli::screen
