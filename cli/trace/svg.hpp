// A trace as a picture that stands for itself: SVG with text that can be selected, light or dark as its reader has
// it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <cli/trace/row.hpp>

namespace parlance::cli {

std::string trace_svg(const std::vector<trace_row>& rows, std::string_view title);

}  // namespace parlance::cli
