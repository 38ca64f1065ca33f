// How what was said falls into words, in the index and in what is looked for.
//
// A word is what SQLite's unicode61 takes for one: letters, digits and marks of any script, without case and
// diacritics, so "Zoe" finds "ZOË". Chinese, Japanese, Korean, Thai and other scripts put no spaces between words, and where one
// ends needs a dictionary, which is never quite right. So there each character is a word, and what is looked for is a
// phrase of them: 中文 is found wherever 文 comes right behind 中. (The trigram tokenizer finds nothing shorter than
// three characters, and most words of Chinese have two.) An emoji is a word, too.
//
// Each word has the number of its conversation in front. So what somebody looks for is looked for in the
// conversations that they may read and in no other: neither its answer nor how long it takes depends on what is said
// elsewhere.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <parlance/chat/store/sqlite.hpp>

struct Fts5Tokenizer;

namespace parlance::chat {

/// One of several things that must all be in a message.
struct search_term {
  std::string text;           ///< several words, or characters, are a phrase
  bool is_beginning = false;  ///< of a word: the last one may go on

  bool operator==(const search_term&) const = default;
};

/// What somebody has typed: words, "phrases in quotes", and beginnings of words, as deploy*.
std::vector<search_term> search_terms(std::string_view typed);

/// What of a message can be found: without formatting codes, and with what an action does. `text` as the history has it.
std::string searchable(std::string_view text);

/// As the tokenizer takes it: words of a conversation, and a text that is one word in it, whatever is in it.
std::string words_in(std::int64_t conversation, std::string_view text);
std::string one_word_in(std::int64_t conversation, std::string_view text);

/// The tokenizer "parlance" of FTS5 (https://www.sqlite.org/fts5.html#custom_tokenizers) on a connection, which it must
/// not outlive. One thread.
class word_tokenizer {
 public:
  /// Throws sqlite::failure, as where this SQLite has no FTS5.
  explicit word_tokenizer(sqlite::connection& on);
  ~word_tokenizer();
  word_tokenizer(const word_tokenizer&) = delete;
  word_tokenizer& operator=(const word_tokenizer&) = delete;

  /// Of words_in or one_word_in.
  std::vector<std::string> words_of(std::string_view text) const;

 private:
  Fts5Tokenizer* own_ = nullptr;
};

}  // namespace parlance::chat
