// What becomes of each line that the server sends: a table by command.
#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <utility>

#include <parlance/chat/base/words.hpp>
#include <parlance/chat/core/mask.hpp>
#include <parlance/io/loop.hpp>

#include <cli/chat/model/network.hpp>
#include <cli/chat/model/text.hpp>

namespace parlance::cli {
namespace {

constexpr wall_time typing_lasts = 6500;
constexpr std::size_t most_reactions = 20, longest_reaction = 64;  // of a message; bytes
constexpr std::size_t most_listed = 200;                           // of a server's rooms
constexpr std::size_t most_members = 20'000;                       // of a room, who are shown
/// Of a message; more would make every frame slow. Ours has messages of 4 KiB.
constexpr std::size_t longest_text = std::size_t{16} * 1024;

bool is_service(std::string_view nick) {
  constexpr std::string_view end = "serv";
  if (nick.size() < end.size()) return false;
  return std::ranges::equal(nick.substr(nick.size() - end.size()), end,
                            [](char a, char b) { return a == b || a == b - 'a' + 'A'; });
}

/// At most so many bytes of whole characters.
std::string_view cut(std::string_view text, std::size_t longest) {
  if (text.size() <= longest) return text;
  while (longest > 0 && (static_cast<unsigned char>(text[longest]) & 0xc0) == 0x80) --longest;
  return text.substr(0, longest);
}

/// Without the signs of ranks in front, of whom alone it was meant for.
std::string_view without_ranks(std::string_view target, std::string_view signs) {
  while (target.size() > 1 && signs.contains(target.front())) target.remove_prefix(1);
  return target;
}

}  // namespace

const std::map<std::string_view, chat_network::handler>& chat_network::handlers() {
  using self = chat_network;
  static const std::map<std::string_view, handler> table = {{"PRIVMSG", &self::on_said},
                                                            {"NOTICE", &self::on_said},
                                                            {"TAGMSG", &self::on_tagged},
                                                            {"JOIN", &self::on_joined},
                                                            {"PART", &self::on_parted},
                                                            {"KICK", &self::on_kicked},
                                                            {"QUIT", &self::on_quit},
                                                            {"NICK", &self::on_renamed},
                                                            {"AWAY", &self::on_away},
                                                            {"TOPIC", &self::on_topic},
                                                            {"MODE", &self::on_mode},
                                                            {"REDACT", &self::on_redacted},
                                                            {"MARKREAD", &self::on_read_marker},
                                                            {"INVITE", &self::on_invite},
                                                            {"403", &self::on_kept_out},
                                                            {"405", &self::on_kept_out},
                                                            {"437", &self::on_kept_out},
                                                            {"471", &self::on_kept_out},
                                                            {"473", &self::on_kept_out},
                                                            {"474", &self::on_kept_out},
                                                            {"475", &self::on_kept_out},
                                                            {"476", &self::on_kept_out},
                                                            {"477", &self::on_kept_out},
                                                            {"479", &self::on_kept_out},
                                                            {"489", &self::on_kept_out},
                                                            {"520", &self::on_kept_out},
                                                            {"FAIL", &self::on_fail},
                                                            {"ERROR", &self::on_error},
                                                            {"PONG", &self::on_pong},
                                                            {"001", &self::on_welcome},
                                                            {"005", &self::on_supports},
                                                            {"353", &self::on_names},
                                                            {"354", &self::on_whox},
                                                            {"332", &self::on_topic_told},
                                                            {"331", &self::on_no_topic},
                                                            {"324", &self::on_modes_told},
                                                            {"322", &self::on_listed},
                                                            {"323", &self::on_list_end},
                                                            {"305", &self::on_back},
                                                            {"306", &self::on_gone_away},
                                                            {"372", &self::on_motd},
                                                            {"311", &self::on_whois},
                                                            {"CAP", &self::on_nothing},
                                                            {"BATCH", &self::on_nothing},
                                                            {"ACCOUNT", &self::on_nothing},
                                                            {"CHGHOST", &self::on_nothing},
                                                            {"SETNAME", &self::on_nothing},
                                                            {"ACK", &self::on_nothing},
                                                            {"CHATHISTORY", &self::on_nothing},
                                                            {"315", &self::on_nothing},
                                                            {"366", &self::on_nothing},
                                                            {"333", &self::on_nothing},
                                                            {"329", &self::on_nothing},
                                                            {"375", &self::on_nothing},
                                                            {"376", &self::on_nothing},
                                                            {"318", &self::on_nothing},
                                                            {"321", &self::on_nothing},
                                                            {"900", &self::on_nothing},
                                                            {"903", &self::on_nothing},
                                                            {"908", &self::on_nothing},
                                                            {"002", &self::on_nothing},
                                                            {"003", &self::on_nothing},
                                                            {"004", &self::on_server_version},
                                                            {"368", &self::on_nothing},
                                                            {"422", &self::on_nothing}};
  return table;
}

void chat_network::received(const irc_line& line) {
  const auto found = handlers().find(line.command);
  if (found != handlers().end()) return (this->*found->second)(line);
  tell_rest(line);
}

void chat_network::on_nothing(const irc_line&) {}

/// With whom a message is: its room, or the other one of a private talk.
std::string chat_network::conversation_name(const irc_line& line) const {
  const std::string_view target = without_ranks(line.param(0), session_.ranks().second);
  return std::string(session_.is_room(target) || session_.is_me(line.nick()) ? target : line.nick());
}

std::optional<chat_entry> chat_network::said_in(const irc_line& line) const {
  constexpr std::string_view action =
      "\x01"
      "ACTION ";
  std::string_view said = line.param(1);
  const bool is_action = said.starts_with(action);
  if (is_action) {
    said.remove_prefix(action.size());
    if (said.ends_with('\x01')) said.remove_suffix(1);
  } else if (said.starts_with('\x01')) {
    return {};  // a question to programs (CTCP)
  }
  using kind = chat_entry::kind;
  chat_entry one{.id = std::string(line.tag("msgid")),
                 .nick = std::string(line.nick()),
                 .text = shown_text(cut(said, longest_text)),
                 .time = time_of(line),
                 .what = is_action                  ? kind::action
                         : line.command == "NOTICE" ? kind::notice
                                                    : kind::text};
  if (said.size() > longest_text)
    one.text += fmt::format(" … (and {} bytes more)", said.size() - longest_text);
  one.is_ignored = is_ignored(line);
  one.is_mention = !session_.is_me(one.nick) && mentions(one.text, session_.nick());
  const std::string_view reply = line.has_tag("+draft/reply") ? line.tag("+draft/reply") : line.tag("+reply");
  if (!reply.empty()) {
    one.more = std::make_unique<chat_entry::rest>();
    one.more->reply_to = reply;
  }
  return one;
}

bool chat_network::is_ignored(const irc_line& line) const {
  if (ignored_.empty() || session_.is_me(line.nick())) return false;
  const std::string whole = line.source.contains('!') ? line.source : line.source + "!*@*";
  return std::ranges::any_of(ignored_, [&](const std::string& mask) { return chat::matches(mask, whole); });
}

chat_entry chat_network::event_of(const irc_line& line, chat_entry::kind what, std::string_view who,
                                  std::string_view detail) {
  return {.id = std::string(line.tag("msgid")),
          .nick = std::string(who),
          .text = shown_text(detail),
          .time = time_of(line),
          .what = what};
}

void chat_network::on_said(const irc_line& line) {
  const std::string name = conversation_name(line);
  const bool from_server = line.source.empty() || (line.nick().contains('.') && !line.source.contains('!'));
  if (from_server && !find(name)) return tell(shown_text(line.param(1)), all_.front().get());
  std::optional<chat_entry> one = said_in(line);
  if (!one || (one->is_ignored && !find(name))) return;
  // Services, and who answers where one is, are shown where one looks.
  if (line.command == "NOTICE" && is_service(line.nick()))
    return tell(fmt::format("{}: {}", line.nick(), one->text));
  if (!find(name) && (all_.size() >= most_conversations || session_.is_room(name)))
    return tell(fmt::format("{}: {}", line.nick(), one->text), all_.front().get());
  conversation& where = get(name);
  where.typing.erase(std::string(line.nick()));
  if (session_.is_me(line.nick())) echoed(where, line);
  hear(where, std::move(*one));
}

void chat_network::on_tagged(const irc_line& line) {
  conversation* const where = find(conversation_name(line));
  if (!where) return;
  apply_reaction(*where, line);
  const std::string_view typing = line.tag("+typing");
  if (typing.empty() || session_.is_me(line.nick()) || is_ignored(line)) return;
  if (typing == "active" && where->typing.size() < 20)
    where->typing[std::string(line.nick())] = now_on_the_wall() + typing_lasts;
  else
    where->typing.erase(std::string(line.nick()));
  observer_.changed();
}

void chat_network::apply_reaction(conversation& where, const irc_line& line) {
  const bool is_taken_back = line.has_tag("+draft/unreact");
  const std::string what = shown_text(line.tag(is_taken_back ? "+draft/unreact" : "+draft/react"));
  const std::string_view to = line.has_tag("+draft/reply") ? line.tag("+draft/reply") : line.tag("+reply");
  chat_entry* const one = where.find(to);
  if (what.empty() || what.size() > longest_reaction || what.contains('\n') || !one || is_ignored(line))
    return;
  where.change(*one, [&](chat_entry& it) {
    if (!it.more) it.more = std::make_unique<chat_entry::rest>();
    auto& all = it.more->reactions;
    auto of_these = std::ranges::find(all, what, [](const auto& reaction) { return reaction.first; });
    if (of_these == all.end()) {
      if (is_taken_back || all.size() == most_reactions) return;
      of_these = all.insert(all.end(), {what, {}});
    }
    std::vector<std::string>& who = of_these->second;
    std::erase_if(who, [&](const std::string& nick) { return session_.is_same(nick, line.nick()); });
    if (!is_taken_back && who.size() < 1000) who.emplace_back(line.nick());
    if (who.empty()) all.erase(of_these);
  });
  bound_memory();
  observer_.changed();
}

void chat_network::on_joined(const irc_line& line) {
  const bool is_me = session_.is_me(line.nick());
  if (!is_me && !find(line.param(0))) return;
  if (is_me && !find(line.param(0)) && all_.size() >= most_conversations) return;
  conversation& room = get(line.param(0));
  if (is_me) {
    room.is_joined = true;
    room.members.clear();
    if (session_.has_support("WHOX")) session_.send({"WHO", room.name, "%tnf,7"});
    if (asked_for_.erase(room.key) != 0) observer_.opened(*this, room);
    catch_up(room.key);
  }
  if (room.members.size() < most_members)
    room.members[session_.fold(line.nick())] = {.nick = std::string(line.nick())};
  chat_entry came = event_of(line, chat_entry::kind::joined, line.nick());
  const wall_time when = came.time;
  hear(room, std::move(came));
  // It may be another name than the one that was asked for.
  if (is_me && told_name_ != line.nick()) {
    told_name_ = line.nick();
    room.hear(
        {.text = fmt::format("you are now {}", told_name_), .time = when, .what = chat_entry::kind::own});
  }
}

void chat_network::left(conversation& where, const irc_line& line, std::string_view who,
                        chat_entry::kind what, std::string detail) {
  hear(where, event_of(line, what, who, detail));
  where.members.erase(session_.fold(who));
  where.typing.erase(std::string(who));
  if (!session_.is_me(who)) return;
  if (what == chat_entry::kind::parted) return drop(where);
  where.is_joined = where.is_current = false;
  where.members.clear();
}

void chat_network::on_parted(const irc_line& line) {
  if (conversation* const where = find(line.param(0)))
    left(*where, line, line.nick(), chat_entry::kind::parted, std::string(line.param(1)));
}

void chat_network::on_kicked(const irc_line& line) {
  conversation* const where = find(line.param(0));
  if (!where) return;
  const bool is_me = session_.is_me(line.param(1));
  left(*where, line, line.param(1), chat_entry::kind::kicked, std::string(line.nick()));
  if (!is_me) return;
  tell(fmt::format("{} has put you out of {}: {}", line.nick(), where->name, line.last_param()), where);
  observer_.kept_out(*this, where->name,
                     shown_text(fmt::format("{} has put you out: {}", line.nick(), line.last_param())));
}

void chat_network::on_quit(const irc_line& line) {
  // One was put out of the server: the connection ends, and one comes back into one's rooms.
  if (session_.is_me(line.nick())) return;
  const std::string who = session_.fold(line.nick());
  for (std::size_t at = 0; at < all_.size(); ++at)
    if (all_[at]->members.contains(who)) left(*all_[at], line, line.nick(), chat_entry::kind::parted, {});
  if (session_.is_same(line.nick(), identity_.nick)) session_.send({"NICK", identity_.nick});
}

void chat_network::on_renamed(const irc_line& line) {
  const std::string to(line.param(0));
  const std::string before = session_.fold(line.nick());
  if (session_.is_me(line.nick())) observer_.changed();
  for (const auto& where : all_) {
    const auto member = where->members.find(before);
    if (member == where->members.end()) continue;
    chat_member moved = std::move(member->second);
    where->members.erase(member);
    moved.nick = to;
    where->members[session_.fold(to)] = std::move(moved);
    hear(*where, event_of(line, chat_entry::kind::renamed, line.nick(), to));
  }
  conversation* const talk = find(line.nick());
  if (talk && talk->what == conversation::kind::talk)
    tell(fmt::format("{} is called {} now", line.nick(), to), talk);
}

void chat_network::on_away(const irc_line& line) {
  for (const auto& where : all_)
    if (const auto member = where->members.find(session_.fold(line.nick())); member != where->members.end())
      member->second.is_away = !line.params.empty();
  observer_.changed();
}

void chat_network::on_topic(const irc_line& line) {
  conversation* const where = find(line.param(0));
  if (!where) return;
  where->topic = shown_text(line.param(1));
  hear(*where, event_of(line, chat_entry::kind::topic, line.nick(), line.param(1)));
}

/// What was changed, as in "+kl-i", "key", "50", with the letters that the server has (RPL_ISUPPORT).
void chat_network::change_modes(conversation& where, const std::vector<std::string>& change) {
  std::string_view kinds =
      session_.has_support("CHANMODES") ? session_.supports("CHANMODES") : "b,k,l,imnpst";
  const std::string_view lists = chat::take_item(kinds, ','), always = chat::take_item(kinds, ','),
                         to_set = chat::take_item(kinds, ',');
  const auto [letters, signs] = session_.ranks();
  std::size_t next = 1;
  const auto parameter = [&] { return next < change.size() ? change[next++] : std::string(); };
  bool is_set = true;
  for (const char letter : change.empty() ? std::string_view() : std::string_view(change.front())) {
    if (letter == '+' || letter == '-') {
      is_set = letter == '+';
    } else if (const std::size_t rank = letters.find(letter); rank != letters.npos) {
      const auto member = where.members.find(session_.fold(parameter()));
      if (member == where.members.end()) continue;
      std::string& ranks = member->second.ranks;
      std::erase(ranks, signs[rank]);
      if (is_set) ranks += signs[rank];
      std::ranges::sort(ranks, {}, [order = signs](char sign) { return order.find(sign); });
    } else if (lists.contains(letter)) {
      parameter();
    } else {
      const bool takes = always.contains(letter) || (is_set && to_set.contains(letter));
      const std::string value = takes ? parameter() : std::string();
      if (is_set)
        where.modes[letter] = value;
      else
        where.modes.erase(letter);
      if (letter == 'k' && value != "*") where.password = is_set ? value : std::string();
    }
  }
  observer_.changed();
}

void chat_network::on_mode(const irc_line& line) {
  conversation* const where = find(line.param(0));
  std::string text;
  for (std::size_t i = 1; i < line.params.size(); ++i) text += (i == 1 ? "" : " ") + line.params[i];
  if (!where) return;
  change_modes(*where, {line.params.begin() + 1, line.params.end()});
  tell(fmt::format("{} has set {}", line.nick(), text), where);
}

void chat_network::on_redacted(const irc_line& line) {
  conversation* const where = find(conversation_name(line));
  chat_entry* const one = where ? where->find(line.param(1)) : nullptr;
  if (!one) return;
  where->take_back(*one);
  observer_.changed();
}

void chat_network::on_read_marker(const irc_line& line) {
  conversation* const where = find(line.param(0));
  std::string_view stamp = line.param(1);
  if (!where || !stamp.starts_with("timestamp=")) return;
  const std::optional<wall_time> until = time_in(stamp.substr(10));
  if (!until || *until <= where->read_to) return;
  where->read_to = *until;
  recount(*where);
  observer_.changed();
}

void chat_network::on_invite(const irc_line& line) {
  if (is_ignored(line)) return;
  if (session_.is_me(line.param(0)))
    return tell(fmt::format("{} invites you to {}: /join {}", line.nick(), line.param(1), line.param(1)));
  tell(fmt::format("{} has invited {} to {}", line.nick(), line.param(0), line.param(1)),
       find(line.param(1)));
}

/// A room that does not let one in; other refusals have the same numbers.
void chat_network::on_kept_out(const irc_line& line) {
  tell_rest(line);
  const conversation* const there = find(line.param(1));
  if (!there || !there->is_joined)
    observer_.kept_out(*this, std::string(line.param(1)), shown_text(line.last_param()));
}

void chat_network::on_fail(const irc_line& line) {
  if (!line.has_tag("label")) tell(shown_text(line.last_param()));
}

void chat_network::on_error(const irc_line& line) {
  reason_ = shown_text(line.last_param());
  tell(reason_, all_.front().get());
}

void chat_network::on_pong(const irc_line&) {
  if (!std::exchange(ping_is_out_, false)) return;
  lag_ = io::loop::current().now() - pinged_at_;
  observer_.changed();
}

void chat_network::on_welcome(const irc_line& line) {
  tell(shown_text(line.last_param()), all_.front().get());
  observer_.changed();
}

void chat_network::on_server_version(const irc_line& line) {
  is_ours_ = line.param(2).starts_with("parlance");
}

void chat_network::on_supports(const irc_line&) {
  if (const std::string_view called = session_.supports("NETWORK"); !called.empty()) {
    name_ = shown_text(called);
    all_.front()->name = name_;
  }
}

void chat_network::on_names(const irc_line& line) {
  conversation* const where = find(line.param(2));
  if (!where) return tell_rest(line);
  const std::string_view signs = session_.ranks().second;
  for (std::string_view word : chat::items_of(line.param(3), ' ')) {
    std::string ranks;
    for (; !word.empty() && signs.contains(word.front()); word.remove_prefix(1)) ranks += word.front();
    const std::string_view nick = word.substr(0, word.find('!'));
    if (nick.empty() || where->members.size() >= most_members) continue;
    chat_member& member = where->members[session_.fold(nick)];
    member.nick = nick;
    member.ranks = ranks;
  }
  observer_.changed();
}

/// An answer to WHO %tnf,7.
void chat_network::on_whox(const irc_line& line) {
  if (line.param(1) != "7") return;
  for (const auto& where : all_)
    if (const auto member = where->members.find(session_.fold(line.param(2))); member != where->members.end())
      member->second.is_away = line.param(3).starts_with('G');
  observer_.changed();
}

void chat_network::on_topic_told(const irc_line& line) {
  conversation* const where = find(line.param(1));
  if (!where) return tell_rest(line);
  where->topic = shown_text(line.param(2));
  observer_.changed();
}

void chat_network::on_no_topic(const irc_line& line) {
  if (conversation* const where = find(line.param(1))) where->topic.clear();
  tell_rest(line);
}

void chat_network::on_modes_told(const irc_line& line) {
  conversation* const where = find(line.param(1));
  if (where && line.params.size() > 2) {
    where->modes.clear();
    change_modes(*where, {line.params.begin() + 2, line.params.end()});
  }
  tell_rest(line);
}

void chat_network::on_listed(const irc_line& line) {
  if (++listed_ > most_listed) return;
  tell(fmt::format("{} ({}) {}", line.param(1), line.param(2), line.param(3)));
}

void chat_network::on_list_end(const irc_line&) {
  if (listed_ > most_listed)
    tell(fmt::format("... and {} more: /list *word* shows those that match", listed_ - most_listed));
  else
    tell(fmt::format("{} rooms", listed_));
  listed_ = 0;
}

void chat_network::on_back(const irc_line& line) {
  away_ = false;
  tell_rest(line);
}

void chat_network::on_gone_away(const irc_line& line) {
  away_ = true;
  tell_rest(line);
}

void chat_network::on_motd(const irc_line& line) { tell(shown_text(line.last_param()), all_.front().get()); }

void chat_network::on_whois(const irc_line& line) {
  tell(fmt::format("{} is {}@{} ({})", line.param(1), line.param(2), line.param(3), line.last_param()));
}

/// What is only to be read: in the room that it names, else where one looks.
void chat_network::tell_rest(const irc_line& line) {
  const bool is_number = line.command.size() == 3 && line.command[0] >= '0' && line.command[0] <= '9';
  conversation* where = nullptr;
  std::string text;
  for (std::size_t i = is_number ? 1 : 0; i < line.params.size(); ++i) {
    conversation* const named = find(line.params[i]);
    if (named && i + 1 < line.params.size()) {
      where = where ? where : named;
      if (named->what == conversation::kind::room) continue;
    }
    text += (text.empty() ? "" : " ") + line.params[i];
  }
  // What is told of the server as one comes in.
  const bool is_welcome =
      state_ != state::online || (line.command >= "250" && line.command <= "266" && is_number);
  if (is_welcome) where = all_.front().get();
  tell(text, where);
}

}  // namespace parlance::cli
