// What is done with a request whatever version of HTTP it came by.
#pragma once

#include <expected>
#include <optional>

#include <parlance/http/base/protocol_error.hpp>
#include <parlance/http/message/message.hpp>
#include <parlance/http/server/refusal.hpp>
#include <parlance/http/server/server_options.hpp>
#include <parlance/http/server/server_request.hpp>
#include <parlance/http/server/server_response.hpp>
#include <parlance/http/server/server_stream.hpp>
#include <parlance/http/server/target.hpp>
#include <parlance/io/task.hpp>

namespace parlance::http {

/// Those of the connection, unless a proxy that is trusted says otherwise.
std::expected<server_peers, protocol_error> peers_of_request(const server_peers& connection,
                                                             const request_head& asked,
                                                             const server_options& options);

/// What is wrong with a request whose head is well formed.
std::optional<protocol_error> fault_of(const request_head& asked,
                                       const std::expected<target_parts, protocol_error>& target);

/// Calls the handler, and ends its answer. Gives what is to be answered instead, if it did not come to its end.
/// `broken`: whether the connection is; nobody is told what a handler throws then.
io::task<std::optional<refusal>> call_handler(const server_handler& handler, const server_options& options,
                                              server_request& asked, server_response& answer,
                                              const bool& broken);

/// The line that a client reads, as an answer.
io::task<void> answer_with(server_stream& on, const refusal& why);

}  // namespace parlance::http
