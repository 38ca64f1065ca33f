#include <array>
#include <new>

#include <parlance/io/detail/frame_pool.hpp>

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define PARLANCE_PLAIN_FRAMES 1
#endif
#endif

namespace parlance::io::frame_pool {

#ifdef PARLANCE_PLAIN_FRAMES

void* allocate(std::size_t size) { return ::operator new(size); }
void deallocate(void* frame, std::size_t size) noexcept { ::operator delete(frame, size); }

#else

namespace {

constexpr std::size_t step = 16;              // sizes are rounded up to a multiple of this
constexpr std::size_t classes = 128;          // larger frames than 2 KiB go to the heap
constexpr unsigned kept_in_each_class = 256;  // a thread has far fewer sizes than classes

struct pool {
  struct node {
    node* next;
  };
  struct free_list {
    node* first = nullptr;
    unsigned count = 0;
  };
  std::array<free_list, classes> lists;

  ~pool();
};

// Frames may be freed by destructors of other thread-local objects after the pool itself is gone.
thread_local bool pool_is_gone = false;
thread_local pool frames;

pool::~pool() {
  pool_is_gone = true;
  for (free_list& list : lists)
    while (node* n = list.first) {
      list.first = n->next;
      ::operator delete(n);
    }
}

}  // namespace

void* allocate(std::size_t size) {
  const std::size_t index = (size - 1) / step;
  if (index >= classes || pool_is_gone) return ::operator new(size);
  pool::free_list& list = frames.lists[index];
  if (!list.first) return ::operator new((index + 1) * step);
  pool::node* frame = list.first;
  list.first = frame->next;
  --list.count;
  return frame;
}

void deallocate(void* frame, std::size_t size) noexcept {
  const std::size_t index = (size - 1) / step;
  if (index >= classes || pool_is_gone || frames.lists[index].count == kept_in_each_class)
    return ::operator delete(frame);
  pool::free_list& list = frames.lists[index];
  list.first = new (frame) pool::node{list.first};
  ++list.count;
}

#endif

}  // namespace parlance::io::frame_pool
