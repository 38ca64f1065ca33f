#include <algorithm>
#include <utility>
#include <vector>

#include <parlance/chat/irc/encode.hpp>
#include <parlance/chat/irc/line_builder.hpp>
#include <parlance/chat/irc/message.hpp>
#include <parlance/http/websocket/websocket.hpp>

namespace parlance::chat::irc {
namespace {

/// "@a=b;c=d ", or nothing when no tag was added.
class tag_writer {
 public:
  explicit tag_writer(std::string& out) : out_(out) {}
  /// Its value follows.
  std::string& add(std::string_view key) {
    out_ += std::exchange(any_, true) ? ';' : '@';
    out_ += key;
    return out_;
  }
  void end() {
    if (any_) out_ += ' ';
  }

 private:
  std::string& out_;
  bool any_ = false;
};

/// The tags of an event and its source. Of a message in several lines only the first has a msgid. Gives the
/// place of what comes after the tags.
std::size_t append_head(std::string& out, const event& what, form shape, std::string_view batch,
                        bool is_first = true) {
  tag_writer tags(out);
  if (!batch.empty()) tags.add("batch=") += batch;
  if (shape.has(capability::server_time)) append_time(tags.add("time="), what.time);
  if (shape.has(capability::account_tag) && !what.who.account.empty())
    tags.add("account=") += escape_tag(what.who.account);
  if (shape.has(capability::relaymsg) && !what.relayed_by.empty())
    tags.add("draft/relaymsg=") += escape_tag(what.relayed_by);
  if (shape.has(capability::message_tags)) {
    if (what.id != 0 && is_first) tags.add("msgid=") += msgid_of(what.id);
    if (what.who.is_bot) tags.add("bot");
    if (!what.tags.empty()) tags.add(what.tags);
  }
  tags.end();
  const std::size_t begin = out.size();
  out += ':';
  out += what.who.prefix;
  out += ' ';
  return begin;
}

void append_words(std::string& out, std::initializer_list<std::string_view> words) {
  for (const std::string_view& word : words) {
    if (&word != words.begin()) out += ' ';
    out += word;
  }
}

/// The last parameter, when it is not empty.
void append_reason(std::string& out, std::string_view text) {
  if (text.empty()) return;
  out += " :";
  out += text;
}

std::string_view command_of(event::kind what) { return what == event::kind::notice ? "NOTICE" : "PRIVMSG"; }

/// Breaks a text into what fits in `room` bytes each, after a space where there is one near: together they
/// are the text. None but the first begins with what makes a question to a client of it (CTCP), which nobody has asked.
void break_up(text_line text, std::size_t room, std::vector<text_line>& into) {
  for (std::string_view rest = text.text;;) {
    std::string_view piece = truncate_utf8(rest, room);
    const std::size_t space = piece.rfind(' ');
    if (piece.size() < rest.size() && space != std::string_view::npos && space > room / 2)
      piece = piece.substr(0, space + 1);
    if (piece.empty()) piece = rest.substr(0, room);
    while (piece.size() > 1 && piece.size() < rest.size() && rest[piece.size()] == '\x01')
      piece = truncate_utf8(piece, piece.size() - 1);
    into.push_back({piece, text.continues});
    rest.remove_prefix(piece.size());
    if (rest.empty()) return;
    text.continues = true;
  }
}

/// Bytes of text that a message of its kind has room for in a line. Where names leave nearly none, as the configuration
/// may allow them to, some all the same, or it would never be told.
std::size_t room_for_text(const event& what) noexcept {
  constexpr std::string_view rest = ":   :\r\n";
  const std::size_t frame =
      what.who.prefix.size() + command_of(what.what).size() + what.target.size() + rest.size();
  constexpr std::size_t least = 32;
  return max_line - std::min(frame, max_line - least);
}

/// A line of a message; `open` and `close` are around its text.
void append_line(std::string& out, const event& what, std::string_view text, std::string_view open = {},
                 std::string_view close = {}) {
  append_words(out, {command_of(what.what), what.target});
  out += " :";
  out += open;
  out += text;
  out += close;
  out += "\r\n";
}

/// What is done in a text that is too long is told in several lines, each of them something that is done.
/// What else clients say to each other (CTCP) makes no sense in pieces, and is cut.
void append_long_ctcp(std::string& out, const event& what, form shape, std::string_view batch) {
  constexpr std::string_view action =
      "\x01"
      "ACTION ";
  constexpr std::string_view end = "\x01";
  const std::size_t room = room_for_text(what) - action.size() - end.size();
  const bool is_action = what.text.starts_with(action);
  std::string_view text = what.text.substr(is_action ? action.size() : 1);
  if (text.ends_with(end)) text.remove_suffix(end.size());
  std::vector<text_line> lines;
  break_up({text, false}, room, lines);
  if (!is_action) lines.resize(1);
  for (const text_line& line : lines) {
    append_head(out, what, shape, batch, &line == lines.data());
    append_line(out, what, line.text, is_action ? action : end, end);
  }
}

void append_lines(std::string& out, const event& what, form shape, std::string_view batch) {
  std::vector<text_line> lines;
  const std::size_t room = room_for_text(what);
  if (what.lines.empty()) break_up({what.text, false}, room, lines);
  for (const text_line& line : what.lines) break_up(line, room, lines);

  std::string inner(batch);
  const bool is_batched = shape.has(capability::multiline) && shape.has(capability::batch);
  if (is_batched) {
    append_head(out, what, shape, batch);
    inner = msgid_of(what.id);
    append_words(out, {"BATCH", "+" + inner, "draft/multiline", what.target});
    out += "\r\n";
  }
  bool is_first = !is_batched;
  for (const text_line& line : lines) {
    // An empty line says nothing to those who read the lines one by one.
    if (line.text.empty() && !is_batched) continue;
    if (is_batched) {
      out += "@batch=" + inner;
      if (line.continues) out += ";draft/multiline-concat";
      out += " :";
      out += what.who.prefix;
      out += ' ';
    } else {
      append_head(out, what, shape, batch, std::exchange(is_first, false));
    }
    append_line(out, what, line.text);
  }
  if (is_batched) {
    if (!batch.empty()) out += "@batch=", out += batch, out += ' ';
    out += ':';
    out += what.who.prefix;
    append_words(out, {" BATCH", "-" + inner});
    out += "\r\n";
  }
}

/// Others than clients of IRC have longer lines, and a line gets longer on its way by who said it.
void append_text(std::string& out, const event& what, form shape, std::string_view batch) {
  if (!what.lines.empty()) return append_lines(out, what, shape, batch);
  if (what.text.size() <= room_for_text(what)) {
    append_head(out, what, shape, batch);
    return append_line(out, what, what.text);
  }
  if (what.text.starts_with('\x01')) return append_long_ctcp(out, what, shape, batch);
  append_lines(out, what, shape, batch);
}

/// Whether clients of the form asked for events of the kind.
bool is_wanted(const event& what, form shape) {
  switch (what.what) {
    case event::kind::tags:
      return shape.has(capability::message_tags);
    case event::kind::away:
      return shape.has(capability::away_notify);
    case event::kind::account:
      return shape.has(capability::account_notify);
    case event::kind::chghost:
      return shape.has(capability::chghost);
    case event::kind::setname:
      return shape.has(capability::setname);
    case event::kind::redact:
      return shape.has(capability::message_redaction);
    case event::kind::rename:
      return shape.has(capability::channel_rename);
    case event::kind::metadata:
      return shape.has(capability::metadata);
    default:
      return true;
  }
}

void append_body(std::string& out, const event& what, form shape) {
  switch (what.what) {
    case event::kind::message:
    case event::kind::notice:
      break;  // append_text
    case event::kind::tags:
      return append_words(out, {"TAGMSG", what.target});
    case event::kind::join:
      append_words(out, {"JOIN", what.target});
      if (!shape.has(capability::extended_join)) return;
      append_words(out, {"", what.who.account.empty() ? std::string_view("*") : what.who.account});
      out += " :";
      out += what.who.realname;
      return;
    case event::kind::part:
      append_words(out, {"PART", what.target});
      return append_reason(out, what.text);
    case event::kind::quit:
      out += "QUIT";
      return append_reason(out, what.text);
    case event::kind::kick:
      append_words(out, {"KICK", what.target, what.object});
      return append_reason(out, what.text);
    case event::kind::nick:
      return append_words(out, {"NICK", what.object});
    case event::kind::topic:
      append_words(out, {"TOPIC", what.target});
      out += " :";
      out += what.text;
      return;
    case event::kind::mode:
      return append_words(out, {"MODE", what.target, what.text});
    case event::kind::rename:
      append_words(out, {"RENAME", what.target, what.object});
      out += " :";
      out += what.text;
      return;
    case event::kind::redact:
      append_words(out, {"REDACT", what.target, what.object});
      return append_reason(out, what.text);
    case event::kind::invite:
      return append_words(out, {"INVITE", what.object, what.target});
    case event::kind::away:
      out += "AWAY";
      return append_reason(out, what.text);
    case event::kind::account:
      return append_words(out, {"ACCOUNT", what.object.empty() ? std::string_view("*") : what.object});
    case event::kind::chghost:
      return append_words(out, {"CHGHOST", what.object, what.text});
    case event::kind::setname:
      out += "SETNAME :";
      out += what.text;
      return;
    case event::kind::wallops:
      out += "WALLOPS :";
      out += what.text;
      return;
    case event::kind::metadata:
      append_words(out, {"METADATA", what.target, what.object, "*"});
      return append_reason(out, what.text);
  }
}

}  // namespace

void append_event(std::string& out, const event& what, form shape) { append_event(out, what, shape, {}); }

void append_event(std::string& out, const event& what, form shape, std::string_view batch) {
  if (!is_wanted(what, shape)) return;
  if (what.what == event::kind::message || what.what == event::kind::notice)
    return append_text(out, what, shape, batch);
  const std::size_t begin = append_head(out, what, shape, batch);
  append_body(out, what, shape);
  const std::string_view line = std::string_view(out).substr(begin);
  if (line.size() > max_line - 2) out.resize(begin + truncate_utf8(line, max_line - 2).size());
  out += "\r\n";
}

void encode(std::string& out, const event& what, form shape) {
  if (shape.framed() == framing::lines) return append_event(out, what, shape);
  std::string lines;
  append_event(lines, what, shape);
  append_framed(out, lines, shape.framed());
}

void append_framed(std::string& out, std::string_view lines, framing how) {
  while (!lines.empty()) {
    const std::size_t end = lines.find("\r\n");
    const auto kind = how == framing::websocket_binary ? http::opcode::binary : http::opcode::text;
    http::append_frame(out, kind, lines.substr(0, end));
    lines.remove_prefix(end == std::string_view::npos ? lines.size() : end + 2);
  }
}

}  // namespace parlance::chat::irc
