// CHATHISTORY (IRCv3 draft/chathistory, draft/event-playback).
#include <fmt/core.h>

#include <algorithm>
#include <charconv>

#include <parlance/chat/core/correspondence.hpp>
#include <parlance/chat/core/playback.hpp>
#include <parlance/chat/irc/commands.hpp>
#include <parlance/chat/irc/history_reading.hpp>

namespace parlance::chat::irc {
namespace {

constexpr std::string_view name = "CHATHISTORY";
constexpr std::string_view no_history = "Messages could not be retrieved";

/// What is asked for, once it is understood.
struct request {
  std::string verb;
  std::string_view target;
  places from, to;       // what each reference means: one, or all of a millisecond
  bool is_open = false;  // "*": from the end of what there is
  std::size_t limit = 0;
};

std::string refusal(const irc_client& by, const request& r, std::string_view code, std::string_view about,
                    std::string_view text) {
  const std::string_view verb = r.verb.empty() ? std::string_view("*") : r.verb;
  if (about.empty()) return by.standard_reply("FAIL", name, code, {verb}, text);
  return by.standard_reply("FAIL", name, code, {verb, about}, text);
}

void refuse(irc_client& by, const request& r, std::string_view code, std::string_view about,
            std::string_view text) {
  by.answer_lines(refusal(by, r, code, about, text));
}

std::string not_read(const irc_client& by, const request& r) {
  return refusal(by, r, "MESSAGE_ERROR", r.target, no_history);
}

/// "timestamp=..." or "msgid=..."; says why not.
bool take_reference(irc_client& by, const request& r, std::string_view text, places& into) {
  constexpr std::string_view timestamp = "timestamp=", msgid = "msgid=";
  if (text.starts_with(timestamp)) {
    const std::optional<std::uint64_t> time = parse_time(text.substr(timestamp.size()));
    if (!time) return refuse(by, r, "INVALID_PARAMS", text, "Invalid timestamp"), false;
    into = by.chat().clock().places_of(*time);
    return true;
  }
  if (r.verb != "TARGETS" && text.starts_with(msgid)) {
    const entry_id id = parse_msgid(text.substr(msgid.size()));
    if (id == 0) return refuse(by, r, "INVALID_PARAMS", text, "Invalid msgid"), false;
    into = {id, id};
    return true;
  }
  if (r.verb != "TARGETS" && text.find('=') != std::string_view::npos)
    return refuse(by, r, "INVALID_MSGREFTYPE", r.target, "Messages are found by msgid or timestamp"), false;
  return refuse(by, r, "INVALID_PARAMS", text, "Invalid reference"), false;
}

bool take_limit(irc_client& by, request& r, std::string_view text) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), r.limit);
  if (end != text.data() + text.size() || text.empty() || error == std::errc::invalid_argument)
    return refuse(by, r, "INVALID_PARAMS", text, "Invalid limit"), false;
  const std::size_t most = by.chat().configured().history.max_answer;
  r.limit = error == std::errc::result_out_of_range ? most : std::min(r.limit, most);
  return true;
}

/// Says why not.
bool understand(irc_client& by, const message& m, request& r) {
  r.verb = m.param(0);
  std::ranges::transform(r.verb, r.verb.begin(),
                         [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
  const bool has_target = r.verb != "TARGETS";
  const bool has_two = r.verb == "TARGETS" || r.verb == "BETWEEN";
  if (!has_two && r.verb != "LATEST" && r.verb != "BEFORE" && r.verb != "AFTER" && r.verb != "AROUND")
    return refuse(by, r, "INVALID_PARAMS", {},
                  r.verb.empty() ? "Insufficient parameters" : "Unknown command"),
           false;
  const std::size_t count = 3U + (has_target ? 1 : 0) + (r.verb == "BETWEEN" ? 1 : 0) + (has_target ? 0 : 1);
  if (m.param_count() < count) return refuse(by, r, "INVALID_PARAMS", {}, "Insufficient parameters"), false;
  if (m.param_count() > count) return refuse(by, r, "INVALID_PARAMS", {}, "Too many parameters"), false;
  std::size_t at = 1;
  if (has_target) r.target = m.param(at++);
  r.is_open = r.verb == "LATEST" && m.param(at) == "*";
  if (!r.is_open && !take_reference(by, r, m.param(at), r.from)) return false;
  ++at;
  if (has_two && !take_reference(by, r, m.param(at++), r.to)) return false;
  return take_limit(by, r, m.param(at));
}

/// Who comes and goes in an auditorium is told only to those who see it happen.
kind_set kinds_for(const irc_client& to, const room* in) {
  using kind = event::kind;
  const auto bit = [](kind k) { return kind_bit(static_cast<unsigned char>(k)); };
  kind_set kinds = said_kinds;
  if (!to.has(capability::event_playback)) return kinds;
  kinds |= bit(kind::topic) | bit(kind::mode);
  if (!in || !in->modes.has('u') || in->ranks_of(*to.who()) != no_rank)
    kinds |= bit(kind::join) | bit(kind::part) | bit(kind::quit) | bit(kind::kick) | bit(kind::nick);
  if (to.has(capability::message_tags)) kinds |= bit(kind::tags);
  if (to.has(capability::channel_rename)) kinds |= bit(kind::rename);
  if (to.has(capability::message_redaction)) kinds |= bit(kind::redact);
  return kinds;
}

/// As many from either side as there are, up to the limit in all; half and half when both have enough.
std::vector<stored_entry> read_around(hub& chat, const readable_history& from, const request& r,
                                      kind_set kinds) {
  using end = entry_range::end;
  std::vector<stored_entry> all = read_history(
      chat, from, {.before = r.from.last + 1, .limit = r.limit, .from = end::newest, .kinds = kinds});
  std::vector<stored_entry> later =
      read_history(chat, from, {.after = r.from.last, .limit = r.limit, .from = end::oldest, .kinds = kinds});
  const std::size_t half = r.limit / 2 + 1, rest = r.limit - std::min(later.size(), r.limit);
  const std::size_t earlier = std::min({all.size(), r.limit, std::max(half, rest)});
  all.erase(all.begin(), all.end() - static_cast<std::ptrdiff_t>(earlier));
  later.resize(std::min(later.size(), r.limit - earlier));
  std::ranges::move(later, std::back_inserter(all));
  return all;
}

entry_range range_of(const request& r) {
  using end = entry_range::end;
  if (r.verb == "LATEST") return {.after = r.is_open ? 0 : r.from.last, .from = end::newest};
  if (r.verb == "BEFORE") return {.before = r.from.first, .from = end::newest};
  if (r.verb == "AFTER") return {.after = r.from.last, .from = end::oldest};
  if (r.from.first <= r.to.first) return {.after = r.from.last, .before = r.to.first, .from = end::oldest};
  return {.after = r.to.last, .before = r.from.first, .from = end::newest};
}

void tell_history(irc_client& by, const request& r, const readable_history& from) {
  const kind_set kinds = kinds_for(by, from.in);
  entry_range which = r.verb == "AROUND" ? entry_range() : range_of(r);
  which.limit = r.limit;
  which.kinds = kinds;
  std::vector<stored_entry> entries;
  if (r.limit != 0)
    entries =
        r.verb == "AROUND" ? read_around(by.chat(), from, r, kinds) : read_history(by.chat(), from, which);
  // What somebody is called is as it was asked for: it may be an account's name.
  const std::string batch =
      by.open_batch("chathistory", {from.in ? std::string_view(from.in->name()) : r.target});
  by.answer_past(history_lines(by, entries, from, batch, which.from), not_read(by, r));
  by.close_batch(batch);
}

// --- TARGETS

struct target {
  std::string name;
  entry_id newest;
};

/// By what name the history of a talk can be asked for now; empty: by none.
std::string name_of(hub& chat, std::string_view with, std::string_view nick) {
  const person* const called = chat.people().find(nick);
  if (called && identity_of(*called) == with) return called->nick();
  if (!is_account(with)) return called ? std::string() : std::string(nick);
  const auto its = chat.accounts().find_by_identity(with);
  const std::string account = its ? folded(its->name) : std::string(account_of(with));
  if (const person* owner = chat.people().find(account))
    return identity_of(*owner) == with ? owner->nick() : "";
  return std::string(same_name(nick, account) ? nick : account);
}

std::vector<target> targets_of(irc_client& by, entry_id after, entry_id before) {
  hub& chat = by.chat();
  std::vector<target> all;
  const auto consider = [&](std::string called, entry_id newest) {
    if (newest > after && newest < before && !called.empty()) all.push_back({std::move(called), newest});
  };
  for (const person::seat& s : by.who()->seats()) {
    const entry_id newest = chat.kept().newest(s.in->key(), said_kinds);
    if (newest > after && newest >= history_of(chat, *by.who(), *s.in).since) consider(s.in->name(), newest);
  }
  const std::string self = identity_of(*by.who());
  each_talk(chat.kept(), self, [&](std::string_view with, std::string_view nick) {
    const std::string talk = conversation_of(self, with);
    const entry_id newest = chat.kept().newest(talk, said_kinds);
    if (newest != 0) return consider(name_of(chat, with, nick), newest);
    // Everything in it has been forgotten; what is no message is no reason to look somebody up.
    if (chat.kept().newest(talk) == 0) forget_talk(chat.kept(), self, with);
  });
  std::ranges::sort(all, {}, &target::newest);
  return all;
}

void tell_targets(irc_client& by, const request& r) {
  const bool forwards = r.from.first <= r.to.first;
  const places &low = forwards ? r.from : r.to, &high = forwards ? r.to : r.from;
  std::vector<target> all = targets_of(by, low.last, high.first);
  if (all.size() > r.limit) {
    const auto excess = static_cast<std::ptrdiff_t>(all.size() - r.limit);
    forwards ? all.erase(all.end() - excess, all.end()) : all.erase(all.begin(), all.begin() + excess);
  }
  const std::string batch = by.open_batch("draft/chathistory-targets", {});
  std::string lines;
  for (const target& t : all) {
    if (!batch.empty()) lines += fmt::format("@batch={} ", batch);
    lines += fmt::format(":{} CHATHISTORY TARGETS {} ", by.chat().configured().server.name, t.name);
    append_time(lines, by.chat().clock().time_of(t.newest));
    lines += "\r\n";
  }
  by.answer_past(lines, not_read(by, r));
  by.close_batch(batch);
}

}  // namespace

void chathistory(irc_client& by, const message& m) {
  request r;
  if (!understand(by, m, r)) return;
  if (!may_read_history(by))
    return refuse(by, r, "MESSAGE_ERROR", r.target, "Please wait a while and try again");
  const paid_history_reading work(by);
  by.chat().count.history_queries.add();
  try {
    if (r.verb == "TARGETS") return tell_targets(by, r);
    const std::optional<readable_history> from = find_history(by.chat(), *by.who(), r.target);
    if (!from) return refuse(by, r, "INVALID_TARGET", r.target, no_history);
    tell_history(by, r, *from);
  } catch (const store_error&) {
    by.answer_lines(not_read(by, r));
  }
}

}  // namespace parlance::chat::irc
