#include <parlance/chat/core/arrivals.hpp>
#include <parlance/chat/core/hub.hpp>
#include <parlance/io/loop.hpp>

namespace parlance::chat {

bool arrivals::take(const network& household, std::size_t most, io::time_point now) {
  constexpr std::size_t most_remembered = 65'536;
  make_room(of_, most_remembered, now);
  const auto its =
      of_.try_emplace(household, budget{.most = static_cast<double>(most), .per_second = 1}).first;
  its->second.most = static_cast<double>(most);  // which may be another by now
  return its->second.take(1, now);
}

std::string why_too_soon(hub& of, const client& who) {
  const std::size_t most = of.configured().limits.arrivals;
  const std::optional<network> from = who.from().network();
  if (most == 0 || !from || of.named().is_unlimited(from)) return {};
  if (of.coming.take(from->household(), most, io::loop::current().now())) return {};
  return "Too many have come from your address just now; try again in a minute";
}

}  // namespace parlance::chat
