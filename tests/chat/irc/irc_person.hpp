// Somebody who speaks IRC to a hub without a network, and what it has been told.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include <parlance/chat/irc/irc_client.hpp>

#include "chat/core/window.hpp"

namespace parlance::chat {

class irc_person final : connection {
 public:
  irc_person(hub& chat, const std::string& nick, std::string_view account = {},
             const std::string& address = "192.0.2.1")
      : chat_(chat), client_(chat, *this, {.address = address, .from = address + ":1"}) {
    greeting_ = say("NICK " + nick) + say("USER " + nick + " 0 * :" + nick);
    if (!client_.who()) return;  // it was not let in
    client_.who()->account = account;
    if (const auto its = chat.accounts().find(account)) client_.who()->account_number = its->number;
  }

  /// Says something, and gives what it is told then.
  std::string say(const std::string& line) {
    heard_.clear();
    client_.obey(line);
    chat_.end_turn();
    return heard_;
  }
  /// What it has been told since it said something.
  std::string heard() {
    chat_.end_turn();
    return std::exchange(heard_, {});
  }
  /// From here on it is logged in.
  void log_in(std::string_view account) { chat_.log_in(*client_.who(), account); }
  const std::string& greeting() const noexcept { return greeting_; }

 private:
  void deliver(outgoing batch) override {
    for (const piece& p : batch.pieces()) heard_ += p.view();
  }
  void end() override {}

  hub& chat_;
  std::string heard_, greeting_;
  irc::irc_client client_;
};

}  // namespace parlance::chat
