// Memory that nobody may use just now: an AddressSanitizer that watches the program reports whoever does.
// Costs nothing without one.
#pragma once

#include <cstddef>

#if defined(__SANITIZE_ADDRESS__)
#define PARLANCE_POISONS 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define PARLANCE_POISONS 1
#endif
#endif

#ifdef PARLANCE_POISONS
#include <sanitizer/asan_interface.h>
#endif

namespace parlance::io {

inline void poison([[maybe_unused]] const char* memory, [[maybe_unused]] std::size_t size) noexcept {
#ifdef PARLANCE_POISONS
  __asan_poison_memory_region(memory, size);
#endif
}

inline void unpoison([[maybe_unused]] const char* memory, [[maybe_unused]] std::size_t size) noexcept {
#ifdef PARLANCE_POISONS
  __asan_unpoison_memory_region(memory, size);
#endif
}

}  // namespace parlance::io
