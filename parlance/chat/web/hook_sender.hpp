// Posts what is said in rooms to their outgoing webhooks (core/hooks.hpp), beside the chat: nobody waits for one. Each has a
// line of its own, in the order in which it was said, and what could not be posted is posted again, later each time. One that
// fails too often is stopped, and who has made it is told. Next is who has taken the least time so far, and what waits in all
// is bounded: so who names a program that answers slowly, or not at all, holds up what others have made as little as can be.
//
// Whom it calls somebody has named: outward.hpp says at which addresses. What bots say, hooks among them, is not posted, so
// that two never talk to each other for ever.
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

#include <parlance/chat/base/budget.hpp>
#include <parlance/chat/core/hooks.hpp>
#include <parlance/chat/core/hub.hpp>
#include <parlance/http/client/request.hpp>
#include <parlance/io/event.hpp>
#include <parlance/io/list.hpp>
#include <parlance/io/scope.hpp>
#include <parlance/io/task.hpp>
#include <parlance/io/time.hpp>

namespace parlance::chat {

struct in_hook_sender;

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
    std::size_t bytes = 0;            // of those
    unsigned failures = 0;            // since it was posted to last
    bool is_cut = false;              // some were too many to wait, which was told
    budget answers = hook_rate;
  };
  struct order {
    std::string id, body;
  };
  /// One who posts, or waits to, in the order in which they came.
  struct visit : io::link<in_hook_sender> {
    visit(hook_sender& of, std::string by) : sender(of), payer(std::move(by)) {}
    ~visit() {
      if (since) sender.leave(*this);
    }
    hook_sender& sender;
    const std::string payer;  // who has made the hook
    io::event may_begin;
    std::optional<io::time_point> since = {};  // it may
  };
  enum class end : unsigned char { posted, refused, failed, over };
  struct result {
    end how;
    std::string why = {};
  };

  io::task<void> work(std::string id);
  io::task<result> post(hook which, const std::string& body);
  void queue(const std::string& id, line& its, std::string body);
  /// Not all that was said for it is posted.
  void cut(const std::string& id, line& its);
  bool make_space(const line& for_one, std::size_t bytes);
  static void drop_first(line& of, std::size_t& total) noexcept;
  void let_in();
  void leave(const visit& one) noexcept;
  void take_answer(const std::string& id, const http::response& answer);
  void give_up(const std::string& id, std::string_view why);

  hub& of_;
  std::function<void(std::string_view, std::string_view)> warn_;
  std::vector<order> of_turn_;                   // what has not been kept yet
  std::unordered_map<std::string, line> lines_;  // by the ids of hooks; each has a worker
  std::size_t bytes_ = 0;                        // of all that waits
  io::list<visit, in_hook_sender> waiting_;
  std::vector<std::string> under_way_;             // their payers
  std::unordered_map<std::string, budget> times_;  // that payers have taken, in seconds
  io::scope workers_;                              // last: what runs in it uses the rest
};

}  // namespace parlance::chat
