// What a file is, going by its name.
#pragma once

#include <string_view>

namespace parlance::http {

/// For Content-Type, by what follows the last dot of its name, without regard to case; texts are said to be UTF-8.
/// "application/octet-stream" for what is not known.
std::string_view media_type_of(std::string_view file_name) noexcept;

}  // namespace parlance::http
