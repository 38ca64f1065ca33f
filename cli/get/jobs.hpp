// Which URLs a command line of `parlance get` means, and where each body goes.
#pragma once

#include <string>
#include <vector>

#include <cli/get/options.hpp>

namespace parlance::cli {

/// Sorts the words behind the first URL into items of the request, which go to command.parts, and URLs, with
/// their patterns expanded; then those of --urls. Throws complaint (usage).
struct typed_url {
  std::string text;
  /// What stands for #1, #2, ... in its -o.
  std::vector<std::string> choices = {};
  /// Of the words that are URLs, which one this comes from; -o goes by them.
  std::size_t word = 0;
};
std::vector<typed_url> take_urls(get_command& command);

/// Adds If-None-Match, If-Modified-Since and the like to command.request, as --etag-compare and -z say. Throws
/// complaint (usage).
void add_conditions(get_command& command);

/// One for each URL, once the request is settled. Throws complaint (usage).
std::vector<get_job> make_jobs(const get_command& command, const std::vector<typed_url>& urls);

}  // namespace parlance::cli
