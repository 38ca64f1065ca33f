// A list over the rest of the screen: one types what it is to have, and picks from it.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <cli/screen/input.hpp>
#include <cli/screen/surface.hpp>
#include <cli/screen/text_editor.hpp>
#include <cli/screen/wrap.hpp>

namespace parlance::cli {

/// How well what was typed, whose letters must all be there in their order, fits to a name: the more the
/// better, less than none where it does not.
int fits(std::string_view typed, std::string_view name);

class list_popup {
 public:
  struct item {
    screen::styled_text text;
    /// Nothing: it is only to be read.
    std::function<void()> pick = {};
  };
  /// The items for what was typed, the best first.
  using offer = std::function<std::vector<item>(std::string_view typed)>;

  /// `asks`: what stands before what is typed; empty: nothing is typed.
  list_popup(std::string title, std::string asks, offer offers);

  enum class outcome { stays, closes };
  outcome press(const screen::key_press& pressed);
  void insert(std::string_view text);
  void move(int by);
  outcome click(screen::point at);
  /// The items may be others now.
  void refresh();
  void draw(const screen::region& screen);

 private:
  outcome pick();

  std::string title_, asks_;
  offer offers_;
  screen::text_editor typed_{1024};
  std::vector<item> items_;
  std::size_t chosen_ = 0, first_ = 0;
  screen::rectangle area_;
  int items_row_ = 0, items_shown_ = 1;
};

}  // namespace parlance::cli
