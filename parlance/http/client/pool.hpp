// The connections of a client: those in use, those kept for the next request, and who waits for one.
//
//   http::lease place = co_await pool->take(way);
//   if (!place.get()) place.settle(co_await ...);       // a place for a new connection: dial
//   std::unique_ptr<http::request_stream> asked = place.get()->begin(...);
//   ...                                                 // the stream goes before its lease
//
// A connection whose lease goes is kept if it is fit for another request, handed to who waits for one of its
// route, or closed. One that is kept is watched: its server's end, or bytes that nobody asked for, close it.
// Belongs to one loop.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <optional>

#include <parlance/http/client/connection.hpp>
#include <parlance/http/url/origin.hpp>
#include <parlance/io/event.hpp>
#include <parlance/io/list.hpp>
#include <parlance/io/scope.hpp>
#include <parlance/io/task.hpp>
#include <parlance/io/time.hpp>

namespace parlance::http {

struct pool_limits {
  /// Most connections at a time, to one route and in all, those that are kept included. Requests beyond wait,
  /// those of one route in the order in which they came. Where `in_all` is what they wait for, routes take
  /// turns: a connection serves its route for a second or some tens of requests, and then gives its place up.
  std::size_t per_route = 8, in_all = 256;
  /// Most requests that wait; more are refused.
  std::size_t waiting = 1000;
  /// Most connections that are kept while nothing is asked of them. 0: none is, and servers are told so.
  std::size_t idle = 32;
  /// For how long one is kept. Many servers end theirs after a minute or so.
  io::duration idle_time = std::chrono::seconds(30);
};

class pool;

namespace detail {

struct pool_group;
struct in_line;
struct in_idle;
struct in_over;

struct pooled : io::link<in_idle>, io::link<in_over> {
  explicit pooled(pool_group& group) noexcept : of(&group) {}
  pool_group* of;
  std::list<pooled>::iterator self = {};
  std::unique_ptr<connection> on = {};  // null while it is dialled
  std::size_t leases = 0;
  std::uint64_t uses = 0;
  io::time_point turn_ends = io::never;
  bool gives_place = false;  // takes no more, for another route waits for its place
  io::time_point idle_until = io::never;
  std::optional<io::child<void>> watch = {};  // while it is idle; goes before `on`
};

}  // namespace detail

/// The use of a connection, or of the place for one. Keeps the pool alive.
class lease {
 public:
  lease(lease&& other) noexcept;
  lease& operator=(lease&& other) noexcept;
  ~lease();

  /// Null: it has to be dialled.
  connection* get() const noexcept { return at_->on.get(); }
  /// What was dialled.
  void settle(std::unique_ptr<connection> dialled) noexcept;
  /// Whether it was kept, or handed on, by another.
  bool used_before() const noexcept { return at_->uses > 1; }
  /// Whether no other request is under way there.
  bool is_alone() const noexcept { return at_->leases == 1; }
  /// Closes the connection and keeps the place. Only when it is alone.
  void drop_connection() noexcept;

 private:
  friend pool;
  lease(std::shared_ptr<pool> of, detail::pooled& at) noexcept;
  void give_back() noexcept;

  std::shared_ptr<pool> of_;
  detail::pooled* at_;
};

class pool : public std::enable_shared_from_this<pool> {
 public:
  /// On the thread of the loop that it is for.
  explicit pool(pool_limits limits);
  pool(const pool&) = delete;
  pool& operator=(const pool&) = delete;
  ~pool();

  /// A connection that was kept, or a place for a new one. Waits while there is neither. `may_share`: the server may
  /// speak HTTP/2, so a connection that is dialled is waited for, which may be for many. Throws failure when too many
  /// wait already, and io::error when cancelled.
  io::task<lease> take(route way, bool may_share = false);

  /// Reads the rest of an answer that nobody wants, so that its connection can be used again: 64 KiB and a
  /// second at most. Closes it instead if it could not be, or nothing is kept.
  void drain(lease from, std::unique_ptr<request_stream> rest);

  /// Closes what is kept, and keeps nothing from now on. Not in what it has called.
  void close() noexcept;

  bool keeps() const noexcept { return !closed_ && limits_.idle != 0; }
  /// Connections, those that are dialled included; those of them that are kept; requests that wait for one.
  std::size_t size() const noexcept { return size_; }
  std::size_t idle() const noexcept { return idle_; }
  std::size_t waiting() const noexcept { return waiting_; }

 private:
  friend lease;
  struct waiter;
  friend detail::pool_group;

  detail::pool_group& group_of(const route& way);
  void forget_if_empty(detail::pool_group& of) noexcept;
  static detail::pooled* fit_one(detail::pool_group& from) noexcept;
  bool may_dial(const detail::pool_group& from) const noexcept;
  bool has_place() noexcept;
  bool others_wait(const detail::pool_group& but) const noexcept;
  void stand_in_line(detail::pool_group& of) noexcept;
  void leave_line(detail::pool_group& of) noexcept;
  lease use(detail::pooled& one);
  lease take_now(detail::pool_group& from);
  static void hand(detail::pool_group& to, lease what);
  void look_after(detail::pool_group& of);
  void fill_places();
  void give_back(detail::pooled& one) noexcept;
  void keep(detail::pooled& one);
  void remove(detail::pooled& one) noexcept;
  io::task<void> watch(detail::pooled& one);
  io::task<void> keep_house();
  void sweep();
  io::task<void> drain_within_limits(lease from, std::unique_ptr<request_stream> rest);

  const pool_limits limits_;
  std::map<route, detail::pool_group> groups_;
  io::list<detail::pool_group, detail::in_line> line_;  // who waits for a place, and may have one
  io::list<detail::pooled, detail::in_idle> kept_;      // the longest idle first
  io::list<detail::pooled, detail::in_over> over_;      // of those that are kept: fit no more
  std::size_t size_ = 0, idle_ = 0, waiting_ = 0, in_line_ = 0;
  bool closed_ = false, has_housekeeper_ = false;
  io::event to_sweep_;
  std::optional<io::scope> housekeeping_;  // goes first
};

}  // namespace parlance::http
