// What a client of IRC is told, line by line, and whether it may be told that: lines are well formed, nothing is said in
// a room that it is not in, what is private is for it, each label is answered once, and what is told of #lobby has a
// place in the history.
//
//   witness one;
//   if (const std::string wrong = one.take(line); !wrong.empty()) ...
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <parlance/chat/irc/message.hpp>
#include <parlance/chat/store/store.hpp>

#include "chat/whole/grammar.hpp"

namespace parlance::chat::test {

class witness {
 public:
  explicit witness(surroundings& around) noexcept : around_(around) {}

  /// A line without its end. What is wrong with it, in words; nothing: it is as it should be.
  std::string take(std::string_view line);

  /// A label for the next command; empty where it cannot have one.
  std::string next_label();
  /// It has asked for other capabilities, so that what it may be told is not known any more.
  void asks_for_others() noexcept { is_sure_ = false; }
  /// A label that has not been answered; empty: all are.
  std::string unanswered() const;

  const std::string& nick() const noexcept { return nick_; }
  bool is_registered() const noexcept { return is_registered_; }
  /// It asked for a nick that it cannot have, and is nobody yet.
  bool needs_other_nick() noexcept { return std::exchange(needs_other_nick_, false); }
  /// It was told that its connection ends.
  bool is_told_the_end() const noexcept { return is_told_the_end_; }
  /// The token of a PING that it has not answered yet, which is taken.
  std::string take_ping() { return std::exchange(ping_, {}); }

  struct heard {
    entry_id id;
    std::string text;
  };
  /// What was said in #lobby while it was there.
  const std::vector<heard>& in_lobby() const noexcept { return lobby_; }

 private:
  struct batch {
    std::string type, target;
  };
  std::string take_message(const irc::message& m, std::string_view line);
  std::string check_place(const irc::message& m, std::string_view verb, bool is_own) const;
  void follow(const irc::message& m, std::string_view verb, bool is_own);
  const batch* history_of(const irc::message& m) const;

  surroundings& around_;
  std::string nick_;
  std::set<std::string, std::less<>> rooms_;
  std::map<std::string, batch, std::less<>> batches_;
  std::map<std::string, unsigned, std::less<>> labels_;  // how often each was answered
  std::vector<heard> lobby_;
  std::string ping_;
  unsigned labelled_ = 0;
  bool is_registered_ = false, is_sure_ = true, is_told_the_end_ = false;
  bool has_labels_ = false, needs_other_nick_ = false;
};

}  // namespace parlance::chat::test
