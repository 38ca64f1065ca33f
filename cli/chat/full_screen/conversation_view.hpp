// One's place in a conversation: what of it is seen, which message one is at, and what one is writing there.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include <cli/chat/full_screen/rows.hpp>
#include <cli/chat/model/network.hpp>
#include <cli/screen/surface.hpp>
#include <cli/screen/text_editor.hpp>

namespace parlance::cli {

class conversation_view {
 public:
  conversation_view(chat_network& in, conversation& of) : network_(&in), of_(&of) {}

  chat_network& network() const noexcept { return *network_; }
  conversation& of() const noexcept { return *of_; }
  screen::text_editor& editor() noexcept { return editor_; }

  /// Only what is seen is looked at, however much there is.
  void draw(const screen::region& into, bool numbers_links);

  /// Towards what is older; less than none: towards what is newer.
  void scroll(int rows);
  void scroll_page(int pages) { scroll(pages * std::max(1, rows_ - 2)); }
  void to_begin();
  void to_end() noexcept { bottom_.reset(), cut_ = 0; }
  bool is_at_end() const noexcept { return !bottom_; }

  /// One is at a message, to do something with it.
  bool has_chosen() const noexcept { return chosen_.has_value(); }
  /// To the one before, or behind; from none to the last one. False behind the last: to none.
  bool choose_older();
  bool choose_newer();
  /// The one that is drawn in this row of the region. False: none is.
  bool choose_at(int row);
  void choose_none() noexcept { chosen_.reset(); }
  /// Goes to a message. False: it is not there.
  bool go_to(const chat_entry& one);
  /// Null: none is chosen, or what is being said.
  chat_entry* chosen() const;
  std::optional<std::size_t> chosen_pending() const;

  /// Links that were drawn, in their order from the top.
  const std::vector<std::string>& links() const noexcept { return links_; }

 private:
  /// A place that stays the same while others come.
  struct place {
    wall_time time = 0;
    std::string id = {};
    std::size_t nth = 0;  // of that time
    std::optional<std::size_t> pending = {};
  };
  std::size_t count() const noexcept { return of_->entries().size() + of_->pending.size(); }
  /// Where the place is now, among entries and what is being said.
  std::optional<std::size_t> index_of(const place& one) const;
  place place_at(std::size_t index) const;
  bool can_choose(std::size_t index) const;
  std::vector<screen::styled_text> rows_at(std::size_t index, std::size_t bottom) const;
  int height_at(std::size_t index, std::size_t bottom) const;
  void show_chosen();

  chat_network* network_;
  conversation* of_;
  screen::text_editor editor_;
  row_options how_;
  int rows_ = 1;
  std::optional<place> bottom_;  // the last that is seen at least in part; none: the end
  int cut_ = 0;                  // rows of it that are below the edge
  std::optional<place> chosen_;
  struct drawn {
    std::size_t index;
    int first, last;  // rows
  };
  std::vector<drawn> drawn_;
  std::vector<std::string> links_;
};

}  // namespace parlance::cli
