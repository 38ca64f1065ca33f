// The files of the page that browsers are shown (web/): what CMake put into the program, as it is sent.
//
//   if (const page_file* file = find_page_file("/")) co_await send_page_file(*file, {}, asked, response);
#pragma once

#include <span>
#include <string>
#include <string_view>

#include <parlance/http/message/message.hpp>
#include <parlance/http/server/server_request.hpp>
#include <parlance/http/server/server_response.hpp>
#include <parlance/io/task.hpp>

namespace parlance::chat {

/// All of it lives as long as the program.
struct page_file {
  /// Of the URL: "/" is the page itself; those in "/page/" are named after what is in them, and so never
  /// change; the others are found by their names (its worker, its manifest).
  std::string_view path;
  std::string_view content_type;
  /// With its quotes; of the content before it is compressed (it is a weak one where it is sent).
  std::string_view etag;
  std::string_view plain;
  /// The same, compressed as well as can be (RFC 1952, RFC 7932).
  std::string_view gzip;
  std::string_view brotli;
};

/// None where the program was built without its page (-D PARLANCE_WEB=OFF).
std::span<const page_file> page_files() noexcept;

const page_file* find_page_file(std::string_view path) noexcept;

/// Whether who asks can show a page: browsers name text/html in Accept, curl and scripts do not.
bool takes_html(const http::request_head& asked);

/// In a coding that who asks takes; 304 where it has the file (RFC 9110 13.1.2). It lets the page fetch, and
/// speak to, nothing but this very server. Pages of the origins in `framed_by` ("*": of any), which lives until
/// it is done, may show the chat in a frame.
io::task<void> send_page_file(const page_file& file, std::span<const std::string> framed_by,
                              http::server_request& asked, http::server_response& response);

}  // namespace parlance::chat
