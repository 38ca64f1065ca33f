// All that goes along when another program takes the place of a running server, beside what is in the store: its listeners, who
// is there, and the connections of those who speak plain text or IRC without TLS. For exec(2), over which descriptors stay open.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include <parlance/chat/base/caller.hpp>
#include <parlance/chat/core/carried_person.hpp>

namespace parlance::chat {

struct carried_caller {
  int descriptor = -1;
  std::string unread;   // what it has said, and nobody has dealt with
  std::string nick;     // as whom it is there
  std::string handler;  // protocol_handler::carried
  bool is_irc = false;
  bool is_known = false;  // its first line has told what it speaks
  caller from;
  std::chrono::seconds connected{0}, silent{0};
};

struct carried {
  struct door {
    std::vector<int> descriptors;
    bool owns_file = false;  // that of its Unix socket
  };
  struct newcomer {
    int descriptor = -1;
    std::string unread;
  };
  std::vector<door> listeners;
  std::vector<newcomer> newcomers;  // whom nobody has dealt with
  std::vector<carried_person> people;
  std::vector<carried_caller> callers;
};

/// In CBOR (RFC 8949).
std::string text_of(const carried& all);
/// Throws std::invalid_argument for what is no such text, or of a version that wrote something else.
carried read_carried(std::string_view text);

}  // namespace parlance::chat
