// Tells those of what they miss who have asked for it (WEBPUSH) and are at no client: what is said to them, and where
// somebody names them in a room. By the push services of their browsers (RFC 8030), beside the chat: nobody waits for one.
//
// A push service is whatever somebody has named: it is called at addresses of public networks alone, by https, follows
// nowhere else, and has little time, for which whoever named it pays: others wait for it as little as can be. What
// cannot be sent soon is not sent.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include <parlance/chat/accounts/push_encryption.hpp>
#include <parlance/chat/base/budget.hpp>
#include <parlance/chat/core/hub.hpp>
#include <parlance/chat/core/push_subscriptions.hpp>
#include <parlance/io/scope.hpp>
#include <parlance/io/task.hpp>

namespace parlance::chat {

class push_sender {
 public:
  /// Of a hub that outlives it. `warn` is told of what a service refused.
  push_sender(hub& of, std::function<void(std::string_view)> warn) : of_(of), warn_(std::move(warn)) {}
  push_sender(const push_sender&) = delete;
  push_sender& operator=(const push_sender&) = delete;

  /// For hub::on_said, and hub::on_turn_over.
  void said(const event& what, const room* in, const person* to);
  void turn_is_over(bool kept);

  /// Those that wait, and those under way.
  std::size_t pending() const noexcept { return waiting_.size() + under_way_.size(); }

 private:
  struct order {
    std::string identity;
    push_subscription to;
    std::string payer;  // the identity, and the origin of the push service
    std::string text;
    bool is_urgent;
  };

  /// Of a person at a push service: the seconds that it may take still.
  budget& time_of(const order& one);
  void queue(order one);
  std::optional<order> next();
  void begin();
  void add(const person& whom, const event& what, bool is_urgent);
  io::task<void> work(order what);
  io::task<void> send(order what);

  hub& of_;
  std::function<void(std::string_view)> warn_;
  std::optional<vapid_key> ours_;  // once it is needed
  std::vector<order> of_turn_;     // what has not been kept yet
  std::deque<order> waiting_;
  std::vector<std::string> under_way_;             // identities, each once
  std::unordered_map<std::string, budget> often_;  // by identity
  std::unordered_map<std::string, budget> times_;  // by payer
  io::scope workers_;                              // last: what runs in it uses the rest
};

}  // namespace parlance::chat
