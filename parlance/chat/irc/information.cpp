// What the server tells of itself: RPL_MYINFO, RPL_ISUPPORT, MOTD, LUSERS.
#include <fmt/core.h>

#include <algorithm>

#include <parlance/chat/accounts/push_encryption.hpp>
#include <parlance/chat/base/version.hpp>
#include <parlance/chat/base/words.hpp>
#include <parlance/chat/core/room_modes.hpp>
#include <parlance/chat/core/silence.hpp>
#include <parlance/chat/irc/channels.hpp>
#include <parlance/chat/irc/commands.hpp>
#include <parlance/chat/irc/people.hpp>
#include <parlance/chat/irc/person_modes.hpp>

namespace parlance::chat::irc {
namespace {

constexpr std::size_t tokens_per_line =
    13;  // with the nick and the text: the fifteen parameters of a message
constexpr std::size_t most_user = 18, most_host = 63;

/// "I:100,b:100,e:100"
std::string lists_with(std::size_t most) {
  std::string all;
  for (const char letter : letters_of(mode_kind::list))
    all += fmt::format("{}{}:{}", all.empty() ? "" : ",", letter, most);
  return all;
}

/// Where files are put up: at the host by which the client has come, or the one that the certificate is for.
std::string file_host_of(const irc_client& to, const settings& by) {
  const caller& from = to.from();
  const std::string scheme = from.is_secure ? "https" : "http";
  const bool is_named = from.is_secure && !by.tls.certificate.empty() && from.framed == framing::lines;
  if (!is_named) return fmt::format("{}://{}/uploads", scheme, from.here);
  return fmt::format("{}://{}{}/uploads", scheme, by.server.name, from.here.substr(from.here.rfind(':')));
}

char letter_of(room_mode::masks list) {
  return std::ranges::find(room_modes(), room_mode::value_type(list), &room_mode::value)->letter;
}

}  // namespace

void my_info(irc_client& to) {
  std::string of_people, of_rooms, with_parameter;
  for (const person_mode& mode : person_modes) of_people += mode.letter;
  for (const room_mode& mode : room_modes()) {
    of_rooms += mode.letter;
    if (!mode.parameter.empty()) with_parameter += mode.letter;
  }
  std::ranges::sort(of_rooms);
  std::ranges::sort(with_parameter);
  to.reply(numeric::RPL_MYINFO,
           {to.chat().configured().server.name, version, of_people, of_rooms, with_parameter});
}

void isupport(irc_client& to) {
  const settings& all = to.chat().configured();
  const limits& bounds = all.limits;
  std::vector<std::string> tokens = {
      fmt::format("NETWORK={}", all.server.network),
      "CASEMAPPING=ascii",  // for clients that know no more; what they take for another name is answered as what it is
      "UTF8MAPPING=rfc8265",  // as Ergo has it
      "CHANTYPES=#",
      fmt::format("PREFIX=({}){}", rank_letters, rank_prefixes),
      fmt::format("STATUSMSG={}", rank_prefixes),
      fmt::format("NICKLEN={}", bounds.name),
      fmt::format("CHANNELLEN={}", bounds.room_name),
      fmt::format("TOPICLEN={}", bounds.topic),
      fmt::format("KICKLEN={}", bounds.kick),
      fmt::format("KEYLEN={}", most_key),
      fmt::format("CHANMODES={},{},{},{}", letters_of(mode_kind::list),
                  letters_of(mode_kind::always_parameter), letters_of(mode_kind::set_parameter),
                  letters_of(mode_kind::flag)),
      fmt::format("MODES={}", most_modes),
      fmt::format("MAXLIST={}", lists_with(bounds.list_modes)),
      fmt::format("EXCEPTS={}", letter_of(&room::exceptions)),
      fmt::format("INVEX={}", letter_of(&room::invitations)),
      "EXTBAN=,am",
      "ACCOUNTEXTBAN=a",
      "ELIST=CMNTU",
      "SAFELIST",
      fmt::format("CHANLIMIT=#:{}", bounds.rooms_per_member),
      fmt::format("MAXTARGETS={}", bounds.targets),
      fmt::format(
          "TARGMAX=JOIN:,KICK:{0},NAMES:{0},NOTICE:{0},PART:,PRIVMSG:{0},TAGMSG:{0},WHOIS:{0},WHOWAS:{0}",
          bounds.targets),
      "KNOCK",
      "UTF8ONLY",
      "WHOX",
      "BOT=B",
      fmt::format("MONITOR={}", bounds.monitor),
      fmt::format("SILENCE={}", most_silenced),
      fmt::format("AWAYLEN={}", bounds.away),
      fmt::format("NAMELEN={}", bounds.realname),
      fmt::format("USERLEN={}", most_user),
      fmt::format("HOSTLEN={}", most_host),
      fmt::format("WHOWAS={}", bounds.whowas),
  };
  if (all.accounts.require_sasl) tokens.emplace_back("draft/ACCOUNTREQUIRED");
  if (all.history.enabled) {
    tokens.push_back(fmt::format("CHATHISTORY={}", all.history.max_answer));
    tokens.push_back("MSGREFTYPES=msgid,timestamp");
  }
  if (to.has(capability::webpush)) tokens.push_back("VAPID=" + vapid_key_of(to.chat().kept()).public_key());
  if (to.chat().uploads().is_offered() && !to.from().here.empty()) {
    tokens.push_back(fmt::format("soju.im/FILEHOST={}", file_host_of(to, all)));
    tokens.emplace_back("EXTJWT=1");
  }
  for (std::size_t at = 0; at < tokens.size(); at += tokens_per_line) {
    std::string line = fmt::format(":{} 005 {}", all.server.name, to.nick());
    for (std::size_t i = at; i < std::min(at + tokens_per_line, tokens.size()); ++i) line += " " + tokens[i];
    to.answer_lines(line + " :are supported by this server\r\n");
  }
}

void lusers(irc_client& by, const message& m) {
  if (!is_this_server(by, m.param(1))) return;
  const hub& chat = by.chat();
  const people::census& there = chat.people().present;
  const std::string people = std::to_string(there.people), most = std::to_string(there.most_people);
  by.reply(numeric::RPL_LUSERCLIENT,
           {fmt::format("There are {} users and {} invisible on 1 servers",
                        there.people - std::min(there.people, there.invisible), there.invisible)});
  by.reply(numeric::RPL_LUSEROP, {std::to_string(there.operators), "operator(s) online"});
  by.reply(numeric::RPL_LUSERUNKNOWN, {std::to_string(there.strangers), "unknown connection(s)"});
  by.reply(numeric::RPL_LUSERCHANNELS, {std::to_string(chat.rooms().all().size()), "channels formed"});
  by.reply(numeric::RPL_LUSERME, {fmt::format("I have {} clients and 0 servers", people)});
  by.reply(numeric::RPL_LOCALUSERS,
           {people, most, fmt::format("Current local users {}, max {}", people, most)});
  by.reply(numeric::RPL_GLOBALUSERS,
           {people, most, fmt::format("Current global users {}, max {}", people, most)});
}

void motd(irc_client& by, const message& m) {
  if (!is_this_server(by, m.param(0))) return;
  std::string_view text = by.chat().configured().server.motd;
  if (text.empty()) return by.reply(numeric::ERR_NOMOTD, {"MOTD File is missing"});
  by.reply(numeric::RPL_MOTDSTART,
           {fmt::format("- {} Message of the day - ", by.chat().configured().server.name)});
  while (!text.empty()) {
    const std::string_view line = take_item(text, '\n');
    by.reply(numeric::RPL_MOTD, {fmt::format("- {}", line)});
  }
  by.reply(numeric::RPL_ENDOFMOTD, {"End of /MOTD command"});
}

}  // namespace parlance::chat::irc
