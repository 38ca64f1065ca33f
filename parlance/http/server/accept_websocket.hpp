// The opening of a WebSocket, by a handler: see websocket_stream.hpp.
#pragma once

#include <parlance/http/server/server_request.hpp>
#include <parlance/http/server/server_response.hpp>
#include <parlance/http/websocket/upgrade.hpp>
#include <parlance/http/websocket/websocket_stream.hpp>
#include <parlance/io/task.hpp>

namespace parlance::http {

/// Answers with 101, and gives the connection. Throws refusal for a request that is none for a WebSocket, and for a
/// page of another site (upgrade_rules::origins).
io::task<opened_websocket> accept_websocket(server_request& asked, server_response& answer,
                                            upgrade_rules rules = {});

}  // namespace parlance::http
