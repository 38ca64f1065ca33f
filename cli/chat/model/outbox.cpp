// What one says: it shows at once, and is kept when the server tells it back (echo-message, labeled-response),
// or refused.
#include <algorithm>
#include <charconv>
#include <utility>

#include <parlance/chat/base/words.hpp>
#include <parlance/io/loop.hpp>

#include <cli/chat/model/network.hpp>
#include <cli/chat/model/text.hpp>

namespace parlance::cli {
namespace {

/// Bytes of text in a line: with the longest name and room it stays below IRC's 512.
constexpr std::size_t longest_piece = 350;

/// No faster than a server takes it from one client. Who knows labels is taken for a server of today; others
/// put out who says more than a line in two seconds (RFC 1459, section 8.10).
constexpr io::duration quick = std::chrono::milliseconds(60), slow = std::chrono::seconds(2);
constexpr int at_once = 5;

struct multiline_limits {
  std::size_t bytes = 4096, lines = 100;
};

multiline_limits limits_in(std::string_view value) {
  multiline_limits limits;
  while (!value.empty()) {
    std::string_view one = chat::take_item(value, ',');
    const std::string_view key = chat::take_item(one, '=');
    std::size_t number = 0;
    std::from_chars(one.data(), one.data() + one.size(), number);
    if (number != 0 && key == "max-bytes") limits.bytes = number;
    if (number != 0 && key == "max-lines") limits.lines = number;
  }
  return limits;
}

bool is_blank(std::string_view text) { return text.find_first_not_of(" \t\n") == text.npos; }

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  for (;;) {
    const std::size_t end = text.find('\n');
    lines.push_back(text.substr(0, end));
    if (end == text.npos) return lines;
    text.remove_prefix(end + 1);
  }
}

}  // namespace

std::vector<std::string> chat_network::messages_of(std::string_view text) const {
  std::vector<std::string> messages;
  if (!session_.has("draft/multiline")) {
    for (const std::string_view line : lines_of(text))
      for (std::string& piece : split_text(line, longest_piece))
        if (!is_blank(piece)) messages.push_back(std::move(piece));
    return messages;
  }
  const multiline_limits limits = limits_in(session_.value_of("draft/multiline"));
  std::size_t bytes = limits.bytes + 1, count = 0;
  for (const std::string_view line : lines_of(text)) {
    for (const std::string& part : split_text(line, limits.bytes - 1)) {
      const std::size_t pieces = split_text(part, longest_piece).size();
      if (bytes + part.size() + 1 > limits.bytes || count + pieces > limits.lines) {
        messages.emplace_back();
        bytes = count = 0;
      } else {
        messages.back() += '\n';
      }
      messages.back() += part;
      bytes += part.size() + 1;
      count += pieces;
    }
  }
  std::erase_if(messages, is_blank);
  return messages;
}

std::size_t chat_network::messages_in(std::string_view text) const { return messages_of(text).size(); }

void chat_network::say(conversation& where, std::string_view text, bool is_action) {
  const std::string reply_to = std::exchange(where.replying_to, {});
  for (std::string& message : messages_of(text))
    where.pending.push_back({.text = std::move(message), .reply_to = reply_to, .is_action = is_action});
  added(where);
}

void chat_network::added(conversation& where) {
  if (state_ == state::refused || state_ == state::left)
    for (pending_message& one : where.pending)
      if (!one.refused) one.refused = "there is no connection";
  pump(io::loop::current().now());
  observer_.changed();
  observer_.has_output();
}

/// Says what may be said now.
void chat_network::pump(io::time_point now) {
  if (!session_.is_ready()) return;
  const io::duration each = session_.has("labeled-response") ? quick : slow;
  next_send_ = std::max(next_send_, now - each * at_once);
  for (const auto& where : all_) {
    // What a lost connection left open comes first, when what was missed has come.
    if (!where->is_current) continue;
    for (std::size_t at = 0; at < where->pending.size();) {
      pending_message& one = where->pending[at];
      if (one.is_sent || one.refused) {
        ++at;
        continue;
      }
      if (next_send_ > now) return;
      next_send_ += each;
      one.is_sent = true;
      one.as = session_.nick();
      transmit(*where, one);
      // Nobody would tell: what was sent counts as said.
      if (session_.has("echo-message")) {
        ++at;
        continue;
      }
      chat_entry said{.nick = session_.nick(),
                      .text = shown_text(one.text),
                      .time = now_on_the_wall(),
                      .what = one.is_action ? chat_entry::kind::action : chat_entry::kind::text};
      where->pending.erase(where->pending.begin() + static_cast<std::ptrdiff_t>(at));
      hear(*where, std::move(said));
    }
  }
}

void chat_network::transmit(conversation& where, pending_message& one) {
  irc_tags tags;
  if (!one.reply_to.empty()) tags.emplace_back("+draft/reply", one.reply_to);
  one.label = session_.new_label();
  if (session_.has("labeled-response")) {
    tags.emplace_back("label", one.label);
    session_.expect(one.label, [this, key = where.key, label = one.label](
                                   const std::vector<irc_line>& lines) { settle(key, label, lines); });
  }
  const auto lines = lines_of(one.text);
  if (lines.size() == 1 && one.text.size() <= longest_piece)
    return session_.send({"PRIVMSG", where.name,
                          one.is_action ? "\x01"
                                          "ACTION " +
                                              one.text + "\x01"
                                        : one.text},
                         tags);
  session_.send({"BATCH", "+" + one.label, "draft/multiline", where.name}, tags);
  for (const std::string_view line : lines) {
    bool is_first = true;
    for (const std::string& piece : split_text(line, longest_piece)) {
      irc_tags in = {{"batch", one.label}};
      if (!std::exchange(is_first, false)) in.emplace_back("draft/multiline-concat", "");
      session_.send({"PRIVMSG", where.name, piece}, in);
    }
  }
  session_.send({"BATCH", "-" + one.label});
}

void chat_network::settle(const std::string& key, const std::string& label,
                          const std::vector<irc_line>& lines) {
  conversation* const where = find(key);
  // The connection was lost before the answer: whether it was kept is found out when what was missed has come.
  if (!where || lines.empty()) return;
  const auto one = std::ranges::find(where->pending, label, &pending_message::label);
  if (one == where->pending.end()) return;
  observer_.changed();
  if (std::ranges::find(lines, "PRIVMSG", &irc_line::command) != lines.end()) {
    where->pending.erase(one);
    return;
  }
  const auto why = std::ranges::find_if(lines, [](const irc_line& line) { return line.is_refusal(); });
  one->refused =
      why == lines.end() || why->last_param().empty() ? "it was not taken" : shown_text(why->last_param());
}

/// A server that tells back, and knows no labels.
void chat_network::echoed(conversation& where, const irc_line& line) {
  if (session_.has("labeled-response")) return;
  std::string_view text = line.param(1);
  if (text.starts_with("\x01"
                       "ACTION "))
    text = text.substr(8, text.size() - 8 - (text.ends_with('\x01') ? 1 : 0));
  const auto one = std::ranges::find_if(where.pending, [&](const pending_message& pending) {
    return pending.is_sent && !pending.refused && pending.text == text;
  });
  if (one != where.pending.end()) where.pending.erase(one);
}

/// What a lost connection left open, after what was missed has come: it is among that, or it was not kept and
/// is said now. `since`: the time of the last that had come before.
void chat_network::reconsider(conversation& where, wall_time since) {
  std::vector<const chat_entry*> missed;
  for (std::size_t at = where.place_of(since); at < where.entries().size(); ++at)
    missed.push_back(where.entries()[at].get());
  for (std::size_t at = 0; at < where.pending.size();) {
    pending_message& one = where.pending[at];
    // It was said by the name that one had then; the old connection may have that still.
    const std::string text = shown_text(one.text);
    const auto found = std::ranges::find_if(missed, [&](const chat_entry* entry) {
      return entry && entry->text == text && (entry->what == chat_entry::kind::action) == one.is_action &&
             session_.is_same(entry->nick, one.as);
    });
    if (one.is_sent && !one.refused && found != missed.end()) {
      *found = nullptr;
      where.pending.erase(where.pending.begin() + static_cast<std::ptrdiff_t>(at));
      continue;
    }
    if (one.is_sent && !one.refused) {
      if (session_.has("draft/chathistory"))
        one.is_sent = false;
      else
        one.refused = "the connection was lost: it may have been said";
    }
    ++at;
  }
  pump(io::loop::current().now());
}

void chat_network::again(conversation& where, std::size_t pending) {
  if (pending >= where.pending.size()) return;
  pending_message one = std::move(where.pending[pending]);
  where.pending.erase(where.pending.begin() + static_cast<std::ptrdiff_t>(pending));
  one.refused.reset();
  one.is_sent = false;
  where.pending.push_back(std::move(one));
  added(where);
}

void chat_network::give_up(conversation& where, std::size_t pending) {
  if (pending >= where.pending.size()) return;
  where.pending.erase(where.pending.begin() + static_cast<std::ptrdiff_t>(pending));
  observer_.changed();
}

std::size_t chat_network::give_up_unsent(conversation& where) {
  const std::size_t count =
      std::erase_if(where.pending, [](const pending_message& one) { return !one.is_sent; });
  if (count != 0) observer_.changed();
  return count;
}

}  // namespace parlance::cli
