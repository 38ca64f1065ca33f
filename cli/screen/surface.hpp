// What a screen is to show, as cells; and rectangles of it, into which text is put.
//
//   surface frame({.columns = 80, .rows = 24});
//   region rooms = frame.whole().part({.x = 0, .y = 0, .columns = 20, .rows = 24});
//   rooms.put(1, 0, "#ops", {.bold = true});
//
// A cell holds a whole grapheme cluster, which may take two columns. None is ever cut in half: what does not
// fit is left out, and what is left of one that is overwritten becomes blank.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <cli/screen/style.hpp>

namespace parlance::cli::screen {

struct point {
  int x = 0;
  int y = 0;
  bool operator==(const point&) const = default;
};

struct size {
  int columns = 0;
  int rows = 0;
  bool operator==(const size&) const = default;
};

struct rectangle {
  int x = 0;
  int y = 0;
  int columns = 0;
  int rows = 0;
  bool operator==(const rectangle&) const = default;
  constexpr bool contains(point p) const noexcept {
    return p.x >= x && p.x < x + columns && p.y >= y && p.y < y + rows;
  }
};

struct cell {
  std::string text = " ";  // a grapheme cluster; empty: the second column of the cell before
  style look;
  std::uint16_t link = 0;  // which of the surface's links it is part of; 0: none
  std::uint8_t width = 1;  // 2: the next one is empty; 0: this one is
  std::uint8_t reach = 1;  // cluster::reach
  bool ambiguous = false;  // cluster::ambiguous
};

class surface;

/// A rectangle of a surface, with coordinates of its own. Whatever is put outside of it is left out. Valid
/// while the surface is, until it gets another size.
class region {
 public:
  int columns() const noexcept { return area_.columns; }
  int rows() const noexcept { return area_.rows; }
  /// Where it is on the surface.
  const rectangle& area() const noexcept { return area_; }

  /// What of `inside`, which is in this one's coordinates, is in this one. Its coordinates begin where
  /// `inside` would, clipped or not.
  region part(rectangle inside) const noexcept;

  /// Text of one line, from column `x`, which may be left of the region. `link`: the address that a click
  /// leads to. Returns the column behind it, as if there were no edge.
  int put(int x, int y, std::string_view text, const style& look = {}, std::string_view link = {}) const;
  /// Blanks everywhere.
  void clear(const style& look = {}) const;
  /// So many blanks from column `x`.
  void blank(int x, int y, int columns, const style& look = {}) const;
  /// The text stays, and looks like this: for a row that is chosen.
  void restyle(rectangle inside, const style& look) const;
  /// The cursor is to be seen there. Outside it is hidden.
  void set_cursor(point at) const;

 private:
  friend class surface;
  region(surface& of, rectangle area, rectangle clip) noexcept : surface_(&of), area_(area), clip_(clip) {}

  surface* surface_;
  rectangle area_;
  rectangle clip_;  // what of `area_` may be written
};

class surface {
 public:
  /// Blank. At most `largest` columns and rows.
  explicit surface(size of = {});
  static constexpr int largest = 1000;

  /// Blank again, without links or cursor, in that size.
  void reset(size of);
  size dimensions() const noexcept { return size_; }
  region whole() noexcept;

  const cell& at(point p) const noexcept { return cells_[index(p)]; }
  const std::optional<point>& cursor() const noexcept { return cursor_; }
  /// The address of a link (RFC 3986), for `cell::link`; empty for 0.
  std::string_view link(std::uint16_t number) const noexcept { return links_[number]; }

  /// A row's text without trailing blanks, for tests and for reading it aloud.
  std::string row(int y) const;

 private:
  friend class region;
  std::size_t index(point p) const noexcept {
    return static_cast<std::size_t>(p.y) * static_cast<std::size_t>(size_.columns) +
           static_cast<std::size_t>(p.x);
  }
  std::uint16_t number_of(std::string_view link);
  void break_at(point p);
  void write(point p, cell what);

  size size_;
  std::vector<cell> cells_;
  std::vector<std::string> links_;
  std::optional<point> cursor_;
};

}  // namespace parlance::cli::screen
