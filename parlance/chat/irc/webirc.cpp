// WEBIRC: a gateway from the web tells for whom it speaks (ircv3.net/specs/extensions/webirc).
#include <fmt/core.h>

#include <algorithm>
#include <optional>
#include <string>

#include <parlance/chat/base/names.hpp>
#include <parlance/chat/base/words.hpp>
#include <parlance/chat/irc/authentication.hpp>
#include <parlance/chat/irc/commands.hpp>

namespace parlance::chat::irc {
namespace {

using gateway = std::pair<const std::string, settings::gateway_entry>;

/// The one that may call from there and shows its certificate; of several the one that is called so.
const gateway* find_gateway(const irc_client& by, std::string_view called) {
  const gateway* found = nullptr;
  for (const gateway& one : by.chat().configured().webirc) {
    const settings::gateway_entry& entry = one.second;
    const bool is_there = by.chat().named().webirc.find(one.first)->second.contain(by.from().network());
    const bool is_certified =
        entry.certificate.empty() || same_name(entry.certificate, by.from().certificate);
    // With neither there would be nothing to prove.
    if (!is_there || !is_certified || (entry.password.empty() && entry.certificate.empty())) continue;
    if (!found || same_name(one.first, called)) found = &one;
  }
  return found;
}

/// The value of an option, empty when it has none; nothing: it is not there.
std::optional<std::string_view> find_option(std::string_view options, std::string_view name) {
  while (!options.empty()) {
    const std::string_view one = take_item(options, ' ');
    const std::string_view key = one.substr(0, one.find('='));
    if (key == name) return key.size() == one.size() ? std::string_view() : one.substr(key.size() + 1);
  }
  return {};
}

bool is_port(std::string_view text) {
  return !text.empty() && text.size() <= 5 &&
         std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

/// A SHA-256, as client certificates are known by.
bool is_fingerprint(std::string_view text) {
  return text.size() == 64 && std::ranges::all_of(text, [](char c) {
           return (c >= '0' && c <= '9') || (fold(c) >= 'a' && fold(c) <= 'f');
         });
}

/// Nothing is its gateway's but the way: its name was not looked up, so others see the address, or a cloak.
void speak_for(irc_client& by, const network& whom, std::string_view options) {
  caller from = by.from();
  from.address = from.from = whom.text();
  if (const auto port = find_option(options, "remote-port"); port && is_port(*port))
    from.from = whom.is_ipv4() ? fmt::format("{}:{}", from.address, *port)
                               : fmt::format("[{}]:{}", from.address, *port);
  // Only if the whole way is.
  from.is_secure = from.is_secure && find_option(options, "secure");
  const auto certificate = find_option(options, "certfp-sha-256");
  from.certificate = certificate && is_fingerprint(*certificate) ? folded(*certificate) : std::string();
  by.speaks_for(std::move(from));
}

}  // namespace

void webirc(irc_client& by, const message& m) {
  if (by.is_registered()) return by.reply(numeric::ERR_ALREADYREGISTERED, {"You may not reregister"});
  if (by.who() || by.brought().waits_for_nick || !by.brought().user.empty() || !by.brought().account.empty())
    return by.close_link("WEBIRC comes first");
  const gateway* const found = find_gateway(by, m.param(1));
  if (!found) return by.close_link("There is no such gateway, or not from your address");
  const std::optional<network> whom = network::parse(m.param(3));
  if (!whom || !whom->is_address()) return by.close_link("WEBIRC tells no address");
  const std::string options(m.param(4));
  if (found->second.password.empty()) return speak_for(by, *whom, options);
  check_hash(by, fmt::format("webirc/{}", found->first), found->second.password, m.param(0),
             [&by, address = *whom, options](verdict how) {
               if (how == verdict::right) return speak_for(by, address, options);
               by.close_link(how == verdict::wrong ? "Password incorrect" : explain(how));
             });
}

}  // namespace parlance::chat::irc
