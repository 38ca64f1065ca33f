// Messages of several lines: BATCH from clients (IRCv3 client-batch, draft/multiline).
//
//   BATCH +1 draft/multiline #dev      @batch=1 PRIVMSG #dev :first      @batch=1 PRIVMSG #dev :second
//   BATCH -1
#include <fmt/core.h>

#include <algorithm>

#include <parlance/chat/core/playback.hpp>
#include <parlance/chat/irc/commands.hpp>
#include <parlance/chat/irc/multiline.hpp>

namespace parlance::chat::irc {
namespace {

constexpr std::string_view type = "draft/multiline";
constexpr std::string_view concat = "draft/multiline-concat";
constexpr std::size_t longest_reference = 64;

/// A batch that a client has opened and not closed yet.
struct open_batch final : irc_client::extension {
  std::string reference, target, tags, label;
  event::kind what = event::kind::message;
  std::string text;  // see event::lines
  std::size_t lines = 0;
  std::size_t bytes = 0;  // of the text, without what only joins
  bool has_words = false;
  bool failed = false;  // it was refused, and what still comes of it is ignored
};

open_batch* batch_of(const irc_client& by) { return static_cast<open_batch*>(by.multiline.get()); }

void refuse(irc_client& by, open_batch& batch, std::string_view code, irc_client::words about,
            std::string_view text) {
  batch.failed = true;
  by.give_label(std::exchange(batch.label, {}));
  by.fail("BATCH", code, about, text);
}

void invalid(irc_client& by, open_batch& batch, std::string_view text) {
  refuse(by, batch, "MULTILINE_INVALID", {}, text);
}

bool is_reference(std::string_view text) {
  return !text.empty() && text.size() <= longest_reference && std::ranges::all_of(text, [](char c) {
    return (c >= '0' && c <= '9') || (fold(c) >= 'a' && fold(c) <= 'z') || c == '-';
  });
}

void open(irc_client& by, const message& m) {
  const std::string_view reference = m.param(0).substr(1);
  if (!is_reference(reference))
    return by.fail("BATCH", "INVALID_REFTAG", {reference}, "Invalid reference tag");
  if (batch_of(by) && !batch_of(by)->failed) return invalid(by, *batch_of(by), "A batch is open already");
  auto batch = std::make_unique<open_batch>();
  batch->reference = reference;
  batch->target = m.param(2);
  if (by.has(capability::message_tags)) batch->tags = client_tags_of(m);
  const bool is_known = m.param(1) == type;
  const bool is_right = is_known && m.param_count() == 3 && !batch->target.empty() &&
                        batch->target.find(',') == std::string::npos && !m.find_tag("batch");
  if (is_right) batch->label = by.take_label();
  open_batch& now = *batch;
  by.multiline = std::move(batch);
  if (!is_known)
    refuse(by, now, "UNKNOWN_TYPE", {reference, m.param(1)}, "The type of the batch is unknown");
  else if (!is_right)
    invalid(by, now, "Invalid multiline batch");
}

/// Says all of it, in as many lines as it came.
void say(irc_client& by, const open_batch& batch) {
  const std::vector<text_line> lines = lines_of(batch.text);
  const std::string_view command = batch.what == event::kind::notice ? "NOTICE" : "PRIVMSG";
  const utterance all{.what = batch.what, .text = batch.text, .tags = batch.tags, .lines = lines};
  say_to(by, batch.target, command, all);
}

void close(irc_client& by, std::string_view reference) {
  open_batch* const batch = batch_of(by);
  if (!batch || batch->reference != reference)
    return by.fail("BATCH", "MULTILINE_INVALID", {}, "There is no such batch");
  const std::unique_ptr<irc_client::extension> ended = std::move(by.multiline);
  if (batch->failed) return;
  if (batch->lines == 0) return invalid(by, *batch, "Invalid multiline batch without lines");
  if (!batch->has_words) return invalid(by, *batch, "Invalid multiline batch with blank lines only");
  by.give_label(batch->label);
  say(by, *batch);
}

}  // namespace

std::string multiline_value(const limits& of) {
  return fmt::format("max-bytes={},max-lines={}", of.multiline_bytes, of.multiline_lines);
}

void batch(irc_client& by, const message& m) {
  if (!by.has(capability::multiline))
    return by.reply(numeric::ERR_UNKNOWNCOMMAND, {"BATCH", "Unknown command"});
  if (m.param(0).starts_with('+')) return open(by, m);
  if (m.param(0).starts_with('-')) return close(by, m.param(0).substr(1));
  by.fail("BATCH", "INVALID_REFTAG", {m.param(0)}, "A reference tag follows + or -");
}

bool take_line(irc_client& by, const message& m, event::kind what) {
  const tag* const reference = m.find_tag("batch");
  if (!reference || !by.has(capability::multiline)) return false;
  open_batch* const open = batch_of(by);
  if (!open) return by.fail("BATCH", "MULTILINE_INVALID", {}, "There is no such batch"), true;
  if (open->failed) return true;
  open_batch& batch = *open;
  const limits& bounds = by.bounds();
  const std::string_view target = m.param(0), text = m.param(1);
  const bool joins = m.find_tag(concat) != nullptr;
  if (reference->escaped != batch.reference)
    return invalid(by, batch, "Invalid multiline batch: the reference tag is another one"), true;
  if (batch.lines != 0 && batch.what != what)
    return invalid(by, batch, "Invalid multiline batch: PRIVMSG and NOTICE do not mix"), true;
  if (!same_name(target, batch.target))
    return refuse(by, batch, "MULTILINE_INVALID_TARGET", {batch.target, target}, "Invalid multiline target"),
           true;
  if (joins && text.empty())
    return invalid(by, batch, "Invalid multiline batch with concatenated blank line"), true;
  const std::size_t bytes = batch.bytes + m.param(1).size() + (batch.lines == 0 || joins ? 0 : 1);
  if (bytes > bounds.multiline_bytes)
    return refuse(by, batch, "MULTILINE_MAX_BYTES", {std::to_string(bounds.multiline_bytes)},
                  "Multiline batch max-bytes exceeded"),
           true;
  if (batch.lines == bounds.multiline_lines)
    return refuse(by, batch, "MULTILINE_MAX_LINES", {std::to_string(bounds.multiline_lines)},
                  "Multiline batch max-lines exceeded"),
           true;
  batch.what = what;
  batch.bytes = bytes;
  if (batch.lines++ != 0) batch.text += joins ? '\r' : '\n';
  batch.text += text;
  batch.has_words |= !text.empty();
  return true;
}

}  // namespace parlance::chat::irc
