// Who runs a server in a trial: does what the program's own console does, by the same calls of the hub.
#pragma once

#include <string_view>

#include <parlance/chat/door/server.hpp>
#include <parlance/chat/plain/plain_handler.hpp>

namespace parlance::chat::test {

class attendant final : private connection {
 public:
  explicit attendant(server& of);
  /// "/kick ann", "/drop ben", "/say hello"
  void obey(std::string_view line);

 private:
  void deliver(outgoing) override {}
  void end() override {}
  void set_password(std::string_view account, bool makes);

  server& server_;
  plain_client window_;
};

}  // namespace parlance::chat::test
