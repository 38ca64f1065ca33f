// What is kept of frames that were freed: few of each size, and none that is large.
#include <malloc.h>

#include <thread>

#include <parlance/io/detail/frame_pool.hpp>

#include "io/support.hpp"

namespace parlance::io {
namespace {

/// How many bytes more are allocated on the heap after `count` frames of `size` were made and freed, in a thread
/// that has kept none before. 0 where the allocator is a sanitizer's, which does not count here.
std::size_t kept_of(std::size_t count, std::size_t size) {
  std::size_t kept = 0;
  std::vector<void*> frames(count);
  std::thread([&] {
    // The allocator's own books are made with a thread's first.
    frame_pool::deallocate(frame_pool::allocate(size), size);
    const std::size_t before = ::mallinfo2().uordblks;
    for (void*& frame : frames) std::memset(frame = frame_pool::allocate(size), 0xff, size);
    for (void* const frame : frames) frame_pool::deallocate(frame, size);
    kept = ::mallinfo2().uordblks - before;
  }).join();
  return kept;
}

TEST(frame_pool, keeps_few_of_each_size) {
  // The allocator adds up to two words and rounds up.
  constexpr std::size_t most = 256, more = 64;
  for (const std::size_t size : {std::size_t{1}, std::size_t{200}, std::size_t{2048}})
    EXPECT_LE(kept_of(4 * most, size), most * (size + more)) << size;
}

TEST(frame_pool, keeps_none_that_is_large) {
  for (const std::size_t size : {std::size_t{2049}, std::size_t{2100}, std::size_t{100'000}})
    EXPECT_EQ(kept_of(100, size), 0U) << size;
}

TEST(frame_pool, gives_its_own_back_with_the_thread) {
  const std::size_t before = ::mallinfo2().uordblks;
  for (int i = 0; i < 20; ++i) kept_of(200, 1024);
  EXPECT_LT(::mallinfo2().uordblks, before + 10 * 200 * 1024);
}

}  // namespace
}  // namespace parlance::io
