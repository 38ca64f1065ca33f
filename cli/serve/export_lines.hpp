// What was said, as programs read it who have it exported: a JSON object a line (`parlance export --help` tells its members).
#pragma once

#include <string>

#include <parlance/chat/store/store.hpp>

namespace parlance::cli {

void append_export_line(std::string& out, const chat::stored_entry& entry, const std::string& conversation);

}  // namespace parlance::cli
