// WHOIS and WHOWAS: all that may be known of somebody.
#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <chrono>

#include <parlance/chat/base/words.hpp>
#include <parlance/chat/core/mask.hpp>
#include <parlance/chat/irc/commands.hpp>
#include <parlance/chat/irc/metadata.hpp>
#include <parlance/chat/irc/people.hpp>
#include <parlance/io/loop.hpp>

namespace parlance::chat::irc {
namespace {

constexpr int most_whowas = 20;  // of one name

/// The address as it can stand between other parameters.
std::string shown_address(std::string_view address) {
  return address.starts_with(':') ? "0" + std::string(address) : std::string(address);
}

void tell_rooms(irc_client& to, const person& whom) {
  const person& asks = *to.who();
  word_list rooms(to, numeric::RPL_WHOISCHANNELS, whom.nick(), ' ');
  for (const person::seat& s : whom.seats()) {
    const room& r = *s.in;
    const bool is_hidden = r.modes.has('s') || whom.modes.has('i');
    if (is_hidden && !asks.is_in(r) && &asks != &whom && !asks.may(permission::inspect)) continue;
    if (!r.shows(whom, asks)) continue;
    rooms.add(prefixes_of(r.ranks_of(whom), to.has(capability::multi_prefix)) + r.name());
  }
  rooms.end();
}

/// What only operators and somebody itself may know.
void tell_private(irc_client& to, const person& whom) {
  // Who stays without a client calls from nowhere.
  if (const std::string address = shown_address(whom.address); !address.empty()) {
    to.reply(numeric::RPL_WHOISHOST,
             {whom.nick(), fmt::format("is connecting from {}@{} {}", whom.user(), address, address)});
    to.reply(numeric::RPL_WHOISACTUALLY, {whom.nick(), address, "Actual IP"});
  }
  to.reply(numeric::RPL_WHOISMODES, {whom.nick(), fmt::format("is using modes +{}", whom.modes.letters())});
  if (to.who()->may(permission::inspect))
    for (const client* c : whom.clients())
      if (const listing* const its = listing_of(to.chat(), *c))
        to.reply(numeric::RPL_WHOISSPECIAL,
                 {whom.nick(), fmt::format("is listed at {}: {}", its->list, its->reason)});
  for (const client* c : whom.clients())
    if (!c->from().certificate.empty())
      to.reply(numeric::RPL_WHOISCERTFP,
               {whom.nick(), fmt::format("has client certificate fingerprint {}", c->from().certificate)});
}

void whois_one(irc_client& to, person& whom) {
  const settings::server_group& server = to.chat().configured().server;
  to.answer_lines(fmt::format(":{} 311 {} {} {} {} * :{}\r\n", server.name, to.nick(), whom.nick(),
                              whom.user(), whom.host(), whom.realname));
  tell_rooms(to, whom);
  to.answer_lines(fmt::format(":{} 312 {} {} {} :{}\r\n", server.name, to.nick(), whom.nick(), server.name,
                              server.description));
  if (whom.is_operator()) to.reply(numeric::RPL_WHOISOPERATOR, {whom.nick(), "is an IRC operator"});
  if (whom.is_secure) to.reply(numeric::RPL_WHOISSECURE, {whom.nick(), "is using a secure connection"});
  if (!whom.account.empty())
    to.reply(numeric::RPL_WHOISACCOUNT, {whom.nick(), whom.account, "is logged in as"});
  if (whom.modes.has('B')) to.reply(numeric::RPL_WHOISBOT, {whom.nick(), "is a bot"});
  if (to.who() == &whom || to.who()->may(permission::inspect)) tell_private(to, whom);
  if (!whom.away.empty())
    to.answer_lines(fmt::format(":{} 301 {} {} :{}\r\n", server.name, to.nick(), whom.nick(), whom.away));
  tell_whois_metadata(to, whom);
  const auto idle =
      std::chrono::duration_cast<std::chrono::seconds>(io::loop::current().now() - whom.spoke).count();
  to.reply(numeric::RPL_WHOISIDLE, {whom.nick(), std::to_string(std::max<std::int64_t>(idle, 0)),
                                    std::to_string(whom.signed_on), "seconds idle, signon time"});
}

void whowas_one(irc_client& to, const departed& was) {
  const std::string& server = to.chat().configured().server.name;
  to.answer_lines(fmt::format(":{} 314 {} {} {} {} * :{}\r\n", server, to.nick(), was.nick, was.user,
                              was.host, was.realname));
  if (to.who()->may(permission::inspect))
    to.reply(numeric::RPL_WHOISACTUALLY, {was.nick, shown_address(was.address), "Actual IP"});
  to.reply(numeric::RPL_WHOISSERVER, {was.nick, server, readable_time(was.left)});
}

}  // namespace

void whois(irc_client& by, const message& m) {
  if (m.param(0).empty()) return by.reply(numeric::ERR_NONICKNAMEGIVEN, {"No nickname given"});
  if (m.param_count() > 1 && !is_this_server(by, m.param(0))) return;
  const std::string_view all = m.param(m.param_count() > 1 ? 1 : 0);
  std::string_view names = all;
  for (std::size_t n = 0; !names.empty() && n < by.bounds().targets; ++n) {
    const std::string_view name = take_item(names, ',');
    if (person* const whom = by.chat().people().find(name)) {
      whois_one(by, *whom);
      by.reply(numeric::RPL_ENDOFWHOIS, {whom->nick(), "End of /WHOIS list"});
    } else {
      by.explain(outcome::no_such_person, name);
      by.reply(numeric::RPL_ENDOFWHOIS, {name, "End of /WHOIS list"});
    }
  }
}

void whowas(irc_client& by, const message& m) {
  if (m.param(0).empty()) return by.reply(numeric::ERR_NONICKNAMEGIVEN, {"No nickname given"});
  const std::string_view count = m.param(1);
  int most = 0;
  std::from_chars(count.data(), count.data() + count.size(), most);
  std::string_view names = m.param(0);
  for (std::size_t n = 0; !names.empty() && n < by.bounds().targets; ++n) {
    const std::string_view name = take_item(names, ',');
    int found = 0;
    for (const departed& was : by.chat().departed().all()) {
      if (!matches(name, was.nick)) continue;
      whowas_one(by, was);
      if (++found == most || found == most_whowas) break;
    }
    if (found == 0) by.reply(numeric::ERR_WASNOSUCHNICK, {name, "There was no such nickname"});
    by.reply(numeric::RPL_ENDOFWHOWAS, {name, "End of WHOWAS"});
  }
}

}  // namespace parlance::chat::irc
