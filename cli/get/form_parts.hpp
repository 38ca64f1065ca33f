// Parts of a multipart form, as -F of curl and items of HTTPie write them.
#pragma once

#include <string>
#include <string_view>

#include <parlance/http/body/bodies.hpp>

namespace parlance::cli {

/// NAME=TEXT, NAME=@FILE (sent as a file) or NAME=<FILE (its content as the value), each with ;type=MEDIA/TYPE
/// and ;filename=NAME behind it; TEXT, FILE and NAME may stand in quotes. "-" is stdin. Throws complaint (usage).
http::form_part form_part_of(std::string_view given);

/// A file under a name; `path` may have ;type= and ;filename= behind it, and stand in quotes as curl takes them.
http::form_part file_part(std::string name, std::string_view path, bool may_be_quoted = false);

/// By the end of its name: "image/png"; application/octet-stream when it says nothing.
std::string_view media_type_of(std::string_view path);

}  // namespace parlance::cli
