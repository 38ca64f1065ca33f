// Files of curl's options (-K), as curl(1) describes them: an option a line.
//
//   curl_lines("# mine\nurl = \"https://host/\"\n-s\n")     // {2, "--url", "https://host/"}, {3, "-s", nothing}
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace parlance::cli {

struct curl_line {
  /// From 1.
  std::size_t number;
  /// With its dashes.
  std::string option;
  std::optional<std::string> value;
};

/// Comments and empty lines left out. `name` is the file's, for complaints (usage): a quotation mark without
/// another, and words behind a value.
std::vector<curl_line> curl_lines(std::string_view text, std::string_view name);

}  // namespace parlance::cli
