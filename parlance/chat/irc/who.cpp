// WHO, and WHOX (IRCv3): who is in a room, or fits a mask.
#include <fmt/core.h>

#include <algorithm>

#include <parlance/chat/core/mask.hpp>
#include <parlance/chat/irc/commands.hpp>
#include <parlance/chat/irc/people.hpp>
#include <parlance/io/loop.hpp>

namespace parlance::chat::irc {
namespace {

constexpr std::size_t most_matches = 1000;           // of a mask, for who is no operator
constexpr std::string_view order = "tcuihsnfdlaor";  // of the fields in RPL_WHOSPCRPL

/// "o%tcnf,42", or "o", or nothing.
struct who_query {
  std::string_view mask;
  bool only_operators = false;
  bool is_extended = false;
  std::string_view fields = {}, token = "0";
  std::string_view among = {};  // which fields the mask is compared with; empty: with all
};

who_query understand(const message& m) {
  who_query query{.mask = m.param(0)};
  std::string_view flags = m.param(1);
  const std::size_t percent = flags.find('%');
  if (percent != std::string_view::npos) {
    query.is_extended = true;
    query.fields = flags.substr(percent + 1);
    if (const std::size_t comma = query.fields.find(','); comma != std::string_view::npos) {
      const std::string_view token = query.fields.substr(comma + 1);
      const bool is_number = !token.empty() && token.size() <= 3 &&
                             token.find_first_not_of("0123456789") == std::string_view::npos;
      if (is_number) query.token = token;
      query.fields = query.fields.substr(0, comma);
    }
    flags = flags.substr(0, percent);
  }
  query.only_operators = flags.find('o') != std::string_view::npos;
  if (flags.find_first_of("nuhsra") != std::string_view::npos) query.among = flags;
  return query;
}

bool fits(const irc_client& by, const person& who, const who_query& query) {
  const auto is = [&](char field, std::string_view text) {
    return (query.among.empty() || query.among.find(field) != std::string_view::npos) &&
           matches(query.mask, text);
  };
  return is('n', who.nick()) || is('u', who.user()) || is('h', who.host()) ||
         is('s', by.chat().configured().server.name) || is('r', who.realname) ||
         (!who.account.empty() && is('a', who.account)) ||
         (by.who()->may(permission::inspect) && is('h', who.address));
}

std::string flags_of(const irc_client& to, const person& who, const room* in) {
  std::string flags = who.away.empty() ? "H" : "G";
  if (who.is_operator()) flags += '*';
  if (in) flags += prefixes_of(in->ranks_of(who), to.has(capability::multi_prefix));
  if (who.modes.has('B')) flags += 'B';
  return flags;
}

/// Where somebody is, for those who may know.
std::string address_for(const irc_client& to, const person& who) {
  if (!to.who()->may(permission::inspect) && to.who() != &who) return "255.255.255.255";
  return who.address.starts_with(':') ? "0" + who.address : who.address.empty() ? "0" : who.address;
}

std::string field_of(const irc_client& to, const person& who, const room* in, char field,
                     const who_query& query) {
  switch (field) {
    case 't':
      return std::string(query.token);
    case 'c':
      return in ? in->name() : "*";
    case 'u':
      return std::string(who.user());
    case 'i':
      return address_for(to, who);
    case 'h':
      return std::string(who.host());
    case 's':
      return to.chat().configured().server.name;
    case 'n':
      return who.nick();
    case 'f':
      return flags_of(to, who, in);
    case 'd':
      return "0";
    case 'l':
      return std::to_string(
          std::chrono::duration_cast<std::chrono::seconds>(io::loop::current().now() - who.spoke).count());
    case 'a':
      return who.account.empty() ? "0" : who.account;
    case 'o':
      return "n/a";
    default:
      return ":" + who.realname;
  }
}

void answer_one(irc_client& to, const person& who, const room* in, const who_query& query) {
  const std::string& server = to.chat().configured().server.name;
  if (!query.is_extended) {
    to.answer_lines(fmt::format(":{} 352 {} {} {} {} {} {} {} :0 {}\r\n", server, to.nick(),
                                in ? std::string_view(in->name()) : "*", who.user(), who.host(), server,
                                who.nick(), flags_of(to, who, in), who.realname));
    return;
  }
  std::string line = fmt::format(":{} 354 {}", server, to.nick());
  for (const char field : order) {
    if (query.fields.find(field) == std::string_view::npos) continue;
    line += ' ';
    line += field_of(to, who, in, field, query);
  }
  to.answer_lines(line += "\r\n");
}

void who_in_room(irc_client& by, const room& in, const who_query& query) {
  const person& asks = *by.who();
  const bool is_inside = asks.is_in(in) || asks.may(permission::inspect);
  if (in.modes.has('s') && !is_inside) return;
  for (const room::seat& s : in.seats()) {
    if (query.only_operators && !s.who->is_operator()) continue;
    if (in.shows(*s.who, asks) && (is_inside || is_visible(by, *s.who))) answer_one(by, *s.who, &in, query);
  }
}

void who_fits(irc_client& by, const who_query& query) {
  // "0" is everybody, by an old custom.
  const bool is_everybody = query.mask.empty() || query.mask == "*" || query.mask == "0";
  std::size_t found = 0;
  for (const auto& [nick, who] : by.chat().people().all()) {
    if (!who->present() || (query.only_operators && !who->is_operator())) continue;
    if (!(is_everybody || fits(by, *who, query)) || !is_visible(by, *who)) continue;
    if (++found > most_matches && !by.who()->may(permission::inspect))
      return by.reply(numeric::ERR_TOOMANYMATCHES,
                      {"WHO", query.mask.empty() ? std::string_view("*") : query.mask, "Too many matches"});
    answer_one(by, *who, nullptr, query);
  }
}

}  // namespace

void who(irc_client& by, const message& m) {
  const who_query query = understand(m);
  constexpr std::size_t size_of_answer = 64;  // for each who is there
  const room* const in = query.mask.starts_with('#') ? by.chat().rooms().find(query.mask) : nullptr;
  const person* const named = by.chat().people().find(query.mask);
  const bool is_room = query.mask.starts_with('#');
  const auto may_look_at_all = [&] {
    if (is_room) return !in || by.may_search(in->seats().size(), size_of_answer);
    // Everybody is looked at, however few are found.
    return named || by.may_search(by.chat().people().all().size(), query.mask.size());
  };
  if (!may_look_at_all())
    return by.reply(numeric::RPL_TRYAGAIN, {"WHO", "Please wait a while and try again"});
  if (in) {
    who_in_room(by, *in, query);
  } else if (named) {
    if (!query.only_operators || named->is_operator()) answer_one(by, *named, nullptr, query);
  } else if (!is_room) {
    who_fits(by, query);
  }
  by.reply(numeric::RPL_ENDOFWHO,
           {query.mask.empty() ? std::string_view("*") : query.mask, "End of WHO list"});
}

}  // namespace parlance::chat::irc
