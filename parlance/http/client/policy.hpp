// What a client's memory has to do with one request: fields that it adds, and what it learns from the answer.
// For the exchange.
#pragma once

#include <parlance/http/client/client_options.hpp>
#include <parlance/http/client/request.hpp>
#include <parlance/http/message/message.hpp>
#include <parlance/http/url/origin.hpp>

namespace parlance::http {

/// Turns to https where the host demands it (hsts.hpp), and tells the observer.
void secure_target(const client_options& options, request& what);

/// The way to a target: by a proxy, a Unix socket, or directly. Throws io::error.
route way_to(const client_options& options, const url& target);

/// The usual fields for a request (usual_fields.hpp), but for those that it says itself.
field_list fields_for(const usual_fields& usual, const request& what);

/// The fields to add to a request where it has none of the name: the usual ones, Authorization, Cookie,
/// Proxy-Authorization.
field_list policy_fields(const client_options& options, const request& what, const route& way);

/// Answers to challenges, for one target: the first, and to those that come when its nonce was too old.
inline constexpr unsigned most_challenges = 3;

/// What a proxy that forwards it is asked for (RFC 9112 3.2.2).
std::string forwarded_target(const request& what);

/// Whether a refused request (401, 407) may go better when it is sent again. `again`: it was sent again already.
bool answer_challenge(const client_options& options, const request& what, const route& way,
                      const response_head& head, bool again);

/// Remembers what an answer says beyond itself.
void learn(const client_options& options, const request& what, const response_head& head);

}  // namespace parlance::http
