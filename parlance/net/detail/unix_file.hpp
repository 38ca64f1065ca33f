// Whose a Unix socket's file is.
#pragma once

#include <sys/stat.h>

namespace parlance::net {

/// Whether `file`, as lstat(2) has it, is the one that the Unix socket `fd` is bound to, as the kernel knows
/// it (sock_diag(7)): its path may mean another file by now, or in another process. False where the kernel
/// does not tell, or the file system has other names for its files than stat's.
bool is_bound_to(int fd, const struct stat& file) noexcept;

}  // namespace parlance::net
