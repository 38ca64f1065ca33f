// Small text files that outlive the program: read whole, replaced whole.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

struct stat;

namespace parlance::http {

/// All of it; nothing when there is no such file. Blocks for a moment. Throws io::error that names it, also for
/// more than `most` bytes. `of`, if given: of the very file that was read.
std::optional<std::string> read_kept_file(const std::string& path, std::size_t most,
                                          struct stat* of = nullptr);

/// Puts `text` in its place: whoever reads it sees the old or the new, and a crash leaves one of them. A new
/// file is for its owner alone (0600), one that was there keeps its mode, and a symbolic link is followed.
/// Blocks until it is on disk. Throws io::error that names it.
void replace_kept_file(const std::string& path, std::string_view text);

}  // namespace parlance::http
