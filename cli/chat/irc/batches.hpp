// Batches, which come line by line and mean something as a whole (IRCv3 batch, draft/multiline).
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <cli/chat/irc/line.hpp>

namespace parlance::cli {

struct irc_batch {
  std::string type;
  irc_line opened;
  std::vector<irc_line> lines;  ///< those of batches within it, too; messages of several lines are one
};

class irc_batches {
 public:
  using whole = std::variant<irc_line, irc_batch>;

  /// Takes a line, and gives what is whole with it: one that is in no batch, or a batch that has ended. What a
  /// server opens beyond all measure is taken for lines that are in none.
  std::optional<whole> take(irc_line line);
  void clear() noexcept { open_.clear(), held_ = 0; }

 private:
  struct open_batch : irc_batch {
    std::string outer;  // the batch that it is in, or empty
    std::size_t bytes = 0;
  };
  static constexpr std::size_t most_open = 64;
  static constexpr std::size_t most_bytes = 8 * 1024 * 1024;  // of all that are open

  void begin(irc_line line);
  std::optional<whole> end(const std::string& reference);

  std::map<std::string, open_batch, std::less<>> open_;
  std::size_t held_ = 0;
};

}  // namespace parlance::cli
