#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include <parlance/chat/core/hub.hpp>
#include <parlance/chat/core/listings.hpp>
#include <parlance/io/loop.hpp>

namespace parlance::chat {

bool listings::is_known(const network& address, io::time_point now) const {
  const auto found = all_.find(address);
  return found != all_.end() && found->second.until > now;
}

void listings::learn(const network& address, std::optional<listing> what, io::time_point until,
                     io::time_point now) {
  if (all_.size() >= most) {
    std::erase_if(all_, [now](const auto& one) { return one.second.until <= now; });
    if (all_.size() >= most) all_.clear();
  }
  all_.insert_or_assign(address, answer{std::move(what), until});
}

const listing* listings::find(const std::optional<network>& address, io::time_point now) const {
  const auto found = address ? all_.find(*address) : all_.end();
  return found != all_.end() && found->second.until > now && found->second.what ? &*found->second.what
                                                                                : nullptr;
}

const listing* listing_of(hub& of, const client& by) {
  return of.listed().find(by.from().network(), io::loop::current().now());
}

std::string why_listed(hub& of, const client& by, bool is_logged_in) {
  const listing* const its = listing_of(of, by);
  if (!its || its->what == listed_are::marked) return {};
  if (its->what == listed_are::refused)
    return fmt::format("Your address is listed at {}: {}", its->list, its->reason);
  if (is_logged_in) return {};
  return fmt::format("Your address is listed at {}, so log in to an account (SASL): {}", its->list,
                     its->reason);
}

void tell_of_listed(hub& of, const client& by) {
  const listing* const its = listing_of(of, by);
  if (!its || of.people().present.operators == 0) return;
  const std::string text = fmt::format("*** {} [{}] is listed at {}: {}", by.who()->prefix(),
                                       by.from().address, its->list, its->reason);
  for (const auto& [nick, who] : of.people().all()) {
    if (!who->present() || !who->modes.has('s') || !who->may(permission::inspect)) continue;
    event told{event::kind::notice, {.prefix = of.configured().server.name}, who->nick(), text};
    told.time = of.clock().milliseconds();
    of.turn().tell(*who, told);
  }
}

}  // namespace parlance::chat
