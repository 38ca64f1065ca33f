// All of the socket: `#include <parlance/net.hpp>`.
#pragma once

#include <parlance/io.hpp>
#include <parlance/net/address.hpp>
#include <parlance/net/adopt.hpp>
#include <parlance/net/connect.hpp>
#include <parlance/net/datagram.hpp>
#include <parlance/net/detached_stream.hpp>
#include <parlance/net/domain.hpp>
#include <parlance/net/error.hpp>
#include <parlance/net/handover.hpp>
#include <parlance/net/listener.hpp>
#include <parlance/net/memory_stream.hpp>
#include <parlance/net/proxy.hpp>
#include <parlance/net/proxy_header.hpp>
#include <parlance/net/pump.hpp>
#include <parlance/net/reader.hpp>
#include <parlance/net/remote_stream.hpp>
#include <parlance/net/self_signed.hpp>
#include <parlance/net/send_file.hpp>
#include <parlance/net/serve.hpp>
#include <parlance/net/stream.hpp>
#include <parlance/net/tls.hpp>
#include <parlance/net/transport.hpp>
