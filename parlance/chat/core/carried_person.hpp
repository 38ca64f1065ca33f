// Who is there, on the way from one run of the server to the next: all that is known of a person and is not in the
// store, so that nobody sees it leave or come (hub::carry, hub::set_down).
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <parlance/chat/core/person.hpp>
#include <parlance/chat/core/presence.hpp>

namespace parlance::chat {

struct carried_person {
  presence::absent as;    // as who is always on is kept, with the rooms
  std::string speaks_in;  // a room; empty: none
  std::string oper;       // the name under which it became an operator; empty: it is none
  std::map<std::string, std::string, std::less<>> metadata;
  std::vector<person::accepted> accepts;
  std::uint64_t serial = 0;
  std::int64_t signed_on = 0;
  bool is_secure = false;
  bool is_console = false;
};

}  // namespace parlance::chat
