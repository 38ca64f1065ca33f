// Where incoming webhooks (core/hooks.hpp) are posted to, over HTTP:
//
//   POST /hooks/TOKEN                  what is to be said (hook_message.hpp); 200 when the history has it, as others answer
//
// The token is all that is needed, so it goes by TLS, or where nobody else can listen. Who knows none learns nothing, there is
// no hook of that name (404), and has failed to log in (shown_token.hpp). Each pays for what it says by itself (hook_rate).
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>

#include <parlance/chat/base/budget.hpp>
#include <parlance/chat/base/caller.hpp>
#include <parlance/chat/core/hub.hpp>
#include <parlance/http/server/server_request.hpp>
#include <parlance/http/server/server_response.hpp>
#include <parlance/io/task.hpp>

namespace parlance::chat {

bool is_hook_path(std::string_view path) noexcept;

class hook_door {
 public:
  /// The hub outlives it.
  explicit hook_door(hub& of) noexcept : of_(of) {}

  /// `from`: who asks. `is_private`: nobody else can read what is asked. `asked.path()` is one: is_hook_path. Throws
  /// http::refusal.
  io::task<void> answer(caller from, bool is_private, http::server_request& asked,
                        http::server_response& answer);

 private:
  void pay(const std::string& id, double cost);

  hub& of_;
  std::unordered_map<std::string, budget> often_;  // by the ids of hooks
};

}  // namespace parlance::chat
