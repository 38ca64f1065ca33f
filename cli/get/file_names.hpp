// Names of files that a server or a URL proposes, made safe: what comes from a stranger is one name in one
// folder, and no hidden file.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <parlance/http/message/message.hpp>
#include <parlance/http/url/url.hpp>

namespace parlance::cli {

/// What Content-Disposition proposes (RFC 6266): filename* (RFC 8187) goes before filename. Nothing where
/// there is none, or nothing safe is left of it.
std::optional<std::string> name_in_disposition(const http::field_list& fields);

/// The last part of a URL's path, percent-decoded. Nothing where it ends with a slash.
std::optional<std::string> name_in_url(const http::url& target);

/// The part behind the last slash or backslash, without control characters and leading dots, at most 200
/// bytes of valid UTF-8. Nothing when nothing is left.
std::optional<std::string> safe_file_name(std::string_view proposed);

}  // namespace parlance::cli
