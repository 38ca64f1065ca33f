// What one turn of the loop has for one client: pieces of runs, most of them shared with others, which leave
// in one gathered send.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace parlance::chat {

/// The bytes of one turn in one form, for a room or for one client. It grows while the turn lasts and never
/// changes after it.
struct run {
  struct part {
    std::uint32_t begin, end;
  };

  /// What leaves where the part that begins there may not.
  struct replacement {
    std::uint32_t begin;
    std::string bytes;
  };

  std::string bytes;
  /// Parts that may only leave when the store has kept what they tell; in order.
  std::vector<part> conditional;
  std::vector<replacement> replacements;  // of some of them

  std::uint32_t size() const noexcept { return static_cast<std::uint32_t>(bytes.size()); }
};
using shared_run = std::shared_ptr<run>;

/// A part of a run.
struct piece {
  shared_run of = {};
  std::uint32_t begin = 0, end = 0;

  std::string_view view() const noexcept { return std::string_view(of->bytes).substr(begin, end - begin); }
};

class outgoing {
 public:
  bool empty() const noexcept { return pieces().empty(); }
  /// Until it is changed.
  std::span<const piece> pieces() const noexcept {
    if (!several_.empty()) return several_;
    return {&only_, only_.of ? 1U : 0U};
  }
  std::size_t size() const noexcept {
    std::size_t bytes = 0;
    for (const piece& p : pieces()) bytes += p.end - p.begin;
    return bytes;
  }

  std::vector<std::string_view> views() const {
    std::vector<std::string_view> all;
    all.reserve(pieces().size());
    for (const piece& p : pieces()) all.push_back(p.view());
    return all;
  }

  /// What another turn had, behind this.
  void add(outgoing&& later) {
    if (empty()) return void(*this = std::move(later));
    for (const piece& p : later.pieces()) push(p);
  }

  void add(const shared_run& of, std::uint32_t begin, std::uint32_t end) {
    if (begin != end) push({of, begin, end});
  }

  /// Appends bytes of this client's own: `write(std::string&)` does it. `conditional`, `instead`: see run.
  template <class Write> void append(Write&& write, bool conditional = false, std::string instead = {}) {
    if (!own_) own_ = std::make_shared<run>();
    const std::uint32_t begin = own_->size();
    write(own_->bytes);
    const std::uint32_t end = own_->size();
    if (begin == end) return;
    if (conditional) own_->conditional.push_back({begin, end});
    if (!instead.empty()) own_->replacements.push_back({begin, std::move(instead)});
    piece& last = several_.empty() ? only_ : several_.back();
    if (last.of == own_)
      last.end = end;
    else
      push({own_, begin, end});
  }

  /// Takes out what the store has not kept.
  void drop_conditional() {
    outgoing kept;
    for (const piece& p : pieces()) {
      std::uint32_t at = p.begin;
      for (const run::part& c : p.of->conditional) {
        if (c.end <= at || c.begin >= p.end) continue;
        if (c.begin > at) kept.push({p.of, at, c.begin});
        at = c.end;
        for (const run::replacement& r : p.of->replacements)
          if (r.begin == c.begin) {
            const auto text = std::make_shared<run>();
            text->bytes = r.bytes;
            kept.push({text, 0, text->size()});
          }
      }
      if (at < p.end) kept.push({p.of, at, p.end});
    }
    only_ = std::move(kept.only_);
    several_ = std::move(kept.several_);
  }

 private:
  void push(piece next) {
    if (empty()) return void(only_ = std::move(next));
    if (several_.empty()) several_.push_back(std::move(only_));
    several_.push_back(std::move(next));
  }

  // Most of what is told is one piece, for which nothing is allocated: it is in `only_`, unless there are several.
  piece only_;
  std::vector<piece> several_;
  shared_run own_;
};

}  // namespace parlance::chat
