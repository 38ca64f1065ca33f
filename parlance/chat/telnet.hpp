// What telnet asks for besides the text: options, all of which are refused, so that it works without any
// (RFC 854; RFC 1143, section 7). What it sends for that is left out of the text by without_keys.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace parlance::chat {

class telnet_options {
 public:
  /// What arrived, which may break off anywhere.
  void feed(std::string_view bytes);
  /// What is to be sent for it: WONT for each DO, DONT for each WILL. To others nothing is said, for they
  /// agree with what is so.
  std::string take_answer() noexcept { return std::exchange(answer_, {}); }

 private:
  enum class state : std::uint8_t { text, command, option, parameters, end_of_parameters };

  state at_ = state::text;
  unsigned char asked_ = 0;  // WILL, WONT, DO or DONT, whose option comes next
  std::string answer_;
};

}  // namespace parlance::chat
