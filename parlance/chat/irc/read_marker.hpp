// Up to where a client without an account has read, from one run of the server to the next; of who has one it is in the
// store.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include <parlance/chat/irc/irc_client.hpp>

namespace parlance::chat::irc {

std::map<std::string, std::uint64_t, std::less<>> read_by(const irc_client& of);
void go_on_having_read(irc_client& as, std::map<std::string, std::uint64_t, std::less<>> all);

}  // namespace parlance::chat::irc
