// What a reader takes for one character (a grapheme cluster, UAX #29), and how many columns it takes.
//
//   for (std::string_view rest = text; !rest.empty(); rest.remove_prefix(c.size)) c = first_cluster(rest);
//   width("naïve 👩‍👩‍👧")  // 8
//
// A cluster is measured as a whole: a flag, a family, a heart with VS16 take two columns, however many code
// points they are made of. Terminals differ in that: `reach` says how far one may go astray.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace parlance::cli::screen {

struct cluster {
  /// What to show: UTF-8 in which nothing steers a terminal. A part of `text`, but U+FFFD where that is
  /// malformed or a control. Of a cluster with very many marks only the first: at most `longest_cluster`
  /// bytes.
  std::string_view shown;
  /// How many bytes of the text it is, at least 1.
  std::size_t size = 0;
  /// In columns: 0 (it shows nothing, like a zero width space), 1 or 2.
  int width = 0;
  /// The most columns that some terminal takes it for; more or less than `width` where they do not agree.
  int reach = 0;
  /// Terminals may not agree.
  bool ambiguous = false;
};

inline constexpr std::size_t longest_cluster = 64;

/// The one with which `text`, which is not empty, begins.
cluster first_cluster(std::string_view text);

/// Whether it belongs to a word, as letters, digits and '_' do.
bool is_of_word(std::string_view cluster);

/// Whether it runs from right to left by itself, as letters of Hebrew and Arabic do (UAX #9: R and AL).
bool is_right_to_left(std::string_view cluster);

/// In columns.
int width(std::string_view text);

/// The longest beginning of whole clusters that fits into so many columns.
std::string_view beginning(std::string_view text, int columns);
/// `text`, or its beginning and an ellipsis where it needs more columns.
std::string shortened(std::string_view text, int columns);

/// Where the cluster begins that ends at `at` or reaches beyond it; 0 at the beginning.
std::size_t cluster_before(std::string_view text, std::size_t at);
/// Where the cluster ends that begins at `at`; the size of the text at its end.
std::size_t cluster_behind(std::string_view text, std::size_t at);

}  // namespace parlance::cli::screen
