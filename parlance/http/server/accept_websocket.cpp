#include <optional>
#include <string>
#include <utility>

#include <parlance/http/server/accept_websocket.hpp>
#include <parlance/http/server/refusal.hpp>

namespace parlance::http {

io::task<opened_websocket> accept_websocket(server_request& asked, server_response& answer,
                                            upgrade_rules rules) {
  auto chosen = judge_upgrade(asked.head(), rules);
  if (!chosen) {
    field_list fields = upgrade_refusal_fields(chosen.error().status);
    fields.append("Connection", "close");  // it was meant for nothing else
    throw refusal(chosen.error().status, chosen.error().text, std::move(fields));
  }
  for (const field each : upgrade_fields(asked.head(), *chosen))
    answer.fields().append(each.name, each.value);
  std::optional<deflate_agreement> deflate;
  if (rules.deflate) deflate = agree_on_deflate(asked.fields().combined("Sec-WebSocket-Extensions"));
  if (deflate) answer.fields().append("Sec-WebSocket-Extensions", deflate->answer());
  io::event& stopping = asked.stopping();
  co_return opened_websocket{.stream = co_await answer.upgrade(),
                             .subprotocol = *std::move(chosen),
                             .deflate = deflate,
                             .stopping = &stopping};
}

}  // namespace parlance::http
