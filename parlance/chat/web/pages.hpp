// What a server shows to those who speak HTTP: the page (/; who takes no HTML reads how to join), whether it is
// well (/health), and what it has counted (/metrics).
#pragma once

#include <optional>
#include <string>

#include <parlance/chat/base/network.hpp>
#include <parlance/chat/core/hub.hpp>
#include <parlance/http/server/server_request.hpp>
#include <parlance/http/server/server_response.hpp>
#include <parlance/io/endpoint.hpp>
#include <parlance/io/task.hpp>

namespace parlance::chat {

/// `peer`: the address of whoever asks.
io::task<void> answer_page(hub& of, const std::optional<network>& peer, http::server_request& asked,
                           http::server_response& response);

/// What those read who ask with curl, or where there is no page: to type `nc HOST PORT`, or `parlance chat`.
std::string how_to_join(const settings& at, const io::endpoint& here);
/// What to type where a server speaks TLS only: "openssl s_client -quiet -connect 192.168.1.5:8000".
std::string how_to_join_by_tls(const io::endpoint& here);

}  // namespace parlance::chat
