// What is not to be said here: patterns, looked for in what people say, and what follows where one is found. Kept in the store,
// so that they outlast a restart.
//
//   filters.add({.pattern = "cheap\\s+pills", .does = filter::action::block, .looks_at = "pn", .reason = "spam"});
//   if (const filter* found = filters.find({.in = 'p', .text = text})) ...            // null in most cases
//
// Patterns are RE2's (https://github.com/google/re2/wiki/Syntax), which never backtracks: what looking costs grows as the text
// does, whatever is written in either. They know no difference of case, but behind "(?-i)", and a dot is any character. Each is
// looked for in the text as it came, and as it is read, without formatting and with the lines of a long message as one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <parlance/chat/base/budget.hpp>

namespace re2 {
class RE2;
}

namespace parlance::chat {

class store;

struct filter {
  /// Each is more than those before it.
  enum class action : unsigned char {
    warn,    ///< it is said, and operators are told
    block,   ///< it is not said, and who says it is told why
    silent,  ///< it is not said, and looks to its sayer as if it had been
    kill,    ///< its sayer is put out
    ban      ///< and kept out for `length`
  };

  std::string pattern;
  action does = action::block;
  /// Letters of filters::places and filters::spares; '*' is every place.
  std::string looks_at = "*";
  std::int64_t length = 0;  ///< seconds, of a ban
  std::string reason = {};
  std::string set_by = {};
  std::int64_t set_at = 0;   ///< seconds since the Unix epoch
  std::uint64_t number = 0;  ///< by which it is called; `add` gives it
};

class filters {
 public:
  /// More are refused. Together with the others they bound what a message costs, and what all of them may take of memory.
  static constexpr std::size_t most = 100;
  static constexpr std::size_t longest_pattern = 256;  ///< bytes, as a line of IRC has room for
  /// Instructions that a pattern may be compiled to, forwards and backwards, and all of them together.
  static constexpr int largest_program = 2'500, largest_together = 20'000;
  static constexpr std::int64_t most_memory = 256 << 10;  ///< bytes that looking for one may take

  struct letter {
    char is;
    std::string_view about;
  };
  /// Where patterns are looked for; the letters that InspIRCd has for them, where it has any.
  static constexpr letter places[] = {{'p', "messages"},
                                      {'n', "notices"},
                                      {'t', "topics"},
                                      {'k', "nicks"},
                                      {'P', "reasons of leaving a room"},
                                      {'q', "reasons of leaving the server"},
                                      {'a', "away messages"},
                                      {'g', "real names and metadata"}};
  /// Whom they do not hold for.
  static constexpr letter spares[] = {{'o', "operators of the server"},
                                      {'r', "who is logged in to an account"}};

  static std::string_view name_of(filter::action what) noexcept;
  /// Whether it has letters of places, at least one, and of spares, each once at most.
  static bool are_letters(std::string_view looks_at) noexcept;

  /// What somebody says.
  struct said {
    char in;  ///< a letter of places
    std::string_view text;
    bool is_operators = false;
    bool has_account = false;
  };

  /// The store outlives it.
  explicit filters(store& keeps);
  ~filters();

  /// Replaces one of the same pattern, under its number. Nothing, or why it cannot be. Throws store_error.
  std::string add(filter what);
  /// `which`: a pattern, or a number. False: there is none. Throws store_error.
  bool remove(std::string_view which);
  /// Of those that are found the one that does most; or null.
  const filter* find(const said& what);

  struct entry {
    filter what;
    std::unique_ptr<re2::RE2> looks_for;
    std::uint64_t found = 0;  ///< how often, since the start
  };
  /// In the order of their numbers.
  std::span<const entry> all() const noexcept { return all_; }
  bool empty() const noexcept { return all_.empty(); }

  /// Why what was said last was refused, for who said it.
  std::string why;
  /// What operators are told of, at most.
  budget told{.most = 20, .per_second = 0.5};
  std::uint64_t untold = 0;

 private:
  store& store_;
  std::vector<entry> all_;
};

}  // namespace parlance::chat
