// Fetching: one line for most, and the same engine piece by piece for who wants it.
//
//   http::response page = io::wait(http::get("https://example.com/"));
//   fmt::print("{} {}\n", page.status, page.text());
//
//   http::exchange e = co_await http::open({.target = url});     // the head has come, the body streams
//   for (std::string_view piece; !(piece = co_await e.read()).empty();) co_await file.write(piece);
//
// Redirects are followed, at most 20 and never from https to http; gzip, deflate, br and zstd are taken off;
// a body that is shorter than announced is an error. Every exchange has limits: connecting, the wait for an
// answer, each silence of the server, and, when it is given, the whole. A status of 400 or above is an answer,
// not an error.
//
// What goes wrong is an io::error that names the URL (without its password), why, in which phase and after
// how long: `get http://127.0.0.1:8000/: body ended after 5 of 10 bytes (in the body, after 12 ms)`. Its code
// is an http::errc, a net::errc, an io::errc or the kernel's. An exchange belongs to its loop's thread.
#pragma once

#include <string>

#include <parlance/http/client_options.hpp>
#include <parlance/http/error.hpp>
#include <parlance/http/exchange.hpp>
#include <parlance/http/request.hpp>
#include <parlance/io/task.hpp>

namespace parlance::http {

/// Sends a request and waits for the head of the final response.
io::task<exchange> open(request what, client_options options = {});

/// Fetches a URL, as people type it.
io::task<response> get(std::string url, client_options options = {});
/// The same for any request.
io::task<response> send(request what, client_options options = {});

}  // namespace parlance::http
