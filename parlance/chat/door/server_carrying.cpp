// The server, from one run to the next.
#include <set>

#include <parlance/chat/door/server.hpp>
#include <parlance/chat/door/session.hpp>
#include <parlance/io/error.hpp>
#include <parlance/io/loop.hpp>
#include <parlance/io/wait.hpp>
#include <parlance/net/adopt.hpp>

namespace parlance::chat {

/// As far as they read what they are sent.
io::task<void> server::all_are_quiet(io::duration limit) {
  constexpr io::duration between = std::chrono::milliseconds(5);
  const io::time_point end = io::after(io::loop::current().now(), limit);
  for (bool all = false; !all && io::loop::current().now() < end;) {
    co_await io::sleep(between);
    all = true;
    sessions_.for_each([&](const session& s) { all = all && s.is_quiet(); });
  }
}

io::task<carried> server::let_go(io::duration grace, std::string_view goodbye) {
  closing_ = lets_go_ = true;
  house_.cancel();
  co_await io::end_of_turn();
  hub_.end_turn();
  sessions_.for_each([&](session& s) {
    if (!s.may_go_along()) s.farewell(goodbye);
  });
  hub_.end_turn();
  co_await all_are_quiet(grace);
  // Who does not read, or is in the middle of something.
  sessions_.for_each([&](session& s) {
    if (!s.carried()) s.farewell(goodbye);
  });
  hub_.end_turn();
  co_await all_are_quiet(grace);
  carried all;
  std::vector<std::shared_ptr<session>> going;
  std::set<std::string> people;
  for (const auto& [nick, who] : hub_.people().all())
    if (who->is_console) all.people.push_back(hub_.carry(*who));
  sessions_.for_each([&](session& s) {
    std::optional<carried_caller> one = s.carried();
    if (!one) return;
    s.let_go();
    if (people.insert(one->nick).second) all.people.push_back(hub_.carry(*hub_.people().find(one->nick)));
    all.callers.push_back(*std::move(one));
    going.push_back(s.shared_from_this());
  });
  callers_.cancel();
  co_await callers_.join();
  std::vector<carried_caller> with_connection;
  for (std::size_t i = 0; i < going.size(); ++i) try {
      auto [descriptor, unread] = going[i]->take_connection();
      all.callers[i].descriptor = descriptor;
      all.callers[i].unread += unread;
      with_connection.push_back(std::move(all.callers[i]));
    } catch (const io::error& e) {
      options_.log.debug("caller_left_behind", {{"from", all.callers[i].from.from}, {"why", e.what()}});
    }
  all.callers = std::move(with_connection);
  co_return all;
}

void server::go_on(std::vector<carried_caller> callers) {
  std::vector<std::shared_ptr<session>> here;
  for (carried_caller& one : callers) try {
      net::stream its = net::adopt_stream(one.descriptor, std::move(one.unread));
      const arrival how{.peer = its.remote(), .is_secure = one.from.is_secure};
      auto made = std::make_shared<session>(*this, std::move(its), next_thread(), how);
      if (made->go_on(one)) here.push_back(std::move(made));
    } catch (const io::error& e) {
      options_.log.debug("caller_left_behind", {{"from", one.from.from}, {"why", e.what()}});
    }
  hub_.end_carrying();
  // All of them are there before the first is obeyed.
  for (std::shared_ptr<session>& one : here) callers_.spawn(session::run(std::move(one)));
}

}  // namespace parlance::chat
