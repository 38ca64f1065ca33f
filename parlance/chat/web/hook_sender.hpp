// Posts what is said in rooms to their outgoing webhooks (core/hooks.hpp), beside the chat: nobody waits for one. Each has a
// line of its own, in the order in which it was said, and what could not be posted is posted again, later each time. One that
// fails too often is stopped, and who has made it is told.
//
// Whom it calls somebody has named: outward.hpp says at which addresses. What bots say, hooks among them, is not posted, so
// that two never talk to each other for ever.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include <parlance/chat/base/budget.hpp>
#include <parlance/chat/core/hooks.hpp>
#include <parlance/chat/core/hub.hpp>
#include <parlance/http/client/request.hpp>
#include <parlance/io/scope.hpp>
#include <parlance/io/semaphore.hpp>
#include <parlance/io/task.hpp>

namespace parlance::chat {

class hook_sender {
 public:
  /// Of a hub that outlives it. `warn` is told of what has failed: of which hook, and why.
  hook_sender(hub& of, std::function<void(std::string_view hook, std::string_view why)> warn);
  hook_sender(const hook_sender&) = delete;
  hook_sender& operator=(const hook_sender&) = delete;

  /// For hub::on_said, and hub::on_turn_over.
  void said(const event& what, const room* in, const person* to);
  void turn_is_over(bool kept);

 private:
  /// Of one hook.
  struct line {
    std::deque<std::string> waiting;  // bodies
    unsigned failures = 0;            // since it was posted to last
    budget answers = hook_rate;
  };
  struct order {
    std::string id, body;
  };
  enum class end : unsigned char { posted, refused, failed, over };
  struct result {
    end how;
    std::string why = {};
  };

  io::task<void> work(std::string id);
  io::task<result> post(hook which, const std::string& body);
  void take_answer(const std::string& id, const http::response& answer);
  void give_up(const std::string& id, std::string_view why);

  hub& of_;
  std::function<void(std::string_view, std::string_view)> warn_;
  std::vector<order> of_turn_;                   // what has not been kept yet
  std::unordered_map<std::string, line> lines_;  // by the ids of hooks; each has a worker
  io::semaphore places_;
  io::scope workers_;  // last: what runs in it uses the rest
};

}  // namespace parlance::chat
