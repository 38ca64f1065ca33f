// All of the HTTP server: `#include <parlance/http/server.hpp>`.
#pragma once

#include <parlance/http/server/accept_websocket.hpp>
#include <parlance/http/server/event_writer.hpp>
#include <parlance/http/server/files.hpp>
#include <parlance/http/server/router.hpp>
#include <parlance/http/server/serve.hpp>
#include <parlance/io/wait.hpp>
