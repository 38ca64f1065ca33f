// Where coroutine frames come from: per-thread free lists by size, because a frame is made for nearly every
// call. Under AddressSanitizer every frame is malloc's own, so that it sees each use after free.
#pragma once

#include <cstddef>

namespace parlance::io::frame_pool {

void* allocate(std::size_t size);
void deallocate(void* frame, std::size_t size) noexcept;

}  // namespace parlance::io::frame_pool
