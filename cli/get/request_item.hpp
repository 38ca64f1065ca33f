// The words behind a URL that say what is sent, as HTTPie (https://httpie.io/docs/cli/request-items) has them:
// `name=Ann age:=42 X-Token:secret page==2 photo@me.jpg`.
//
//   if (auto item = parse_request_item("age:=42")) ...       // {json, "age", "42"}
//   else ...                                                 // it is another URL
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace parlance::cli {

enum class item_kind : std::uint8_t {
  header,        ///< Name:value; without a value, the header is not sent
  empty_header,  ///< Name;
  query,         ///< name==value
  text,          ///< name=value: a JSON string, or a field of a form
  json,          ///< name:=value, which is JSON itself
  file           ///< name@path: a file of a form; its path may end in ;type=MEDIA/TYPE
};

struct request_item {
  item_kind kind;
  std::string name;
  /// Without the backslashes before marks, as the name; a path is as it was typed.
  std::string value;
  /// `value` is the path of the file that holds the value: name=@path, :=@, ==@ and :@.
  bool from_file = false;
};

/// What a word behind the first URL is. Nothing: a URL, which is what begins with http:// or https://, what
/// has none of the marks above, and HOST:PORT where the host is localhost, has a dot, or stands in brackets.
/// A backslash takes its meaning from a character behind it. Throws complaint (usage) for what could well be
/// either, saying how to write each.
std::optional<request_item> parse_request_item(std::string_view word);

}  // namespace parlance::cli
