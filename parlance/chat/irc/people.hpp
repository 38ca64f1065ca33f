// What one client may see of somebody else, and may do as an operator.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <parlance/chat/irc/irc_client.hpp>

namespace parlance::chat::irc {

/// Whether both are in some room.
bool share_a_room(const person& a, const person& b);
/// Whether `whom` is shown to who does not name it: everybody is, but who is invisible (+i) and a stranger.
bool is_visible(const irc_client& to, const person& whom);

/// Whether it is an operator who may do that, which is logged, as done to `whom`; who may not is told so.
bool check_permission(irc_client& by, permission what, std::string_view whom = {});
/// The same of what needs no permission. Both are kept for whoever runs the server (core/audit.hpp).
void log_operator(irc_client& by, std::string_view does, std::string_view to);
/// What somebody does with what is their own, which is only kept.
void audit_own(irc_client& by, std::string_view does, std::string_view to);

/// Why a filter has refused what it told last (core/filtering.hpp).
std::string blocked(const irc_client& by);

/// Whether a query's target is this server: its name, a mask of it, somebody who is on it, or nothing. The
/// client is told when it is not.
bool is_this_server(irc_client& by, std::string_view target);

/// "Tue, 24 Nov 2026 10:00:00 UTC"; `seconds` since the Unix epoch.
std::string readable_time(std::int64_t seconds);

/// Answers words, separated, in as many lines as they take: ":server NUMERIC nick [MIDDLE] :a b c".
class word_list {
 public:
  word_list(irc_client& to, numeric what, std::string_view middle, char separator)
      : to_(to), what_(what), middle_(middle), separator_(separator) {}
  void add(std::string_view word);
  /// The last line, when there is something in it.
  void end();

 private:
  irc_client& to_;
  numeric what_;
  std::string middle_;
  char separator_;
  std::string line_;
};

}  // namespace parlance::chat::irc
