#include <algorithm>
#include <iterator>
#include <utility>

#include <cli/chat/irc/batches.hpp>

namespace parlance::cli {
namespace {

std::size_t size_of(const irc_line& line) {
  std::size_t bytes = sizeof line + line.source.size() + line.command.size();
  for (const auto& [key, value] : line.tags) bytes += sizeof key * 2 + key.size() + value.size();
  for (const std::string& one : line.params) bytes += sizeof one + one.size();
  return bytes;
}

/// A message of several lines as one, with the tags of its beginning.
std::optional<irc_line> joined(irc_batch batch) {
  if (batch.lines.empty()) return {};
  irc_line whole = std::move(batch.opened);
  std::erase_if(whole.tags, [](const auto& tag) { return tag.first == "batch"; });
  const irc_line& first = batch.lines.front();
  if (whole.source.empty()) whole.source = first.source;
  std::string text;
  for (const irc_line& line : batch.lines) {
    if (&line != &first && !line.has_tag("draft/multiline-concat")) text += '\n';
    text += line.param(1);
  }
  std::string target(whole.params.size() > 2 ? whole.param(2) : first.param(0));
  whole.command = first.command;
  whole.params = {std::move(target), std::move(text)};
  return whole;
}

}  // namespace

std::optional<irc_batches::whole> irc_batches::take(irc_line line) {
  if (line.command == "BATCH") {
    const std::string reference(line.param(0));
    if (reference.starts_with('+'))
      begin(std::move(line));
    else if (reference.starts_with('-'))
      return end(reference.substr(1));
    return {};
  }
  const auto batch = open_.find(line.tag("batch"));
  if (batch == open_.end()) return line;
  const std::size_t bytes = size_of(line);
  if (held_ + bytes > most_bytes) return line;
  held_ += bytes;
  batch->second.bytes += bytes;
  batch->second.lines.push_back(std::move(line));
  return {};
}

void irc_batches::begin(irc_line line) {
  if (open_.size() == most_open) return;
  const std::string reference(line.param(0).substr(1));
  if (open_.contains(reference)) return;
  open_batch fresh;
  fresh.type = line.param(1);
  fresh.outer = line.tag("batch");
  fresh.opened = std::move(line);
  if (fresh.outer == reference) fresh.outer.clear();
  open_.insert_or_assign(reference, std::move(fresh));
}

std::optional<irc_batches::whole> irc_batches::end(const std::string& reference) {
  const auto found = open_.find(reference);
  if (found == open_.end()) return {};
  open_batch batch = std::move(found->second);
  open_.erase(found);
  const auto outer = open_.find(batch.outer);
  if (batch.type == "draft/multiline") {
    std::optional<irc_line> whole = joined(std::move(batch));
    if (outer == open_.end()) {
      held_ -= batch.bytes;
      if (!whole) return {};
      return std::move(*whole);
    }
    outer->second.bytes += batch.bytes;
    if (whole) outer->second.lines.push_back(std::move(*whole));
    return {};
  }
  if (outer == open_.end()) {
    held_ -= batch.bytes;
    return irc_batch(std::move(batch));
  }
  outer->second.bytes += batch.bytes;
  std::ranges::move(batch.lines, std::back_inserter(outer->second.lines));
  return {};
}

}  // namespace parlance::cli
