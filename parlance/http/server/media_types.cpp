#include <algorithm>
#include <array>
#include <utility>

#include <parlance/http/base/grammar.hpp>
#include <parlance/http/server/media_types.hpp>

namespace parlance::http {

std::string_view media_type_of(std::string_view file_name) noexcept {
  using entry = std::pair<std::string_view, std::string_view>;
  static constexpr auto types = std::to_array<entry>({
      {"7z", "application/x-7z-compressed"},
      {"aac", "audio/aac"},
      {"apng", "image/apng"},
      {"atom", "application/atom+xml"},
      {"avif", "image/avif"},
      {"bmp", "image/bmp"},
      {"bz2", "application/x-bzip2"},
      {"c", "text/plain; charset=utf-8"},
      {"conf", "text/plain; charset=utf-8"},
      {"cpp", "text/plain; charset=utf-8"},
      {"css", "text/css; charset=utf-8"},
      {"csv", "text/csv; charset=utf-8"},
      {"deb", "application/vnd.debian.binary-package"},
      {"doc", "application/msword"},
      {"docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"},
      {"eot", "application/vnd.ms-fontobject"},
      {"epub", "application/epub+zip"},
      {"flac", "audio/flac"},
      {"gif", "image/gif"},
      {"gz", "application/gzip"},
      {"h", "text/plain; charset=utf-8"},
      {"hpp", "text/plain; charset=utf-8"},
      {"htm", "text/html; charset=utf-8"},
      {"html", "text/html; charset=utf-8"},
      {"ico", "image/vnd.microsoft.icon"},
      {"ics", "text/calendar; charset=utf-8"},
      {"jar", "application/java-archive"},
      {"jpeg", "image/jpeg"},
      {"jpg", "image/jpeg"},
      {"js", "text/javascript; charset=utf-8"},
      {"json", "application/json"},
      {"jsonld", "application/ld+json"},
      {"log", "text/plain; charset=utf-8"},
      {"m4a", "audio/mp4"},
      {"m4v", "video/mp4"},
      {"map", "application/json"},
      {"md", "text/markdown; charset=utf-8"},
      {"mid", "audio/midi"},
      {"mjs", "text/javascript; charset=utf-8"},
      {"mkv", "video/matroska"},
      {"mov", "video/quicktime"},
      {"mp3", "audio/mpeg"},
      {"mp4", "video/mp4"},
      {"mpeg", "video/mpeg"},
      {"odp", "application/vnd.oasis.opendocument.presentation"},
      {"ods", "application/vnd.oasis.opendocument.spreadsheet"},
      {"odt", "application/vnd.oasis.opendocument.text"},
      {"oga", "audio/ogg"},
      {"ogg", "audio/ogg"},
      {"ogv", "video/ogg"},
      {"opus", "audio/ogg"},
      {"otf", "font/otf"},
      {"pdf", "application/pdf"},
      {"png", "image/png"},
      {"pptx", "application/vnd.openxmlformats-officedocument.presentationml.presentation"},
      {"py", "text/plain; charset=utf-8"},
      {"rss", "application/rss+xml"},
      {"rtf", "application/rtf"},
      {"sh", "text/plain; charset=utf-8"},
      {"svg", "image/svg+xml"},
      {"tar", "application/x-tar"},
      {"tif", "image/tiff"},
      {"tiff", "image/tiff"},
      {"toml", "application/toml"},
      {"ts", "video/mp2t"},
      {"ttf", "font/ttf"},
      {"txt", "text/plain; charset=utf-8"},
      {"vtt", "text/vtt; charset=utf-8"},
      {"wasm", "application/wasm"},
      {"wav", "audio/wav"},
      {"weba", "audio/webm"},
      {"webm", "video/webm"},
      {"webmanifest", "application/manifest+json"},
      {"webp", "image/webp"},
      {"woff", "font/woff"},
      {"woff2", "font/woff2"},
      {"xhtml", "application/xhtml+xml"},
      {"xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"},
      {"xml", "application/xml"},
      {"xz", "application/x-xz"},
      {"yaml", "application/yaml"},
      {"yml", "application/yaml"},
      {"zip", "application/zip"},
      {"zst", "application/zstd"},
  });
  constexpr std::string_view unknown = "application/octet-stream";
  constexpr std::size_t longest = 16;
  const std::size_t dot = file_name.rfind('.');
  if (dot == file_name.npos || file_name.size() - dot > longest) return unknown;
  const std::string_view extension = file_name.substr(dot + 1);
  const auto found =
      std::ranges::find_if(types, [&](const entry& e) { return equals_ignoring_case(e.first, extension); });
  return found == types.end() ? unknown : found->second;
}

}  // namespace parlance::http
