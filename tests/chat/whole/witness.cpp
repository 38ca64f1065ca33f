#include "chat/whole/witness.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include <parlance/chat/base/names.hpp>
#include <parlance/chat/core/event.hpp>

namespace parlance::chat::test {
namespace {

using namespace std::string_view_literals;

constexpr std::string_view search_type = "soju.im/search";
constexpr irc::line_limits longest{.tags = 8190, .rest = 510};

std::string nick_in(std::string_view source) { return std::string(source.substr(0, source.find('!'))); }

/// "@#a" is said in #a, too.
std::string_view room_in(std::string_view target) {
  const std::size_t begin = target.find_first_not_of("~@%+");
  return begin != target.npos && target[begin] == '#' ? target.substr(begin) : std::string_view();
}

bool is_one_of(std::string_view what, std::initializer_list<std::string_view> of) {
  return std::ranges::find(of, what) != of.end();
}

}  // namespace

std::string witness::take(std::string_view line) {
  if (!irc::valid_utf8(line)) return fmt::format("'{}' is no UTF-8", line);
  const auto parsed = irc::parse(line, longest);
  if (!parsed) return fmt::format("'{}' is no message", line);
  return take_message(*parsed, line);
}

std::string witness::take_message(const irc::message& m, std::string_view line) {
  const std::string verb(m.verb().view());
  const std::string from = nick_in(m.source);
  const bool is_own = !nick_.empty() && same_name(from, nick_);
  if (const irc::tag* const label = m.find_tag("label")) {
    const auto found = labels_.find(label->value());
    if (found == labels_.end()) return fmt::format("'{}' answers a label that nobody gave", line);
    if (++found->second > 1) return fmt::format("'{}' answers a label for the second time", line);
  }
  if (const irc::tag* const id = m.find_tag("msgid")) around_.saw("msgid=" + id->value());
  if (const irc::tag* const time = m.find_tag("time")) around_.saw("timestamp=" + time->value());
  if (m.source.contains('!')) around_.met(from);
  if (verb == "NOTICE" && (from == "ChanServ" || from == "NickServ")) around_.was_told(m.param(1));
  if (verb == "EXTJWT" && m.param_count() > 2)
    around_.was_given_jwt(m.param(m.param_count() - 1), m.param_count() == 3);

  if (const batch* const past = history_of(m)) {
    // What is in one of these is of the same.
    if (verb == "BATCH" && m.param(0).starts_with('+'))
      batches_[std::string(m.param(0).substr(1))] = batch(*past);
    // What was found says where by itself.
    const std::string_view room = past->type == search_type ? room_in(m.param(0)) : past->target;
    if (is_sure_ && room.starts_with('#') && !rooms_.contains(folded(room)))
      return fmt::format("'{}' is of the history of a room that {} is not in", line, nick_);
    return {};
  }
  if (is_sure_ && is_registered_)
    if (const std::string wrong = check_place(m, verb, is_own); !wrong.empty())
      return fmt::format("'{}' {} {}", line, wrong, nick_);
  follow(m, verb, is_own);
  return {};
}

const witness::batch* witness::history_of(const irc::message& m) const {
  const irc::tag* const in = m.find_tag("batch");
  if (!in) return nullptr;
  const auto found = batches_.find(in->value());
  const bool is_past = found != batches_.end() && is_one_of(found->second.type, {"chathistory", search_type});
  return is_past ? &found->second : nullptr;
}

std::string witness::check_place(const irc::message& m, std::string_view verb, bool is_own) const {
  const bool is_talk = is_one_of(verb, {"PRIVMSG", "NOTICE", "TAGMSG"});
  const bool is_of_room =
      is_talk || is_one_of(verb, {"JOIN", "PART", "KICK", "MODE", "TOPIC", "REDACT", "RENAME"});
  if (!is_of_room || is_own) return {};
  const std::string_view room = room_in(m.param(0));
  if (!room.empty()) return rooms_.contains(folded(room)) ? "" : "is of a room that it is not for:";
  if (!is_talk) return {};
  if (same_name(m.param(0), nick_) || m.param(0) == "*" || m.param(0).starts_with('$')) return {};
  return "is for somebody else than";
}

void witness::follow(const irc::message& m, std::string_view verb, bool is_own) {
  const std::string room = folded(m.param(0));
  if (verb == "PING") {
    ping_ = m.param(0);
  } else if (verb == "ERROR") {
    is_told_the_end_ = true;
  } else if (verb == "001") {
    nick_ = around_.own_nick = m.param(0);
    is_registered_ = true;
  } else if (is_one_of(verb, {"432", "433"})) {
    needs_other_nick_ = !is_registered_;
  } else if (verb == "CAP" && m.param(1) == "ACK") {
    has_labels_ = true;
  } else if (verb == "BATCH" && m.param(0).starts_with('+')) {
    batches_[std::string(m.param(0).substr(1))] = {std::string(m.param(1)), std::string(m.param(2))};
  } else if (verb == "BATCH") {
    batches_.erase(std::string(m.param(0).substr(std::min<std::size_t>(1, m.param(0).size()))));
  } else if (verb == "NICK" && is_own) {
    nick_ = around_.own_nick = m.param(0);
  } else if (verb == "JOIN" && is_own) {
    rooms_.insert(room);
  } else if (verb == "PART" && is_own) {
    rooms_.erase(room);
  } else if (verb == "KICK" && same_name(m.param(1), nick_)) {
    rooms_.erase(room);
  } else if (verb == "RENAME" && rooms_.erase(room) != 0) {
    rooms_.insert(folded(m.param(1)));
  } else if (is_one_of(verb, {"PRIVMSG", "NOTICE"}) && room == lobby) {
    if (const irc::tag* const id = m.find_tag("msgid"))
      lobby_.push_back({parse_msgid(id->value()), std::string(m.param(1))});
  }
}

std::string witness::next_label() {
  if (!has_labels_ || !is_registered_ || !is_sure_) return {};
  std::string label = fmt::format("l{}", ++labelled_);
  labels_.emplace(label, 0);
  return label;
}

std::string witness::unanswered() const {
  if (!is_sure_) return {};
  const auto found = std::ranges::find_if(labels_, [](const auto& one) { return one.second == 0; });
  return found == labels_.end() ? "" : found->first;
}

}  // namespace parlance::chat::test
