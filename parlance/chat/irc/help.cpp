// HELP: what each command is for, and how it is written.
#include <fmt/core.h>

#include <algorithm>
#include <array>

#include <parlance/chat/base/words.hpp>
#include <parlance/chat/core/room_modes.hpp>
#include <parlance/chat/irc/commands.hpp>
#include <parlance/chat/irc/person_modes.hpp>

namespace parlance::chat::irc {
namespace {

struct entry {
  std::string_view name;
  std::string_view text;            // a line each
  std::string (*more)() = nullptr;  // and further ones
};

std::string modes_of_rooms() {
  std::string lines;
  for (const room_mode& mode : room_modes())
    lines += fmt::format("\n  {} {:<6}  {}", mode.letter, mode.parameter, mode.about);
  return lines;
}

std::string modes_of_people() {
  std::string lines;
  for (const person_mode& mode : person_modes) lines += fmt::format("\n  {}  {}", mode.letter, mode.about);
  return lines;
}

/// By name.
constexpr auto topics = std::to_array<entry>({
    {"ACCEPT",
     "ACCEPT nick[,nick] | -nick[,-nick] | *\nLets people write to you who are not logged in, while you have "
     "the "
     "mode R;\nwhom you write to may answer anyway. The star lists them."},
    {"ADMIN", "ADMIN [server]\nTells who runs this server, and how to reach them."},
    {"AUTHENTICATE", "AUTHENTICATE mechanism\nLogs you in to your account (IRCv3 SASL)."},
    {"AWAY",
     "AWAY [:message]\nMarks you as away: who writes to you is told the message.\nWithout one you are back."},
    {"BATCH",
     "BATCH +reference draft/multiline target | -reference\nBegins and ends a message of several lines "
     "(IRCv3 multiline)."},
    {"CAP",
     "CAP LS [302] | LIST | REQ :names | END\nNegotiates what your client understands beyond plain IRC "
     "(IRCv3)."},
    {"CHANSERV", "CHANSERV HELP\nThe service for rooms that belong to an account."},
    {"CHATHISTORY",
     "CHATHISTORY LATEST|BEFORE|AFTER|AROUND target reference limit\nCHATHISTORY BETWEEN target reference "
     "reference limit\nCHATHISTORY TARGETS timestamp timestamp limit\nReads again what was said (IRCv3 "
     "chathistory). A reference is msgid=..., timestamp=... or *."},
    {"CHGHOST", "CHGHOST nick host\nFor operators: what others see as the host of somebody."},
    {"CMODE", "The modes of rooms, for MODE #room:", modes_of_rooms},
    {"CS", "CS HELP\nShort for CHANSERV, the service for rooms."},
    {"DIE", "DIE\nFor operators: stops the server."},
    {"DLINE",
     "DLINE [duration] address[/bits] [:reason] | DLINE LIST\nFor operators: keeps an address, or a network, "
     "out of the server.\nA duration is in minutes, or as 1d12h; without one it is for ever."},
    {"EXTJWT",
     "EXTJWT * [filehost]\nA token, good for a minute, by which your client puts up a file over HTTP."},
    {"FILTER",
     "FILTER LIST | ADD pattern action where [duration] [:reason] | DEL pattern|number | TEST :text\nFor "
     "operators: what is not to be said here. A pattern is a regular expression (RE2) without spaces;\nthe "
     "action warn, block, silent, kill or ban; where is * or letters: p messages, n notices, t topics,\nk "
     "nicks, P and q reasons of leaving, a away messages, g real names; o and r spare operators and "
     "accounts."},
    {"HELP", "HELP [topic]\nTells about a command; without a topic, which there are."},
    {"HELPOP", "HELPOP [topic]\nThe same as HELP."},
    {"HISTSERV", "HISTSERV HELP\nThe service for what is kept of what you have said."},
    {"HS", "HS HELP\nShort for HISTSERV."},
    {"INFO", "INFO [server]\nTells what software this server is."},
    {"INVITE", "INVITE nick #room\nAsks somebody into a room."},
    {"ISON", "ISON nick...\nTells which of the nicks are here."},
    {"JOIN",
     "JOIN #room[,#room] [key[,key]]\nBrings you into rooms; one that is not there is made.\nJOIN 0 leaves "
     "all."},
    {"KICK", "KICK #room nick[,nick] [:reason]\nPuts people out of a room."},
    {"KILL", "KILL nick [:reason]\nFor operators: disconnects somebody."},
    {"KLINE",
     "KLINE [duration] user@host [:reason] | KLINE LIST\nFor operators: keeps those who fit the mask out of "
     "the server.\nA duration is in minutes, or as 1d12h; without one it is for ever."},
    {"KNOCK", "KNOCK #room [:reason]\nAsks those who can to invite you into a room that is closed to you."},
    {"LINKS", "LINKS\nLists the servers of the network, which is this one."},
    {"LIST", "LIST [#room[,#room] | conditions]\nLists rooms, with how many people are in them."},
    {"LUSERS", "LUSERS\nTells how many people and rooms there are."},
    {"MARKREAD",
     "MARKREAD target [timestamp=...]\nTells, or says, how far you have read (IRCv3 read-marker)."},
    {"METADATA",
     "METADATA target GET|LIST|SET|CLEAR|SUB|UNSUB|SUBS|SYNC [key...] [:value]\nWhat people and rooms tell "
     "of "
     "themselves (IRCv3 metadata)."},
    {"MODE",
     "MODE #room [+modes|-modes] [parameter...]\nShows or changes what is allowed in a room; HELP CMODE "
     "tells "
     "the modes.\nMODE nick [+modes|-modes]\nShows or changes your own modes; HELP UMODE tells them."},
    {"MONITOR",
     "MONITOR + nick[,nick] | - nick[,nick] | C | L | S\nTells you when somebody comes and goes; C clears "
     "the list, L shows it,\nand S tells who of it is here."},
    {"MOTD", "MOTD [server]\nShows the message of the day."},
    {"NAMES", "NAMES #room[,#room]\nLists who is in a room."},
    {"NICK", "NICK nick\nGives you another name."},
    {"NICKSERV", "NICKSERV HELP\nThe service for accounts, for clients without SASL."},
    {"NOTICE", "NOTICE target :text\nLike PRIVMSG, but programs never answer it by themselves."},
    {"NS", "NS HELP\nShort for NICKSERV, the service for accounts."},
    {"OPER", "OPER name password\nMakes you an operator of the server."},
    {"PART", "PART #room[,#room] [:reason]\nLeaves rooms."},
    {"PASS", "PASS password\nBefore NICK and USER: the password of the server."},
    {"PING", "PING token\nThe server answers PONG with the same token."},
    {"PONG", "PONG token\nAnswers a PING of the server; your client does so by itself."},
    {"PRIVMSG",
     "PRIVMSG target[,target] :text\nSays something to rooms or people.\n@#room says it to the operators of "
     "a "
     "room."},
    {"QUIT", "QUIT [:reason]\nLeaves the server."},
    {"REDACT", "REDACT target msgid [:reason]\nTakes a message back (IRCv3 message-redaction)."},
    {"REGISTER", "REGISTER account|* email|* password\nMakes an account (IRCv3 account-registration)."},
    {"REHASH", "REHASH\nFor operators: the server reads its settings again."},
    {"RELAYMSG",
     "RELAYMSG #room nick/network :text\nFor operators of the room: says what somebody of another network "
     "says "
     "(draft/relaymsg)."},
    {"RENAME", "RENAME #room #name [:reason]\nGives a room another name (IRCv3 channel-rename)."},
    {"SEARCH",
     "SEARCH text=words;in=#room;from=nick;after=time;before=time;limit=number\nFinds what was said where "
     "you can "
     "read (soju.im/search). A space in a value is \\s.\nWords, \"phrases\" and beginn* must all be in a "
     "message."},
    {"SETNAME", "SETNAME :name\nGives you another real name."},
    {"SILENCE",
     "SILENCE [+mask|-mask]\nWhom you do not hear in private any more, and who may not invite you; a mask is "
     "nick!user@host, or a:account.\nThey are not told. Without a mask, which there are."},
    {"STATS",
     "STATS letter\n  u  for how long the server has run\n  o  its operators, for operators\n  k  bans of "
     "masks, for operators\n  d  bans of addresses, for operators"},
    {"SUMMON", "SUMMON\nIs not offered here."},
    {"TAGMSG", "TAGMSG target\nSends tags without a text (IRCv3 message-tags)."},
    {"TBAN",
     "TBAN #room duration mask\nBans somebody from a room, as MODE +b does, for so long: 30m, 12h or 7d."},
    {"TIME", "TIME [server]\nTells the server's time."},
    {"TOPIC", "TOPIC #room [:topic]\nShows or changes what a room talks about."},
    {"UMODE", "Your own modes, for MODE nick:", modes_of_people},
    {"UNDLINE", "UNDLINE address[/bits]\nFor operators: ends a DLINE."},
    {"UNKLINE", "UNKLINE user@host\nFor operators: ends a KLINE."},
    {"USER", "USER name 0 * :real name\nWith NICK: who you are, at the start."},
    {"USERHOST", "USERHOST nick...\nTells the hosts of up to five people, and whether they are away."},
    {"USERS", "USERS\nIs not offered here."},
    {"VERIFY", "VERIFY account code\nIs not needed here: an account is there once it is made."},
    {"VERSION", "VERSION [server]\nTells the version of the server, and what it supports."},
    {"WALLOPS", "WALLOPS :text\nFor operators: tells everybody who has the mode w."},
    {"WEBIRC",
     "WEBIRC password gateway host address [:options]\nFor gateways from the web: tells for whom they speak, "
     "before anything else."},
    {"WEBPUSH",
     "WEBPUSH REGISTER endpoint keys | UNREGISTER endpoint\nHas your browser told of what you miss while no "
     "client of "
     "yours is connected (Web Push)."},
    {"WHO",
     "WHO #room|nick|mask [o][%fields[,token]]\nLists people; with o, only operators.\nThe fields of WHOX "
     "are "
     "any of tcuihsnfdlaor."},
    {"WHOIS", "WHOIS [server] nick[,nick]\nTells all about somebody."},
    {"WHOWAS", "WHOWAS nick[,nick] [count]\nTells about those who had a nick and are gone."},
});
static_assert(std::ranges::is_sorted(topics, {}, &entry::name));

void tell_lines(irc_client& to, std::string_view subject, std::string_view text) {
  bool is_first = true;
  while (!text.empty()) {
    const std::string_view line = take_item(text, '\n');
    to.reply(std::exchange(is_first, false) ? numeric::RPL_HELPSTART : numeric::RPL_HELPTXT, {subject, line});
  }
  to.reply(numeric::RPL_ENDOFHELP, {subject, "End of /HELP"});
}

std::string index() {
  constexpr std::size_t width = 70;
  std::string text = "HELP topic tells more about one of:", line;
  for (const entry& t : topics) {
    if (line.size() + t.name.size() >= width) text += "\n" + std::exchange(line, {});
    if (!line.empty()) line += ' ';
    line += t.name;
  }
  return text + "\n" + line;
}

}  // namespace

void help(irc_client& by, const message& m) {
  const std::string_view wanted = m.param(0);
  if (wanted.empty()) return tell_lines(by, "index", index());
  const auto found = std::ranges::find_if(topics, [&](const entry& t) { return same_name(t.name, wanted); });
  if (found == topics.end())
    return by.reply(numeric::ERR_HELPNOTFOUND, {wanted, "No help available on this topic"});
  tell_lines(by, found->name, std::string(found->text) + (found->more ? found->more() : std::string()));
}

}  // namespace parlance::chat::irc
