// All of HTTP, client and server: `#include <parlance/http.hpp>`.
#pragma once

#include <parlance/http/client.hpp>
#include <parlance/http/server.hpp>
#include <parlance/io/wait.hpp>
