#include <algorithm>
#include <array>
#include <initializer_list>
#include <span>
#include <string>

#include <parlance/chat/base/names.hpp>
#include <parlance/chat/base/words.hpp>
#include <parlance/chat/plain/command.hpp>
#include <parlance/text/keys.hpp>
#include <parlance/text/sanitizer.hpp>

namespace parlance::chat {
namespace {

using verb = plain_command::verb;

enum class shape : unsigned char { nothing, optional_target, target, optional_text, text, target_and_text };

struct known_command {
  std::string_view name;
  verb what;
  shape takes;
  std::string_view usage;
};

constexpr std::array<known_command, 26> commands = {{
    {"/nick", verb::nick, shape::target, "/nick NAME"},
    {"/name", verb::nick, shape::target, "/name NAME"},
    {"/quiet", verb::quiet, shape::optional_target, "/quiet [NAME]"},
    {"/join", verb::join, shape::target, "/join #ROOM [KEY]"},
    {"/leave", verb::leave, shape::optional_target, "/leave [#ROOM]"},
    {"/part", verb::leave, shape::optional_target, "/part [#ROOM]"},
    {"/invite-link", verb::link, shape::optional_target, "/invite-link [TIME]"},
    {"/hook", verb::hook, shape::optional_target, "/hook [ADD NAME|OUT URL|DEL ID]"},
    {"/pin", verb::pin, shape::optional_text, "/pin [WORDS]"},
    {"/unpin", verb::unpin, shape::target, "/unpin NUMBER"},
    {"/silence", verb::silence, shape::optional_target, "/silence [NAME|-NAME]"},
    {"/rooms", verb::rooms, shape::nothing, "/rooms"},
    {"/list", verb::rooms, shape::nothing, "/list"},
    {"/to", verb::whisper, shape::target_and_text, "/to NAME TEXT"},
    {"/msg", verb::whisper, shape::target_and_text, "/msg NAME TEXT"},
    {"/whisper", verb::whisper, shape::target_and_text, "/whisper NAME TEXT"},
    {"/login", verb::login, shape::target_and_text, "/login ACCOUNT PASSWORD"},
    {"/me", verb::act, shape::text, "/me ACTION"},
    {"/who", verb::who, shape::nothing, "/who"},
    {"/names", verb::who, shape::nothing, "/names"},
    {"/history", verb::history, shape::optional_target, "/history [N]"},
    {"/search", verb::search, shape::text, "/search WORDS [from:NAME] [in:#ROOM] [after:DAY] [before:DAY]"},
    {"/forget", verb::forget, shape::optional_target, "/forget [CODE]"},
    {"/help", verb::help, shape::nothing, "/help"},
    {"/quit", verb::quit, shape::nothing, "/quit"},
    {"/exit", verb::quit, shape::nothing, "/exit"},
}};

constexpr std::array<plain_usage, 21> usages = {{
    {"/nick NAME", "be called NAME"},
    {"/to NAME TEXT", "whisper to one person (also /msg)"},
    {"/me ACTION", "act, as in: * guest1 waves"},
    {"/who", "who is in this room"},
    {"/rooms", "which rooms there are (also /list)"},
    {"/join #ROOM [KEY]", "enter a room, or make it; what you type goes there"},
    {"/leave [#ROOM]", "leave a room (also /part)"},
    {"/invite-link", "a link into this room, for 7 days, or for 12h, for its operators"},
    {"/hook", "webhooks of this room: /hook ADD NAME, OUT URL [WORDS], DEL ID, for its operators"},
    {"/pin [WORDS]", "what is pinned in this room; its operators pin the last message with these words"},
    {"/unpin NUMBER", "it is not pinned any more"},
    {"/silence [NAME]", "hear nothing of NAME in private; -NAME again, and alone whom you do not hear"},
    {"/login A P", "log in to the account A with the password P"},
    {"/history [N]", "what was said in this room, the last N messages"},
    {"/search WORDS",
     "where they were said here; also from:NAME in:#ROOM after:2026-11-01 before:2026-12-01"},
    {"/forget", "all that you have said is taken out of the history; it asks for a code first"},
    {"//TEXT", "say something that starts with a slash"},
    {"/quiet [NAME]",
     "for scripts, as the first line: no greeting, no history; only answers, and what people say"},
    {"/help", "this"},
    {"/quit", "leave; so does a line that is only Q or q"},
    {"anything else", "is said to the room"},
}};

bool is_one_of(std::string_view what, std::span<const std::string_view> names) {
  return std::ranges::any_of(names, [&](std::string_view name) { return same_name(what, name); });
}
bool is_one_of(std::string_view what, std::initializer_list<std::string_view> names) {
  return is_one_of(what, std::span(names.begin(), names.size()));
}

// Lines of a head that HTTP has (RFC 9110, section 11.6.2; RFC 6265, section 4.2), and those like them.
constexpr auto secret_fields =
    std::to_array<std::string_view>({"Authorization:", "Proxy-Authorization:", "Cookie:", "Set-Cookie:",
                                     "X-API-Key:", "PASS:", "Password:", "Passcode:"});
constexpr auto password_words = std::to_array<std::string_view>({"PASS", "PASSWORD", "PASSWD"});
// What a line begins with that has a password in it.
constexpr auto login_words =
    std::to_array<std::string_view>({"PASS", "OPER", "AUTHENTICATE", "WEBIRC", "IDENTIFY", "AUTH", "LOGIN",
                                     "LOGIN:", "VERIFY", "REGISTER", "NickServ", "NS", "PASSWORD", "PASSWD"});
// And what may come before such a word.
constexpr auto talk_words =
    std::to_array<std::string_view>({"PRIVMSG", "NOTICE", "SQUERY", "MSG", "QUERY", "TO", "WHISPER"});
constexpr auto quote_words = std::to_array<std::string_view>({"QUOTE", "RAW"});
// Those of them, behind a slash, of which a letter may be wrong.
constexpr auto typed_login_words = std::to_array<std::string_view>(
    {"LOGIN", "IDENTIFY", "AUTHENTICATE", "REGISTER", "NickServ", "PASSWORD", "PASSWD", "RESETPASS"});
// What has one behind other words: a room's key, or what the console is told of an account.
constexpr auto key_words = std::to_array<std::string_view>({"JOIN", "MODE", "ACCOUNT"});
constexpr auto account_words = std::to_array<std::string_view>({"create", "password"});

bool begins_one_of(std::string_view part, std::span<const std::string_view> names) {
  return std::ranges::any_of(
      names, [&](std::string_view name) { return same_name(part, name.substr(0, part.size())); });
}

constexpr auto services =
    std::to_array<std::string_view>({"NickServ", "NS", "ChanServ", "AuthServ", "UserServ"});
// What those are asked for with a password.
constexpr auto service_words = std::to_array<std::string_view>(
    {"IDENTIFY",   "ID",      "LOGIN",       "AUTH",      "REGISTER", "PASSWD",  "PASSWORD", "SETPASS",
     "DROP",       "GHOST",   "SET",         "RECOVER",   "REGAIN",   "RELEASE", "CERT",     "SAREGISTER",
     "CHANGEPASS", "NEWPASS", "SETPASSWORD", "RESETPASS", "CONFIRM",  "GROUP",   "VERIFY"});

/// Whether one may be meant by the other: one letter is wrong, missing or too many, or two have changed places.
bool is_nearly(std::string_view typed, std::string_view meant) {
  if (typed.size() > meant.size()) std::swap(typed, meant);
  if (meant.size() - typed.size() > 1) return false;
  const auto same = [](char a, char b) { return fold(a) == fold(b); };
  const std::size_t head =
      static_cast<std::size_t>(std::ranges::mismatch(typed, meant, same).in1 - typed.begin());
  if (head == typed.size()) return true;
  const std::string_view rest = typed.substr(head), other = meant.substr(head);
  if (typed.size() != meant.size()) return same_name(rest, other.substr(1));
  if (same_name(rest.substr(1), other.substr(1))) return true;
  return rest.size() > 1 && same(rest[0], other[1]) && same(rest[1], other[0]) &&
         same_name(rest.substr(2), other.substr(2));
}
bool is_nearly_one_of(std::string_view typed, std::span<const std::string_view> names) {
  constexpr std::size_t shortest = 6;  // of which a letter may be wrong; "pass" is near to too much
  return is_one_of(typed, names) || std::ranges::any_of(names, [&](std::string_view name) {
           return name.size() >= shortest && is_nearly(typed, name);
         });
}

bool is_service(std::string_view targets) {
  targets = targets.substr(0, targets.find('@'));
  const std::string_view last = targets.substr(targets.rfind(',') + 1);
  return is_one_of(last, services) || is_one_of(targets.substr(0, targets.find(',')), services);
}
/// Whether targets that end so, or go on, may be one.
bool may_be_service(std::string_view targets) {
  return is_service(targets) || begins_one_of(targets.substr(targets.rfind(',') + 1), services);
}

/// "NickServ:", as people call to each other, and "identify:".
std::string_view without_colon(std::string_view word) {
  const std::string_view name = word.substr(0, word.size() - (word.ends_with(':') || word.ends_with(',')));
  return is_service(name) || is_one_of(name, {"IDENTIFY", "ACCOUNT"}) ? name : word;
}

/// "NickServ:identify": to whom, and what.
std::pair<std::string_view, std::string_view> split_at_colon(std::string_view word) {
  const std::size_t sign = word.find_first_of(":,");
  if (sign == word.npos || sign + 1 == word.size() || !is_one_of(word.substr(0, sign), services))
    return {word, {}};
  return {word.substr(0, sign), word.substr(sign + 1)};
}

/// "PASS=secret", "Authorization:secret".
bool sets_secret(std::string_view word) {
  const std::size_t sign = word.find_first_of("=:");
  return sign != word.npos && (is_one_of(word.substr(0, sign), password_words) ||
                               is_one_of(word.substr(0, sign + 1), secret_fields));
}

struct characters {
  char32_t first, last;
};
// What looks like a space (White_Space of the Unicode Character Database, fillers, what cannot be shown), and what
// has no width (Default_Ignorable_Code_Point).
constexpr auto blanks = std::to_array<characters>({{0x85, 0x85},
                                                   {0xa0, 0xa0},
                                                   {0x115f, 0x1160},
                                                   {0x1680, 0x1680},
                                                   {0x2000, 0x200a},
                                                   {0x2028, 0x2029},
                                                   {0x202f, 0x202f},
                                                   {0x205f, 0x205f},
                                                   {0x2800, 0x2800},
                                                   {0x3000, 0x3000},
                                                   {0x3164, 0x3164},
                                                   {0xffa0, 0xffa0},
                                                   {0xfffd, 0xfffd}});
constexpr auto without_width = std::to_array<characters>({{0xad, 0xad},
                                                          {0x34f, 0x34f},
                                                          {0x61c, 0x61c},
                                                          {0x17b4, 0x17b5},
                                                          {0x180b, 0x180f},
                                                          {0x200b, 0x200f},
                                                          {0x202a, 0x202e},
                                                          {0x2060, 0x206f},
                                                          {0xfe00, 0xfe0f},
                                                          {0xfeff, 0xfeff},
                                                          {0xfff0, 0xfffb},
                                                          {0xe0000, 0xe0fff}});
// As keyboards of East Asia have them: ASCII, in the width of their own characters.
constexpr characters full_width = {0xff01, 0xff5e};
constexpr char32_t from_full_width = 0xfee0;

bool is_one_of(char32_t c, std::span<const characters> which) {
  return std::ranges::any_of(which, [c](characters r) { return c >= r.first && c <= r.last; });
}

/// The first character of a text beyond ASCII that is not empty, and how many bytes it has; itself, and one, when it
/// is none.
std::pair<char32_t, std::size_t> first_character(std::string_view text) {
  const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(text[at]); };
  const std::size_t size = byte(0) >= 0xf0 ? 4 : byte(0) >= 0xe0 ? 3 : byte(0) >= 0xc0 ? 2 : 1;
  if (size == 1 || text.size() < size) return {byte(0), 1};
  char32_t c = byte(0) & (0x7fU >> size);
  for (std::size_t at = 1; at < size; ++at) {
    if ((byte(at) & 0xc0) != 0x80) return {byte(0), 1};
    c = c << 6 | (byte(at) & 0x3fU);
  }
  return {c, size};
}

/// With a space for each blank of another script, and for what cannot be shown; without what has no width; and what
/// is wide as usual.
std::string with_plain_characters(std::string_view text) {
  std::string plain;
  while (!text.empty()) {
    if (static_cast<unsigned char>(text.front()) < 0x80) {
      plain += text.front();
      text.remove_prefix(1);
      continue;
    }
    const auto [c, size] = first_character(text);
    if (size > 1 && is_one_of(c, blanks))
      plain += ' ';
    else if (size > 1 && c >= full_width.first && c <= full_width.last)
      plain += static_cast<char>(c - from_full_width);
    else if (size == 1 || !is_one_of(c, without_width))
      plain += text.substr(0, size);
    text.remove_prefix(size);
  }
  return plain;
}

struct meant {
  std::string_view text;
  bool is_command;  // it has a slash
};

/// Without what nobody means who types a command: a blank of another script, a slash behind blanks; and tags
/// and a source, of IRC.
meant command_in(std::string_view text) {
  const auto is_plain = [](char c) {
    return (fold(c) >= 'a' && fold(c) <= 'z') || c == '/' || c == '@' || c == ':';
  };
  text.remove_prefix(static_cast<std::size_t>(std::ranges::find_if(text, is_plain) - text.begin()));
  while (text.starts_with('@') || (text.starts_with(':') && text.find(' ') != std::string_view::npos))
    take_word(text);
  const bool is_command = text.starts_with('/');
  if (is_command) {
    text.remove_prefix(1);
    skip_spaces(text);
  }
  return {text, is_command};
}

/// Whether modes that are changed have a room's key among them, perhaps with caps lock on.
bool sets_key(std::string_view modes) {
  return modes.find_first_of("+-") == 0 && modes.find_first_of("kK") != modes.npos;
}

/// pause_means of a line of key_words that has no key yet. `rest`: what follows `next`.
pause_means weigh_key(std::string_view word, std::string_view next, std::string_view rest) {
  using enum pause_means;
  const bool is_of_account = is_one_of(word, {"ACCOUNT"});
  if (!is_of_account && !next.empty() && !next.starts_with('#')) return plain;  // "join us"
  if (rest.empty()) return maybe_more;
  const bool is_whole = rest.contains(' ');
  const std::string_view third = take_word(rest);
  if (is_of_account)
    return is_whole && is_one_of(third, account_words)        ? more
           : !is_whole && begins_one_of(third, account_words) ? maybe_more
                                                              : plain;
  if (!is_one_of(word, {"MODE"})) return plain;
  if (is_whole) return sets_key(third) ? more : plain;
  return third.find_first_of("+-") == 0 ? maybe_more : plain;
}

/// Whether a word is one of IRC in the case in which it is written there.
bool is_shouted(std::string_view word) {
  return std::ranges::none_of(word, [](char c) { return c >= 'a' && c <= 'z'; });
}

/// How a text begins, behind words that quote it, and what follows.
struct opening {
  bool is_command;
  bool is_sure;  // that it is meant for a server
  std::string_view word, rest;
};

opening opening_of(std::string_view text) {
  const meant its = command_in(text);
  text = its.text;
  std::string_view word = take_word(text);
  const bool is_sure = its.is_command || is_shouted(word);
  while (is_one_of(word, quote_words) && !text.empty()) word = take_word(text);
  return {its.is_command, is_sure, word, text};
}

bool is_typed_login(std::string_view word) {
  return std::ranges::any_of(typed_login_words, [&](auto one) { return is_nearly(word, one); });
}

}  // namespace

plain_command parse_plain(std::string_view message) noexcept {
  if (message == "Q" || message == "q") return {verb::quit};
  if (message.starts_with("//")) return {verb::say, {}, message.substr(1)};
  if (!message.starts_with('/') || message == "/" || message.starts_with("/ "))
    return {verb::say, {}, message};

  std::string_view rest = message;
  const std::string_view word = take_word(rest);
  const auto* known = std::find_if(commands.begin(), commands.end(),
                                   [&](const known_command& c) { return same_name(c.name, word); });
  if (known == commands.end()) return {verb::unknown, word};
  const plain_command incomplete = {verb::incomplete, known->name, known->usage};
  switch (known->takes) {
    case shape::nothing:
      return {known->what};
    case shape::optional_text:
      return {known->what, {}, rest};
    case shape::text:
      return rest.empty() ? incomplete : plain_command{known->what, {}, rest};
    case shape::optional_target:
    case shape::target:
    case shape::target_and_text:
      break;
  }
  const std::string_view target = take_word(rest);
  if (target.empty() && known->takes != shape::optional_target) return incomplete;
  if (rest.empty() && known->takes == shape::target_and_text) return incomplete;
  return {known->what, target, rest};
}

bool begins_like_login(std::string_view said) {
  // What stands first is a command, or was escaped by who knows what it does.
  if (said.starts_with('/') && !said.starts_with("/ ")) return false;
  const std::string plain = with_plain_characters(said);
  auto [is_command, is_sure, word, text] = opening_of(plain);
  if (is_one_of(word, secret_fields)) return true;
  if (sets_secret(word) && !word.ends_with('=') && !word.ends_with(':')) return true;
  if (word == "CONNECT" && text.starts_with('{')) return true;  // NATS
  word = without_colon(word);
  const auto [whom, asked] = split_at_colon(word);
  word = whom;
  const std::string_view next = without_colon(asked.empty() ? take_word(text) : asked),
                         third = take_word(text);
  const std::size_t count = next.empty() ? 0 : third.empty() ? 1 : text.empty() ? 2 : 3;  // or more
  if (count == 0) return false;
  // People say "pass me the salt", and "login is broken again"; a password may be of several words, too, which
  // are the last parameter.
  is_sure = is_sure || next.starts_with(':') || third.starts_with(':') || text.starts_with(':');
  if (is_one_of(word, {"AUTHENTICATE", "WEBIRC"})) return true;
  if (is_one_of(word, password_words)) return count == 1 || (is_sure && is_one_of(word, {"PASS"}));
  if (is_one_of(word, {"IDENTIFY", "AUTH"})) return is_sure || count <= 2;  // [ACCOUNT] PASSWORD
  if (is_one_of(word, {"OPER"})) return is_sure || count == 2;
  if (is_command && is_one_of(word, {"ID"})) return true;
  if (is_command && is_typed_login(word)) return true;
  if (is_one_of(word, {"LOGIN", "LOGIN:", "VERIFY"})) return count == 2 || (is_sure && count > 2);
  // A room's key.
  if (is_one_of(word, {"JOIN"}) || (is_command && is_one_of(word, {"J"})))
    return next.starts_with('#') && (count == 2 || (is_sure && count > 2));
  if (is_one_of(word, {"MODE"})) return next.starts_with('#') && sets_key(third) && !text.empty();
  // An operator's, who is at the console.
  if (is_nearly(word, "ACCOUNT")) return count == 3 && is_one_of(third, account_words);
  const auto is_asked = [](std::string_view what) {
    return is_nearly_one_of(what.substr(what.starts_with(':')), service_words);
  };
  if (is_service(word) || is_nearly_one_of(word, services)) return count > 1 && is_asked(next);
  if (is_one_of(word, talk_words)) return is_service(next);
  if (is_service(next) && count > 2 && is_asked(third)) return true;  // "mgs NickServ identify PW"
  if (is_one_of(word, {"GHOST", "REGAIN", "RECOVER"})) return is_sure && count == 2;
  if (!is_one_of(word, {"REGISTER"})) return false;
  if (count == 1) return is_sure;
  if (count == 2) return third.contains('@');                                    // PASSWORD E-MAIL
  return count == 3 && (is_sure || text.find(' ') == std::string_view::npos) &&  // ACCOUNT E-MAIL PASSWORD
         (third == "*" || third.contains('@'));
}

unsigned secrets_behind(std::string_view said) {
  constexpr auto lone_words = std::to_array<std::string_view>(
      {"PASS", "PASSWORD", "PASSWD", "AUTHENTICATE", "AUTH", "OPER", "IDENTIFY"});
  // RFC 4422, RFC 7628 and others: answers to what the server of such a protocol would ask then.
  constexpr auto mechanisms = std::to_array<std::string_view>(
      {"PLAIN", "LOGIN", "CRAM-MD5", "DIGEST-MD5", "OAUTHBEARER", "XOAUTH2", "SCRAM-SHA-1", "SCRAM-SHA-256"});
  constexpr auto asked_words = std::to_array<std::string_view>({"IDENTIFY", "ID", "LOGIN", "AUTH"});
  if (said.starts_with("//")) return 0;
  const std::string plain = with_plain_characters(said);
  auto [is_command, is_sure, word, text] = opening_of(plain);
  if (is_one_of(word, secret_fields)) return text.empty() ? 1 : 0;
  is_sure = is_sure || is_shouted(word);
  if (is_one_of(word, talk_words)) word = take_word(text);
  const auto [whom, asked] = split_at_colon(without_colon(word));
  const std::string_view next = without_colon(asked.empty() ? take_word(text) : asked);
  if (!text.empty()) return 0;
  if (next.empty()) {
    const bool lacks_all = (is_sure && is_one_of(whom, lone_words)) || (is_command && is_typed_login(whom));
    return lacks_all ? 1 : 0;
  }
  if (is_one_of(whom, {"AUTHENTICATE", "AUTH"}) && is_one_of(next, mechanisms)) return 2;
  return is_service(whom) && is_one_of(next.substr(next.starts_with(':')), asked_words) ? 1 : 0;
}

plain_command login_in(std::string_view text) noexcept {
  constexpr std::string_view word = "login";
  if (text.starts_with("//")) return {verb::say, {}, text};
  const meant its = command_in(text);
  std::string_view rest = its.text;
  if (!its.is_command || !same_name(rest.substr(0, word.size()), word)) return {verb::say, {}, text};
  rest.remove_prefix(word.size());
  // Whatever blank follows: one of another script, or what a control character became.
  const auto is_of_a_word = [](char c) {
    return (fold(c) >= 'a' && fold(c) <= 'z') || (c >= '0' && c <= '9');
  };
  if (!rest.empty() && rest.front() != ' ') {
    if (is_of_a_word(rest.front())) return {verb::say, {}, text};  // /logins
    rest.remove_prefix(static_cast<std::size_t>(std::ranges::find_if(rest, is_of_a_word) - rest.begin()));
  } else {
    skip_spaces(rest);
  }
  const std::string_view account = take_word(rest);
  return {rest.empty() ? verb::login_name : verb::login, account, rest};
}

std::string_view without_blanks_before_slash(std::string_view text) noexcept {
  const auto is_blank = [](char c) { return c == ' ' || static_cast<unsigned char>(c) >= 0x80; };
  const std::size_t slash = text.find('/');
  if (slash == text.npos || !std::ranges::all_of(text.substr(0, slash), is_blank)) return text;
  return text.substr(slash);
}

namespace {

/// `part`: without what is no text in it.
pause_means weigh_text(std::string_view part) {
  using enum pause_means;
  const std::string shown = with_plain_characters(text::sanitize(part));
  std::string_view text = shown;
  if (text.starts_with("//")) return plain;
  const verb asked = parse_plain(text).what;
  if (text == "/" || asked == verb::login || begins_like_login(text)) return more;
  if (asked == verb::join) return maybe_more;  // a key may follow
  // What follows is more of a text that is not said as it is, or to others.
  constexpr std::array have_text = {verb::whisper, verb::act, verb::search, verb::pin, verb::hook};
  const auto is_among = [asked](const auto& verbs) { return std::ranges::find(verbs, asked) != verbs.end(); };
  if (is_among(have_text) && !parse_plain(text).text.empty()) return more;
  constexpr std::array may_become_one = {verb::say, verb::incomplete, verb::unknown};
  if (!is_among(may_become_one)) return plain;
  if (asked == verb::incomplete && !is_one_of(parse_plain(text).target, {"/login"})) return maybe_more;

  const meant its = command_in(text);
  const bool is_command = its.is_command;
  text = its.text;
  // A slash, tags, a source or a key, and no more of it; ":)" is none.
  if (text.empty()) return part.find_first_of("@:/\x1b") != std::string_view::npos ? maybe_more : plain;
  if (text.starts_with(':')) return text.size() == 1 || is_name(text.substr(1, 1), 1) ? maybe_more : plain;
  if (is_one_of(text.substr(0, text.find(' ')), quote_words) && text.contains(' ')) take_word(text);
  const bool is_whole_word = text.contains(' ');
  std::string_view word = take_word(text);
  if (sets_secret(word)) return more;
  word = without_colon(word);
  if (!is_whole_word) {
    const bool begins = begins_one_of(word, login_words) || begins_one_of(word, secret_fields) ||
                        begins_one_of(word, talk_words) || begins_one_of(word, quote_words) ||
                        begins_one_of(word, key_words) || may_be_service(word);
    return is_command || begins ? maybe_more : plain;
  }
  const bool is_whole_next = text.contains(' ');
  const std::string_view next = take_word(text);
  if (is_one_of(word, talk_words))
    return is_whole_next ? (is_service(next) ? more : plain) : may_be_service(next) ? maybe_more : plain;
  if (is_one_of(word, key_words)) return weigh_key(word, next, text);
  if (is_command && is_one_of(word, service_words)) return more;
  if (!is_one_of(word, login_words) && !is_service(word)) return is_command ? maybe_more : plain;
  if (is_command) return more;
  // What comes before the password is a word at most; people say "login is broken".
  if (is_service(word)) return text.empty() ? maybe_more : plain;
  if (!is_one_of(word, {"REGISTER"})) return text.empty() ? more : plain;
  const std::string_view third = take_word(text);  // ACCOUNT E-MAIL PASSWORD
  return third == "*" || third.contains('@') || (third.empty() && is_shouted(word)) ? more
         : text.empty()                                                             ? maybe_more
                                                                                    : plain;
}

}  // namespace

pause_means weigh_login(std::string_view part) {
  using enum pause_means;
  if (text::ends_within_key(part)) return more;
  const std::string typed = text::without_keys(part);
  const pause_means as_typed = weigh_text(typed);
  if (part.find_first_of(text::key_marks) == part.npos) return as_typed;
  if (typed.empty()) return maybe_more;  // keys, and no more yet
  return std::max(as_typed, weigh_text(text::without_key_marks(part)));
}

command_part weigh_command(std::string_view part) {
  switch (parse_plain(text::sanitize(text::without_keys(part))).what) {
    case verb::say:
    case verb::quit:
    case verb::rooms:
    case verb::who:
    case verb::help:
      return command_part::none;
    case verb::incomplete:
    case verb::unknown:
    case verb::join:
    case verb::pin:
    case verb::hook:
      return command_part::unfinished;
    default:
      return command_part::whole;
  }
}

std::span<const plain_usage> plain_usages() noexcept { return usages; }

}  // namespace parlance::chat
