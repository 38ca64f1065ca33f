#include <fmt/core.h>

#include <algorithm>
#include <iterator>

#include <cli/trace/svg.hpp>

namespace parlance::cli {
namespace {

constexpr int width = 960, left = 220, right = 740, row_height = 34, top = 56;

constexpr std::string_view style = R"(
  svg { background: #fff; color: #1b1f24; font: 13px ui-monospace, 'DejaVu Sans Mono', monospace }
  text { fill: currentColor } .title { font-weight: bold } .state { fill: #57606a } .time { fill: #8c959f; font-size: 11px }
  .life { stroke: #d0d7de } .tcp { --c: #0969da } .data { --c: #1a7f37 } .inside { --c: #8250df } .broken { --c: #cf222e }
  .arrow { stroke: var(--c); stroke-width: 1.5 } .point { fill: var(--c) } .label { fill: var(--c) }
  .inside .arrow { stroke-dasharray: 5 3 } .note { font-style: italic } text.broken { fill: #cf222e }
  @media (prefers-color-scheme: dark) {
    svg { background: #0d1117; color: #e6edf3 } .state { fill: #9198a1 } .time { fill: #6e7681 } .life { stroke: #30363d }
    .tcp { --c: #58a6ff } .data { --c: #3fb950 } .inside { --c: #bc8cff } .broken { --c: #ff7b72 } text.broken { fill: #ff7b72 }
  }
)";

/// As much of valid UTF-8 as fits in `most` bytes.
std::string_view cut(std::string_view text, std::size_t most) {
  if (text.size() <= most) return text;
  while (most > 0 && (static_cast<unsigned char>(text[most]) & 0xc0) == 0x80) --most;
  return text.substr(0, most);
}

/// Of valid UTF-8.
std::string escaped(std::string_view text) {
  std::string safe;
  text = cut(text, 400);
  for (std::size_t i = 0; i < text.size(); ++i) {
    // U+FFFE and U+FFFF are no characters of XML.
    if (text.substr(i).starts_with("\xef\xbf\xbe") || text.substr(i).starts_with("\xef\xbf\xbf")) {
      safe += '?';
      i += 2;
      continue;
    }
    switch (const char c = text[i]) {
      case '&':
        safe += "&amp;";
        break;
      case '<':
        safe += "&lt;";
        break;
      case '>':
        safe += "&gt;";
        break;
      case '"':
        safe += "&quot;";
        break;
      default:
        safe += static_cast<unsigned char>(c) < ' ' ? ' ' : c;
    }
  }
  return safe;
}

/// Cut where it would leave its place, the whole of it shown to who points there.
std::string fitting(std::string_view text, std::size_t characters) {
  if (text.size() <= characters) return escaped(text);
  return escaped(cut(text, characters - 3)) + "...<title>" + escaped(text) + "</title>";
}

std::string time_of(const trace_row& row) {
  return fmt::format("{:.3f} ms", std::chrono::duration<double, std::milli>(row.at).count());
}

class picture {
 public:
  std::string draw(const std::vector<trace_row>& rows, std::string_view title) {
    for (const trace_row& row : rows) {
      switch (row.what) {
        case trace_row::kind::head:
          head(row);
          break;
        case trace_row::kind::note:
          note(row);
          break;
        default:
          arrow(row);
      }
    }
    end_lines();
    const int height = y_ + 24;
    return fmt::format(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {} {}\" width=\"{}\" height=\"{}\" "
        "role=\"img\">\n"
        "<title>{}</title>\n<style>{}</style>\n<text class=\"title\" x=\"16\" "
        "y=\"28\">{}</text>\n{}{}</svg>\n",
        width, height, width, height, escaped(title), style, fitting(title, 116), lines_, body_);
  }

 private:
  template <class... Args> void put(fmt::format_string<Args...> format, Args&&... args) {
    fmt::format_to(std::back_inserter(body_), format, std::forward<Args>(args)...);
  }

  /// The lifelines go as far as the rows of their connection do.
  void end_lines() {
    if (begun_ != 0)
      for (const int x : {left, right})
        lines_ +=
            fmt::format("<line class=\"life\" x1=\"{}\" y1=\"{}\" x2=\"{}\" y2=\"{}\"/>\n", x, begun_, x, y_);
    begun_ = 0;
  }

  void head(const trace_row& row) {
    end_lines();
    y_ += row_height;
    put("<text class=\"title\" text-anchor=\"middle\" x=\"{}\" y=\"{}\">{}</text>\n", left, y_,
        fitting(row.here, 40));
    put("<text class=\"state\" text-anchor=\"middle\" x=\"{}\" y=\"{}\">{}</text>\n", (left + right) / 2, y_,
        escaped(row.label));
    put("<text class=\"title\" text-anchor=\"middle\" x=\"{}\" y=\"{}\">{}</text>\n", right, y_,
        fitting(row.there, 40));
    begun_ = y_ + 8;
    y_ += 12;
  }

  void note(const trace_row& row) {
    y_ += row_height - 8;
    put("<text class=\"time\" x=\"16\" y=\"{}\">{}</text>\n", y_, time_of(row));
    put("<text class=\"note{}\" text-anchor=\"middle\" x=\"{}\" y=\"{}\">{}</text>\n",
        row.broken ? " broken" : "", (left + right) / 2, y_, fitting(row.label, 88));
  }

  void arrow(const trace_row& row) {
    y_ += row_height;
    const bool out = row.what == trace_row::kind::outgoing;
    const char* const kind = row.broken                           ? "broken"
                             : row.of == trace_row::layer::inside ? "inside"
                             : row.of == trace_row::layer::data   ? "data"
                                                                  : "tcp";
    const int from = out ? left : right, to = out ? right : left, back = out ? -9 : 9;
    put("<g class=\"{}\"><text class=\"time\" x=\"16\" y=\"{}\">{}</text>", kind, y_ + 4, time_of(row));
    put("<text class=\"label\" text-anchor=\"middle\" x=\"{}\" y=\"{}\">{}</text>", (left + right) / 2,
        y_ - 6, fitting(row.label, 62));
    put("<line class=\"arrow\" x1=\"{}\" y1=\"{}\" x2=\"{}\" y2=\"{}\"/>", from, y_, to, y_);
    put("<path class=\"point\" d=\"M{} {}l{} -4v8z\"/>", to, y_, back);
    put("<text class=\"state\" text-anchor=\"end\" x=\"{}\" y=\"{}\">{}</text>", left - 10, y_ + 4,
        escaped(row.here));
    put("<text class=\"state\" x=\"{}\" y=\"{}\">{}</text></g>\n", right + 10, y_ + 4, escaped(row.there));
  }

  std::string lines_, body_;
  int y_ = top - row_height, begun_ = 0;
};

}  // namespace

std::string trace_svg(const std::vector<trace_row>& rows, std::string_view title) {
  return picture().draw(rows, title);
}

}  // namespace parlance::cli
