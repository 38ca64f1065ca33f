#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include <parlance/http/base/grammar.hpp>
#include <parlance/http/base/media_type.hpp>

#include <cli/base/read_file.hpp>
#include <cli/base/verb.hpp>
#include <cli/get/form_parts.hpp>

namespace parlance::cli {
namespace {

constexpr std::array<std::pair<std::string_view, std::string_view>, 20> media_types = {
    {{".css", "text/css"},          {".csv", "text/csv"},       {".gif", "image/gif"},
     {".gz", "application/gzip"},   {".htm", "text/html"},      {".html", "text/html"},
     {".jpeg", "image/jpeg"},       {".jpg", "image/jpeg"},     {".js", "text/javascript"},
     {".json", "application/json"}, {".md", "text/markdown"},   {".mp4", "video/mp4"},
     {".pdf", "application/pdf"},   {".png", "image/png"},      {".svg", "image/svg+xml"},
     {".tar", "application/x-tar"}, {".txt", "text/plain"},     {".webp", "image/webp"},
     {".xml", "application/xml"},   {".zip", "application/zip"}}};

constexpr std::string_view unknown = "application/octet-stream";

/// What stands behind a value: ;type=text/plain;filename=a.txt
struct attributes {
  std::optional<std::string> type, file_name;
};

/// "a \"b\".txt", as curl takes it.
std::string unquoted(std::string_view text) {
  if (text.size() < 2 || !text.starts_with('"') || !text.ends_with('"')) return std::string(text);
  return http::take_quoted(text);
}

/// Where the last attribute begins; a semicolon in quotes, or in a media type, begins none.
std::size_t last_attribute(std::string_view value) {
  constexpr std::string_view quoted = ";filename=\"", type = ";type=";
  if (value.ends_with('"'))
    if (const std::size_t at = value.rfind(quoted); at != value.npos) return at;
  const std::size_t last = value.rfind(';'), typed = value.rfind(type);
  const std::string_view behind = last == value.npos ? std::string_view() : value.substr(last);
  const bool is_known =
      behind.starts_with(";filename=") || behind.starts_with(";headers=") || behind.starts_with(";encoder=");
  return typed != value.npos && !is_known ? typed : last;
}

/// Takes them off the end of `value`; other semicolons are its own.
attributes take_attributes(std::string_view& value) {
  attributes found;
  for (;;) {
    const std::size_t at = last_attribute(value);
    if (at == value.npos) return found;
    const std::string_view last = value.substr(at + 1);
    if (constexpr std::string_view type = "type="; last.starts_with(type) && !found.type)
      found.type = last.substr(type.size());
    else if (constexpr std::string_view name = "filename="; last.starts_with(name) && !found.file_name)
      found.file_name = unquoted(last.substr(name.size()));
    else if (last.starts_with("headers=") || last.starts_with("encoder="))
      throw complaint(usage,
                      fmt::format("{} of -F is not had: a part has a type= and a filename=; leave it out",
                                  last.substr(0, last.find('=') + 1)));
    else
      return found;
    if (found.type && (!http::media_type::parse(*found.type) || !http::is_field_value(*found.type)))
      throw complaint(usage, fmt::format("type= wants a media type, as in text/plain, not {}",
                                         http::in_quotes(*found.type)));
    value = value.substr(0, at);
  }
}

http::request_body content_of(const std::string& path, const std::string& type) {
  if (path != "-" && check_readable(path)) return http::file(path, type);
  return http::request_body(read_file(path), type);
}

}  // namespace

std::string_view media_type_of(std::string_view path) {
  const std::string small = http::lower(path);
  const auto found =
      std::ranges::find_if(media_types, [&](const auto& one) { return small.ends_with(one.first); });
  return found == media_types.end() ? unknown : found->second;
}

http::form_part file_part(std::string name, std::string_view path, bool may_be_quoted) {
  const attributes given = take_attributes(path);
  const std::string from = may_be_quoted ? unquoted(path) : std::string(path);
  const std::string type(given.type.value_or(std::string(media_type_of(from))));
  return {.name = std::move(name),
          .content = content_of(from, type),
          .file_name = given.file_name.value_or(from.substr(from.rfind('/') + 1))};
}

http::form_part form_part_of(std::string_view given) {
  const std::size_t equals = given.find('=');
  if (equals == given.npos || equals == 0)
    throw complaint(
        usage, "-F wants NAME=TEXT, NAME=@FILE or NAME=<FILE, not " + http::in_quotes(std::string(given)));
  std::string name(given.substr(0, equals));
  std::string_view value = given.substr(equals + 1);
  if (value.starts_with('@')) return file_part(std::move(name), value.substr(1), true);
  const attributes behind = take_attributes(value);
  if (!value.starts_with('<'))
    return {.name = std::move(name),
            .content = http::request_body(unquoted(value), behind.type.value_or("")),
            .file_name = behind.file_name};
  const std::string path = unquoted(value.substr(1));
  const std::string_view guessed = media_type_of(path);
  const bool is_said = guessed != unknown && guessed != "text/plain";  // what any text is needs no word
  const std::string type = behind.type.value_or(is_said ? std::string(guessed) : "");
  return {.name = std::move(name),
          .content = http::request_body(read_file(path), type),
          .file_name = behind.file_name};
}

}  // namespace parlance::cli
