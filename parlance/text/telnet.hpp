// What telnet asks for besides the text: options, all of which are refused, so that it works without any
// (RFC 854; RFC 1143, section 7). What it sends for that is left out of the text by without_keys.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace parlance::text {

/// How long the command is with which `bytes` begin: IAC, and what it says. 0: it is none.
std::size_t length_of_telnet(std::string_view bytes);
/// Those that erase the last character, and the line.
inline constexpr std::string_view telnet_ec = "\xff\xf7", telnet_el = "\xff\xf8";

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

}  // namespace parlance::text
