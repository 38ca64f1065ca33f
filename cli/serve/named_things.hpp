// Whether what a configuration names can be used: files, folders and addresses. For `serve --check-config`.
#pragma once

#include <string>
#include <vector>

#include <parlance/chat/core/settings.hpp>

namespace parlance::cli {

/// What a start would meet with, each beginning with the key; nothing is made or changed. Of a folder that is
/// not there yet, whether it could be made.
std::vector<std::string> unusable_things(const chat::settings& named);

}  // namespace parlance::cli
