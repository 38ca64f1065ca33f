#include <array>

#include <cli/chat/full_screen/look.hpp>
#include <cli/chat/model/text.hpp>

namespace parlance::cli::look {

screen::style nick(std::string_view name) {
  using screen::color;
  // The page's hues (oklch), at a lightness between those of its light and dark.
  constexpr std::array<color, name_colours> tones = {
      color::rgb(0xd7, 0x77, 0x87), color::rgb(0xd6, 0x7d, 0x5e), color::rgb(0xcb, 0x87, 0x40),
      color::rgb(0xb0, 0x97, 0x33), color::rgb(0x7f, 0xa7, 0x54), color::rgb(0x53, 0xae, 0x77),
      color::rgb(0x00, 0xaf, 0xa9), color::rgb(0x26, 0xa7, 0xd0), color::rgb(0x63, 0x9b, 0xe1),
      color::rgb(0x91, 0x8d, 0xdf), color::rgb(0xb4, 0x81, 0xcb), color::rgb(0xcc, 0x79, 0xa9)};
  return {.foreground = tones[colour_of(name)]};
}

}  // namespace parlance::cli::look
