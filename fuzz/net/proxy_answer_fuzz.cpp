// A proxy that answers anything at all, cut anywhere: it is refused in one plain line, or what follows its
// answer is left to be read, as it came. The first byte says which protocol, the second how it is cut.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include <parlance/io/error.hpp>
#include <parlance/io/scope.hpp>
#include <parlance/io/wait.hpp>
#include <parlance/net/error.hpp>
#include <parlance/net/memory_stream.hpp>
#include <parlance/net/proxy.hpp>

namespace {

using namespace parlance;

io::task<void> answer(net::stream& proxy, std::string_view bytes, std::size_t piece) {
  while (!bytes.empty()) {
    co_await proxy.send(bytes.substr(0, piece));
    bytes.remove_prefix(std::min(piece, bytes.size()));
    co_await io::yield();
  }
  co_await proxy.shutdown();
}

io::task<void> check(bool socks, std::string_view bytes, std::size_t piece) {
  auto [own, proxy] = net::memory_streams();
  io::scope answering([](std::exception_ptr) {});
  answering.spawn(answer(proxy, bytes, piece));
  try {
    const net::address to{"example.com", 443, {}};
    co_await (socks ? net::socks5_connect(own, to, {"ann", "secret"}) : net::http_connect(own, to));
  } catch (const io::error& e) {
    const std::string_view said = e.what();
    if (e.code() != net::errc::proxy) std::abort();
    if (std::ranges::any_of(said, [](unsigned char c) { return (c < ' ' && c != '\t') || c == 0x7f; }))
      std::abort();
    co_return;
  }
  std::string rest;
  for (std::string_view more; !(more = co_await own.recv()).empty();) rest += more;
  if (!bytes.ends_with(rest) || rest.size() == bytes.size()) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  static io::loop here({.backend = "sim"});
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 2, size - 2);
  io::wait(check(data[0] & 1, bytes, data[1] == 0 ? size : data[1]));
  return 0;
}
