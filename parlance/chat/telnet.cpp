#include <parlance/chat/telnet.hpp>

namespace parlance::chat {
namespace {

constexpr unsigned char se = 240, sb = 250, will = 251, wont = 252, do_it = 253, dont = 254, iac = 255;

}  // namespace

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

}  // namespace parlance::chat
