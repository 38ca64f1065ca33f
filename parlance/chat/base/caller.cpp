#include <string_view>

#include <parlance/chat/base/caller.hpp>

namespace parlance::chat {

std::optional<network> caller::network() const {
  // A link-local address has the interface behind it (RFC 4007, section 11).
  return chat::network::parse(std::string_view(address).substr(0, address.find('%')));
}

}  // namespace parlance::chat
