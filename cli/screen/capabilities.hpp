// What a terminal is able to do, as far as the environment tells.
#pragma once

#include <cstdint>

#include <cli/screen/style.hpp>

namespace parlance::cli::screen {

struct capabilities {
  /// Cursor addressing as ECMA-48 has it: not where TERM is unset or "dumb".
  bool addressable = true;
  /// From COLORTERM and TERM; none where NO_COLOR is set and not empty (no-color.org). Bold and the like stay.
  colors palette = colors::palette;
  /// OSC 8. Those that do not know it leave it out, except for a few.
  bool hyperlinks = true;
  /// How a notification is asked for: OSC 9 (iTerm2, WezTerm, Windows Terminal, Ghostty), OSC 777 (rxvt,
  /// foot), OSC 99 (Kitty), or there is only the bell.
  enum class notices : std::uint8_t { bell, osc9, osc99, osc777 };
  notices notifications = notices::bell;

  static capabilities of_environment();
};

}  // namespace parlance::cli::screen
