// Who has set something, in the document of what is set: "of", which is left out where nobody is known.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include <parlance/chat/core/event.hpp>

namespace parlance::chat {

void add_author(nlohmann::json& document, const author& its);
/// Nobody: older versions did not keep it. Throws nlohmann::json::exception when it is not what add_author writes.
author author_in(const nlohmann::json& document);

}  // namespace parlance::chat
