#include <fmt/format.h>

#include <parlance/http/message/framing.hpp>
#include <parlance/http/message/response_writer.hpp>

namespace parlance::http {

after after_request(const request_head& head) {
  const auto framing = frame_request(head);
  const bool read = framing && framing->kind != body_kind::chunked && framing->length == 0;
  return read && framing->persistent ? after::keep_alive : after::close;
}

std::string write_response(const page& shown, std::string_view method, after then) {
  const bool bodiless = shown.status < 200 || shown.status == 204 || shown.status == 304;
  response_head head{
      .status = shown.status, .reason = std::string(reason_phrase(shown.status)), .fields = shown.fields};
  if (!bodiless) {
    head.fields.append("Content-Type", shown.content_type);
    head.fields.append("Content-Length", fmt::format("{}", shown.body.size()));
    head.fields.append("X-Content-Type-Options", "nosniff");
  }
  // An old client believes in persistence only when told of it (RFC 9112 C.2.2); a new one does not mind.
  head.fields.append("Connection", then == after::close ? "close" : "keep-alive");
  std::string wire = serialise(head);
  if (!bodiless && method != "HEAD") wire += shown.body;
  return wire;
}

}  // namespace parlance::http
