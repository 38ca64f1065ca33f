// What a server shows to those who speak HTTP: how to join (/), whether it is well (/health), and what it has
// counted (/metrics).
#pragma once

#include <string>

#include <parlance/chat/network.hpp>
#include <parlance/chat/server.hpp>
#include <parlance/http/message.hpp>
#include <parlance/io/endpoint.hpp>

namespace parlance::chat {

/// The whole response, after which the connection ends. `here`: this end of the
/// connection; `peer`: the address of the other.
std::string answer_page(server& of, const http::request_head& asked, const io::endpoint& here,
                        const std::optional<network>& peer);

/// What those read who come with a browser.
std::string how_to_join(const server& at, const io::endpoint& here);
/// What to type where a server speaks TLS only: "openssl s_client -quiet -connect 192.168.1.5:8000".
std::string how_to_join_by_tls(const io::endpoint& here);

}  // namespace parlance::chat
