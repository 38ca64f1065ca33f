// A trace as text: two lifelines, arrows between them, times and states at the sides.
#pragma once

#include <cstddef>
#include <string>

#include <cli/trace/row.hpp>

namespace parlance::cli {

struct trace_style {
  std::size_t width = 80;  // columns; fewer than 40 are taken for 40
  bool colours = false;
};

/// One row, as its lines, each with its end.
std::string trace_text(const trace_row& row, const trace_style& style);

}  // namespace parlance::cli
