// ACCEPT: who may write to somebody that only people who are logged in can write to (+R).
#include <algorithm>

#include <parlance/chat/base/words.hpp>
#include <parlance/chat/irc/commands.hpp>

namespace parlance::chat::irc {
namespace {

void list(irc_client& by) {
  for (const person::accepted& a : by.who()->own().accepts) by.reply(numeric::RPL_ACCEPTLIST, {a.nick});
  by.reply(numeric::RPL_ENDOFACCEPT, {"End of /ACCEPT list"});
}

void add(irc_client& by, const person& whom) {
  person& who = *by.who();
  if (who.is_accepted(whom))
    return by.reply(numeric::ERR_ACCEPTEXIST, {whom.nick(), "is already on your accept list"});
  if (who.own().accepts.size() >= person::most_accepted)
    return by.reply(numeric::ERR_ACCEPTFULL, {"Accept list is full"});
  who.own().accepts.push_back({whom.serial, whom.nick()});
}

void remove(irc_client& by, std::string_view nick) {
  const person* whom = by.chat().people().find(nick);
  const std::size_t removed = std::erase_if(by.who()->own().accepts, [&](const person::accepted& a) {
    return same_name(a.nick, nick) || (whom && a.serial == whom->serial);
  });
  if (removed == 0) by.reply(numeric::ERR_ACCEPTNOT, {nick, "is not on your accept list"});
}

}  // namespace

void accept(irc_client& by, const message& m) {
  std::string_view names = m.param(0);
  if (names.empty() || names == "*") return list(by);
  while (!names.empty()) {
    const std::string_view name = take_item(names, ',');
    if (name.starts_with('-'))
      remove(by, name.substr(1));
    else if (const person* whom = by.chat().people().find(name))
      add(by, *whom);
    else if (!name.empty())
      by.explain(outcome::no_such_person, name);
  }
}

}  // namespace parlance::chat::irc
