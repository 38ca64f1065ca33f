// Two streams in memory, each the other's peer: for tests, and for parts of one program that speak a protocol
// to each other.
//
//   auto [a, b] = net::memory_streams();
//   co_await a.send("ping");
//   EXPECT_EQ(co_await b.recv(), "ping");
#pragma once

#include <cstddef>
#include <utility>

#include <parlance/net/stream.hpp>

namespace parlance::net {

/// Both on this loop. `room`: how many bytes may wait for each reader; then a send waits. They behave as TCP
/// does, with its errors: half-close, ECONNRESET for who reads from a peer that aborted, or that closed with
/// bytes unread or a send half done, behind what that had sent; EPIPE for who sends to one that has closed.
/// They have no addresses, so errors say "nowhere", and no descriptor. Throws io::error: EINVAL without any
/// room.
std::pair<stream, stream> memory_streams(std::size_t room = 64 * 1024);

}  // namespace parlance::net
