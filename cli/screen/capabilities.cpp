#include <cstdlib>
#include <string_view>

#include <cli/screen/capabilities.hpp>

namespace parlance::cli::screen {
namespace {

std::string_view variable(const char* name) {
  const char* const value = std::getenv(name);
  return value ? value : "";
}

colors colors_of(std::string_view term) {
  if (!variable("NO_COLOR").empty()) return colors::none;
  const std::string_view told = variable("COLORTERM");
  if (told == "truecolor" || told == "24bit" || term.ends_with("-direct")) return colors::rgb;
  for (const std::string_view able : {"xterm-kitty", "xterm-ghostty", "foot", "alacritty", "wezterm"})
    if (term.starts_with(able)) return colors::rgb;
  if (term.contains("256color")) return colors::palette;
  for (const std::string_view plain : {"vt100", "vt102", "vt220", "vt320", "vt420"})
    if (term == plain) return colors::none;
  return colors::sixteen;
}

capabilities::notices notices_of(std::string_view term) {
  using enum capabilities::notices;
  // What stands in between would pass none of them on.
  if (!variable("TMUX").empty() || term.starts_with("tmux") || term.starts_with("screen")) return bell;
  if (term.starts_with("xterm-kitty")) return osc99;
  if (term.starts_with("rxvt") || term.starts_with("foot")) return osc777;
  const std::string_view program = variable("TERM_PROGRAM");
  for (const std::string_view able : {"iTerm.app", "WezTerm", "ghostty"})
    if (program == able) return osc9;
  return term.starts_with("xterm-ghostty") || !variable("WT_SESSION").empty() ? osc9 : bell;
}

}  // namespace

capabilities capabilities::of_environment() {
  const std::string_view term = variable("TERM");
  return {.addressable = !term.empty() && term != "dumb" && term != "unknown",
          .palette = colors_of(term),
          .hyperlinks = term != "linux" && !term.starts_with("vt"),
          .notifications = notices_of(term)};
}

}  // namespace parlance::cli::screen
