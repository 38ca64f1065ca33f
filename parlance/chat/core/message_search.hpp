// What searching needs beside the conversation: the index, what it has still to be told, and how much may wait.
//
//   search.said("#dev", id);               // it is in the history, or will be with this turn
//   search.gone(id);                       // and not any more
//
// The hub's thread has it; the index works on others (io::blocking), one piece of work at a time.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include <parlance/chat/base/budget.hpp>
#include <parlance/chat/search/index.hpp>
#include <parlance/chat/store/store.hpp>
#include <parlance/chat/watch/metrics.hpp>
#include <parlance/io/mutex.hpp>
#include <parlance/io/task.hpp>
#include <parlance/io/time.hpp>

namespace parlance::chat {

class message_search {
 public:
  /// Both outlive it.
  message_search(store& keeps, metrics& count);
  ~message_search();
  message_search(const message_search&) = delete;
  message_search& operator=(const message_search&) = delete;

  /// False: the history is in memory only, where no index is beside it.
  bool is_possible() const noexcept { return !store_.options().folder.empty(); }

  void said(std::string_view conversation, entry_id id);
  void gone(entry_id id) { gone_.push_back(id); }
  /// Any may have.
  void were_pruned() noexcept { has_to_review_ = true; }

  enum class outcome : unsigned char {
    done,
    not_ready,  ///< the index is being made
    too_busy,   ///< too many wait
    too_slow,
    failed
  };
  struct answer {
    outcome how = outcome::failed;
    std::vector<search_hit> hits = {};
    double seconds = 0;  ///< of a processor's
  };
  /// Looks in all that was said in turns that are over. `end_turn` ends one, where there is something to keep: a look into
  /// the history, too, may have begun it.
  io::task<answer> find(search_request what, std::function<void()> end_turn);

  /// Takes in what was said, and takes out what has gone, until it is cancelled. `is_wanted`: otherwise there is none.
  /// `tell` is told what of it goes wrong.
  io::task<void> keep(std::function<bool()> is_wanted, std::function<void(std::string_view)> tell);

 private:
  /// Has `job` done by the index, of whose work it has the turn.
  template <class Job>
  auto run(Job job, double& seconds) -> io::task<std::invoke_result_t<Job&, search_index&>>;
  /// Where something was said that the index may not have.
  std::vector<std::string> unindexed() const;
  void has_indexed(const search_index::progress& made);
  io::task<void> catch_up();
  io::task<void> tend();
  void failed(std::string_view why);
  void begin();
  void end() noexcept;

  store& store_;
  metrics& count_;
  std::shared_ptr<search_index> index_;
  io::mutex one_at_a_time_;
  std::size_t waiting_ = 0;
  std::map<std::string, entry_id, std::less<>> unindexed_;  // the last that was said in each conversation
  std::size_t messages_ = 0;                                // that were said since
  std::size_t in_this_tick_ = 0;                            // of them
  std::vector<entry_id> gone_;
  bool has_to_review_ = false;
  bool has_more_to_tend_ = true;
  bool is_ready_ = false;  // it has all but what was said just now
  std::function<void(std::string_view)> tell_;
  io::time_point not_before_{};  // after a failure
  // Keeping it true must not cost more than a part of a processor's time, however much is taken out, or said.
  budget tending_{.most = 2, .per_second = 0.1}, catching_up_{.most = 0.02, .per_second = 0.01};
};

}  // namespace parlance::chat
