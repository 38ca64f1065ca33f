// A caller who speaks IRC over a stream of bytes.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <parlance/chat/core/protocol_handler.hpp>
#include <parlance/chat/irc/carrying.hpp>
#include <parlance/chat/irc/irc_client.hpp>
#include <parlance/chat/irc/line_framing.hpp>

namespace parlance::chat::irc {

/// What a line costs of its sender's rate, in messages: one for each of the targets that it lists. PING and
/// PONG cost little, or a client that waits for its turn would be taken for dead.
double cost_of_message(std::string_view line) noexcept;

class irc_handler final : public protocol_handler {
 public:
  irc_handler(hub& chat, connection& by, caller from);

  void feed(std::string_view bytes) override;
  bool next() override;
  io::event* busy() override { return client_.busy(); }
  std::string_view unread() const override { return framing_.unread(); }
  void give_up_waiting() override { client_.give_up_waiting(); }
  void end(std::string_view why) override { client_.gone(why.empty() ? "Connection closed" : why); }
  const caller& from() const override { return client_.from(); }
  client* window() override { return &client_; }
  double cost() override { return cost_; }
  std::optional<std::string> carried() const override;
  std::string_view begun() const override { return framing_.begun().value_or(std::string_view()); }
  bool go_on(std::string_view carried, person& whom) override { return irc::go_on(client_, carried, whom); }

 private:
  irc_client client_;
  line_framing framing_;
  double cost_ = 1;
};

}  // namespace parlance::chat::irc
