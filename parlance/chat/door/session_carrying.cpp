// A caller, from one run of the server to the next.
#include <parlance/chat/door/session.hpp>
#include <parlance/chat/irc/irc_handler.hpp>
#include <parlance/chat/plain/plain_handler.hpp>
#include <parlance/io/loop.hpp>

namespace parlance::chat {

bool session::may_go_along() const {
  const bool is_fit = counted_as_ == protocol::plain || counted_as_ == protocol::irc;
  const client* const seen = window();
  return is_fit && seen && seen->who() && seen->who()->present() && !has_tls_ && !is_elsewhere_ && !leaving_;
}

std::optional<carried_caller> session::carried() const {
  const bool has_begun = stranger_ && stranger_->head.size() > stranger_->told;
  if (!may_go_along() || !is_quiet() || is_slow_ || has_begun || !stream_.is_open()) return {};
  std::optional<std::string> its = handler_->carried();
  if (!its) return {};
  const auto ago = [](io::time_point when) {
    return std::chrono::duration_cast<std::chrono::seconds>(io::loop::current().now() - when);
  };
  return carried_caller{.descriptor = -1,
                        .unread = std::string(handler_->begun()) += handler_->unread(),
                        .nick = window()->who()->nick(),
                        .handler = *std::move(its),
                        .is_irc = counted_as_ == protocol::irc,
                        .is_known = speaks_ != language::unknown,
                        .from = from(),
                        .connected = ago(connected_),
                        .silent = ago(heard_)};
}

void session::let_go() noexcept {
  is_gone_along_ = true;
  disarm();
}

bool session::go_on(const carried_caller& from) {
  person* const whom = server_.chat().people().find(from.nick);
  if (!whom) return false;
  if (from.is_irc)
    handler_ = std::make_unique<irc::irc_handler>(server_.chat(), *this, from.from);
  else
    handler_ = std::make_unique<plain_handler>(server_.chat(), *this, from.from);
  if (!handler_->go_on(from.handler, *whom)) {
    handler_.reset();
    return false;
  }
  if (const auto address = from.from.network(); address != address_) comes_from(address);
  stranger_.reset();
  if (from.is_known) speaks_ = from.is_irc ? language::irc : language::plain;
  go_on_as(from.is_irc ? protocol::irc : protocol::plain);
  const io::time_point now = io::loop::current().now();
  connected_ = now - from.connected;
  heard_ = now - from.silent;
  window()->heard = heard_;
  return true;
}

}  // namespace parlance::chat
