// All of the socket: `#include <parlance/net.hpp>`.
#pragma once

#include <parlance/io/descriptor.hpp>
#include <parlance/io/error.hpp>
#include <parlance/io/scope.hpp>
#include <parlance/io/task.hpp>
#include <parlance/io/wait.hpp>
#include <parlance/net/address.hpp>
#include <parlance/net/connect.hpp>
#include <parlance/net/datagram.hpp>
#include <parlance/net/detached_stream.hpp>
#include <parlance/net/listener.hpp>
#include <parlance/net/memory_stream.hpp>
#include <parlance/net/pump.hpp>
#include <parlance/net/reader.hpp>
#include <parlance/net/remote_stream.hpp>
#include <parlance/net/send_file.hpp>
#include <parlance/net/serve.hpp>
#include <parlance/net/stream.hpp>
#include <parlance/net/tls.hpp>
