// A body that is sent no faster than somebody wants.
#pragma once

#include <cstdint>

#include <parlance/http/body/body_source.hpp>

namespace parlance::cli {

/// `body`, at most so many bytes of it a second.
http::request_body paced(const http::request_body& body, std::uint64_t bytes_a_second);

}  // namespace parlance::cli
