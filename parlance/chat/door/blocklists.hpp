// Asks lists of addresses (DNSBL, RFC 5782) of those who call, beside the chat: nobody waits but who has come, and not longer than
// dnsbl_group::time_limit. What they say is kept for a while (core/listings.hpp). Who gets no answer is taken for one who is on no
// list, and that is told.
//
//   if (const auto asked = lists.ask(address)) co_await asked->over;      // null: nothing is asked, or it is known
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <parlance/chat/base/budget.hpp>
#include <parlance/chat/base/network.hpp>
#include <parlance/chat/core/hub.hpp>
#include <parlance/chat/door/dns_message.hpp>
#include <parlance/io/event.hpp>
#include <parlance/io/scope.hpp>
#include <parlance/io/semaphore.hpp>
#include <parlance/io/task.hpp>

namespace parlance::chat {

class blocklists {
 public:
  /// Addresses that are asked about at the same time; others wait, of their time.
  static constexpr std::size_t most_at_once = 128;
  /// And those that may wait. Of more nothing is asked.
  static constexpr std::size_t most_waiting = 4096;

  struct inquiry {
    io::event over;
  };

  /// Of a hub that outlives it. `listed` is told of who is on a list; `warn`, now and then, what has failed.
  blocklists(hub& of, std::function<void(const network& address, const listing& what)> listed,
             std::function<void(std::string_view why)> warn);
  blocklists(const blocklists&) = delete;
  blocklists& operator=(const blocklists&) = delete;

  /// The inquiry about who calls from there that is under way, or is begun by this; null: there is none.
  std::shared_ptr<inquiry> ask(const std::optional<network>& address);

 private:
  /// A zone, and the question that it is asked.
  struct question {
    std::string zone, asked;
    bool is_answered = false;
  };
  io::task<void> find_out(network address, std::shared_ptr<inquiry> its);
  io::task<void> ask_all(std::vector<question>& questions, std::optional<listing>& found);
  void weigh(std::string_view zone, const dns_answer& answer, std::optional<listing>& found);
  void failed(std::string_view why);

  hub& hub_;
  std::function<void(const network&, const listing&)> listed_;
  std::function<void(std::string_view)> warn_;
  std::unordered_map<network, std::shared_ptr<inquiry>, network_hash> under_way_;
  io::semaphore places_{most_at_once};
  budget warnings_{.most = 10, .per_second = 0.1};
  io::scope asking_;
};

}  // namespace parlance::chat
