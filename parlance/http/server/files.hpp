// The files of a folder, as a handler:
//
//   http::router site;
//   site.get("/{path...}", http::files("/srv/site"));
//
// What is asked for is the rest of the path (server_request::rest). Nothing outside of the folder is reached, by no
// spelling of a path and no symbolic link; files and folders whose name begins with a dot are hidden, but for
// ".well-known". A folder is its index.html; without the slash at its end it is redirected to there. GET and HEAD.
//
// ETag and Last-Modified are told, and each condition on them is heeded (RFC 9110 13.2.2), as are ranges, several
// too. A file beside it with .br, .zst or .gz at the end of its name is sent instead where the client takes that
// coding and it is not older. The ETag is made of the time of the last change, in nanoseconds, and the size: who
// changes files in place twice within a tick of the kernel's clock, to the same size, is not seen.
#pragma once

#include <chrono>
#include <string>

#include <parlance/http/server/server_options.hpp>
#include <parlance/io/time.hpp>

namespace parlance::http {

struct files_options {
  /// Cache-Control of what there is; empty: none.
  std::string cache_control = {};
  /// Whether files that are compressed already are looked for.
  bool precompressed = true;
  /// How long a small file (64 KiB), or that there is none of a name, is remembered: so late a change may be seen.
  /// 0: every request looks.
  io::duration fresh = std::chrono::seconds(1);
};

/// Throws io::error when `folder` is none.
server_handler files(const std::string& folder, files_options options = {});

}  // namespace parlance::http
