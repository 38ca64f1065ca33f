// What a file is called, and whether it is to be shown or saved (RFC 6266), with names in UTF-8 (RFC 8187).
#pragma once

#include <string>
#include <string_view>

namespace parlance::chat {

/// The name that the field gives, `filename*` before `filename`; empty: none. It is as somebody has sent it.
std::string file_name_of(std::string_view field);

/// As in "inline; filename*=UTF-8''cat.png".
std::string content_disposition(std::string_view how, std::string_view name);

}  // namespace parlance::chat
