// What waits where, to find out why nothing goes on:
//
//   std::fputs(io::list_waits().c_str(), stderr);
//
//   recv_operation (127.0.0.1:8000, descriptor 7) in talk(parlance::net::stream)
//   sleep_until in ./server+0x1a2b3
//
// A line for each operation that waits on this thread: its type, what it waits for, and the coroutine that
// awaits it. That has a name where the program exports its symbols (-rdynamic); else it is where the code is,
// for `addr2line -Cfe ./server 0x1a2b3`.
#pragma once

#include <string>

namespace parlance::io {

/// Of all loops of this thread, in all contexts. For debugging: it costs what it takes to look up each name.
std::string list_waits();

}  // namespace parlance::io
