// The buffers that an io_uring ring receives into: a provided-buffer ring (io_uring_register_buf_ring(3))
// that grows by slabs while many are in use at the same time, up to a bound. Beyond it the kernel answers
// ENOBUFS and a socket receives into a block of its own instead, so nobody who hoards buffers can stop the
// others.
#pragma once

#include <liburing.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include <parlance/io/detail/poison.hpp>

namespace parlance::io {

class uring_buffers {
 public:
  static constexpr std::size_t buffer_size = 8 * 1024;
  static constexpr std::uint16_t group = 0;

  uring_buffers() = default;
  ~uring_buffers() { detach(); }
  uring_buffers(const uring_buffers&) = delete;
  uring_buffers& operator=(const uring_buffers&) = delete;

  /// Registers with `ring`, which must outlive the registration. Throws io::error.
  void attach(io_uring& ring);
  void detach() noexcept;
  /// Without a word to the kernel: in a child that was forked, the ring is the parent's.
  void abandon() noexcept;

  /// What buffer `id` lies in, for who needs that longer.
  std::shared_ptr<const void> memory(std::uint16_t id) const noexcept { return slabs_[id / slab]; }
  char* data(std::uint16_t id) const noexcept { return slabs_[id / slab].get() + (id % slab) * stride; }

  /// What a socket knows of a buffer that is its: how much lies in it, and which is its next.
  struct note {
    std::uint32_t size;
    std::uint16_t next;
  };
  note& of(std::uint16_t id) noexcept { return notes_[id]; }

  /// The kernel has filled buffer `id`: it is ours until `give`.
  void taken(std::uint16_t id) noexcept {
    unpoison(data(id), buffer_size);
    if (++in_use_ + reserve > total_ && total_ < most) grow();
  }
  void give(std::uint16_t id) noexcept {
    --in_use_;
    add(id);
  }

 private:
  static constexpr unsigned slab = 256;    // buffers in a slab: 2 MiB
  static constexpr unsigned most = 4096;   // 32 MiB a loop
  static constexpr unsigned reserve = 64;  // fewer than this left: one more slab
  // Neighbours start in different cache sets, or all their first lines would compete for one.
  static constexpr std::size_t stride = buffer_size + 64;

  void add(std::uint16_t id) noexcept {
    poison(data(id), buffer_size);
    io_uring_buf_ring_add(ring_, data(id), buffer_size, id, io_uring_buf_ring_mask(most), 0);
    io_uring_buf_ring_advance(ring_, 1);
  }
  void grow() noexcept;

  io_uring* owner_ = nullptr;
  io_uring_buf_ring* ring_ = nullptr;
  std::vector<std::shared_ptr<char[]>> slabs_;
  std::vector<note> notes_;
  unsigned total_ = 0;
  unsigned in_use_ = 0;
};

}  // namespace parlance::io
