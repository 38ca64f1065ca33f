// What a server shows to those who speak HTTP: how to join (/), whether it is well (/health), and what it has
// counted (/metrics).
#pragma once

#include <string>

#include <parlance/chat/server.hpp>
#include <parlance/http/message.hpp>
#include <parlance/io/endpoint.hpp>

namespace parlance::chat {

/// The whole response, after which the connection ends. `here` and `peer`: the ends of the connection.
std::string answer_page(server& of, const http::request_head& asked, const io::endpoint& here,
                        const io::endpoint& peer);

/// How to join by nc and by parlance chat, as door.hpp has it.
struct join_by {
  std::string nc;
  std::string address;
};
join_by how_to_reach(const io::endpoint& here);

}  // namespace parlance::chat
