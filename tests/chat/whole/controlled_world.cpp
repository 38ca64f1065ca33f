#include "chat/whole/controlled_world.hpp"

#include <dlfcn.h>
#include <sodium.h>

#include <optional>
#include <random>

#include <parlance/chat/core/clock.hpp>
#include <parlance/io/loop.hpp>

namespace parlance::chat::test {
namespace {

using std::chrono::system_clock;

struct {
  bool is_on = false;
  system_clock::time_point wall;
  std::optional<io::time_point> since;  // when it was that, as the loop has it
  std::mt19937_64 chance;
} state;

constexpr std::chrono::seconds first_second(1'800'000'000);  // in 2027

std::uint32_t draw() { return static_cast<std::uint32_t>(state.chance()); }
void draw_bytes(void* to, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i)
    static_cast<unsigned char*>(to)[i] = static_cast<unsigned char>(state.chance());
}
const char* name() { return "of a test"; }

randombytes_implementation seeded{.implementation_name = name,
                                  .random = draw,
                                  .stir = nullptr,
                                  .uniform = nullptr,
                                  .buf = draw_bytes,
                                  .close = nullptr};

system_clock::time_point wall_now() {
  if (!state.since) return state.wall;
  return state.wall +
         std::chrono::duration_cast<system_clock::duration>(io::loop::current().now() - *state.since);
}

}  // namespace

controlled_world::controlled_world(std::uint64_t seed) {
  ::randombytes_set_implementation(&seeded);
  state.chance.seed(seed);
  state.wall = system_clock::time_point(first_second);
  state.since.reset();
  state.is_on = true;
  clock::wall = wall_now;
}

controlled_world::~controlled_world() {
  state.is_on = false;
  clock::wall = &system_clock::now;
  ::randombytes_set_implementation(&::randombytes_sysrandom_implementation);
}

void controlled_world::start() { state.since = io::loop::current().now(); }

void controlled_world::stop() {
  state.wall = wall_now();
  state.since.reset();
}

void controlled_world::go_on(std::chrono::microseconds by) { state.wall += by; }

}  // namespace parlance::chat::test

// In place of libsodium's.

extern "C" int crypto_pwhash_argon2id_str(char* out, const char* password, unsigned long long size,
                                          unsigned long long operations, std::size_t memory) {
  static const auto real = reinterpret_cast<decltype(&crypto_pwhash_argon2id_str)>(
      ::dlsym(RTLD_NEXT, "crypto_pwhash_argon2id_str"));
  if (parlance::chat::test::state.is_on) {
    operations = crypto_pwhash_argon2id_OPSLIMIT_MIN;
    memory = crypto_pwhash_argon2id_MEMLIMIT_MIN;
  }
  return real(out, password, size, operations, memory);
}
