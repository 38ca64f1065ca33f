// The client of HTTP: `#include <parlance/http/client.hpp>`. What an option or a body is, is told in the header that
// defines it.
#pragma once

#include <parlance/http/body/bodies.hpp>
#include <parlance/http/body/server_sent_events.hpp>
#include <parlance/http/client/client.hpp>
#include <parlance/http/client/connect_websocket.hpp>
#include <parlance/http/cookies/cookie_file.hpp>
