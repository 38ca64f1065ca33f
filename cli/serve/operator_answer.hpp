// What a command of the operator's answers: lines for people, values for programs.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace parlance::cli {

struct operator_answer {
  using value =
      std::variant<std::nullptr_t, bool, std::int64_t, double, std::string, std::vector<std::string>>;
  /// One thing that it tells of, as a caller, by the names of what is known of it.
  using thing = std::vector<std::pair<std::string_view, value>>;

  /// Whole lines, each with "-- " in front.
  std::string text;
  std::vector<thing> things;
  /// False: what was asked for could not be done, and the text says why.
  bool done = true;
  /// The server is to end.
  bool ends = false;
};

}  // namespace parlance::cli
