#include <dlfcn.h>
#include <qrencode.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>
#include <memory>
#include <span>
#include <utility>

#include <cli/serve/qr_code.hpp>

namespace parlance::cli {
namespace {

/// Loaded when a code is to be drawn, and not with the program, each start of which would pay for it.
struct qrencode_library {
  decltype(&::QRcode_encodeString8bit) encode = nullptr;
  decltype(&::QRcode_free) free = nullptr;

  static qrencode_library load() {
    qrencode_library made;
    void* const library = ::dlopen("libqrencode.so.4", RTLD_NOW | RTLD_LOCAL);
    if (!library) return made;
    made.encode = reinterpret_cast<decltype(encode)>(::dlsym(library, "QRcode_encodeString8bit"));
    made.free = reinterpret_cast<decltype(free)>(::dlsym(library, "QRcode_free"));
    return made;
  }
};

}  // namespace

std::optional<qr_code> qr_code::of(const std::string& text) {
  static const qrencode_library library = qrencode_library::load();
  if (!library.encode || !library.free) return {};
  const std::unique_ptr<QRcode, decltype(library.free)> made(library.encode(text.c_str(), 0, QR_ECLEVEL_L),
                                                             library.free);
  if (!made) return {};
  const auto side = static_cast<std::size_t>(made->width);
  std::vector<bool> dark;
  for (const unsigned char module : std::span(made->data, side * side)) dark.push_back((module & 1) != 0);
  return qr_code(std::move(dark), side);
}

bool qr_code::is_dark(std::size_t row, std::size_t column) const noexcept {
  row -= edge;
  column -= edge;
  return row < side_ && column < side_ && dark_[row * side_ + column];
}

std::string qr_code::drawn(bool colours) const {
  std::string text;
  for (std::size_t row = 0; row < width(); row += 2) {
    if (colours) text += "\x1b[30;107m";
    for (std::size_t column = 0; column < width(); ++column) {
      const bool upper = is_dark(row, column) == colours;
      const bool lower = is_dark(row + 1, column) == colours;
      text += upper ? lower ? "█" : "▀" : lower ? "▄" : " ";
    }
    text += colours ? "\x1b[0m\n" : "\n";
  }
  return text;
}

std::string qr_code_on_terminal(const std::string& text, int fd) {
  const char* const term = std::getenv("TERM");
  if (::isatty(fd) != 1 || !term || std::string_view(term) == "dumb") return {};
  const std::optional<qr_code> code = qr_code::of(text);
  winsize window{};
  const bool is_known = ::ioctl(fd, TIOCGWINSZ, &window) == 0 && window.ws_col != 0;
  if (!code || (is_known && window.ws_col < code->width())) return {};
  const char* const none = std::getenv("NO_COLOR");
  return code->drawn(!(none && *none));
}

}  // namespace parlance::cli
