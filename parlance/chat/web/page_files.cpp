#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <string>

#include <parlance/chat/web/page_files.hpp>
#include <parlance/http/server/accepted_coding.hpp>
#include <parlance/http/server/validators.hpp>

namespace parlance::chat {
namespace {

/// No script, style or text but the server's own files; what others say can never become markup or a script
/// (Trusted Types, by which one policy names the page's worker).
constexpr std::string_view policy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "manifest-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'; "
    "require-trusted-types-for 'script'; trusted-types worker; frame-ancestors ";

/// No page elsewhere can lay itself over this one, but those that are trusted not to (CSP 3, 6.4.2).
std::string policy_of(const page_file& file, std::span<const std::string> framed_by) {
  const bool may_be_framed = file.path == "/" && !framed_by.empty();
  return fmt::format("{}{}", policy, may_be_framed ? fmt::format("{}", fmt::join(framed_by, " ")) : "'none'");
}

struct coded {
  std::string_view coding;
  std::string_view body;
};

/// What it likes best; of what it likes alike, the shorter.
coded choose(const page_file& file, const http::request_head& asked) {
  const unsigned brotli = http::weight_of_coding(asked.fields, "br"),
                 gzip = http::weight_of_coding(asked.fields, "gzip");
  if (brotli != 0 && brotli >= gzip) return {"br", file.brotli};
  if (gzip != 0) return {"gzip", file.gzip};
  return {"", file.plain};
}

bool is_named_after_content(const page_file& file) { return file.path.starts_with("/page/"); }

}  // namespace

const page_file* find_page_file(std::string_view path) noexcept {
  const auto found = std::ranges::find(page_files(), path, &page_file::path);
  return found == page_files().end() ? nullptr : &*found;
}

bool takes_html(const http::request_head& asked) {
  return asked.fields.combined("Accept").contains("text/html");
}

io::task<void> send_page_file(const page_file& file, std::span<const std::string> framed_by,
                              http::server_request& asked, http::server_response& response) {
  const bool is_page = file.path == "/";
  const coded sent = choose(file, asked.head());
  http::field_list& fields = response.fields();
  // By content, so a weak one: codings of the same are equal to who asks whether it has changed.
  const std::string etag = fmt::format("W/{}", file.etag);
  if (!sent.coding.empty()) fields.append("Content-Encoding", sent.coding);
  fields.append("Vary", is_page ? "Accept, Accept-Encoding" : "Accept-Encoding");
  fields.append("ETag", etag);
  fields.append("Cache-Control",
                is_named_after_content(file) ? "public, max-age=31536000, immutable" : "no-cache");
  fields.append("Content-Security-Policy", policy_of(file, framed_by));
  fields.append("Cross-Origin-Resource-Policy", "same-origin");
  fields.append("Referrer-Policy", "no-referrer");
  if (http::judge(asked.head(), {.entity_tag = etag}) == http::precondition::not_modified)
    co_return co_await response.status(304).send_nothing();
  co_await response.send(sent.body, file.content_type);
}

}  // namespace parlance::chat
