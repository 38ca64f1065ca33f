#include <fmt/format.h>

#include <parlance/chat/base/names.hpp>
#include <parlance/chat/web/content_disposition.hpp>
#include <parlance/http/base/media_type.hpp>
#include <parlance/http/base/percent.hpp>

namespace parlance::chat {

std::string file_name_of(std::string_view field) {
  // Its parameters are written as those of a media type are.
  const auto parsed = http::media_type::parse(fmt::format("x/{}", field));
  if (!parsed) return {};
  const std::string_view extended = parsed->parameter("filename*").value_or("");
  // UTF-8'language'name
  const std::size_t first = extended.find('\'');
  const std::size_t second = first == extended.npos ? first : extended.find('\'', first + 1);
  if (second != extended.npos && same_name(extended.substr(0, first), "UTF-8"))
    return http::percent_decode(extended.substr(second + 1));
  return std::string(parsed->parameter("filename").value_or(""));
}

std::string content_disposition(std::string_view how, std::string_view name) {
  // encodeURIComponent leaves what is no attr-char.
  std::string text;
  for (const char c : http::percent_encode(name, http::encode_set::component))
    if (c == '\'' || c == '(' || c == ')' || c == '*')
      text += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    else
      text += c;
  return fmt::format("{}; filename*=UTF-8''{}", how, text);
}

}  // namespace parlance::chat
