#include <algorithm>

#include <parlance/text/telnet.hpp>

namespace parlance::text {
namespace {

constexpr unsigned char se = 240, sb = 250, will = 251, wont = 252, do_it = 253, dont = 254, iac = 255;

}  // namespace

std::size_t length_of_telnet(std::string_view bytes) {
  const auto at = [&](std::size_t i) { return i < bytes.size() ? static_cast<unsigned char>(bytes[i]) : 0; };
  // No DONT but the mark of UTF-16, before a character of ASCII.
  if (at(1) == dont && at(2) >= ' ' && at(2) <= '~' && bytes.size() > 3 && bytes[3] == 0) return 2;
  if (at(1) == sb) {
    const std::size_t end = bytes.find("\xff\xf0");  // IAC SE
    return end == bytes.npos ? bytes.size() : end + 2;
  }
  if (at(1) >= will && at(1) < iac) return std::min<std::size_t>(3, bytes.size());
  return at(1) >= se ? 2 : 0;
}

void telnet_options::feed(std::string_view bytes) {
  if (at_ == state::text && !bytes.contains(static_cast<char>(iac))) return;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    switch (at_) {
      case state::text:
        if (byte == iac) at_ = state::command;
        break;
      case state::command:
        asked_ = byte;
        at_ = byte == sb ? state::parameters : byte >= will && byte <= dont ? state::option : state::text;
        break;
      case state::option:
        if (asked_ == will || asked_ == do_it)
          for (const unsigned char one : {iac, asked_ == will ? dont : wont, byte})
            answer_ += static_cast<char>(one);
        at_ = state::text;
        break;
      case state::parameters:
        if (byte == iac) at_ = state::end_of_parameters;
        break;
      case state::end_of_parameters:
        at_ = byte == se ? state::text : state::parameters;
        break;
    }
  }
}

}  // namespace parlance::text
