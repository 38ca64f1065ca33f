#include <fmt/core.h>

#include <algorithm>
#include <set>

#include <parlance/chat/core/correspondence.hpp>
#include <parlance/chat/core/filtering.hpp>
#include <parlance/chat/core/metadata.hpp>
#include <parlance/chat/irc/channels.hpp>
#include <parlance/chat/irc/commands.hpp>
#include <parlance/chat/irc/line_builder.hpp>
#include <parlance/chat/irc/metadata.hpp>
#include <parlance/chat/irc/people.hpp>

namespace parlance::chat::irc {
namespace {

constexpr std::size_t most_subscriptions = 50;
/// Bytes of a line beside the value: the server, the nick, the target, the key.
constexpr std::size_t line_frame = 232;
constexpr std::size_t keys_per_line = 12;
/// Seconds after which a crowd's metadata may be asked for.
constexpr std::string_view retry_after = "4";

struct subscriptions final : irc_client::extension {
  std::set<std::string, std::less<>> keys;
  chat::metadata own;  // what it has set before it is somebody
};

subscriptions& subscriptions_of(irc_client& by) {
  if (!by.metadata) by.metadata = std::make_unique<subscriptions>();
  return static_cast<subscriptions&>(*by.metadata);
}

bool takes_metadata(const irc_client& c) {
  return c.has(capability::metadata) || c.has(capability::metadata_3);
}

/// What goes whole into a line that tells it.
std::size_t longest_value(const limits& of) { return std::min(of.metadata_value, max_line - line_frame); }

/// Whom a command is about: one of them, or none. Who has not registered is nobody yet, and has `own`.
struct subject {
  person* who = nullptr;
  room* in = nullptr;
  chat::metadata* own = nullptr;
  explicit operator bool() const { return who || in || own; }
  std::string_view name() const { return own ? "*" : std::string_view(who ? who->nick() : in->name()); }
};

metadata& values_of(hub& chat, person& of) {
  const std::string key = of.account.empty() ? std::string() : identity_of(of);
  // What belongs to another account stays with that.
  if (!of.metadata.kept_as.empty() && of.metadata.kept_as != key) of.metadata = {};
  if (!key.empty()) load_metadata(chat.kept(), of.metadata, key, chat.configured().limits.metadata_keys);
  return of.metadata;
}

metadata& values_of(hub& chat, room& of) {
  if (!of.founder_account.empty())
    load_metadata(chat.kept(), of.metadata, of.key(), chat.configured().limits.metadata_keys);
  return of.metadata;
}

metadata& values_of(hub& chat, const subject& of) {
  if (of.own) return *of.own;
  return of.who ? values_of(chat, *of.who) : values_of(chat, *of.in);
}

/// A room that one has to be let into tells nothing to those outside.
subject find_subject(irc_client& by, std::string_view target) {
  if (!by.is_registered()) return {.own = target == "*" ? &subscriptions_of(by).own : nullptr};
  if (target == "*") return {.who = by.who()};
  if (!target.starts_with('#')) return {.who = by.chat().people().find(target)};
  room* const in = by.chat().rooms().find(target);
  if (!in || by.who()->is_in(*in)) return {.in = in};
  return {.in = in->is_closed() ? nullptr : in};
}

/// Whether it can be a parameter in the middle of a line.
bool is_word(std::string_view text) {
  return !text.empty() && !text.starts_with(':') && text.find(' ') == std::string_view::npos;
}

/// Lines in a batch, where the client takes batches.
class metadata_batch {
 public:
  metadata_batch(irc_client& to, std::string_view type, irc_client::words parameters)
      : to_(to), reference_(to.open_batch(type, parameters)) {}
  void add(std::string_view command, std::string_view rest) {
    const std::string tag = reference_.empty() ? std::string() : fmt::format("@batch={} ", reference_);
    to_.answer_lines(fmt::format("{}:{} {} {}\r\n", tag, to_.chat().configured().server.name, command, rest));
  }
  void add(numeric what, std::string_view rest) {
    add(fmt::format("{:03}", static_cast<unsigned>(what)), fmt::format("{} {}", to_.nick(), rest));
  }
  /// As the client is told of it when it did not ask.
  void add_value(std::string_view target, std::string_view key, std::string_view value) {
    const std::string rest = fmt::format("{} {} * :{}", target, key, value);
    if (to_.has(capability::metadata_3))
      add(numeric::RPL_KEYVALUE, rest);
    else
      add("METADATA", rest);
  }
  void end() { to_.close_batch(reference_); }

 private:
  irc_client& to_;
  std::string reference_;
};

/// What somebody is subscribed to, of one person or room.
void add_subscribed(metadata_batch& to, const subscriptions& by, std::string_view target,
                    const metadata& all) {
  for (const auto& [key, value] : all.values)
    if (by.keys.contains(key)) to.add_value(target, key, value);
}

/// As NAMES does: those outside are not told of who is invisible.
bool sees(const irc_client& reader, const room& in, const person& whom) {
  return in.shows(whom, *reader.who()) && (reader.who()->is_in(in) || is_visible(reader, whom));
}

/// False: there is no more room in what may wait for the client.
bool add_room(metadata_batch& to, const irc_client& reader, const subscriptions& by, room& in) {
  hub& chat = reader.chat();
  add_subscribed(to, by, in.name(), values_of(chat, in));
  for (const room::seat& s : in.seats()) {
    if (!sees(reader, in, *s.who)) continue;
    const metadata& all = values_of(chat, *s.who);
    if (space_for(reader) < all.values.size() * reader.bounds().irc_line) return false;
    add_subscribed(to, by, s.who->nick(), all);
  }
  return true;
}

void tell_later(irc_client& to, const room& in) {
  to.reply(numeric::RPL_METADATASYNCLATER, {in.name(), retry_after});
}

/// Each value of everybody who is there is looked at.
bool may_look(irc_client& to, const room& in) {
  constexpr std::size_t size_of_value = 64;
  return to.may_search(in.seats().size() * (1 + subscriptions_of(to).keys.size()), size_of_value);
}

void tell_room(irc_client& to, room& in) {
  const subscriptions& wanted = subscriptions_of(to);
  metadata_batch batch(to, "metadata", {in.name()});
  const bool is_whole = add_room(batch, to, wanted, in);
  batch.end();
  if (!is_whole) tell_later(to, in);
}

bool has_any(const irc_client& reader, const subscriptions& by, room& in) {
  hub& chat = reader.chat();
  const auto is_wanted = [&](const metadata& all) {
    return std::ranges::any_of(all.values, [&](const auto& v) { return by.keys.contains(v.first); });
  };
  return is_wanted(values_of(chat, in)) || std::ranges::any_of(in.seats(), [&](const room::seat& s) {
           return sees(reader, in, *s.who) && is_wanted(values_of(chat, *s.who));
         });
}

// --- changes

void notify(irc_client& to, const event& what, bool is_set) {
  if (!takes_metadata(to) || !subscriptions_of(to).keys.contains(what.object)) return;
  if (!to.has(capability::metadata_3)) return to.chat().turn().tell(to, what);
  if (is_set)
    to.reply(numeric::RPL_KEYVALUE, {what.target, what.object, "*", what.text});
  else
    to.reply(numeric::RPL_KEYNOTSET, {what.target, what.object, "key not set"});
}

/// Tells those who subscribed to the key: in the room, or in one with that person.
void tell_change(irc_client& by, const subject& of, std::string_view key, std::string_view value,
                 bool is_set) {
  if (of.own) return;  // nobody sees it yet
  event changed{event::kind::metadata, by.who()->as_source(), of.name(), value, key};
  changed.time = by.chat().clock().milliseconds();
  std::set<client*> told{&by};
  const auto tell_clients = [&](const person& whom) {
    for (client* c : whom.clients())
      if (auto* const irc = dynamic_cast<irc_client*>(c); irc && told.insert(c).second)
        notify(*irc, changed, is_set);
  };
  const auto tell_room = [&](const room& in) {
    for (const room::seat& s : in.seats())
      if (!of.who || in.shows(*of.who, *s.who)) tell_clients(*s.who);
  };
  if (of.in) return tell_room(*of.in);
  tell_clients(*of.who);
  for (const person::seat& s : of.who->seats()) tell_room(*s.in);
}

bool may_change(const irc_client& by, const subject& of) {
  if (of.own) return true;
  return of.who ? of.who == by.who() : of.in->has_at_least(*by.who(), channel_operator);
}

void forbid(irc_client& by, const subject& of, std::string_view key) {
  by.fail("METADATA", "KEY_NO_PERMISSION", {of.name(), key}, "You may not change that");
}

void tell_bad_key(irc_client& by, std::string_view key) {
  by.fail("METADATA", "KEY_INVALID", {key}, "Invalid key");
}

/// Others of the same account, who have it loaded.
void tell_other_nicks(hub& chat, const metadata& of) {
  if (!of.kept_as.starts_with('@')) return;
  for (const auto& [nick, who] : chat.people().all())
    if (&who->metadata != &of && who->metadata.kept_as == of.kept_as) who->metadata.values = of.values;
}

/// Before it is told. `before`: what they are again when that cannot be.
void keep_now(irc_client& by, metadata& all, decltype(metadata::values) before) {
  if (!all.kept_as.empty()) try {
      by.chat().kept().keep_now([&] { keep_metadata(by.chat().kept(), all); });
    } catch (const store_error&) {
      all.values = std::move(before);
      throw;
    }
  tell_other_nicks(by.chat(), all);
}

void remove_value(irc_client& by, const subject& of, std::string_view key) {
  metadata& all = values_of(by.chat(), of);
  const auto found = all.values.find(key);
  if (found == all.values.end())
    return by.fail("METADATA", "KEY_NOT_SET", {of.name(), key}, "That key is not set");
  auto before = all.values;
  all.values.erase(found);
  keep_now(by, all, std::move(before));
  by.reply(numeric::RPL_KEYNOTSET, {of.name(), key, "key not set"});
  tell_change(by, of, key, {}, false);
}

/// Who is nobody yet is only refused.
bool is_filtered(irc_client& by, std::string_view value) {
  filters& all = by.chat().filters();
  if (by.is_registered()) return weigh(by.chat(), *by.who(), 'g', value) != ruling::passes;
  const chat::filter* const its =
      all.find({.in = 'g', .text = value, .has_account = !by.brought().account.empty()});
  if (!its || its->does == chat::filter::action::warn) return false;
  all.why = its->reason;
  return true;
}

void set_value(irc_client& by, const subject& of, const message& m) {
  const std::string_view key = m.param(2), value = m.param(3);
  if (!is_metadata_key(key)) return tell_bad_key(by, key);
  if (!may_change(by, of)) return forbid(by, of, key);
  if (m.param_count() < 4) return remove_value(by, of, key);
  if (value.size() > longest_value(by.bounds())) {
    const std::string text = fmt::format("A value has at most {} bytes", longest_value(by.bounds()));
    return by.has(capability::metadata_3) ? by.fail("METADATA", "INVALID_VALUE", {key}, text)
                                          : by.fail("METADATA", "VALUE_INVALID", {}, text);
  }
  if (is_filtered(by, value)) {
    const std::string text = fmt::format("That has been blocked: {}", by.chat().filters().why);
    return by.has(capability::metadata_3) ? by.fail("METADATA", "INVALID_VALUE", {key}, text)
                                          : by.fail("METADATA", "VALUE_INVALID", {}, text);
  }
  metadata& all = values_of(by.chat(), of);
  if (!all.values.contains(key) && all.values.size() >= by.bounds().metadata_keys)
    return by.fail("METADATA", "LIMIT_REACHED", {of.name()}, "Metadata limit reached");
  auto before = all.values;
  all.values.insert_or_assign(std::string(key), std::string(value));
  keep_now(by, all, std::move(before));
  by.reply(numeric::RPL_KEYVALUE, {of.name(), key, "*", value});
  tell_change(by, of, key, value, true);
}

void clear_values(irc_client& by, const subject& of) {
  if (!may_change(by, of)) return forbid(by, of, "*");
  metadata& all = values_of(by.chat(), of);
  const auto gone = std::exchange(all.values, {});
  keep_now(by, all, gone);
  metadata_batch batch(by, "metadata", {of.name()});
  for (const auto& [key, value] : gone) {
    if (by.has(capability::metadata_3))
      batch.add(numeric::RPL_KEYNOTSET, fmt::format("{} {} :key not set", of.name(), key));
    else
      batch.add(numeric::RPL_KEYVALUE, fmt::format("{} {} * :", of.name(), key));
  }
  batch.end();
  for (const auto& [key, value] : gone) tell_change(by, of, key, {}, false);
}

// --- questions

void get_values(irc_client& by, const subject& of, const message& m) {
  const metadata& all = values_of(by.chat(), of);
  metadata_batch batch(by, "metadata", {of.name()});
  for (const std::string_view key : m.params().subspan(2)) {
    const auto found = all.values.find(key);
    if (!is_metadata_key(key))
      batch.add("FAIL", fmt::format("METADATA KEY_INVALID {} :Invalid key", is_word(key) ? key : "*"));
    else if (found == all.values.end())
      batch.add(numeric::RPL_KEYNOTSET, fmt::format("{} {} :key not set", of.name(), key));
    else
      batch.add(numeric::RPL_KEYVALUE, fmt::format("{} {} * :{}", of.name(), key, found->second));
  }
  batch.end();
}

void list_values(irc_client& by, const subject& of) {
  metadata_batch batch(by, "metadata", {of.name()});
  for (const auto& [key, value] : values_of(by.chat(), of).values)
    batch.add(numeric::RPL_KEYVALUE, fmt::format("{} {} * :{}", of.name(), key, value));
  batch.end();
}

void sync(irc_client& by, const subject& of) {
  if (of.in) return may_look(by, *of.in) ? tell_room(by, *of.in) : tell_later(by, *of.in);
  metadata_batch batch(by, "metadata", {of.name()});
  add_subscribed(batch, subscriptions_of(by), of.name(), values_of(by.chat(), of));
  batch.end();
}

// --- subscriptions

/// Keys, a dozen a line.
template <class Put> void in_lines(const std::vector<std::string>& keys, Put put) {
  for (std::size_t at = 0; at < keys.size(); at += keys_per_line) {
    std::string words;
    for (std::size_t i = at; i < std::min(at + keys_per_line, keys.size()); ++i)
      words += words.empty() ? keys[i] : " " + keys[i];
    put(words);
  }
}

void answer_keys(irc_client& by, numeric what, const std::vector<std::string>& keys) {
  in_lines(keys, [&](const std::string& words) {
    by.answer_lines(fmt::format(":{} {:03} {} {}\r\n", by.chat().configured().server.name,
                                static_cast<unsigned>(what), by.nick(), words));
  });
}

void subscribe(irc_client& by, const message& m) {
  subscriptions& all = subscriptions_of(by);
  std::vector<std::string> taken, bad;
  std::string_view first_too_many;
  for (const std::string_view key : m.params().subspan(2)) {
    if (!is_metadata_key(key)) {
      bad.emplace_back(key);
      continue;
    }
    if (!all.keys.contains(key) && all.keys.size() >= most_subscriptions) {
      first_too_many = key;
      break;
    }
    all.keys.emplace(key);
    taken.emplace_back(key);
  }
  answer_keys(by, numeric::RPL_METADATASUBOK, taken);
  for (const std::string& key : bad) tell_bad_key(by, key);
  if (!first_too_many.empty())
    by.fail("METADATA", "TOO_MANY_SUBS", {first_too_many}, "Too many subscriptions");
  if (taken.empty() || !by.is_registered()) return;
  for (const person::seat& s : by.who()->seats()) tell_metadata_of(by, *s.in);
}

void unsubscribe(irc_client& by, const message& m) {
  std::vector<std::string> left;
  for (const std::string_view key : m.params().subspan(2)) {
    if (!is_metadata_key(key)) {
      tell_bad_key(by, key);
      continue;
    }
    if (const auto found = subscriptions_of(by).keys.find(key); found != subscriptions_of(by).keys.end())
      subscriptions_of(by).keys.erase(found);
    left.emplace_back(key);
  }
  answer_keys(by, numeric::RPL_METADATAUNSUBOK, left);
}

void list_subscriptions(irc_client& by) {
  const auto& keys = subscriptions_of(by).keys;
  metadata_batch batch(by, "metadata-subs", {});
  in_lines({keys.begin(), keys.end()},
           [&](const std::string& words) { batch.add(numeric::RPL_METADATASUBS, words); });
  batch.end();
}

/// What it has set before it was somebody is that person's now, as far as there is room for it.
void keep_what_it_brought(irc_client& by) try {
  const auto brought = std::exchange(subscriptions_of(by).own.values, {});
  if (brought.empty()) return;
  const subject of{.who = by.who()};
  metadata& all = values_of(by.chat(), of);
  auto before = all.values;
  for (const auto& [key, value] : brought)
    if (all.values.contains(key) || all.values.size() < by.bounds().metadata_keys)
      all.values.insert_or_assign(key, value);
  keep_now(by, all, std::move(before));
  for (const auto& [key, value] : brought)
    if (all.values.contains(key)) tell_change(by, of, key, value, true);
} catch (const store_error&) {
  by.chat().count.store_errors.add();
  by.fail("METADATA", "TEMPORARILY_UNAVAILABLE", {},
          "The server cannot keep now what was set before connecting; set it again later");
}

}  // namespace

std::string metadata_value(const limits& of) {
  return fmt::format("before-connect,max-subs={},max-keys={},max-value-bytes={}", most_subscriptions,
                     of.metadata_keys, longest_value(of));
}

void tell_own_metadata(irc_client& to) {
  if (!takes_metadata(to)) return;
  keep_what_it_brought(to);
  metadata_batch batch(to, "metadata", {to.nick()});
  for (const auto& [key, value] : values_of(to.chat(), *to.who()).values)
    batch.add_value(to.nick(), key, value);
  batch.end();
}

void tell_metadata_of(irc_client& to, room& in) {
  if (!takes_metadata(to)) return;
  const subscriptions& wanted = subscriptions_of(to);
  if (wanted.keys.empty()) return;
  if (in.seats().size() > to.bounds().announced || !may_look(to, in)) return tell_later(to, in);
  if (has_any(to, wanted, in)) tell_room(to, in);
}

void tell_whois_metadata(irc_client& to, person& of) {
  if (!takes_metadata(to)) return;
  for (const auto& [key, value] : values_of(to.chat(), of).values)
    to.reply(numeric::RPL_WHOISKEYVALUE, {of.nick(), key, "*", value});
}

std::vector<std::string> subscribed_by(const irc_client& of) {
  if (!of.metadata) return {};
  const auto& keys = static_cast<const subscriptions&>(*of.metadata).keys;
  return {keys.begin(), keys.end()};
}

void go_on_subscribed(irc_client& as, const std::vector<std::string>& keys) {
  if (!keys.empty()) subscriptions_of(as).keys.insert(keys.begin(), keys.end());
}

void metadata_command(irc_client& by, const message& m) {
  const std::string_view target = m.param(0), what = m.param(1);
  const auto is = [&](std::string_view name, std::size_t least) {
    return same_name(what, name) && m.param_count() >= least;
  };
  if (!by.is_registered() && !takes_metadata(by))
    return by.reply(numeric::ERR_NOTREGISTERED, {"You have not registered"});
  const subject of = find_subject(by, target);
  if (!of) return by.fail("METADATA", "INVALID_TARGET", {target}, "Invalid target");
  if (is("GET", 3)) return get_values(by, of, m);
  if (is("LIST", 2)) return list_values(by, of);
  if (is("SET", 3)) return set_value(by, of, m);
  if (is("CLEAR", 2)) return clear_values(by, of);
  if (is("SYNC", 2)) return sync(by, of);
  if (is("SUB", 3)) return subscribe(by, m);
  if (is("UNSUB", 3)) return unsubscribe(by, m);
  if (is("SUBS", 2)) return list_subscriptions(by);
  if (is("GET", 0) || is("SET", 0) || is("SUB", 0) || is("UNSUB", 0))
    return by.reply(numeric::ERR_NEEDMOREPARAMS, {"METADATA", "Not enough parameters"});
  by.fail("METADATA", "SUBCOMMAND_INVALID", {what}, "Invalid subcommand");
}

}  // namespace parlance::chat::irc
