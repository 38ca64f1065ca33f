// What --help says of an option: its names and its value, what it does, and then what it goes with.
#pragma once

#include <string>

#include <CLI/CLI.hpp>

namespace parlance::cli {

class help_formatter : public CLI::Formatter {
 public:
  std::string make_option_opts(const CLI::Option* option) const override;
  std::string make_option_desc(const CLI::Option* option) const override;
};

}  // namespace parlance::cli
