// What the store needs done beside the conversation: old history is forgotten, and its log is copied into its
// database. A little at a time, and never while somebody waits for it.
#pragma once

#include <functional>
#include <string_view>

#include <parlance/chat/core/hub.hpp>
#include <parlance/io/task.hpp>

namespace parlance::chat {

/// Goes on until it is cancelled. `warn` is told when the log cannot be copied.
io::task<void> keep_house(hub& of, std::function<void(std::string_view)> warn);

}  // namespace parlance::chat
