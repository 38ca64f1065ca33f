// The kinds of keys that a configuration has. Each makes a key of a name, of the member that it sets, of what
// it may be, and of a comment.
#pragma once

#include <fmt/format.h>

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <parlance/io/time.hpp>

#include <cli/serve/configuration_checks.hpp>
#include <cli/serve/configuration_keys.hpp>
#include <cli/serve/configuration_values.hpp>

namespace parlance::cli {

/// Reaches a member of `T` by pointers to members.
template <class T, class Get> struct place {
  using in = T;
  Get get;
};

template <class T, class M> auto at(M T::* first) {
  const auto get = [first](auto& in) -> auto& { return in.*first; };
  return place<T, decltype(get)>{get};
}
template <class T, class M> auto at(M T::* first, auto... then) {
  const auto rest = at(then...);
  const auto get = [first, rest](auto& in) -> auto& { return rest.get(in.*first); };
  return place<T, decltype(get)>{get};
}

inline std::string toml_array(const std::vector<std::string>& list) {
  std::string text = "[";
  for (const std::string& one : list) (text += text.size() > 1 ? ", " : "") += toml_string(one);
  return text + "]";
}

/// The text of a value that is one, or that may be read as one.
inline const std::string* text_of(const raw_value& value) {
  if (const auto* bare = std::get_if<bare_text>(&value)) return &bare->text;
  return std::get_if<std::string>(&value);
}

/// A key for what `parse`, given a raw value, gives an optional of.
template <class T, class Get>
key_of<T> make_key(std::string_view name, place<T, Get> where, auto parse, auto print, std::string must,
                   std::string_view comment) {
  return {.name = name,
          .comment = std::string(comment),
          .set = [where, parse, must = std::move(must)](T& in, const raw_value& value) -> std::string {
            auto parsed = parse(value);
            if (!parsed) return must;
            auto& member = where.get(in);
            member = static_cast<std::remove_cvref_t<decltype(member)>>(*std::move(parsed));
            return {};
          },
          .get = [where, print](const T& in) -> std::string { return print(where.get(in)); }};
}

template <class T, class Get>
key_of<T> flag(std::string_view name, place<T, Get> where, std::string_view comment) {
  const auto parse = [](const raw_value& value) -> std::optional<bool> {
    if (const auto* b = std::get_if<bool>(&value)) return *b;
    const auto* bare = std::get_if<bare_text>(&value);
    if (bare && bare->text == "true") return true;
    if (bare && bare->text == "false") return false;
    return {};
  };
  const auto print = [](bool b) { return b ? "true" : "false"; };
  return make_key(name, where, parse, print, "true or false", comment);
}

template <class T, class Get>
key_of<T> number(std::string_view name, place<T, Get> where, std::uint64_t least, std::uint64_t most,
                 std::string_view comment) {
  const auto parse = [least, most](const raw_value& value) -> std::optional<std::uint64_t> {
    std::optional<std::uint64_t> n;
    if (const auto* i = std::get_if<std::int64_t>(&value); i && *i >= 0) n = static_cast<std::uint64_t>(*i);
    if (const auto* bare = std::get_if<bare_text>(&value)) n = parse_number(bare->text);
    return n && *n >= least && *n <= most ? n : std::nullopt;
  };
  const auto print = [](std::uint64_t n) { return fmt::format("{}", n); };
  return make_key(name, where, parse, print, fmt::format("a number from {} to {}", least, most), comment);
}

/// Bytes, as a number or with a unit.
template <class T, class Get>
key_of<T> size(std::string_view name, place<T, Get> where, std::uint64_t least, std::uint64_t most,
               std::string_view comment) {
  const auto parse = [least, most](const raw_value& value) -> std::optional<std::uint64_t> {
    std::optional<std::uint64_t> n;
    if (const auto* i = std::get_if<std::int64_t>(&value); i && *i >= 0) n = static_cast<std::uint64_t>(*i);
    if (const auto* text = text_of(value)) n = parse_size(*text);
    return n && *n >= least && *n <= most ? n : std::nullopt;
  };
  const auto print = [](std::uint64_t n) {
    const std::string text = format_size(n);
    return parse_number(text) ? text : toml_string(text);
  };
  return make_key(
      name, where, parse, print,
      fmt::format("a size from {} to {}, as 1000 or \"64KiB\"", format_size(least), format_size(most)),
      comment);
}

/// With a unit, except for 0.
template <class T, class Get>
key_of<T> duration(std::string_view name, place<T, Get> where, io::duration least, io::duration most,
                   std::string_view comment) {
  const auto parse = [least, most](const raw_value& value) -> std::optional<io::duration> {
    std::optional<io::duration> length;
    if (const auto* i = std::get_if<std::int64_t>(&value); i && *i == 0) length = io::duration::zero();
    if (const auto* text = text_of(value)) length = parse_duration(*text);
    return length && *length >= least && *length <= most ? length : std::nullopt;
  };
  const auto print = [](io::duration length) { return toml_string(format_duration(length)); };
  return make_key(name, where, parse, print,
                  fmt::format("a duration from {} to {}, as \"90s\" or \"1h30m\"", format_duration(least),
                              format_duration(most)),
                  comment);
}

template <class T, class Get>
key_of<T> text(std::string_view name, place<T, Get> where, const text_check& fits, std::string_view comment) {
  const auto parse = [&fits](const raw_value& value) -> std::optional<std::string> {
    const std::string* whole = text_of(value);
    return whole && fits.test(*whole) ? std::optional(*whole) : std::nullopt;
  };
  return make_key(name, where, parse, toml_string, std::string(fits.must), comment);
}

/// A SHA-256, which is kept as 64 digits; openssl prints it with colons.
template <class T, class Get>
key_of<T> fingerprint(std::string_view name, place<T, Get> where, std::string_view comment) {
  const auto parse = [](const raw_value& value) -> std::optional<std::string> {
    const std::string* whole = text_of(value);
    if (!whole || !is_fingerprint.test(*whole)) return {};
    std::string digits = *whole;
    std::erase(digits, ':');
    return digits;
  };
  return make_key(name, where, parse, toml_string, std::string(is_fingerprint.must), comment);
}

/// An array; on the command line, its texts may stand there with commas between them.
template <class T, class Get>
key_of<T> texts(std::string_view name, place<T, Get> where, const text_check& fits, std::size_t least,
                std::size_t most, std::string_view comment) {
  const auto parse = [&fits, least, most](const raw_value& value) -> std::optional<std::vector<std::string>> {
    std::optional<std::vector<std::string>> list;
    if (const auto* array = std::get_if<std::vector<std::string>>(&value)) list = *array;
    if (const auto* bare = std::get_if<bare_text>(&value)) list = split_at_commas(bare->text);
    if (!list || list->size() < least || list->size() > most) return {};
    for (const std::string& one : *list)
      if (!fits.test(one)) return {};
    return list;
  };
  return make_key(name, where, parse, toml_array,
                  fmt::format("an array of {} to {} texts, each {}", least, most, fits.must), comment);
}

template <class E, class T, class Get>
key_of<T> choice(std::string_view name, place<T, Get> where,
                 std::initializer_list<std::pair<std::string_view, E>> choices, std::string_view comment) {
  const std::vector<std::pair<std::string_view, E>> all = choices;
  std::string must = "one of";
  for (const auto& one : all) (must += one == all.front() ? " " : ", ") += toml_string(one.first);
  const auto parse = [all](const raw_value& value) -> std::optional<E> {
    if (const std::string* said = text_of(value))
      for (const auto& one : all)
        if (one.first == *said) return one.second;
    return {};
  };
  const auto print = [all](E is) -> std::string {
    for (const auto& one : all)
      if (one.second == is) return toml_string(one.first);
    return {};
  };
  return make_key(name, where, parse, print, must, comment);
}

}  // namespace parlance::cli
