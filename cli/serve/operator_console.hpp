// The one who runs the server, at its own terminal, by a script or by `parlance admin`: hears the lobby, speaks to
// it, sees who is connected and how each connection fares, puts out whom it must, and sees to rooms and accounts.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include <parlance/chat/accounts/accounts.hpp>
#include <parlance/chat/core/hub.hpp>
#include <parlance/chat/door/server.hpp>
#include <parlance/chat/plain/command.hpp>
#include <parlance/chat/plain/plain_handler.hpp>
#include <parlance/io/task.hpp>

#include <cli/serve/operator_answer.hpp>

namespace parlance::cli {

class operator_console final : private chat::connection {
 public:
  struct view {
    /// Lines that are heard in the lobby.
    std::function<void(std::string_view lines)> hears;
    /// It is shown who comes and goes, too; not only what people say.
    bool sees_comings = false;
    /// What the server tells on stderr is shown at the same place.
    bool sees_stderr = false;
    /// By which others become operators.
    bool makes_tokens = true;
    /// From where it is spoken to, and as whom, for the audit.
    std::string from = "console", as = {};
  };

  /// Is the operator, in no room.
  operator_console(chat::server& server, view at);

  /// From here on it hears the lobby, and is seen there.
  void enter_lobby();
  /// Does what a typed line asks for. One at a time.
  io::task<operator_answer> obey(std::string_view typed);

  /// Whether a typed line only asks for something that it shows.
  static bool only_reads(std::string_view typed);

 private:
  /// What is obeyed of what is typed: without keys, fit to be shown.
  static std::string line_of(std::string_view typed);
  void deliver(chat::outgoing batch) override;
  void end() override {}

  /// Answers one line.
  void note(std::string_view text);
  /// The same, where it could not be done.
  void refuse(std::string_view why);
  /// What is no command of the console's own: something that is said.
  void talk(const std::string& line);
  void say_from_outside(const chat::plain_command& what, std::string_view line);
  /// A command that does not have to wait for anything. False: there is none of that name.
  bool obey_at_once(std::string_view word, std::string_view rest);

  // The commands, each with what was typed after it.
  void show_help(std::string_view);
  io::task<void> reload();
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
  // operator_lockdown.cpp
  void lock_down(std::string_view rest);
  // operator_talk.cpp
  void pins(std::string_view rest);
  io::task<void> search(std::string words);
  // operator_filters.cpp
  void filter(std::string_view rest);
  // operator_audit.cpp
  void show_audit(std::string_view rest);
  /// Keeps that a command was done, where it has changed something.
  void audit(std::string_view word, std::string_view rest);
  // operator_accounts.cpp
  void show_accounts(std::string_view beginning);
  void tell_about(const chat::account& a);
  void rename_account(const chat::account& a, std::string_view to);
  io::task<void> forget(std::string name);
  io::task<void> export_to_file(std::string name);
  void suspend(const chat::account& a, std::string_view rest);
  void lift_suspension(const chat::account& a);
  io::task<void> obey_about_account(std::string_view rest);
  /// Makes a password up when none is given.
  io::task<void> set_password(std::string name, std::string_view given, bool makes);

  // operator_hooks.cpp
  void hooks(std::string_view rest);
  void tokens(std::string_view rest);
  void show_tokens();

  chat::server& server_;
  const view view_;
  chat::plain_client window_;
  bool is_listening_ = false;
  operator_answer answer_;  // to the line that is being obeyed
};

}  // namespace parlance::cli
