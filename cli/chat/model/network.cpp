#include <fmt/chrono.h>
#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <utility>

#include <parlance/chat/base/names.hpp>
#include <parlance/io/loop.hpp>

#include <cli/chat/model/network.hpp>
#include <cli/chat/model/text.hpp>

namespace parlance::cli {
namespace {

constexpr io::duration ping_after = std::chrono::seconds(30);
constexpr io::duration dead_after = std::chrono::seconds(45);    // of silence behind a ping
constexpr io::duration let_in_after = std::chrono::seconds(60);  // of silence before one is in
constexpr wall_time day = 86'400'000;
constexpr io::duration read_marker_pause = std::chrono::seconds(2);

}  // namespace

wall_time now_on_the_wall() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

std::optional<wall_time> time_in(std::string_view stamp) {
  const std::string text(stamp);
  std::tm parts{};
  int milliseconds = 0;
  if (std::sscanf(text.c_str(), "%4d-%2d-%2dT%2d:%2d:%2d.%3d", &parts.tm_year, &parts.tm_mon, &parts.tm_mday,
                  &parts.tm_hour, &parts.tm_min, &parts.tm_sec, &milliseconds) < 6)
    return {};
  parts.tm_year -= 1900;
  parts.tm_mon -= 1;
  const wall_time time = static_cast<wall_time>(::timegm(&parts)) * 1000 + milliseconds;
  // All that comes later stands behind it: a server's clock may be wrong, but not by years.
  return std::clamp(time, wall_time{0}, now_on_the_wall() + day);
}

wall_time time_of(const irc_line& line) { return time_in(line.tag("time")).value_or(now_on_the_wall()); }

std::string stamp_of(wall_time time) {
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z", fmt::gmtime(static_cast<std::time_t>(time / 1000)),
                     time % 1000);
}

chat_network::chat_network(std::string called, irc_identity who, std::vector<std::string> rooms, observer& by)
    : name_(std::move(called)), identity_(std::move(who)), observer_(by), rooms_(std::move(rooms)) {
  all_.push_back(std::make_unique<conversation>(name_, "", conversation::kind::server));
  all_.front()->older = conversation::past::none;
}

conversation* chat_network::find(std::string_view name) {
  const std::string key = session_.fold(name);
  if (key.empty()) return nullptr;
  const auto found = std::ranges::find(all_, key, [](const auto& one) { return one->key; });
  return found == all_.end() ? nullptr : found->get();
}

conversation& chat_network::get(std::string_view name) {
  if (conversation* const there = find(name)) return *there;
  return add(name, session_.is_room(name) ? conversation::kind::room : conversation::kind::talk);
}

conversation& chat_network::add(std::string_view name, conversation::kind what) {
  auto fresh = std::make_unique<conversation>(std::string(name), session_.fold(name), what);
  const auto order = [](const auto& one) {
    return std::pair(one->what != conversation::kind::server,
                     std::pair(one->what == conversation::kind::talk, one->key));
  };
  const auto at = std::ranges::upper_bound(all_, order(fresh), {}, order);
  conversation& there = **all_.insert(at, std::move(fresh));
  there.is_current = what == conversation::kind::talk && session_.is_ready();
  observer_.changed();
  return there;
}

void chat_network::drop(conversation& which) {
  if (which.what == conversation::kind::server) return;
  observer_.dropped(*this, which);
  std::erase_if(rooms_, [&](const std::string& room) {
    return session_.is_same(room.substr(0, room.find(' ')), which.name);
  });
  if (seen_ == &which) seen_ = nullptr;
  if (told_in_ == &which) told_in_ = nullptr;
  untold_.erase(which.key);
  std::erase_if(all_, [&](const auto& one) { return one.get() == &which; });
  observer_.changed();
}

void chat_network::set_ignored(std::vector<std::string> masks) {
  const bool is_more = std::ranges::all_of(
      ignored_, [&](const std::string& mask) { return std::ranges::find(masks, mask) != masks.end(); });
  ignored_ = std::move(masks);
  for (const auto& where : all_) {
    for (const auto& one : where->entries())
      if (one->is_said()) one->is_ignored = (one->is_ignored && is_more) || is_ignored({.source = one->nick});
    recount(*where);
  }
  observer_.changed();
}

void chat_network::connecting() {
  if (state_ == state::refused) state_ = was_in_ ? state::lost : state::connecting;
  next_attempt_ = {};
  observer_.changed();
}

void chat_network::connected(bool secure, bool by_tls) {
  heard_at_ = io::loop::current().now();
  ping_is_out_ = dead_ = false;
  session_.begin(identity_, secure, by_tls);
  observer_.has_output();
}

void chat_network::received(std::string_view bytes) {
  heard_at_ = io::loop::current().now();
  session_.take(bytes);
  if (session_.has_output()) observer_.has_output();
}

void chat_network::lost(const std::string& why, io::duration again_in) {
  if (state_ == state::online) {
    lost_at_ = now_on_the_wall();
    for (const auto& one : all_) {
      const chat_entry* const last = one->last_kept();
      if (!one->held_to && last) one->held_to = {last->id, last->time};
      one->is_current = false;
      one->typing.clear();
    }
  }
  session_.end();
  waits_.clear();
  lag_.reset();
  ping_is_out_ = dead_ = false;
  if (why != reason_ && state_ != state::left) tell(why, &server());
  reason_ = why;
  next_attempt_ = io::after(io::loop::current().now(), again_in);
  if (state_ != state::refused && state_ != state::left) state_ = was_in_ ? state::lost : state::connecting;
  observer_.changed();
}

void chat_network::quit(const std::string& why) {
  state_ = state::left;
  session_.send({"QUIT", why});
  observer_.has_output();
}

io::time_point chat_network::tick(io::time_point now) {
  io::time_point next = io::never;
  if (!session_.is_ready()) {
    if (now - heard_at_ >= let_in_after) dead_ = true;
    return heard_at_ + let_in_after;
  }
  if (!ping_is_out_ && now - heard_at_ >= ping_after) {
    ping_is_out_ = true;
    pinged_at_ = now;
    session_.send({"PING", "lag"});
  }
  if (ping_is_out_ && now - std::max(pinged_at_, heard_at_) >= dead_after) dead_ = true;
  next = std::max(pinged_at_, heard_at_) + (ping_is_out_ ? dead_after : ping_after);
  for (auto marker = untold_.begin(); marker != untold_.end();) {
    if (marker->second > now) {
      next = std::min(next, marker->second);
      ++marker;
      continue;
    }
    if (const conversation* const where = find(marker->first))
      session_.send({"MARKREAD", where->name, "timestamp=" + stamp_of(where->read_to)});
    marker = untold_.erase(marker);
  }
  for (const auto& one : all_) {
    const auto before = one->typing.size();
    std::erase_if(one->typing, [now = now_on_the_wall()](const auto& who) { return who.second <= now; });
    if (one->typing.size() != before) observer_.changed();
    if (!one->typing.empty()) next = std::min(next, now + std::chrono::milliseconds(500));
  }
  next = std::min(next, ask_again(now));
  pump(now);
  if (next_send_ > now) next = std::min(next, next_send_);
  if (session_.has_output()) observer_.has_output();
  return next;
}

void chat_network::welcomed() {
  state_ = state::online;
  reason_.clear();
  std::vector<std::pair<std::string, std::string>> names;
  for (const auto& one : all_)
    if (one->what == conversation::kind::room && one->is_joined) names.emplace_back(one->name, one->password);
  if (!was_in_) {
    if (rooms_.empty() && is_ours_) rooms_.emplace_back(chat::lobby);
    for (std::string_view room : rooms_) {
      // "#room key"
      const std::size_t space = std::min(room.find(' '), room.size());
      names.emplace_back(room.substr(0, space), room.substr(std::min(space + 1, room.size())));
    }
    if (!names.empty()) asked_for_.insert(session_.fold(names.front().first));
  }
  was_in_ = true;
  for (const auto& [room, key] : names) {
    if (key.empty())
      session_.send({"JOIN", room});
    else
      session_.send({"JOIN", room, key});
    if (conversation* const there = find(room)) there->members.clear();
  }
  // How far away the server is, is known from the beginning.
  ping_is_out_ = true;
  pinged_at_ = io::loop::current().now();
  session_.send({"PING", "lag"});
  find_talks();
  observer_.changed();
  observer_.has_output();
}

void chat_network::refused(irc_session::refusal what, const std::string& why) {
  // A server that cannot take one just now is tried again, once one was in.
  if (what == irc_session::refusal::other && was_in_) {
    reason_ = shown_text(why);
    return observer_.disconnect(*this, {});
  }
  refusal_ = what;
  state_ = state::refused;
  reason_ = shown_text(why);
  tell(reason_, &server());
  observer_.disconnect(*this, {});
  observer_.changed();
}

void chat_network::must_encrypt(std::uint16_t port) { observer_.disconnect(*this, port); }

void chat_network::stays_encrypted(std::uint64_t seconds) { observer_.encrypted(*this, seconds); }

std::vector<std::string> chat_network::rooms_to_keep() {
  std::vector<std::string> rooms;
  for (const auto& one : all_)
    if (one->what == conversation::kind::room && one->is_joined)
      rooms.push_back(one->password.empty() ? one->name : one->name + " " + one->password);
  // Those that one has not come into yet.
  for (const std::string& room : rooms_)
    if (!find(room.substr(0, room.find(' ')))) rooms.push_back(room);
  return rooms;
}

void chat_network::tell(const std::string& text, conversation* where) {
  if (text.empty()) return;
  if (!where) where = told_in_ ? told_in_ : all_.front().get();
  chat_entry one{.text = shown_text(text), .time = now_on_the_wall(), .what = chat_entry::kind::own};
  where->hear(std::move(one));
  bound_memory();
  observer_.changed();
}

void chat_network::look_at(conversation* which) {
  if (which != seen_ && which && which->unread == 0) which->new_from = 0;
  seen_ = which;
  if (which) mark_read(*which);
}

void chat_network::hear(conversation& where, chat_entry one) {
  const bool is_own = session_.is_me(one.nick);
  const bool is_said = one.is_said();
  const std::string id = one.id;
  const wall_time time = one.time;
  if (!where.hear(std::move(one))) return;
  bound_memory();
  observer_.changed();
  if (!is_said || where.entries().empty()) return;
  const chat_entry* const there = id.empty() ? where.entries().back().get() : where.find(id);
  if (is_own || &where == seen_) return mark_read(where);
  if (!there) return;
  count(where, *there);
  if (there->is_ignored) return;
  if ((there->is_mention || where.what == conversation::kind::talk) && time > where.read_to)
    observer_.called(*this, where, *there);
}

void chat_network::count(conversation& where, const chat_entry& one) {
  if (!one.is_said() || one.is_ignored || session_.is_me(one.nick)) return;
  if (where.unread == 0) where.new_from = where.read_to != 0 ? where.read_to : one.time - 1;
  ++where.unread;
  if (one.is_mention || where.what == conversation::kind::talk) ++where.mentions;
}

/// Of what was missed, when it has come.
void chat_network::recount(conversation& where) {
  if (where.read_to == 0) return;
  where.unread = where.mentions = 0;
  for (std::size_t at = where.place_of(where.read_to); at < where.entries().size(); ++at)
    count(where, *where.entries()[at]);
  if (&where == seen_) mark_read(where);
}

/// Everything in it has been seen.
void chat_network::mark_read(conversation& where) {
  if (where.unread != 0) observer_.changed();
  where.unread = where.mentions = 0;
  if (!session_.has("message-tags")) return;  // none has an id, and all would be looked at
  const chat_entry* const last = where.last_kept();
  if (!last || last->time <= where.read_to) return;
  where.read_to = last->time;
  if (!session_.has("draft/read-marker")) return;
  untold_.try_emplace(where.key, io::loop::current().now() + read_marker_pause);
}

void chat_network::bound_memory() {
  for (;;) {
    std::size_t count = 0, bytes = 0;
    for (const auto& one : all_) count += one->entries().size(), bytes += one->bytes();
    if (count <= most_entries && bytes <= most_bytes) return;
    const auto largest = std::ranges::max_element(all_, {}, [&](const auto& one) {
      return count > most_entries ? one->entries().size() : one->bytes();
    });
    const std::size_t size = (*largest)->entries().size();
    (*largest)->shorten(size - std::max<std::size_t>(size / 100, 1));
  }
}

void chat_network::join(std::string_view name, std::string_view password) {
  const std::string full = session_.is_room(name) ? std::string(name) : "#" + std::string(name);
  asked_for_.insert(session_.fold(full));
  if (conversation* const there = find(full); there && there->is_joined)
    return observer_.opened(*this, *there);
  if (!password.empty()) get(full).password = password;
  if (!session_.is_ready()) {
    rooms_.push_back(password.empty() ? full : full + " " + std::string(password));
    return;
  }
  if (password.empty())
    send({"JOIN", full});
  else
    send({"JOIN", full, std::string(password)});
}

void chat_network::part(conversation& which, std::string_view why) {
  if (which.what == conversation::kind::room && which.is_joined && session_.is_ready()) {
    if (why.empty())
      send({"PART", which.name});
    else
      send({"PART", which.name, std::string(why)});
  } else {
    drop(which);
  }
}

void chat_network::want_nick(const std::string& nick) {
  identity_.nick = nick;
  session_.want_nick(nick);
  if (session_.is_ready()) send({"NICK", nick});
}

void chat_network::send(std::vector<std::string> words) {
  if (!session_.is_ready()) return tell("Not sent: there is no connection.");
  session_.send(words);
  observer_.has_output();
}

void chat_network::send_raw(std::string_view line) {
  if (!session_.is_ready()) return tell("Not sent: there is no connection.");
  session_.send_raw(line);
  observer_.has_output();
}

void chat_network::log_in(const std::string& account, const std::string& password) {
  identity_.account = account;
  identity_.password = password;
  if (session_.is_ready() && !session_.log_in(account, password))
    return tell("This server has no log-in (SASL) that can be used here; its NickServ may have one.");
  observer_.has_output();
}

void chat_network::react(conversation& where, const chat_entry& to, std::string_view with) {
  if (to.id.empty() || !session_.has("message-tags")) return tell("This server has no reactions.", &where);
  bool is_there = false;
  if (to.more)
    for (const auto& [what, who] : to.more->reactions)
      is_there |= what == with &&
                  std::ranges::any_of(who, [&](const std::string& nick) { return session_.is_me(nick); });
  session_.send({"TAGMSG", where.name},
                {{is_there ? "+draft/unreact" : "+draft/react", std::string(with)}, {"+draft/reply", to.id}});
  observer_.has_output();
}

void chat_network::take_back(conversation& where, const chat_entry& what) {
  if (what.id.empty() || !session_.has("draft/message-redaction"))
    return tell("This server cannot take back what was said.", &where);
  send({"REDACT", where.name, what.id});
}

void chat_network::tell_typing(conversation& where, bool is_active) {
  if (!session_.is_ready() || !session_.has("message-tags") || where.what == conversation::kind::server)
    return;
  if (where.what == conversation::kind::room && !where.is_joined) return;
  session_.send({"TAGMSG", where.name}, {{"+typing", is_active ? "active" : "done"}});
  observer_.has_output();
}

}  // namespace parlance::cli
