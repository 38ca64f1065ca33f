#include <sys/mman.h>

#include <cerrno>
#include <new>

#include <parlance/io/detail/uring_buffers.hpp>
#include <parlance/io/error.hpp>

namespace parlance::io {
namespace {
constexpr std::size_t ring_bytes(unsigned entries) { return entries * sizeof(io_uring_buf); }
}  // namespace

void uring_buffers::attach(io_uring& ring) {
  void* memory = mmap(nullptr, ring_bytes(most), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) throw error(from_errno(errno), "map a buffer ring");
  ring_ = static_cast<io_uring_buf_ring*>(memory);
  io_uring_buf_reg registration{};
  registration.ring_addr = reinterpret_cast<std::uint64_t>(memory);
  registration.ring_entries = most;
  registration.bgid = group;
  if (const int failed = io_uring_register_buf_ring(&ring, &registration, 0)) {
    munmap(memory, ring_bytes(most));
    ring_ = nullptr;
    throw error(from_errno(failed), "register a buffer ring");
  }
  owner_ = &ring;
  io_uring_buf_ring_init(ring_);
  slabs_.reserve(most / slab);
  notes_.reserve(most);
  grow();
}

void uring_buffers::detach() noexcept {
  if (!ring_) return;
  io_uring_unregister_buf_ring(owner_, group);
  abandon();
}

void uring_buffers::abandon() noexcept {
  if (!ring_) return;
  munmap(ring_, ring_bytes(most));
  ring_ = nullptr;
}

void uring_buffers::grow() noexcept {
  auto* memory = new (std::nothrow) char[slab * stride];
  if (!memory) return;  // what there is goes on being used
  try {
    slabs_.emplace_back(memory);
  } catch (const std::bad_alloc&) {
    return;
  }
  notes_.resize(total_ + slab);  // for which there is room
  for (unsigned i = 0; i < slab; ++i) add(static_cast<std::uint16_t>(total_++));
}

}  // namespace parlance::io
