#include <string>

#include <parlance/http/base/charset.hpp>
#include <parlance/http/base/media_type.hpp>
#include <parlance/http/client/request.hpp>

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
