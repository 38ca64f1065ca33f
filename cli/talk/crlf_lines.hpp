// Lines whose ends are CR LF, as SMTP, HTTP, IRC and most of the internet's protocols want them.
#pragma once

#include <string>
#include <string_view>

namespace parlance::cli {

/// Puts a CR in front of each LF that has none, also where the two come apart. As it is when it is not on.
class crlf_lines {
 public:
  explicit crlf_lines(bool on) noexcept : on_(on) {}

  /// Valid until the next call, and as long as `text` is.
  std::string_view operator()(std::string_view text) {
    if (!on_ || text.empty()) return text;
    ended_.clear();
    for (const char c : text) {
      if (c == '\n' && last_ != '\r') ended_ += '\r';
      ended_ += last_ = c;
    }
    return ended_;
  }

 private:
  bool on_;
  char last_ = '\0';
  std::string ended_;
};

}  // namespace parlance::cli
