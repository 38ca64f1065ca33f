// What clients may say: lines made of every command that the server knows, with parameters that mean something here.
//
//   grammar words(from, around);
//   words.irc();       // "KICK #a,#lobby ann :hello"
//   words.plain();     // "/to ben hello"
//
// The commands are those of the tables of the server, so that a new one is in it by itself; how its parameters look, the
// usage of services and plain commands tells, and for those of IRC `shapes` in the source. One that has no shape there
// gets any parameters.
#pragma once

#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "chat/whole/script.hpp"

namespace parlance::chat::test {

/// What there is to be named. The rest of it the grammar knows.
struct surroundings {
  std::string own_nick;
  std::deque<std::string> nicks = {};       // that somebody had lately
  std::deque<std::string> references = {};  // "msgid=..." and "timestamp=..."
  bool has_forgotten = false;               // somebody asked for all that somebody has said to be forgotten
  std::vector<std::string> redacted = {};   // references that somebody asked to take back
  // What somebody was told once, and others may guess: tokens of invite links, of devices, of webhooks and of the file host,
  // the ids of hooks and devices, where files are, and tokens of the operators' API.
  std::deque<std::string> links = {}, devices = {}, hooks = {}, jwts = {}, ids = {}, files = {}, tokens = {};
  std::string jwt = {};  // what has come of one

  static constexpr std::size_t most = 16;
  void met(std::string nick);
  void saw(std::string reference);
  /// What a service says, or an answer of HTTP.
  void was_told(std::string_view text);
  /// What EXTJWT answers, in several lines perhaps.
  void was_given_jwt(std::string_view part, bool is_last);
  /// Of the API; empty: there was none.
  void was_given_token(std::string token);
};

class grammar {
 public:
  grammar(script& from, surroundings& around) noexcept : script_(from), around_(around) {}

  /// Without its end, and without tags.
  std::string irc();
  std::string plain();
  /// A whole request.
  std::string http();
  /// Lines that belong together: a login, a message of several lines, a registration.
  std::vector<std::string> irc_sequence();
  /// What the one at the console does, as the program's own console has it.
  std::string console();

  std::string nick();
  std::string room();
  std::string account();
  std::string password();
  std::string mask();
  std::string text();
  /// A word of a shape: "nick", "#room|nick", "[number]". Empty: it is left out.
  std::string word_of(std::string_view shape);

 private:
  std::string irc(std::string_view command, std::string_view parameters);
  std::string parameters_of(std::string_view shape, bool colon);
  std::string list_of(std::string (grammar::*one)());
  std::string target();
  std::string modes();
  std::string reference();
  std::string searching();
  std::string one_of(const std::deque<std::string>& known, std::string_view otherwise);
  std::string said_to_hook();
  std::string typed();
  std::string to_api(std::string& path, std::string& head);
  std::string any();

  script& script_;
  surroundings& around_;
};

/// Credentials as AUTHENTICATE PLAIN has them.
std::string plain_credentials(std::string_view account, std::string_view password);

/// Where a program listens to whom outgoing webhooks may post.
inline constexpr std::string_view receiver = "127.0.0.1:9000";
/// The password of every account here that has not changed it.
inline constexpr std::string_view right_password = "pencil";
/// Who may have an account.
std::vector<std::string> account_names();

}  // namespace parlance::chat::test
