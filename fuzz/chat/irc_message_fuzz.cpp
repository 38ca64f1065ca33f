// An IRC client may send anything: its lines are the same however its bytes are cut, and bounded; what is
// taken from a line lies in it; and a message that is written again means the same.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include <parlance/chat/irc/line_builder.hpp>
#include <parlance/chat/irc/line_framing.hpp>
#include <parlance/chat/irc/message.hpp>

namespace {

using namespace parlance::chat::irc;

constexpr std::size_t longest = 600;
constexpr line_limits limits{.tags = 200, .rest = 400};

void require(bool holds) {
  if (!holds) std::abort();
}

/// Every line, and an empty one for each that is too long.
std::vector<std::string> read(std::string_view bytes, std::size_t step) {
  line_framing framing(longest);
  std::vector<std::string> all;
  for (; !bytes.empty(); bytes.remove_prefix(std::min(step, bytes.size()))) {
    // A copy of its own, so that a view that outlives it is found out.
    const std::string piece(bytes.substr(0, step));
    framing.feed(piece);
    while (const auto line = framing.next()) {
      const bool fits = line->what == line_framing::line::kind::text;
      require(fits != line->text.empty() && line->text.size() <= longest);
      require(!line->text.contains('\n'));
      if (line->text.contains('\r')) require(!parse(line->text, limits));
      all.emplace_back(line->text);
    }
  }
  return all;
}

void must_lie_in(std::string_view part, std::string_view line) {
  require(part.empty() ||
          (part.data() >= line.data() && part.data() + part.size() <= line.data() + line.size()));
}

void must_be_fit(const message& m, std::string_view line) {
  require(!m.command.empty() && m.tags.size() <= max_tags && m.param_count() <= max_params);
  must_lie_in(m.command, line);
  must_lie_in(m.source, line);
  for (const auto param : m.params()) must_lie_in(param, line);
  for (const auto& t : m.tags) {
    must_lie_in(t.key, line);
    must_lie_in(t.escaped, line);
    require(m.find_tag(t.key) == &t && t.value().size() <= t.escaped.size());
  }
}

std::string write(const message& m) {
  std::string out;
  line_builder to(out);
  for (const auto& t : m.tags) to.tag(t.key, t.value());
  to.source(m.source).command(m.command);
  if (m.param_count() == 0) {
    to.end();
    return out;
  }
  for (std::size_t i = 0; i + 1 < m.param_count(); ++i) to.param(m.param(i));
  to.end(m.param(m.param_count() - 1));
  return out;
}

void must_come_back(const message& m) {
  const std::string out = write(m);
  require(out.ends_with("\r\n"));
  const std::string_view line = std::string_view(out).substr(0, out.size() - 2);
  const auto again = parse(line);
  require(again.has_value());
  require(again->source == m.source && again->command == m.command);
  require(std::ranges::equal(again->params(), m.params()));
  require(std::ranges::equal(again->tags, m.tags, [](const tag& a, const tag& b) {
    return a.key == b.key && a.value() == b.value();
  }));
}

void must_truncate(std::string_view text, std::size_t bytes) {
  const std::string_view part = truncate_utf8(text, bytes);
  require(part.data() == text.data() && part.size() <= bytes &&
          part.size() + 3 >= std::min(bytes, text.size()));
  if (valid_utf8(text)) require(valid_utf8(part));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const auto whole = read(bytes, bytes.size() + 1);
  require(whole == read(bytes, data[0] % 16U + 1));
  for (const std::string_view line : whole) {
    const auto m = parse(line, limits);
    if (m) {
      must_be_fit(*m, line);
      must_come_back(*m);
    }
    must_truncate(line, data[0]);
    require(unescape_tag(escape_tag(line)).size() +
                static_cast<std::size_t>(std::ranges::count(line, '\0')) ==
            line.size());
  }
  // Whatever is put in, one line comes out.
  std::string out;
  append_message(out, "source", "COMMAND", bytes.substr(0, bytes.size() / 2), bytes.substr(bytes.size() / 2));
  require(out.size() <= max_line && read(out, out.size()).size() == 1);
  const auto m = parse(std::string_view(out).substr(0, out.size() - 2));
  require(m && (m->param_count() == 2 || out.size() > max_line - 5));
  return 0;
}
