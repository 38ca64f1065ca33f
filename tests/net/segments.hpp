// A part of TCP_INFO that the C library's header does not know yet.
#pragma once

namespace parlance::net::test {

/// How many segments with data this connection has sent.
unsigned segments_sent(int fd);

}  // namespace parlance::net::test
