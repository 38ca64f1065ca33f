// Whatever text is put on a screen, cut, wrapped and edited: a cluster is never cut, nothing steers the
// terminal, and what is shown is what was meant.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <tests/cli/screen/editor_steps.hpp>

#include <cli/screen/cluster.hpp>
#include <cli/screen/painter.hpp>
#include <cli/screen/surface.hpp>
#include <cli/screen/text_editor.hpp>
#include <cli/screen/wrap.hpp>

namespace {

using namespace parlance::cli::screen;

void walk(std::string_view text) {
  std::size_t at = 0;
  while (at < text.size()) {
    const cluster one = first_cluster(text.substr(at));
    if (one.size == 0 || one.size > text.size() - at || one.width < 0 || one.width > 2) std::abort();
    if (one.shown.empty() || one.shown.size() > longest_cluster) std::abort();
    for (const char c : one.shown)
      if (static_cast<unsigned char>(c) < ' ' || c == '\x7f') std::abort();
    if (cluster_before(text, at + one.size) != at) std::abort();
    at += one.size;
  }
}

void edit(std::string_view text, std::string_view steps, int columns) {
  text_editor line(300);
  line.insert(text);
  for (const char byte : steps) {
    const auto step = static_cast<unsigned char>(byte);
    take(line, {.which = step % editor_steps, .number = step, .text = text.substr(0, 8), .columns = columns});
    if (!wrong_with(line, columns, 300).empty()) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 2, size - 2);
  const int columns = data[0] % 20 + 2;
  walk(text);
  if (width(beginning(text, columns)) > columns || width(shortened(text, columns)) > columns) std::abort();

  surface frame({.columns = columns, .rows = 4});
  int y = 0;
  for (const styled_text& row :
       wrap({{.text = std::string(text), .look = {}, .link = std::string(text)}}, columns, data[1] % 4)) {
    if (width(row) > columns) std::abort();
    put(frame.whole(), data[1] % 5 - 2, y++, row);
  }
  painter paint({.addressable = true, .palette = colors::rgb, .hyperlinks = true});
  paint.next(frame);
  if (!paint.next(frame).empty()) std::abort();
  edit(text, text.substr(text.size() / 2).substr(0, 24), columns);
  return 0;
}
