// What a server shows to those who speak HTTP: how to join (/), whether it is well (/health), and what it has
// counted (/metrics).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <parlance/chat/base/network.hpp>
#include <parlance/chat/core/hub.hpp>
#include <parlance/http/message.hpp>
#include <parlance/io/endpoint.hpp>

namespace parlance::chat {

/// The whole response, after which the connection ends. `here`: whom the caller has called; `peer`: its
/// address.
std::string answer_page(hub& of, const http::request_head& asked, const io::endpoint& here,
                        const std::optional<network>& peer);
/// That there is nothing else than how to join. `method`: of the request.
std::string answer_nothing_here(std::string_view method, const settings& at, const io::endpoint& here);

/// What those read who come with a browser: to type `nc HOST PORT`, or `parlance chat`.
std::string how_to_join(const settings& at, const io::endpoint& here);
/// What to type where a server speaks TLS only: "openssl s_client -quiet -connect 192.168.1.5:8000".
std::string how_to_join_by_tls(const io::endpoint& here);

}  // namespace parlance::chat
