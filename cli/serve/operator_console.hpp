// The one who runs the server, at its own terminal or by a script: hears the lobby, speaks to it, sees who is
// connected and how each connection fares, puts out whom it must, and sees to rooms and accounts.
#pragma once

#include <string>
#include <string_view>

#include <parlance/chat/accounts/accounts.hpp>
#include <parlance/chat/core/hub.hpp>
#include <parlance/chat/door/server.hpp>
#include <parlance/chat/plain/plain_handler.hpp>
#include <parlance/io/task.hpp>

#include <cli/chat/console.hpp>

namespace parlance::cli {

class operator_console final : private chat::connection {
 public:
  /// Enters the lobby. A terminal is shown who comes and goes, too; a script only what people say.
  operator_console(chat::server& server, console& at);

  /// Does what a typed line asks for. False: it asks the server to end.
  io::task<bool> obey(std::string_view line);

 private:
  void deliver(chat::outgoing batch) override;
  void end() override {}

  /// Tells the operator one line.
  void note(std::string_view text);
  /// What is no command of the console's own: something that is said.
  void talk(const std::string& line);
  /// A command that does not have to wait for anything. False: there is none of that name.
  bool obey_at_once(std::string_view word, std::string_view rest);

  // The commands, each with what was typed after it.
  void show_help(std::string_view);
  void reload(std::string_view);
  void announce(std::string_view text);
  void kick(std::string_view rest);
  void set_topic(std::string_view rest);
  void room(std::string_view rest);
  void make_operator(std::string_view rest);
  // operator_reports.cpp
  void show_callers(std::string_view);
  void show_rooms(std::string_view);
  void show_statistics(std::string_view);
  void tell_about(const chat::room& r);
  // operator_bans.cpp
  void ban(std::string_view rest);
  void unban(std::string_view rest);
  void show_bans(std::string_view);
  // operator_accounts.cpp
  void show_accounts(std::string_view beginning);
  void tell_about(const chat::account& a);
  io::task<void> obey_about_account(std::string_view rest);
  /// Makes a password up when none is given.
  io::task<void> set_password(std::string name, std::string_view given, bool makes);

  chat::server& server_;
  console& console_;
  chat::plain_client window_;
};

}  // namespace parlance::cli
