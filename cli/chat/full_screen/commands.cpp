#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <string>
#include <vector>

#include <parlance/chat/base/words.hpp>
#include <parlance/chat/core/mask.hpp>

#include <cli/chat/full_screen/client.hpp>
#include <cli/chat/full_screen/commands.hpp>

namespace parlance::cli {
namespace {

std::string first_word(std::string_view& rest) { return std::string(chat::take_word(rest)); }

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  for (const std::string_view one : chat::items_of(text, ' ')) words.emplace_back(one);
  return words;
}

bool is_room(chat_client& in) {
  if (in.room().what == conversation::kind::room) return true;
  in.tell("That is for a room.");
  return false;
}

void run_away(chat_client& in, std::string_view rest) {
  in.network().send({"AWAY", rest.empty() ? "away" : std::string(rest)});
}

void run_back(chat_client& in, std::string_view) { in.network().send({"AWAY"}); }

void run_connect(chat_client& in, std::string_view rest) {
  if (rest.empty()) return in.tell("/connect HOST[:PORT]");
  in.add_network(first_word(rest));
}

void run_help(chat_client& in, std::string_view) { in.show_help(); }

void run_ignore(chat_client& in, std::string_view rest) {
  const std::vector<std::string>& masks = in.network().ignored();
  if (rest.empty()) {
    if (masks.empty()) return in.tell("You ignore nobody here. /ignore NAME hides what somebody says.");
    return in.tell(fmt::format("You ignore {}", fmt::join(masks, " ")));
  }
  const auto mask = chat::normalise_mask(rest);
  if (!mask) return in.tell("/ignore NAME, or a mask like *!*@host");
  const std::string_view since = in.ignore(*mask) ? "from now on" : "already";
  in.tell(fmt::format("You ignore {} here {}; /unignore {} ends that.", *mask, since, rest));
}

void run_unignore(chat_client& in, std::string_view rest) {
  const auto mask = chat::normalise_mask(rest);
  if (!mask) return in.tell("/unignore NAME; /ignore shows whom you ignore");
  in.tell(in.ignore_no_more(*mask) ? fmt::format("You no longer ignore {}.", *mask)
                                   : fmt::format("You do not ignore {}.", *mask));
}

void run_invite(chat_client& in, std::string_view rest) {
  if (!is_room(in)) return;
  const std::string who = first_word(rest);
  if (who.empty()) return in.tell("/invite NAME");
  in.network().send({"INVITE", who, in.room().name});
}

void run_join(chat_client& in, std::string_view rest) {
  const std::string names = first_word(rest), keys = first_word(rest);
  if (names.empty()) return in.tell("/join #room [key]");
  // "#a,#b key-of-a", as RFC 2812 has it (section 3.2.1).
  std::string_view more_keys = keys;
  for (const std::string_view name : chat::items_of(names, ','))
    in.network().join(name, chat::take_item(more_keys, ','));
}

void run_kick(chat_client& in, std::string_view rest) {
  if (!is_room(in)) return;
  const std::string who = first_word(rest);
  if (who.empty()) return in.tell("/kick NAME [reason]");
  if (rest.empty())
    in.network().send({"KICK", in.room().name, who});
  else
    in.network().send({"KICK", in.room().name, who, std::string(rest)});
}

void run_list(chat_client& in, std::string_view rest) {
  std::vector<std::string> words = words_of(rest);
  words.insert(words.begin(), "LIST");
  in.network().send(std::move(words));
}

void run_log(chat_client& in, std::string_view rest) {
  if (rest != "on" && rest != "off") return in.tell("/log on|off");
  in.log_here(rest == "on");
}

void run_login(chat_client& in, std::string_view rest) {
  const std::string account = first_word(rest);
  if (!rest.empty()) return in.tell("The password is asked for, so that nobody sees it: /login [account]");
  in.log_in(account);
}

void run_me(chat_client& in, std::string_view rest) {
  if (!rest.empty()) in.say(rest, true);
}

void run_mode(chat_client& in, std::string_view rest) {
  std::vector<std::string> words = words_of(rest);
  // "+m" is for where one is, "#room +m" and "name +i" say for whom.
  if (words.empty() || words.front().starts_with('+') || words.front().starts_with('-'))
    words.insert(words.begin(),
                 in.room().what == conversation::kind::room ? in.room().name : in.network().nick());
  words.insert(words.begin(), "MODE");
  in.network().send(std::move(words));
}

void run_msg(chat_client& in, std::string_view rest) {
  const std::string to = first_word(rest);
  if (to.empty()) return in.tell("/msg NAME [text]");
  if (in.network().session().is_room(to) && !in.network().find(to))
    return in.tell(fmt::format("You are not in {}: /join {} brings you in.", to, to));
  conversation& where = in.network().get(to);
  in.show(in.network(), where);
  if (!rest.empty()) in.say(rest);
}

void run_names(chat_client& in, std::string_view) {
  if (!is_room(in)) return;
  std::string all;
  for (const chat_member* one : in.room().people(in.network().session().ranks().second))
    all += (all.empty() ? "" : " ") + one->ranks.substr(0, 1) + one->nick;
  in.tell(fmt::format("{} people: {}", in.room().members.size(), all));
}

void run_nick(chat_client& in, std::string_view rest) {
  const std::string name = first_word(rest);
  if (name.empty()) return in.tell(fmt::format("You are {}. /nick NAME changes that.", in.network().nick()));
  in.network().want_nick(name);
  in.remember_nick(name);
}

void run_open(chat_client& in, std::string_view rest) {
  std::size_t number = 0;
  std::from_chars(rest.data(), rest.data() + rest.size(), number);
  in.open_link(number);
}

void run_part(chat_client& in, std::string_view rest) {
  if (in.network().session().is_room(rest)) {
    const std::string name = first_word(rest);
    conversation* const where = in.network().find(name);
    if (!where) return in.tell(fmt::format("You are not in {}.", name));
    return in.network().part(*where, rest);
  }
  in.network().part(in.room(), rest);
}

void run_quit(chat_client& in, std::string_view rest) {
  in.leave(rest.empty() ? "leaving" : std::string(rest));
}

/// As the server has it: "/quote WHO #room".
void run_quote(chat_client& in, std::string_view rest) {
  if (rest.empty()) return in.tell("/quote LINE, as the server has it");
  in.network().send_raw(rest);
}

void run_search(chat_client& in, std::string_view rest) { in.show_search(std::string(rest)); }

void run_start(chat_client& in, std::string_view rest) {
  if (rest != "on" && rest != "off") return in.tell("/start on|off");
  in.start_here(rest == "on");
}

void run_topic(chat_client& in, std::string_view rest) {
  if (!is_room(in)) return;
  if (rest.empty())
    in.network().send({"TOPIC", in.room().name});
  else
    in.network().send({"TOPIC", in.room().name, std::string(rest)});
}

void run_whois(chat_client& in, std::string_view rest) {
  const std::string who = first_word(rest);
  if (who.empty() && in.room().what != conversation::kind::talk) return in.tell("/whois NAME");
  in.network().send({"WHOIS", who.empty() ? in.room().name : who});
}

constexpr std::array table = {
    chat_command{"away", "[reason]", "others see that you are away", run_away},
    chat_command{"back", "", "you are there again", run_back},
    chat_command{"connect", "HOST[:PORT]", "comes into another network, too", run_connect},
    chat_command{"help", "", "shows keys and commands", run_help},
    chat_command{"ignore", "[NAME]", "hides what somebody says; shows whom you ignore", run_ignore},
    chat_command{"invite", "NAME", "asks somebody into this room", run_invite},
    chat_command{"join", "#room [key]", "comes into a room", run_join},
    chat_command{"kick", "NAME [reason]", "puts somebody out of this room", run_kick},
    chat_command{"list", "[*word*]", "shows the rooms of the server", run_list},
    chat_command{"log", "on|off", "whether what is said in this network is written to files", run_log},
    chat_command{"login", "[account]", "logs in; asks for the password", run_login},
    chat_command{"me", "TEXT", "says what you do", run_me},
    chat_command{"mode", "[+m ...]", "shows or sets modes of this room", run_mode},
    chat_command{"msg", "NAME [text]", "talks to somebody alone", run_msg},
    chat_command{"names", "", "shows who is in this room", run_names},
    chat_command{"nick", "NAME", "changes your name", run_nick},
    chat_command{"open", "NUMBER", "opens a link that is to be seen; Ctrl-O shows the numbers", run_open},
    chat_command{"part", "[reason]", "leaves this room, or puts this talk away", run_part},
    chat_command{"quit", "[reason]", "leaves", run_quit},
    chat_command{"quote", "LINE", "sends a line as it is", run_quote},
    chat_command{"search", "[text]", "looks for what was said here", run_search},
    chat_command{"start", "on|off", "whether parlance chat without an address comes in here", run_start},
    chat_command{"topic", "[text]", "shows or sets what this room is about", run_topic},
    chat_command{"unignore", "NAME", "shows again what somebody says", run_unignore},
    chat_command{"whois", "NAME", "tells who somebody is", run_whois},
};

struct other_name {
  std::string_view name, means;
};
constexpr std::array<other_name, 8> others = {{{"j", "join"},
                                               {"leave", "part"},
                                               {"close", "part"},
                                               {"query", "msg"},
                                               {"exit", "quit"},
                                               {"raw", "quote"},
                                               {"server", "connect"},
                                               {"w", "whois"}}};

std::string name_of(std::string_view line) {
  std::string name;
  for (std::size_t at = 1; at < line.size() && line[at] != ' '; ++at)
    name += static_cast<char>(std::tolower(static_cast<unsigned char>(line[at])));
  const auto other = std::ranges::find(others, name, &other_name::name);
  return other == others.end() ? name : std::string(other->means);
}

}  // namespace

std::span<const chat_command> commands() { return table; }

bool run_command(chat_client& in, std::string_view line) {
  const std::string name = name_of(line);
  const auto found = std::ranges::find(table, name, &chat_command::name);
  if (found == table.end()) {
    in.tell(fmt::format("There is no /{}. /help shows what there is; //{} says it.", name, name));
    return false;
  }
  const std::size_t space = std::min(line.find(' '), line.size());
  std::string_view rest = line.substr(space);
  chat::skip_spaces(rest);
  while (rest.ends_with(' ')) rest.remove_suffix(1);
  found->run(in, rest);
  return true;
}

bool is_secret_command(std::string_view line) {
  const std::string name = name_of(line);
  std::string text(line);
  std::ranges::transform(text, text.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  // A key of a room is remembered by the program itself; what is no command may be /oper with a password.
  return std::ranges::find(table, name, &chat_command::name) == table.end() || name == "login" ||
         name == "quote" || (name == "msg" && text.contains("serv ")) ||
         (name == "join" && chat::items_of(line, ' ').size() > 2);
}

}  // namespace parlance::cli
