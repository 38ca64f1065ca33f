#include "memory/failing.hpp"

#include <cstdlib>

namespace parlance::net::test {

constinit thread_local std::size_t failing = 0;
constinit thread_local bool all_that_follow = false;
constinit thread_local std::size_t failures = 0;

namespace {

void* allocated(std::size_t size) {
  if (failing != 0 && --failing == 0) {
    ++failures;
    if (all_that_follow) failing = 1;
    throw std::bad_alloc();
  }
  if (void* const room = std::malloc(size)) return room;
  throw std::bad_alloc();
}

}  // namespace
}  // namespace parlance::net::test

void* operator new(std::size_t size) { return parlance::net::test::allocated(size); }
void* operator new[](std::size_t size) { return operator new(size); }
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  try {
    return operator new(size);
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
}
// By default that calls the one above, but for sanitizers, which have all of their own.
void* operator new[](std::size_t size, const std::nothrow_t& nothrow) noexcept {
  return operator new(size, nothrow);
}
void operator delete(void* room) noexcept { std::free(room); }
void operator delete[](void* room) noexcept { std::free(room); }
void operator delete(void* room, std::size_t) noexcept { std::free(room); }
void operator delete[](void* room, std::size_t) noexcept { std::free(room); }
void operator delete(void* room, const std::nothrow_t&) noexcept { std::free(room); }
void operator delete[](void* room, const std::nothrow_t&) noexcept { std::free(room); }
