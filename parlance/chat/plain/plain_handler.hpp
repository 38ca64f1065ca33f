// A caller who speaks no protocol: a person with nc, or a small program.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <parlance/chat/accounts/password_work.hpp>
#include <parlance/chat/core/protocol_handler.hpp>
#include <parlance/chat/core/searching.hpp>
#include <parlance/chat/plain/command.hpp>
#include <parlance/chat/plain/framing.hpp>
#include <parlance/io/event.hpp>
#include <parlance/io/task.hpp>

namespace parlance::chat {

class plain_client final : public client {
 public:
  using client::client;
  void dismissed(std::string_view why) override;
  void not_kept(event::kind what, std::string_view target) override;

  /// Whether it hears its own messages, and whether it hears nothing but messages.
  void hear(bool itself, bool only_talk);
};

class plain_handler final : public protocol_handler {
 public:
  plain_handler(hub& chat, connection& by, caller from);
  ~plain_handler() override {
    asker_->is_here = false;
    give_up_waiting();
  }

  void feed(std::string_view bytes) override;
  bool next() override;
  io::event* busy() override { return working_ ? &done_ : nullptr; }
  std::string_view unread() const override { return framing_.unread(); }
  void give_up_waiting() override { asker_->gives_up.set(); }
  io::duration patience() override;
  void pause() override;
  void end(std::string_view why) override;
  const caller& from() const override { return client_.from(); }
  client* window() override { return &client_; }
  double cost() override { return 1 + client_.take_charge(); }
  std::optional<std::string> carried() const override;
  std::string_view begun() const override { return framing_.begun().value_or(std::string_view()); }
  bool go_on(std::string_view carried, person& whom) override;

  /// It has said nothing: it comes in and is greeted.
  void greet();
  /// What a pause means behind what it has said and `more`.
  pause_means weigh(std::string_view more) const;
  /// What it began to say never came whole, and is not said.
  void give_up();

 private:
  void take(const plain_framing::message& said);
  void enter(std::string_view wanted);
  void tell_past(const std::string& lines);
  void leave(std::string_view last_words);
  bool goes_on_with_login(const plain_framing::message& said);
  void ask_for_login(std::string account);
  bool may_be_secret(const std::string& text);
  void log_in(std::string_view account, std::string_view password);
  io::task<void> check(std::string hash, std::string account, std::string password);
  void logged_in(std::string_view account, std::string_view hash, bool is_right);
  void failed(std::string_view why);
  void search(search_question what);
  io::task<void> look_for(search_question what);
  template <class Part> void attempt(Part part);
  void obey(const plain_framing::message& said);
  void hear();

  plain_client client_;
  plain_framing framing_;
  std::shared_ptr<password_work::asker> asker_ = std::make_shared<password_work::asker>();
  io::event done_;
  std::optional<std::string> wants_login_;  // the account whose password comes next; empty: it, too
  std::string asked_for_;                   // the account whose password came so
  unsigned failures_ = 0;                   // to log in
  unsigned secrets_ = 0;                    // so many next lines may be a password alone
  bool working_ = false;                    // on a login, or a search
  bool is_quiet_ = false;
};

}  // namespace parlance::chat
