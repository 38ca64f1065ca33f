// All of the HTTP client: `#include <parlance/http.hpp>`.
#pragma once

#include <parlance/http/client.hpp>
#include <parlance/io/wait.hpp>
