#include <fmt/core.h>
#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <memory>
#include <new>

#include <parlance/chat/base/formatting.hpp>
#include <parlance/chat/base/scripts.hpp>
#include <parlance/chat/search/words.hpp>

namespace parlance::chat {
namespace {

constexpr const char* tokenizer_name = "parlance";
/// Longer ones are cut on both sides, and so found all the same.
constexpr std::size_t longest_word = 64;
// Between the number of the conversation and a text of words, or one that is one word.
constexpr char before_words = ' ', before_one_word = '=';

struct range {
  char32_t first, last;
};
// Whose characters are words: of scripts without spaces, and Hangul, where what follows a word is written on to it.
// Emoji and other symbols.
constexpr auto words_by_themselves = std::to_array<range>({
    {0x0e00, 0x0eff},    // Thai, Lao
    {0x1000, 0x109f},    // Myanmar
    {0x1100, 0x11ff},    // Hangul Jamo
    {0x1780, 0x17ff},    // Khmer
    {0x2190, 0x2bff},    // symbols
    {0x2e80, 0x303f},    // radicals, marks of CJK
    {0x3040, 0x30ff},    // Hiragana, Katakana
    {0x3100, 0x318f},    // Bopomofo, Hangul
    {0x31a0, 0x31ff},    // of the same
    {0x3300, 0x4dbf},    // CJK
    {0x4e00, 0x9fff},    //
    {0xa960, 0xa97f},    // Hangul
    {0xac00, 0xd7ff},    //
    {0xf900, 0xfaff},    // CJK
    {0x1b000, 0x1b16f},  // Kana
    {0x1f000, 0x1faff},  // emoji
    {0x20000, 0x3ffff}   // CJK
});

bool is_word_by_itself(char32_t c) {
  if (c < words_by_themselves.front().first) return false;
  const auto behind = std::ranges::upper_bound(words_by_themselves, c, {}, &range::first);
  return c <= std::prev(behind)->last;
}

fts5_api* fts5_of(const sqlite::connection& db) {
  fts5_api* found = nullptr;
  sqlite3_stmt* query = nullptr;
  if (::sqlite3_prepare_v2(db.handle(), "SELECT fts5(?1)", -1, &query, nullptr) == SQLITE_OK) {
    ::sqlite3_bind_pointer(query, 1, static_cast<void*>(&found), "fts5_api_ptr", nullptr);
    ::sqlite3_step(query);
  }
  ::sqlite3_finalize(query);
  if (!found) throw sqlite::failure(SQLITE_ERROR, 0, "this SQLite has no FTS5");
  return found;
}

using on_token = int (*)(void* context, int flags, const char* token, int size, int begin, int end);

}  // namespace
}  // namespace parlance::chat

/// unicode61, whose words are taken apart further.
struct Fts5Tokenizer {
  fts5_tokenizer methods{};
  Fts5Tokenizer* unicode61 = nullptr;
};

namespace parlance::chat {
namespace {

/// What becomes of the words of one text.
struct splitting {
  void* context;
  on_token give;
  int flags;
  std::string word;  // with the conversation's number in front
  const std::size_t front;
  int begin = 0, end = 0;

  int give_word() {
    if (word.size() == front) return SQLITE_OK;
    const int result = give(context, flags, word.data(), static_cast<int>(word.size()), begin, end);
    word.resize(front);
    return result;
  }
  int split(std::string_view token) {
    while (!token.empty()) {
      const character next = first_character(token);
      const bool is_word = is_word_by_itself(next.code);
      if (is_word)
        if (const int result = give_word(); result != SQLITE_OK) return result;
      if (word.size() + next.size <= front + longest_word) word += token.substr(0, next.size);
      if (is_word)
        if (const int result = give_word(); result != SQLITE_OK) return result;
      token.remove_prefix(next.size);
    }
    return give_word();
  }
  static int take(void* self, int, const char* token, int size, int from, int to) {
    auto& here = *static_cast<splitting*>(self);
    here.begin = from;
    here.end = to;
    return here.split({token, static_cast<std::size_t>(size)});
  }
};

int tokenize(Fts5Tokenizer* by, void* context, int flags, const char* bytes, int size, on_token give) try {
  const std::string_view all(bytes ? bytes : "", bytes ? static_cast<std::size_t>(size) : 0);
  const std::size_t number = std::min(all.find_first_not_of("0123456789"), all.size());
  if (number == all.size()) return SQLITE_OK;
  const std::string_view text = all.substr(number + 1);
  std::string front(all.substr(0, number + 1));
  if (all[number] == before_one_word) {
    front += text.substr(0, longest_word);
    return give(context, 0, front.data(), static_cast<int>(front.size()), 0, size);
  }
  const std::size_t length = front.size();
  splitting its{.context = context, .give = give, .flags = 0, .word = std::move(front), .front = length};
  const std::string form = unified(text);
  return by->methods.xTokenize(by->unicode61, &its, flags, form.data(), static_cast<int>(form.size()),
                               &splitting::take);
} catch (const std::bad_alloc&) {
  return SQLITE_NOMEM;
}

void destroy(Fts5Tokenizer* which) {
  if (which && which->unicode61) which->methods.xDelete(which->unicode61);
  delete which;
}

int create(void* api, const char**, int, Fts5Tokenizer** into) {
  auto* const from = static_cast<fts5_api*>(api);
  auto made = std::make_unique<Fts5Tokenizer>();
  void* context = nullptr;
  if (const int result = from->xFindTokenizer(from, "unicode61", &context, &made->methods);
      result != SQLITE_OK)
    return result;
  // Marks belong to words: without them those of Thai or Hindi would be torn. Symbols are for emoji.
  std::array<const char*, 4> arguments = {"remove_diacritics", "2", "categories", "L* N* Co Mn Mc So"};
  const int result =
      made->methods.xCreate(context, arguments.data(), static_cast<int>(arguments.size()), &made->unicode61);
  if (result == SQLITE_OK) *into = made.release();
  return result;
}

bool is_space(char c) { return c == ' ' || c == '\t'; }

}  // namespace

std::vector<search_term> search_terms(std::string_view typed) {
  std::vector<search_term> all;
  while (!typed.empty()) {
    if (is_space(typed.front())) {
      typed.remove_prefix(1);
      continue;
    }
    search_term next;
    if (typed.front() == '"') {
      typed.remove_prefix(1);
      const std::size_t end = std::min(typed.find('"'), typed.size());
      next.text = typed.substr(0, end);
      typed.remove_prefix(std::min(end + 1, typed.size()));
    } else {
      const std::size_t end = std::min(typed.find_first_of(" \t\""), typed.size());
      next.text = typed.substr(0, end);
      typed.remove_prefix(end);
    }
    while (next.text.ends_with('*')) {
      next.text.pop_back();
      next.is_beginning = true;
    }
    if (typed.starts_with('*')) {
      typed.remove_prefix(1);
      next.is_beginning = true;
    }
    if (!next.text.empty()) all.push_back(std::move(next));
  }
  return all;
}

std::string searchable(std::string_view text) {
  std::string clean = without_formatting(action_in(text).value_or(text));
  // Lines that were one and had to be sent as several (event::lines).
  std::erase(clean, '\r');
  std::ranges::replace(clean, '\0', ' ');
  return clean;
}

std::string words_in(std::int64_t conversation, std::string_view text) {
  return fmt::format("{}{}{}", conversation, before_words, text);
}

std::string one_word_in(std::int64_t conversation, std::string_view text) {
  return fmt::format("{}{}{}", conversation, before_one_word, text);
}

word_tokenizer::word_tokenizer(sqlite::connection& on) {
  fts5_api* const api = fts5_of(on);
  fts5_tokenizer ours{.xCreate = create, .xDelete = destroy, .xTokenize = tokenize};
  int result = api->xCreateTokenizer(api, tokenizer_name, api, &ours, nullptr);
  if (result == SQLITE_OK) result = create(api, nullptr, 0, &own_);
  if (result != SQLITE_OK) throw sqlite::failure(result, 0, "the tokenizer cannot be made");
}

word_tokenizer::~word_tokenizer() { destroy(own_); }

std::vector<std::string> word_tokenizer::words_of(std::string_view text) const {
  std::vector<std::string> all;
  const auto take = [](void* to, int, const char* token, int size, int, int) {
    static_cast<std::vector<std::string>*>(to)->emplace_back(token, static_cast<std::size_t>(size));
    return SQLITE_OK;
  };
  tokenize(own_, &all, FTS5_TOKENIZE_QUERY, text.data(), static_cast<int>(text.size()), take);
  return all;
}

}  // namespace parlance::chat
