// The last row of a terminal, kept out of what is printed above it: how things are just now. For programs that
// print line by line.
//
//   status_row row(STDOUT_FILENO);
//   console.draw(row.shown("5 people, 2 rooms"));
#pragma once

#include <string>
#include <string_view>

namespace parlance::cli::screen {

class status_row {
 public:
  /// Of the terminal `fd`, which stays the caller's.
  explicit status_row(int fd) noexcept : fd_(fd) {}
  /// Gives the row back, unless the terminal takes nothing or is another's just now.
  ~status_row();
  status_row(const status_row&) = delete;
  status_row& operator=(const status_row&) = delete;

  /// What to write, with the cursor at the beginning of a row below which nothing is; it is there again behind
  /// it. In a window that is too small: what gives the row back.
  std::string shown(std::string_view text);
  /// What to write to give the row back.
  std::string hidden();
  /// Others have written to the terminal: it is all done anew.
  void lost() noexcept { rows_ = 0; }
  bool is_lost() const noexcept { return rows_ == 0; }

 private:
  int fd_;
  int rows_ = 0;  // of the window in which it is shown; 0: it is not
};

}  // namespace parlance::cli::screen
