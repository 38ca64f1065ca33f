// What waits where, to find out why nothing goes on:
//
//   std::fputs(io::list_waits().c_str(), stderr);
//
//   recv_operation (127.0.0.1:8000, descriptor 7) in ./server+0x2c5c0
//   sleep_until in ./server+0x1a2b3
//
// A line for each operation that waits on this thread: its type, what it waits for, and where the code of the
// coroutine is that awaits it. `addr2line -Cfpe ./server 0x2c5c0` says what that is called:
//
//   talk(parlance::net::stream) [clone .resume] at server.cpp:12
#pragma once

#include <string>

namespace parlance::io {

/// Of all loops of this thread, in all contexts. For debugging: it allocates.
std::string list_waits();

}  // namespace parlance::io
