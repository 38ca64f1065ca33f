// A file that takes the place of another, or where that cannot be, is written over it.
#pragma once

#include <sys/stat.h>

#include <filesystem>

#include <cli/base/file.hpp>

namespace parlance::cli {

/// Where the symbolic links of a path lead, also to what is not there yet.
std::filesystem::path followed(std::filesystem::path path);

/// Whether `part` can take the place of what is `there`: that has no other name, and `part` has got its owner. It has
/// got its mode, too, then.
bool can_replace(const file& part, const struct stat& there);

/// Writes all of `from` over `to`, at once, so that no signal ends it halfway; where there is no room, before anything
/// is lost. Closes `to`. Gives 0, or an errno value.
int overwrite(const file& from, file& to);

}  // namespace parlance::cli
