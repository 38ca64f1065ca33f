#include <string>

#include <parlance/http/charset.hpp>
#include <parlance/http/media_type.hpp>
#include <parlance/http/request.hpp>

namespace parlance::http {

std::string response::text() const {
  std::string label;
  if (const auto content_type = fields.get("Content-Type"))
    if (const auto type = media_type::parse(*content_type)) label = type->parameter("charset").value_or("");
  auto decoder = text_decoder::make(label);
  if (!decoder) return body;
  std::string text(decoder->next(body));
  text += decoder->finish();
  return text;
}

}  // namespace parlance::http
