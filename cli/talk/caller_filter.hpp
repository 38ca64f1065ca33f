// Who may call: `listen --allow` and `--deny`.
#pragma once

#include <string>
#include <vector>

#include <parlance/io/endpoint.hpp>
#include <parlance/net/network.hpp>

namespace CLI {
class App;
}

namespace parlance::cli {

class caller_filter {
 public:
  /// Adds the options; this outlives the parsing.
  void add_options(CLI::App& verb);
  /// Reads what was said. Throws complaint (usage).
  void prepare();

  /// Whoever is denied is not; else whoever is allowed is, and everybody when nobody was named.
  bool admits(const io::endpoint& caller) const noexcept;

 private:
  std::vector<std::string> allow_said_, deny_said_;
  std::vector<net::network> allowed_, denied_;
};

}  // namespace parlance::cli
