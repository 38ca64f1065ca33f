// A body that tells how much of it has been sent.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include <parlance/http/body/body_source.hpp>

namespace parlance::cli {

/// Told of each piece as it goes, with what has gone by then, from 0 whenever it begins, and how much there is in all,
/// if that is known.
using sent_bytes = std::function<void(std::uint64_t sent, std::optional<std::uint64_t> of)>;

/// `body`, counted. `tell` is called for as long as one that was opened is read.
http::request_body counted(const http::request_body& body, sent_bytes tell);

}  // namespace parlance::cli
