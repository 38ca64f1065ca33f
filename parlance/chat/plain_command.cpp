#include <algorithm>
#include <array>

#include <parlance/chat/names.hpp>
#include <parlance/chat/plain_command.hpp>

namespace parlance::chat {
namespace {

using verb = plain_command::verb;

enum class shape : unsigned char { nothing, optional_target, target, text, target_and_text };

struct known_command {
  std::string_view name;
  verb what;
  shape takes;
  std::string_view usage;
};

constexpr std::array<known_command, 18> commands = {{
    {"/nick", verb::nick, shape::target, "/nick NAME"},
    {"/name", verb::nick, shape::target, "/name NAME"},
    {"/join", verb::join, shape::target, "/join #ROOM"},
    {"/leave", verb::leave, shape::optional_target, "/leave [#ROOM]"},
    {"/part", verb::leave, shape::optional_target, "/part [#ROOM]"},
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
    {"/help", verb::help, shape::nothing, "/help"},
    {"/quit", verb::quit, shape::nothing, "/quit"},
    {"/exit", verb::quit, shape::nothing, "/exit"},
}};

constexpr std::array<plain_usage, 13> usages = {{
    {"/nick NAME", "be called NAME"},
    {"/to NAME TEXT", "whisper to one person (also /msg)"},
    {"/me ACTION", "act, as in: * guest1 waves"},
    {"/who", "who is in this room"},
    {"/rooms", "which rooms there are (also /list)"},
    {"/join #ROOM", "enter a room, or make it; what you type goes there"},
    {"/leave [#ROOM]", "leave a room (also /part)"},
    {"/login A P", "log in to the account A with the password P"},
    {"/history [N]", "what was said in this room, the last N messages"},
    {"//TEXT", "say something that starts with a slash"},
    {"/help", "this"},
    {"/quit", "leave; so does a line that is only Q or q"},
    {"anything else", "is said to the room"},
}};

std::string_view take_word(std::string_view& rest) {
  const std::string_view word = rest.substr(0, rest.find(' '));
  rest.remove_prefix(word.size());
  rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
  return word;
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

bool begins_like_login(std::string_view text) noexcept {
  const bool is_indented = text.starts_with(' ');
  text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  // What stands first is a command, or was escaped by who knows what it does.
  if (text.starts_with('/')) {
    if (!is_indented) return false;
    text.remove_prefix(1);
  }
  const std::string_view word = take_word(text), next = take_word(text), third = take_word(text);
  const auto is_one_of = [](std::string_view what, std::initializer_list<std::string_view> names) {
    return std::ranges::any_of(names, [&](std::string_view name) { return same_name(what, name); });
  };
  const auto is_service = [&](std::string_view what) { return is_one_of(what, {"NickServ", "NS"}); };
  if (next.empty()) return false;
  if (is_one_of(word, {"PASS", "AUTHENTICATE", "OPER"})) return true;
  if (is_one_of(word, {"IDENTIFY"})) return text.empty();  // [ACCOUNT] PASSWORD
  if (is_service(word))
    return is_one_of(next, {"IDENTIFY", "ID", "LOGIN", "AUTH", "REGISTER", "PASSWD", "DROP", "GHOST", "SET",
                            "RECOVER", "REGAIN", "RELEASE", "SAREGISTER", ":IDENTIFY"});
  if (is_one_of(word, {"PRIVMSG", "NOTICE", "SQUERY", "MSG", "QUERY"})) return is_service(next);
  if (is_one_of(word, {"QUOTE", "RAW"}))
    return is_one_of(next, {"PASS", "AUTHENTICATE", "OPER", "NickServ", "NS", "REGISTER", "PRIVMSG"});
  if (is_one_of(word, {"REGISTER"}))  // ACCOUNT E-MAIL PASSWORD
    return !text.empty() && text.find(' ') == std::string_view::npos && (third == "*" || third.contains('@'));
  return is_one_of(word, {"LOGIN"}) && !third.empty() && text.empty();  // ACCOUNT PASSWORD
}

std::span<const plain_usage> plain_usages() noexcept { return usages; }

}  // namespace parlance::chat
