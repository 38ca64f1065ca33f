// What this program calls itself.
#pragma once

#include <string_view>

namespace parlance::chat {

/// "parlance-0.1.0"
extern const std::string_view version;

}  // namespace parlance::chat
