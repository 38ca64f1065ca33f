// The list of those whom a client watches (MONITOR), from one run of the server to the next.
#pragma once

#include <string>
#include <vector>

#include <parlance/chat/irc/irc_client.hpp>

namespace parlance::chat::irc {

std::vector<std::string> monitored_by(const irc_client& of);
/// It is told nothing of them now.
void go_on_monitoring(irc_client& as, const std::vector<std::string>& names);

}  // namespace parlance::chat::irc
