// Where `parlance admin` comes in: the operator's console by a Unix socket, for a server that has no terminal.
// What is sent there are the lines that are typed at a console; each is answered by an object of JSON (RFC 8259)
// in a line of its own:
//
//   /rooms
//   {"answer":["1 rooms ..."],"done":true,"things":[{"room":"#lobby","people":3,"topic":""}]}
//
// and after /hear, what is heard in the lobby comes in between: {"heard":["alice: hello"]}. /quit ends the
// conversation, /shutdown the server.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include <parlance/chat/core/settings.hpp>
#include <parlance/chat/door/server.hpp>
#include <parlance/io/task.hpp>

namespace parlance::cli {

/// The path of the socket; empty: there is none.
std::string admin_socket_of(const chat::settings& of);

/// Serves those who come, until it is cancelled. `tell` is told why they cannot come, if they cannot: the chat
/// goes on without. `end` ends the server.
io::task<void> serve_admins(chat::server& server, std::function<void(std::string_view)> tell,
                            std::function<void()> end);

}  // namespace parlance::cli
