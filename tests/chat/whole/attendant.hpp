// Who runs a server in a trial: does what the program's own console does, by the same calls of the hub.
#pragma once

#include <string_view>

#include <parlance/chat/door/server.hpp>
#include <parlance/chat/plain/plain_handler.hpp>

namespace parlance::chat::test {

class attendant final : private connection {
 public:
  explicit attendant(server& of);
  /// "/kick ann", "/drop ben", "/say hello". What is shown once of it: the token of "/token add ann read".
  std::string obey(std::string_view line);

 private:
  void deliver(outgoing) override {}
  void end() override {}
  void do_to_chat(std::string_view what, std::string_view rest);
  std::string see_to_tokens(std::string_view rest);
  void set_password(std::string_view account, bool makes);

  server& server_;
  plain_client window_;
};

}  // namespace parlance::chat::test
