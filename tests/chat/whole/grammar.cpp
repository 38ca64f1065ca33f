#include "chat/whole/grammar.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include <parlance/chat/base/words.hpp>
#include <parlance/chat/core/metadata.hpp>
#include <parlance/chat/core/room_modes.hpp>
#include <parlance/chat/irc/commands.hpp>
#include <parlance/chat/irc/message.hpp>
#include <parlance/chat/irc/services.hpp>
#include <parlance/chat/plain/command.hpp>
#include <parlance/net/base64.hpp>

namespace parlance::chat::test {
namespace {

using namespace std::string_view_literals;

// In Cyrillic, and in capitals, as "bob" looks.
constexpr std::array names = {
    "ann"sv, "ben"sv, "cat"sv, "dan"sv, "eve"sv, "\u0412\u041e\u0412"sv, "\u0432\u043e\u0432"sv, "bob"sv};
constexpr std::array rooms = {"#a"sv,     "#b"sv, "#lobby"sv, "#secret"sv,       "#a"sv,           "#new"sv,
                              "#LOBBY"sv, "#"sv,  "0"sv,      "#\u0436\u0430"sv, "#\u0416\u0410"sv};
constexpr std::array words = {"hello"sv,
                              "*"sv,
                              "on"sv,
                              "off"sv,
                              "1"sv,
                              "key"sv,
                              "\x01VERSION\x01"sv,
                              "-"sv,
                              "+"sv,
                              "LIST"sv,
                              "m"sv,
                              "0"sv,
                              ":"sv,
                              "\x01"
                              "ACTION waves\x01"sv,
                              "a b"sv,
                              "#"sv,
                              "?"sv,
                              "ann"sv,
                              "\xc3\xa9"sv,
                              "x/y"sv,
                              "%tcuihsnfdlaor,7"sv};

// Of filters: of what is said now and then, so that the chat goes on.
constexpr std::array patterns = {"a\\sb"sv, "waves$"sv,   "x{9}"sv,     "(?-i)VERSION"sv, ".*"sv,
                                 "("sv,     "\xc3\xa9"sv, "^key key"sv, "x/y"sv};

struct shape {
  std::string_view command, parameters;
};
// Several of one command are as likely as each other. A command that stands twice is told apart by its parameters.
constexpr auto shapes = std::to_array<shape>({
    {"ACCEPT", "nicks"},
    {"ACCEPT", "*|-ann|nick"},
    {"AUTHENTICATE", "PLAIN|SCRAM-SHA-256|EXTERNAL|*|+|credentials"},
    {"AWAY", "[text]"},
    {"BATCH", "+1|-1|+2|-2 draft/multiline|netjoin|x [target]"},
    {"CAP", "LS|LIST|END|REQ|CLEAR 302|caps"},
    {"CHANSERV", "chanserv"},
    {"CS", "chanserv"},
    {"CHATHISTORY", "LATEST|BEFORE|AFTER|AROUND target reference|* number"},
    {"CHATHISTORY", "BETWEEN target reference reference number"},
    {"CHATHISTORY", "TARGETS reference reference number"},
    {"CHGHOST", "nick word|a.host"},
    {"CS", "HOOK #room ADD word|nick"},
    {"CS", "HOOK #room OUT hookurl [word] [word]"},
    {"CS", "HOOK #room DEL|START id"},
    {"CS", "LINK #room ADD [1h|1d|0] [number]"},
    {"CS", "LINK #room DEL link"},
    {"CS", "PIN #room ADD msgid|word|text"},
    {"CS", "PIN #room [DEL] [number]"},
    {"DLINE", "[number] address [text]"},
    {"EXTJWT", "*|#room filehost|x"},
    {"FILTER", "ADD pattern act places [1h] [text]"},
    {"FILTER", "ADD pattern act p|pn|*r [text]"},
    {"FILTER", "DEL pattern|number"},
    {"FILTER", "[LIST|TEST] [text]"},
    {"HISTSERV", "histserv"},
    {"HS", "histserv"},
    {"INVITE", "[nick] [#room]"},
    {"ISON", "nick nick"},
    {"JOIN", "rooms [key]"},
    {"JOIN", "#room [key]"},
    {"JOIN", "#room link"},
    {"KICK", "rooms nicks [text]"},
    {"KICK", "#room nick [text]"},
    {"KILL", "nick [text]"},
    {"KLINE", "[number] mask [text]"},
    {"KNOCK", "#room [text]"},
    {"LIST", "rooms|>0|<5|C<9|T>1"},
    {"MARKREAD", "target [reference]"},
    {"METADATA", "target|* GET|LIST|SET|CLEAR|SUB|UNSUB|SUBS|SYNC [metakey] [text]"},
    {"METADATA", "#room|* SET metakey text"},
    {"METADATA", "* SUB metakey metakey"},
    {"MODE", "#room modes key|nick|mask|number nick|mask"},
    {"MODE", "#room modes nick nick"},
    {"MODE", "#room [b|e|I|+b]"},
    {"MODE", "nick|self +i|-i|+B|+R|+T|-R|+w|+s|-o|+o"},
    {"MONITOR", "+|-|C|L|S [nicks]"},
    {"NAMES", "[rooms]"},
    {"NICK", "nick"},
    {"NICKSERV", "nickserv"},
    {"NS", "nickserv"},
    {"NS", "DEVICES ADD word"},
    {"NS", "DEVICES END id"},
    {"NOTICE", "targets text"},
    {"NOTICE", "target text"},
    {"OPER", "root password"},
    {"PART", "rooms [text]"},
    {"PASS", "password"},
    {"PRIVMSG", "targets text"},
    {"PRIVMSG", "target text"},
    {"PRIVMSG", "NickServ|ChanServ nickserv|chanserv"},
    {"REDACT", "target msgid [text]"},
    {"REGISTER", "*|account *|a@example.org password"},
    {"RELAYMSG", "#room x/y|b/z text"},
    {"RENAME", "#room #room [text]"},
    {"SEARCH", "searching"},
    {"SETNAME", "text"},
    {"SILENCE", "[mask|nick]"},
    {"STATS", "k|d|u|m|o|x"},
    {"TAGMSG", "targets"},
    {"TBAN", "#room number mask"},
    {"TOPIC", "#room [text]"},
    {"UNDLINE", "address"},
    {"UNKLINE", "mask"},
    {"USER", "word 0 * text"},
    {"USERHOST", "nick nick"},
    {"VERIFY", "account word"},
    {"WALLOPS", "text"},
    {"WEBPUSH", "REGISTER hookurl pushkeys"},
    {"WEBPUSH", "UNREGISTER hookurl"},
    {"WEBIRC", "password gateway a.host address"},
    {"WHO", "target|mask [o|%tcuihsnfdlaor,7]"},
    {"WHOIS", "[nick] nicks|mask"},
    {"WHOWAS", "nicks|mask [number]"},
    {"HELP", "[word]"},
});

std::string_view first_word(std::string_view of) { return of.substr(0, of.find(' ')); }

/// The parts of a text, without empty ones.
std::vector<std::string_view> parts(std::string_view of, char separator) {
  std::vector<std::string_view> all;
  while (!of.empty()) {
    const std::size_t end = std::min(of.find(separator), of.size());
    if (end != 0) all.push_back(of.substr(0, end));
    of.remove_prefix(std::min(end + 1, of.size()));
  }
  return all;
}

/// Between quotes.
std::string as_json(std::string_view text) {
  std::string all = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') all += '\\';
    if (static_cast<unsigned char>(c) < 0x20)
      all += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
    else
      all += c;
  }
  return all += '"';
}

void keep(std::deque<std::string>& in, std::string what) {
  if (std::ranges::find(in, what) != in.end()) return;
  in.push_back(std::move(what));
  if (in.size() > surroundings::most) in.pop_front();
}

}  // namespace

void surroundings::met(std::string nick) { keep(nicks, std::move(nick)); }
void surroundings::saw(std::string reference) { keep(references, std::move(reference)); }

void surroundings::was_told(std::string_view text) {
  const auto behind = [&](std::string_view what) {
    const std::size_t at = text.find(what);
    if (at == text.npos) return std::string();
    const std::string_view rest = text.substr(at + what.size());
    return std::string(rest.substr(0, rest.find_first_of(" \r\n,;")));
  };
  const auto learn = [&](std::deque<std::string>& in, std::string_view what) {
    if (std::string found = behind(what); !found.empty()) keep(in, std::move(found));
  };
  learn(hooks, "/hooks/");
  learn(links, "&key=");
  learn(devices, "Device token ");
  learn(ids, "Hook ");
  learn(ids, "Device ");
  if (const std::string file = behind("/uploads/"); !file.empty()) keep(files, "/uploads/" + file);
}

void surroundings::was_given_jwt(std::string_view part, bool is_last) {
  jwt += part;
  if (is_last) keep(jwts, std::exchange(jwt, {}));
}

void surroundings::was_given_token(std::string token) {
  if (!token.empty()) keep(tokens, std::move(token));
}

std::string plain_credentials(std::string_view account, std::string_view password) {
  std::string all;
  all += '\0';
  all += account;
  all += '\0';
  all += password;
  return net::base64_encode(all);
}

std::vector<std::string> account_names() { return {names.begin(), names.begin() + 3}; }

std::string grammar::nick() {
  switch (script_.below(8)) {
    case 0:
      return around_.own_nick.empty() ? "ann" : around_.own_nick;
    case 1:
    case 2:
      return around_.nicks.empty() ? "ben" : std::string(script_.pick(around_.nicks));
    case 3:
      return std::string(
          script_.pick(std::array{"NickServ"sv, "operator"sv, "guest1"sv, "ANN"sv, "new"sv, "9x"sv}));
    default:
      return std::string(script_.pick(names));
  }
}

std::string grammar::room() { return std::string(script_.pick(rooms)); }
std::string grammar::account() { return std::string(names[script_.below(3)]); }
std::string grammar::password() { return script_.once_in(4) ? "wrong" : std::string(right_password); }

std::string grammar::mask() {
  constexpr std::array all = {"*!*@*"sv, "a*"sv,    "ann!*@*"sv, "*@127.0.0.*"sv, "m:*!*@*"sv,
                              "a:ben"sv, "*b*!*"sv, "x"sv,       "ann@*"sv,       "*@*.host"sv};
  return std::string(script_.pick(all));
}

std::string grammar::text() {
  std::string all;
  for (unsigned n = 1 + script_.below(3); n-- > 0;)
    all += (all.empty() ? "" : " ") + std::string(script_.pick(words));
  if (script_.once_in(24)) all.append(script_.below(256) * 2, 'x');
  return all;
}

std::string grammar::target() {
  switch (script_.below(6)) {
    case 0:
      return nick();
    case 1:
      return std::string(
          script_.pick(std::array{"@#a"sv, "+#lobby"sv, "~#secret"sv, "NickServ"sv, "*"sv, "@"sv}));
    default:
      return script_.once_in(2) ? nick() : room();
  }
}

std::string grammar::list_of(std::string (grammar::*one)()) {
  std::string all = (this->*one)();
  for (unsigned n = script_.below(6); n-- > 0;) all += ',' + (this->*one)();
  return all;
}

std::string grammar::modes() {
  std::string all;
  const auto flags = room_modes();
  for (unsigned n = 1 + script_.below(3); n-- > 0;) {
    all += script_.once_in(3) ? '-' : '+';
    const unsigned which = script_.below(flags.size() + rank_letters.size());
    all += which < flags.size() ? flags[which].letter : rank_letters[which - flags.size()];
  }
  return all;
}

std::string grammar::reference() {
  if (around_.references.empty() || script_.once_in(8))
    return script_.once_in(2) ? "*" : "timestamp=2027-01-15T08:00:00.000Z";
  return around_.references[script_.below(around_.references.size())];
}

std::string grammar::searching() {
  constexpr std::array keys = {"text"sv,  "text"sv,   "text"sv,  "in"sv, "from"sv,
                               "after"sv, "before"sv, "limit"sv, "x"sv};
  std::string all;
  for (unsigned n = 1 + script_.below(3); n-- > 0;) {
    const std::string_view key = script_.pick(keys);
    std::string value = key == "in"      ? target()
                        : key == "from"  ? nick()
                        : key == "limit" ? std::to_string(script_.below(9))
                        : key == "text"  ? (script_.once_in(3) ? '"' + text() + '"' : text())
                                         : "2027-01-15T08:00:00.000Z";
    if (key == "text" && script_.once_in(4)) value += '*';
    all += fmt::format("{}{}={}", all.empty() ? "" : ";", key, irc::escape_tag(value));
  }
  return all;
}

std::string grammar::one_of(const std::deque<std::string>& known, std::string_view otherwise) {
  if (known.empty() || script_.once_in(8)) return std::string(otherwise);
  return known[script_.below(known.size())];
}

std::string grammar::said_to_hook() {
  switch (script_.below(6)) {
    case 0:
      return fmt::format(R"({{"text":"{}","username":"{}"}})", script_.once_in(3) ? "a\\nb" : "c", nick());
    case 1:
      return R"({"attachments":[{"pretext":"p","title":"t","text":"<http://a|b>"}]})";
    case 2:
      return "text=" + text() + "&username=" + nick();
    case 3:
      return R"({"text":7)";
    default:
      return text() + (script_.once_in(2) ? "\n" + text() : "");
  }
}

/// A line as it is typed at the program's console.
std::string grammar::typed() {
  constexpr auto all =
      std::to_array<std::string_view>({"text",
                                       "/to nick text",
                                       "/me text",
                                       "//text text",
                                       "/announce text",
                                       "/say text",
                                       "/who",
                                       "/kick nick [text]",
                                       "/ban address|mask|nick [10|1d|0] [text]",
                                       "/bans",
                                       "/unban address|mask",
                                       "/lockdown all|accounts|off|x [1m|0]",
                                       "/rooms",
                                       "/room #room",
                                       "/room #room unregister|clear|purge|unpurge [text]",
                                       "/room #room transfer account",
                                       "/op #room nick",
                                       "/topic #room [text]",
                                       "/accounts [account|x]",
                                       "/account account|nick",
                                       "/account account|nick create|password [password]",
                                       "/account account drop|unsuspend",
                                       "/account account rename nick",
                                       "/account account suspend [10|1d|0] [text]",
                                       "/account account|nick forget",
                                       "/hook #room [word]",
                                       "/hook #room ADD word|nick",
                                       "/hook #room OUT hookurl [word]",
                                       "/hook #room DEL|START id",
                                       "/token list",
                                       "/audit [by:nick|what:kick|to:nick|since:1d|x] [number]",
                                       "/stats",
                                       "/reload",
                                       "/help",
                                       "/shutdown"});
  std::string_view which = script_.pick(all);
  const bool is_rare = which.ends_with("forget") || which.contains("purge") || which == "/shutdown";
  if (is_rare && !script_.once_in(4)) which = "/reload";
  const std::string_view verb = which.starts_with('/') ? first_word(which) : std::string_view();
  std::string line = fmt::format("{} {}", verb, parameters_of(which.substr(verb.size()), false));
  // After these, it cannot be told what must be in the history.
  around_.has_forgotten |= line.contains(" forget") || line.contains(" purge");
  return line;
}

/// The body.
std::string grammar::to_api(std::string& path, std::string& head) {
  head = fmt::format("Authorization: Bearer {}\r\n", one_of(around_.tokens, "ann.wrong"));
  if (script_.once_in(3)) {
    path = script_.pick(std::array{"/api/v1/status"sv, "/api/v1/samples"sv, "/api/v1/events"sv,
                                   "/api/v1/events"sv, "/api/v1/events?kind=log"sv, "/api/v1/x"sv});
    return {};
  }
  path = "/api/v1/command";
  head += "Content-Type: application/json\r\n";
  if (script_.once_in(16)) return R"({"command":7})";
  return fmt::format(R"({{"command":{}}})", as_json(typed()));
}

std::string grammar::http() {
  std::string path, head, body;
  std::string method = "GET";
  switch (script_.below(18)) {
    case 12:
    case 13:
    case 14:
    case 15:
    case 16:
    case 17:
      body = to_api(path, head);
      if (!body.empty()) method = "POST";
      break;
    case 0:
    case 1:
    case 2:
    case 3:
      method = "POST";
      path = "/hooks/" + one_of(around_.hooks, "aaaaaaaa.bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb");
      body = said_to_hook();
      if (script_.once_in(2)) head = "Content-Type: application/json\r\n";
      break;
    case 4:
    case 5:
    case 6:
      method = "POST";
      path = "/uploads";
      head = fmt::format("Content-Disposition: attachment; filename=\"{}.png\"\r\n", nick());
      head += script_.once_in(4) ? "Authorization: Basic " + net::base64_encode(account() + ":" + password())
                                 : "Authorization: Bearer " + one_of(around_.jwts, "a.b.c");
      head += "\r\n";
      body.assign(1 + script_.below(256) * 64, 'x');
      break;
    case 7:
    case 8:
      path = one_of(around_.files, "/uploads/aaaaaaaaaaaaaaaaaaaaaaaa/x.png");
      if (script_.once_in(3)) method = script_.once_in(2) ? "DELETE" : "HEAD";
      if (script_.once_in(3)) head = "Range: bytes=1-3\r\n";
      if (method == "DELETE")
        head += "Authorization: Basic " + net::base64_encode(account() + ":" + password()) + "\r\n";
      break;
    case 9:
      path =
          script_.pick(std::array{"/health"sv, "/metrics"sv, "/api/v1/status"sv, "/operate"sv, "/uploads"sv});
      if (script_.once_in(4)) method = "OPTIONS";
      break;
    default:
      path = script_.once_in(2) ? "/" : "/" + text();
      std::ranges::replace_if(path, [](char c) { return c <= ' '; }, '-');
  }
  if (script_.once_in(12)) method = "POST";
  if (script_.once_in(6)) head += "Origin: http://evil.example\r\n";
  if (script_.once_in(6)) head += "Expect: 100-continue\r\n";
  if (!body.empty() && script_.once_in(4)) {
    body = fmt::format("{:x}\r\n{}\r\n0\r\n\r\n", body.size(), body);
    head += "Transfer-Encoding: chunked\r\n";
  } else {
    head += fmt::format("Content-Length: {}\r\n", body.size());
  }
  return fmt::format("{} {} HTTP/1.1\r\nHost: 127.0.0.1:8000\r\n{}\r\n{}", method, path, head, body);
}

std::string grammar::any() {
  switch (script_.below(10)) {
    case 0:
      return nick();
    case 1:
      return room();
    case 2:
      return mask();
    case 3:
      return list_of(&grammar::target);
    case 4:
      return modes();
    case 5:
      return reference();
    case 6:
      return account();
    default:
      return text();
  }
}

std::string grammar::word_of(std::string_view given) {
  std::string plain(given);
  std::erase_if(plain, [](char c) { return c == '[' || c == ']'; });
  if (plain.size() != given.size() && script_.once_in(3)) return {};
  const std::vector<std::string_view> choices = parts(plain, '|');
  if (choices.empty()) return {};
  const std::string_view what = choices[script_.below(choices.size())];
  struct known {
    std::string_view name;
    std::string (*make)(grammar&);
  };
  using self = grammar;
  static constexpr auto classes = std::to_array<known>({
      {"#ROOM", [](self& g) { return g.room(); }},
      {"#channel", [](self& g) { return g.room(); }},
      {"#room", [](self& g) { return g.room(); }},
      {"A", [](self& g) { return g.account(); }},
      {"NAME", [](self& g) { return g.nick(); }},
      {"NUMBER", [](self& g) { return std::to_string(1 + g.script_.below(3)); }},
      {"P", [](self& g) { return g.password(); }},
      {"TEXT", [](self& g) { return g.text(); }},
      {"WORDS",
       [](self& g) {
         return g.text() + (g.script_.once_in(3) ? " from:" + g.nick() + " in:" + g.target() : "");
       }},
      {"account", [](self& g) { return g.account(); }},
      {"act",
       [](self& g) {
         const std::string_view act =
             g.script_.pick(std::array{"warn"sv, "block"sv, "block"sv, "kill"sv, "ban"sv, "silent"sv});
         if (act != "silent") return std::string(act);
         // Who says something hears it, and it is not in the history.
         if (!g.script_.once_in(8)) return std::string("warn");
         g.around_.has_forgotten = true;
         return std::string(act);
       }},
      {"address", [](self& g) { return "127.0.0." + std::to_string(1 + g.script_.below(4)); }},
      {"caps", [](self&) { return std::string(":batch message-tags -draft/multiline"); }},
      {"chanserv",
       [](self& g) {
         const auto& c = g.script_.pick(irc::chan_service.commands);
         return fmt::format("{} {}", c.name, g.parameters_of(c.usage, false));
       }},
      {"credentials", [](self& g) { return plain_credentials(g.account(), g.password()); }},
      {"histserv",
       [](self& g) {
         // After it, it cannot be told what must be in the history.
         if (!g.script_.once_in(8)) return std::string("FORGET");
         g.around_.has_forgotten = true;
         const auto& c = g.script_.pick(irc::history_service.commands);
         return fmt::format("{} {}", c.name, g.parameters_of(c.usage, false));
       }},
      {"hookurl",
       [](self& g) {
         return g.script_.once_in(4) ? std::string("https://127.0.0.1:1/")
                                     : fmt::format("http://{}/told", receiver);
       }},
      {"id", [](self& g) { return g.one_of(g.around_.ids, "nothing"); }},
      {"link", [](self& g) { return g.one_of(g.around_.links, "aaaaaaaaaaaaaaaaaaaaaaaa"); }},
      {"pushkeys",
       [](self&) {
         return std::string(
             "p256dh=BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4;"
             "auth="
             "BTBZMqHH6r4Tts7J_aSIgg");
       }},
      {"key", [](self& g) { return std::string(g.script_.once_in(3) ? "wrong" : "key"); }},
      {"mask", [](self& g) { return g.mask(); }},
      {"metakey",
       [](self& g) {
         return std::string(g.script_.pick(std::array{"avatar"sv, "color"sv, "x/y"sv, "Bad Key"sv}));
       }},
      {"modes", [](self& g) { return g.modes(); }},
      {"msgid",
       [](self& g) {
         std::string id = g.reference();
         return id.starts_with("msgid=") ? id.substr(6) : id;
       }},
      {"new", [](self& g) { return g.password(); }},
      {"nick", [](self& g) { return g.nick(); }},
      {"nicks", [](self& g) { return g.list_of(&grammar::nick); }},
      {"nickserv",
       [](self& g) {
         const auto& c = g.script_.pick(irc::nick_service.commands);
         return fmt::format("{} {}", c.name, g.parameters_of(c.usage, false));
       }},
      {"pattern", [](self& g) { return std::string(g.script_.pick(patterns)); }},
      {"places",
       [](self& g) {
         return std::string(g.script_.pick(std::array{"*"sv, "pn"sv, "kg"sv, "tPqa"sv, "*or"sv, "x"sv}));
       }},
      {"number", [](self& g) { return std::to_string(g.script_.below(20)); }},
      {"old", [](self& g) { return g.password(); }},
      {"password", [](self& g) { return g.password(); }},
      {"reference", [](self& g) { return g.reference(); }},
      {"searching", [](self& g) { return g.searching(); }},
      {"rooms", [](self& g) { return g.list_of(&grammar::room); }},
      {"self", [](self& g) { return g.around_.own_nick; }},
      {"target", [](self& g) { return g.target(); }},
      {"targets", [](self& g) { return g.list_of(&grammar::target); }},
      {"text", [](self& g) { return g.text(); }},
      {"word", [](self& g) { return std::string(g.script_.pick(words)); }},
  });
  const auto found = std::ranges::find(classes, what, &known::name);
  return found == classes.end() ? std::string(what) : found->make(*this);
}

std::string grammar::parameters_of(std::string_view all, bool colon) {
  std::string line;
  const std::vector<std::string_view> each = parts(all, ' ');
  for (std::size_t i = 0; i < each.size(); ++i) {
    std::string one = word_of(each[i]);
    if (one.empty()) continue;
    const bool is_last = i + 1 == each.size();
    if (!is_last) std::ranges::replace(one, ' ', '_');
    line += line.empty() ? "" : " ";
    if (colon && is_last && (one.contains(' ') || script_.once_in(4))) line += ':';
    line += one;
  }
  return line;
}

std::string grammar::irc() {
  // Of those that change something there are several shapes, so they are as often as all others.
  if (!script_.once_in(3)) {
    const shape& which = script_.pick(shapes);
    return irc(which.command, which.parameters);
  }
  const irc::command& which = script_.pick(irc::all_commands());
  std::vector<std::string_view> fitting;
  for (const shape& s : shapes)
    if (s.command == which.name) fitting.push_back(s.parameters);
  if (!fitting.empty() && !script_.once_in(8)) return irc(which.name, script_.pick(fitting));
  std::string line(which.name);
  for (unsigned n = script_.below(6); n-- > 0;) {
    std::string one = any();
    if (n != 0) std::ranges::replace(one, ' ', '_');
    line += (n == 0 ? " :" : " ") + one;
  }
  if (which.name == "REDACT") around_.redacted.push_back(line);
  return line;
}

std::string grammar::irc(std::string_view command, std::string_view parameters) {
  std::string line(command);
  if (script_.once_in(32)) std::ranges::transform(line, line.begin(), fold);
  const std::string given = parameters_of(parameters, true);
  if (command == "REDACT") around_.redacted.push_back(given);
  return given.empty() ? line : line + ' ' + given;
}

std::string grammar::plain() {
  if (script_.once_in(3)) return text();
  const plain_usage& which = script_.pick(plain_usages());
  if (!which.usage.starts_with('/')) return text();
  const std::string_view verb = first_word(which.usage);
  return fmt::format("{} {}", verb, parameters_of(which.usage.substr(verb.size()), false));
}

std::vector<std::string> grammar::irc_sequence() {
  switch (script_.below(7)) {
    case 5: {
      const std::string in = room();
      return {"JOIN " + in, "CS HOOK " + in + " ADD bot", "MODE " + in + " +i",
              "CS LINK " + in + " ADD 1d 2"};
    }
    case 6:
      return {"AUTHENTICATE OAUTHBEARER",
              "AUTHENTICATE " + net::base64_encode(fmt::format("n,a={},\x01"
                                                               "auth=Bearer {}\x01\x01",
                                                               account(), one_of(around_.devices, "a.b"))),
              "AUTHENTICATE AQ=="};
    case 0:
      return {"AUTHENTICATE PLAIN", "AUTHENTICATE " + plain_credentials(account(), password())};
    case 1: {
      const std::string to = target();
      std::vector<std::string> all = {"BATCH +9 draft/multiline " + to};
      for (unsigned n = script_.below(4); n-- > 0;) all.push_back("@batch=9 PRIVMSG " + to + " :" + text());
      if (!script_.once_in(6)) all.emplace_back("BATCH -9");
      return all;
    }
    case 2: {
      const std::string to = room();
      return {"JOIN " + to, "CS REGISTER " + to, "MODE " + to + " " + modes() + " " + nick()};
    }
    case 3:
      return {"NS REGISTER " + std::string(right_password), "NS SET ALWAYS-ON on"};
    default:
      return {"OPER root " + password(), irc()};
  }
}

std::string grammar::console() {
  constexpr auto all = std::to_array<std::string_view>({"/kick nick text",
                                                        "/ban address|mask",
                                                        "/unban address|mask",
                                                        "/room #room",
                                                        "/op #room nick",
                                                        "/topic #room text",
                                                        "/drop account",
                                                        "/password account",
                                                        "/create account",
                                                        "/announce text",
                                                        "/say text",
                                                        "/to nick text",
                                                        "/reload",
                                                        "/suspend account number",
                                                        "/unsuspend account",
                                                        "/rename account nick",
                                                        "/forget account",
                                                        "/token add account [read]",
                                                        "/token drop account",
                                                        "/filter ADD pattern act places text",
                                                        "/filter DEL pattern",
                                                        "/filter"});
  std::string_view which = script_.pick(all);
  if (which.starts_with("/forget") && !script_.once_in(4)) which = "/reload";
  around_.has_forgotten |= which.starts_with("/forget");
  const std::string_view verb = first_word(which);
  return fmt::format("{} {}", verb, parameters_of(which.substr(verb.size()), false));
}

}  // namespace parlance::chat::test
