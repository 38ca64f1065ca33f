#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <memory>
#include <utility>

#include <parlance/chat/base/words.hpp>
#include <parlance/chat/plain/command.hpp>
#include <parlance/chat/plain/plain.hpp>
#include <parlance/io/event.hpp>
#include <parlance/io/wait.hpp>
#include <parlance/text/keys.hpp>
#include <parlance/text/sanitizer.hpp>

#include <cli/serve/operator_console.hpp>

namespace parlance::cli {
namespace {

constexpr std::string_view help =
    "-- anything else          is said to the lobby\n"
    "-- /to NAME TEXT          whisper to one caller\n"
    "-- /me ACTION             act, as in: * operator waves\n"
    "-- /announce TEXT         tell everybody, in whatever room\n"
    "-- /who                   who is connected, from where, for how long, and how the connection fares\n"
    "-- /kick NAME [REASON]    put a caller out\n"
    "-- /ban WHOM [FOR] [WHY]  keep out an address, a network, user@host with * and ?, or the address of a "
    "caller\n"
    "--                        that is here; for 30 minutes (30) or 1d12h; without FOR until /unban\n"
    "-- /bans                  who is kept out\n"
    "-- /unban WHOM            let in again, as /bans names it\n"
    "-- /lockdown all [FOR]    nobody new comes in, for 1h, or until /lockdown off; those who are here stay\n"
    "-- /lockdown accounts [FOR]            the same for those who are not logged in to an account; none are "
    "made\n"
    "-- /filter                what is not to be said here, and how often it was found\n"
    "-- /filter add PATTERN ACTION WHERE [LENGTH] [REASON]\n"
    "--                        one more: a regular expression (RE2) without spaces; warn, block, silent, "
    "kill "
    "or ban; and\n"
    "--                        * or letters: p messages, n notices, t topics, k nicks, P and q reasons of "
    "leaving, a away\n"
    "--                        messages, g real names; o and r spare operators and accounts\n"
    "-- /filter del PATTERN    not any more; or by its number. /filter test TEXT: which is found in that\n"
    "-- /rooms                 the rooms, with how many are in each, and their topics\n"
    "-- /room ROOM             its modes, to whom it belongs, who is there\n"
    "-- /room ROOM unregister  it belongs to nobody any more, and ends when nobody is there\n"
    "-- /room ROOM transfer ACCOUNT         it belongs to that account\n"
    "-- /room ROOM clear [WHY]              put out everybody who is there\n"
    "-- /room ROOM purge [WHY]              end it with all that was said there; nobody comes in until /room "
    "ROOM unpurge\n"
    "-- /op ROOM NAME          make somebody who is there an operator of the room\n"
    "-- /topic ROOM [TEXT]     what a room's topic is, or shall be\n"
    "-- /pin ROOM [ADD WORDS|DEL NUMBER]    what is pinned there; the last message with these words; not any "
    "more\n"
    "-- /search WORDS          where they were said, in any room; also from:NAME in:#ROOM after:2026-11-01 "
    "before:2026-12-01\n"
    "-- /accounts [BEGINNING]  the accounts, or those whose names begin so\n"
    "-- /account NAME          what is known of it, and who is logged in to it\n"
    "-- /account NAME create [PASSWORD]     make it; without a password one is made up and shown\n"
    "-- /account NAME password [PASSWORD]   give it another password\n"
    "-- /account NAME drop     end it: its people are put out, its rooms are like others, its private talks "
    "are gone\n"
    "-- /account NAME rename NEW            call it so; its rooms, ranks, private talks and history stay its "
    "own\n"
    "-- /account NAME export                all that is kept of it, into a file in the chat's folder\n"
    "-- /account NAME forget                what it has said is taken out of the history, with its files; "
    "also of one that "
    "is no more\n"
    "-- /account NAME suspend [FOR] [WHY]   nobody logs in to it, for 7d, or until /account NAME unsuspend\n"
    "-- /hook ROOM             its webhooks; ADD NAME: one more that says what is posted to it; OUT URL "
    "[WORDS]: that posts\n"
    "--                        what is said, and begins so; START ID: again, after it was stopped; DEL ID\n"
    "-- /token list            the tokens of programs that do what you do, by HTTP (/api/v1)\n"
    "-- /token add NAME [read] one more, which is shown, or one that only asks; /token drop NAME\n"
    "-- /audit [WHICH...] [N]  what was done to the chat, and by whom: the last 20, or N, of by:WHO, "
    "what:DEED, "
    "to:WHOM\n"
    "--                        and since:7d\n"
    "-- /stats                 people, rooms, messages, memory, and how long the disk takes\n"
    "-- /reload                read the configuration and the certificate again\n"
    "-- //TEXT                 say something that starts with a slash\n"
    "-- /help                  this\n"
    "-- /quit                  say goodbye to everybody and end the server; from elsewhere it is /shutdown\n";

}  // namespace

operator_console::operator_console(chat::server& server, view at)
    : server_(server),
      view_(std::move(at)),
      window_(server.chat(), *this, {.address = "console", .from = "console"}) {
  window_.hear(false, !view_.sees_comings);
  server_.chat().enter_operator(window_);
}

void operator_console::enter_lobby() {
  is_listening_ = true;
  chat::hub& chat = server_.chat();
  const chat::room* const lobby = chat.rooms().find(chat::lobby);
  if (!lobby || !window_.who()->is_in(*lobby)) chat.join(*window_.who(), chat::lobby, {}, &window_);
}

void operator_console::deliver(chat::outgoing batch) {
  if (!is_listening_) return;
  for (const chat::piece& p : batch.pieces()) view_.hears(p.view());
}

void operator_console::note(std::string_view text) { answer_.text += chat::plain_notice(text); }

void operator_console::refuse(std::string_view why) {
  note(why);
  answer_.done = false;
}

bool operator_console::obey_at_once(std::string_view word, std::string_view rest) {
  struct command {
    std::string_view name;
    void (operator_console::*obey)(std::string_view rest);
  };
  using self = operator_console;
  constexpr auto commands = std::to_array<command>({{"/accounts", &self::show_accounts},
                                                    {"/announce", &self::announce},
                                                    {"/audit", &self::show_audit},
                                                    {"/ban", &self::ban},
                                                    {"/bans", &self::show_bans},
                                                    {"/filter", &self::filter},
                                                    {"/help", &self::show_help},
                                                    {"/hook", &self::hooks},
                                                    {"/kick", &self::kick},
                                                    {"/lockdown", &self::lock_down},
                                                    {"/op", &self::make_operator},
                                                    {"/pin", &self::pins},
                                                    {"/room", &self::room},
                                                    {"/rooms", &self::show_rooms},
                                                    {"/stats", &self::show_statistics},
                                                    {"/token", &self::tokens},
                                                    {"/topic", &self::set_topic},
                                                    {"/unban", &self::unban},
                                                    {"/who", &self::show_callers}});
  const auto found = std::ranges::find(commands, word, &command::name);
  if (found == commands.end()) return false;
  (this->*found->obey)(rest);
  return true;
}

std::string operator_console::line_of(std::string_view typed) {
  const std::string whole = text::sanitize(text::without_keys(typed));
  return std::string(chat::without_blanks_before_slash(whole));
}

bool operator_console::only_reads(std::string_view typed) {
  // Each asks when it has one word more, or none, and does something when it has others.
  constexpr auto readers =
      std::to_array<std::string_view>({"/account", "/accounts", "/bans", "/filter", "/help", "/hook", "/pin",
                                       "/room", "/rooms", "/stats", "/topic", "/who"});
  const std::string line = line_of(typed);
  const std::vector<std::string_view> words = chat::items_of(line, ' ');
  return !words.empty() && words.size() <= 2 && std::ranges::find(readers, words[0]) != readers.end();
}

io::task<operator_answer> operator_console::obey(std::string_view typed) {
  answer_ = {};
  const std::string line = line_of(typed);
  if (line.find_first_not_of(' ') == std::string::npos) co_return std::exchange(answer_, {});
  if (line.size() > server_.bounds().line) {
    answer_.text = chat::plain_too_long(server_.bounds().line);
    answer_.done = false;
    co_return std::exchange(answer_, {});
  }
  std::string_view rest = line;
  const std::string_view word = chat::take_word(rest);
  try {
    if (word == "/shutdown" || word == "/quit")
      answer_.ends = true;
    else if (word == "/account")
      co_await obey_about_account(rest);
    else if (word == "/reload")
      co_await reload();
    else if (word == "/search")
      co_await search(std::string(rest));
    else if (!obey_at_once(word, rest))
      talk(line);
    if (answer_.done) audit(word, rest);
  } catch (const chat::store_error&) {
    // Another program may have the database locked, or the disk fails: that is this line's misfortune alone.
    server_.chat().count.store_errors.add();
    refuse("the server cannot look that up or keep it now; try again later");
  }
  co_await io::yield();  // what it did is kept, and told, at the end of the turn
  co_return std::exchange(answer_, {});
}

void operator_console::talk(const std::string& line) {
  using verb = chat::plain_command::verb;
  const chat::plain_command asked = chat::parse_plain(line);
  switch (asked.what) {
    case verb::say:
    case verb::act:
      if (!window_.who()->speaks_in) return say_from_outside(asked, line);
      [[fallthrough]];
    case verb::whisper:
    case verb::incomplete:
      answer_.text += chat::respond(window_, line).text;
      break;
    case verb::quit:  // a lone q ends a caller's visit, but not the server
      server_.chat().say(window_, chat::lobby, {.text = line});
      break;
    default:
      refuse(fmt::format("there is no {} here; /help tells what there is", line.substr(0, line.find(' '))));
  }
}

/// To the lobby, without coming in.
void operator_console::say_from_outside(const chat::plain_command& what, std::string_view line) {
  const bool acts = what.what == chat::plain_command::verb::act;
  if (!acts && chat::begins_like_login(line)) {
    answer_.text += chat::plain_not_said();
    answer_.done = false;
    return;
  }
  const std::string text = acts ? fmt::format(
                                      "\x01"
                                      "ACTION {}\x01",
                                      what.text)
                                : std::string(what.text);
  const chat::outcome how = server_.chat().say(window_, chat::lobby, {.text = text});
  if (how != chat::outcome::done) refuse(explain(how, chat::lobby, server_.configured()));
}

void operator_console::show_help(std::string_view) { answer_.text += help; }

io::task<void> operator_console::reload() {
  if (!server_.chat().on_rehash) co_return;
  struct outcome {
    io::event known;
    bool done = false;
    std::string how;
  };
  const auto its = std::make_shared<outcome>();
  server_.chat().on_rehash([its](bool done, std::string_view how) {
    its->done = done;
    its->how = how;
    its->known.set();
  });
  co_await its->known;
  answer_.done = its->done;
  if (!view_.sees_stderr) note(its->how);
}

void operator_console::set_topic(std::string_view text) {
  const std::string_view room_name = chat::take_word(text);
  chat::hub& chat = server_.chat();
  if (room_name.empty()) return refuse("/topic needs more: /topic ROOM [TEXT]");
  chat::room* const r = chat.rooms().find(room_name);
  if (!r) return refuse(fmt::format("there is no room {}", room_name));
  if (text.size() > server_.bounds().topic)
    return refuse(fmt::format("a topic has {} bytes at most", server_.bounds().topic));
  if (!text.empty()) chat.set_topic(window_.who()->as_source(), *r, text);
  note(r->topic.text.empty() ? fmt::format("{} has no topic", r->name())
                             : fmt::format("the topic of {} is: {}", r->name(), r->topic.text));
}

void operator_console::make_operator(std::string_view whom) {
  const std::string_view name = chat::take_word(whom);
  if (whom.empty()) return refuse("/op needs more: /op ROOM NAME");
  chat::hub& chat = server_.chat();
  chat::room* const r = chat.rooms().find(name);
  if (!r) return refuse(fmt::format("there is no room {}", name));
  chat::person* const there = chat.people().find(whom);
  if (!there || !there->is_in(*r)) return refuse(fmt::format("nobody in {} is called {}", r->name(), whom));
  const unsigned char had = r->ranks_of(*there);
  if (!(had & chat::channel_operator)) {
    chat.rooms().try_ranks(*r, *there, had | chat::channel_operator);
    chat.announce_modes(window_.who()->as_source(), *r, fmt::format("+o {}", there->nick()));
  }
  note(fmt::format("{} is an operator of {}", there->nick(), r->name()));
}

void operator_console::announce(std::string_view text) {
  constexpr std::size_t most = 390;  // bytes that a line of IRC has room for
  if (text.empty()) return refuse("/announce needs more: /announce TEXT");
  if (text.size() > most) return refuse(fmt::format("an announcement has {} bytes at most", most));
  chat::hub& chat = server_.chat();
  std::size_t count = 0;
  for (const auto& [key, who] : chat.people().all()) {
    if (!who->present() || who.get() == window_.who()) continue;
    chat::event told{chat::event::kind::notice, window_.who()->as_source(), who->nick(), text};
    told.time = chat.clock().milliseconds();
    chat.turn().tell(*who, told);
    ++count;
  }
  note(fmt::format("told {} people", count));
}

void operator_console::kick(std::string_view reason) {
  const std::string_view name = chat::take_word(reason);
  if (name.empty()) return refuse("/kick needs more: /kick NAME [REASON]");
  chat::person* const whom = server_.chat().people().find(name);
  if (!whom || whom == window_.who())
    return refuse(explain(chat::outcome::no_such_person, name, server_.configured()));
  const std::string called = whom->nick();
  server_.chat().remove(*whom, reason.empty() ? std::string_view("kicked by the operator") : reason);
  note(fmt::format("{} is put out", called));
}

}  // namespace parlance::cli
