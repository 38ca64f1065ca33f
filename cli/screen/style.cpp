#include <algorithm>
#include <array>
#include <cstdint>

#include <cli/screen/style.hpp>

namespace parlance::cli::screen {
namespace {

struct components {
  int red, green, blue;
};

constexpr std::array<int, 6> cube_levels{0, 95, 135, 175, 215, 255};
/// As xterm has the first sixteen; users set their own, so these are only where another colour is the nearest to.
constexpr std::array<components, 16> standard{{{0, 0, 0},
                                               {205, 0, 0},
                                               {0, 205, 0},
                                               {205, 205, 0},
                                               {0, 0, 238},
                                               {205, 0, 205},
                                               {0, 205, 205},
                                               {229, 229, 229},
                                               {127, 127, 127},
                                               {255, 0, 0},
                                               {0, 255, 0},
                                               {255, 255, 0},
                                               {92, 92, 255},
                                               {255, 0, 255},
                                               {0, 255, 255},
                                               {255, 255, 255}}};

constexpr components of_palette(int index) {
  if (index < 16) return standard[static_cast<std::size_t>(index)];
  if (index >= 232) {
    const int grey = 8 + (index - 232) * 10;
    return {grey, grey, grey};
  }
  const auto level = [](int n) { return cube_levels[static_cast<std::size_t>(n)]; };
  return {level((index - 16) / 36), level((index - 16) / 6 % 6), level((index - 16) % 6)};
}

/// How different two look: the eye tells greens apart best.
constexpr int distance(const components& a, const components& b) {
  const int red = a.red - b.red, green = a.green - b.green, blue = a.blue - b.blue;
  return 2 * red * red + 4 * green * green + 3 * blue * blue;
}

constexpr int nearest_level(int value) {
  return value < 48 ? 0 : value < 115 ? 1 : std::min(5, (value - 35) / 40);
}

/// Of the cube and the greys: the first sixteen may be anything. As what differs is a sum over red, green and blue,
/// the nearest of the cube is the nearest in each.
std::uint8_t nearest_of_palette(const components& wanted) {
  const int of_cube =
      16 + 36 * nearest_level(wanted.red) + 6 * nearest_level(wanted.green) + nearest_level(wanted.blue);
  const int mean = (2 * wanted.red + 4 * wanted.green + 3 * wanted.blue) / 9;
  const int grey = 232 + std::clamp((mean - 3) / 10, 0, 23);
  const bool is_grey = distance(wanted, of_palette(grey)) < distance(wanted, of_palette(of_cube));
  return static_cast<std::uint8_t>(is_grey ? grey : of_cube);
}

/// Of those of the palette from `first` to before `end`.
std::uint8_t nearest_of(const components& wanted, int first, int end) {
  int best = first;
  for (int index = first; index < end; ++index)
    if (distance(wanted, of_palette(index)) < distance(wanted, of_palette(best))) best = index;
  return static_cast<std::uint8_t>(best);
}

}  // namespace

color nearest(color wanted, colors available) noexcept {
  if (wanted.which() == color::kind::standard || available == colors::none) return {};
  const bool indexed = wanted.which() == color::kind::indexed;
  const components exact =
      indexed ? of_palette(wanted.index()) : components{wanted.red(), wanted.green(), wanted.blue()};
  switch (available) {
    case colors::none:
      return {};
    case colors::sixteen:
      if (indexed && wanted.index() < 16) return wanted;
      return color::indexed(nearest_of(exact, 0, 16));
    case colors::palette:
      return indexed ? wanted : color::indexed(nearest_of_palette(exact));
    case colors::rgb:
      return wanted;
  }
  return wanted;
}

}  // namespace parlance::cli::screen
