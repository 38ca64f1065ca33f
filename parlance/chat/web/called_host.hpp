// By which names of hosts a browser's page may ask for a server. Anybody can make a name of theirs lead to an
// address that only others reach, and ask for it from their page in the browser of who sits there (DNS
// rebinding). Where that would give the page something, only names are taken that nobody else can have.
#pragma once

#include <optional>
#include <string_view>

#include <parlance/chat/base/network.hpp>
#include <parlance/io/endpoint.hpp>

namespace parlance::chat {

/// Whether not everybody who can ask for a page could call here, too: at a loopback address, at a Unix socket,
/// where both ends have private addresses (network::is_private), or the same, or are of one /64 of IPv6.
bool is_out_of_reach(const io::endpoint& here, const std::optional<network>& peer);

/// Whether a server may be called so there. `host`: as a URL has it, in small letters and without a port.
/// `own`: the server's name. Besides an address, and what is in no public DNS: a name of one label, or below
/// localhost or test (RFC 6761), local (RFC 6762), home.arpa (RFC 8375), internal, and what sites call
/// themselves.
bool may_be_called(std::string_view host, std::string_view own);

}  // namespace parlance::chat
