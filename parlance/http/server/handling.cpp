#include <algorithm>
#include <exception>
#include <stdexcept>
#include <string>

#include <parlance/http/base/grammar.hpp>
#include <parlance/http/message/forwarded.hpp>
#include <parlance/http/server/handling.hpp>
#include <parlance/io/context.hpp>

namespace parlance::http {

std::expected<server_peers, protocol_error> peers_of_request(const server_peers& connection,
                                                             const request_head& asked,
                                                             const server_options& options) {
  const auto trusts = [&](const io::endpoint& one) {
    return std::ranges::any_of(options.proxies, [&](const net::network& each) { return each.contains(one); });
  };
  if (options.proxies.empty() || !trusts(connection.remote)) return connection;
  const auto told = find_forwarded_client(asked.fields, options.proxies_tell_by, trusts);
  if (!told) return std::unexpected(told.error());
  if (!*told) return connection;
  return server_peers{.remote = (*told)->from,
                      .local = connection.local,
                      .secure = (*told)->is_secure,
                      .stopping = connection.stopping};
}

std::optional<protocol_error> fault_of(const request_head& asked,
                                       const std::expected<target_parts, protocol_error>& target) {
  if (!target) return target.error();
  const auto expected = asked.fields.get("Expect");
  const bool known =
      !expected || (asked.fields.count("Expect") == 1 && equals_ignoring_case(*expected, "100-continue"));
  if (!known) return protocol_error{417, "Expect is not 100-continue"};
  return std::nullopt;
}

io::task<std::optional<refusal>> call_handler(const server_handler& handler, const server_options& options,
                                              server_request& asked, server_response& answer,
                                              const bool& broken) {
  try {
    co_await handler(asked, answer);
    if (!answer.begun()) throw std::logic_error("the handler has given no answer");
    co_await answer.finish();
    co_return std::nullopt;
  } catch (const refusal& e) {
    co_return e;
  } catch (...) {
    if (io::context::current().cancelled()) throw;
    if (!broken && options.on_failure) options.on_failure(std::current_exception(), asked);
    co_return refusal(500, "the server has failed at this request");
  }
}

io::task<void> answer_with(server_stream& on, const refusal& why) {
  response_head head{.status = why.status(), .fields = why.fields()};
  head.fields.append("Content-Type", "text/plain; charset=utf-8");
  head.fields.append("X-Content-Type-Options", "nosniff");
  const std::string body = std::string(why.what()) + "\n";
  co_await on.send_head(head, body.size(), body);
}

}  // namespace parlance::http
