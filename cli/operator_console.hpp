// The one who runs the server, at its own terminal or by a script: hears the lobby, speaks to it, sees who is
// connected and how each connection fares, and puts out whom it must.
#pragma once

#include <string>
#include <string_view>

#include <parlance/chat/hub.hpp>
#include <parlance/chat/plain_speaker.hpp>
#include <parlance/chat/server.hpp>

#include "console.hpp"

namespace parlance::cli {

class operator_console final : private chat::connection {
 public:
  /// Enters the lobby. A terminal is shown who comes and goes, too; a script only what people say.
  operator_console(chat::server& server, console& at);

  /// Does what a typed line asks for. False: it asks the server to end.
  bool obey(std::string_view line);

 private:
  void deliver(chat::outgoing batch) override;
  void end() override {}
  void show_callers();
  void show_rooms();
  void show_statistics();
  /// No text: only tells what it is.
  void set_topic(std::string_view room_name, std::string_view text);
  void kick(std::string_view name, std::string_view reason);

  chat::server& server_;
  console& console_;
  chat::plain_client window_;
};

}  // namespace parlance::cli
