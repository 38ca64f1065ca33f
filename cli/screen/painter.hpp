// Brings a terminal from what it shows to what it is to show, in few bytes.
//
//   painter paint(capabilities::of_environment());
//   write(paint.next(frame));   // everything
//   write(paint.next(other));   // what differs
//
// A terminal may take another width for a cluster than we do. Behind one of which that is known the cursor is
// set by its column, and what it may have run over is written anew.
#pragma once

#include <string>

#include <cli/screen/capabilities.hpp>
#include <cli/screen/surface.hpp>

namespace parlance::cli::screen {

class painter {
 public:
  explicit painter(const capabilities& terminal) noexcept : terminal_(terminal) {}

  /// What to write so that the terminal, which has shown everything that this has given, shows `frame`;
  /// nothing where it does.
  std::string next(const surface& frame);
  /// What the terminal shows is not known any more: another size, somebody else has written.
  void forget() noexcept { known_ = false; }

 private:
  /// How the terminal stands when a frame has been written.
  struct standing {
    point at;
    bool row_known = false;
    bool column_known = false;
    style look;
    bool cursor_seen = false;
  };
  class pen;

  void paint_row(pen& with, const surface& frame, int y) const;

  capabilities terminal_;
  surface shown_;
  bool known_ = false;
  standing standing_;
};

}  // namespace parlance::cli::screen
