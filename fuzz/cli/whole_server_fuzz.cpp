// The whole server, with everybody who calls it, its disk, and the operators' API: the input is what they do. See
// tests/chat/whole.
#include <fmt/core.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include <cli/serve/api.hpp>

#include "chat/whole/whole_server.hpp"

namespace {

namespace chat = parlance::chat;

class api final : public chat::test::beside_server {
 public:
  api(chat::server& of, std::function<void()> end) : its_(of, std::move(end)) {}
  void told(std::string_view line) override { its_.told(line); }
  parlance::io::task<void> keep() override { return its_.keep(); }

 private:
  parlance::cli::operator_api its_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 4096) return 0;
  const auto beside = [](chat::server& of, std::function<void()> end) {
    return std::make_unique<api>(of, std::move(end));
  };
  if (const std::string wrong = chat::test::try_whole_server({data, size}, beside); !wrong.empty()) {
    fmt::print(stderr, "{}\n", wrong);
    std::abort();
  }
  return 0;
}
