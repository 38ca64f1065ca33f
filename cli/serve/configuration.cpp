#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <iterator>
#include <memory>
#include <sstream>
#include <system_error>
#include <utility>

#include <cli/base/toml.hpp>
#include <cli/base/verb.hpp>
#include <cli/serve/configuration.hpp>
#include <cli/serve/configuration_keys.hpp>
#include <cli/serve/configuration_values.hpp>

namespace parlance::cli {
namespace {

constexpr std::size_t largest_file = std::size_t{1} << 20;

std::string read_file(const std::string& path) {
  const auto fail = [&path]() {
    throw complaint(usage, fmt::format("{}: {}", path, std::generic_category().message(errno)));
  };
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "re"), std::fclose);
  if (!file) fail();
  std::string text(largest_file + 1, '\0');
  text.resize(std::fread(text.data(), 1, text.size(), file.get()));
  if (std::ferror(file.get()) != 0) fail();
  if (text.size() > largest_file)
    throw complaint(usage, fmt::format("{}: is longer than {} bytes", path, largest_file));
  return text;
}

std::string as_written(const toml::node& node) {
  std::ostringstream text;
  node.visit([&text](const auto& n) { text << n; });
  return text.str();
}

raw_value raw(const toml::node& node) {
  if (const auto* b = node.as_boolean()) return b->get();
  if (const auto* i = node.as_integer()) return i->get();
  if (const auto* s = node.as_string()) return s->get();
  if (const auto* array = node.as_array()) {
    std::vector<std::string> texts;
    for (const toml::node& one : *array)
      if (const auto* s = one.as_string()) texts.push_back(s->get());
    if (texts.size() == array->size()) return texts;
  }
  return unfit_value{as_written(node)};
}

/// What is wrong, and the line where.
using complaints = std::vector<std::pair<toml::source_index, std::string>>;

void load_table(const toml::table& table, const std::string& prefix, chat::settings& into,
                complaints& wrong) {
  for (const auto& [key, node] : table) {
    const std::string name = prefix + std::string(key.str());
    if (const auto* inner = node.as_table(); inner && is_group(name)) {
      load_table(*inner, name + '.', into, wrong);
      continue;
    }
    if (std::string why = set_key(into, name, raw(node)); !why.empty())
      wrong.emplace_back(key.source().begin.line, std::move(why));
  }
}

/// `comment` in lines that start with '#'.
void print_comment(std::string& out, std::string_view comment) {
  constexpr std::size_t width = 100;
  while (!comment.empty()) {
    std::size_t end = comment.size();
    if (end > width) {
      end = comment.rfind(' ', width);
      if (end == comment.npos) end = comment.size();
    }
    fmt::format_to(std::back_inserter(out), "# {}\n", comment.substr(0, end));
    comment.remove_prefix(std::min(end + 1, comment.size()));
  }
}

std::string_view group_of(std::string_view name) { return name.substr(0, name.rfind('.')); }
std::string_view last_of(std::string_view name) { return name.substr(name.rfind('.') + 1); }

void print_key(std::string& out, const key& k, const chat::settings& of, const chat::settings& defaults) {
  print_comment(out, k.comment);
  const std::string value = k.get(of);
  // Who runs it is not in a file that others are shown.
  if (k.name == "store.folder" && value == k.get(defaults) && !of.store.folder.empty()) {
    print_comment(out, "Default: $STATE_DIRECTORY, or parlance in $XDG_DATA_HOME or ~/.local/share.");
    fmt::format_to(std::back_inserter(out), "# {} = \"/srv/chat\"\n", last_of(k.name));
    return;
  }
  if (const std::string usual = k.get(defaults); usual != value) print_comment(out, "Default: " + usual);
  fmt::format_to(std::back_inserter(out), "{} = {}\n", last_of(k.name), value);
}

/// Those for which `is_wanted` gives true, by their groups.
template <class Wanted> void print_keys(std::string& out, const chat::settings& of, Wanted&& is_wanted) {
  const chat::settings defaults = default_settings();
  std::string_view group;
  for (const key& k : keys()) {
    if (!is_wanted(k)) continue;
    if (group_of(k.name) != group) {
      group = group_of(k.name);
      fmt::format_to(std::back_inserter(out), "\n[{}]\n", group);
    }
    print_key(out, k, of, defaults);
  }
}

template <class Entry>
void print_entries(std::string& out, const entry_table<Entry>& table, const chat::settings& of) {
  for (const auto& [name, entry] : of.*table.entries) {
    fmt::format_to(std::back_inserter(out), "\n[{}.{}]\n", table.name, toml_string(name));
    for (const key_of<Entry>& k : table.keys) {
      print_comment(out, k.comment);
      fmt::format_to(std::back_inserter(out), "{} = {}\n", k.name, k.get(entry));
    }
  }
}

template <class Entry> void print_example(std::string& out, const entry_table<Entry>& table) {
  out += '\n';
  print_comment(out, table.comment);
  fmt::format_to(std::back_inserter(out), "# [{}.{}]\n", table.name, table.example);
  const Entry none;
  for (const key_of<Entry>& k : table.keys) {
    print_comment(out, k.comment);
    fmt::format_to(std::back_inserter(out), "# {} = {}\n", k.name, k.get(none));
  }
}

}  // namespace

std::vector<std::string> load_text(std::string_view text, const std::string& name, chat::settings& into) {
  complaints wrong;
  try {
    load_table(toml::parse(text), {}, into, wrong);
  } catch (const toml::parse_error& e) {
    return {fmt::format("{}:{}: {}", name, e.source().begin.line, e.description())};
  }
  std::ranges::sort(wrong);
  std::vector<std::string> told;
  for (const auto& [line, why] : wrong) told.push_back(fmt::format("{}:{}: {}", name, line, why));
  return told;
}

std::vector<std::string> load_file(const std::string& path, chat::settings& into) {
  return load_text(read_file(path), path, into);
}

std::string apply_change(std::string_view assignment, chat::settings& into) {
  const auto equals = assignment.find('=');
  if (equals == assignment.npos || equals == 0)
    return fmt::format("{}: must be KEY=VALUE", toml_string(assignment));
  const std::string name(assignment.substr(0, equals));
  const std::string text(assignment.substr(equals + 1));
  // What looks like TOML is read as TOML. The rest is a text for the key to read, which needs no quotes.
  if (text.starts_with('"') || text.starts_with('\'') || text.starts_with('[')) try {
      const toml::table table = toml::parse("v = " + text);
      if (const toml::node* node = table.get("v"); node && table.size() == 1)
        return set_key(into, name, raw(*node));
    } catch (const toml::parse_error&) {
      // Not TOML after all: a listening address may start with a bracket, for one.
    }
  return set_key(into, name, bare_text{text});
}

std::string print_settings(const chat::settings& of) {
  std::string out = "# The configuration of parlance serve: every key, with its value.\n";
  print_keys(out, of, [](const key&) { return true; });
  each_entry_table([&](const auto& table) {
    print_entries(out, table, of);
    if ((of.*table.entries).empty()) print_example(out, table);
  });
  return out;
}

std::string print_changed_settings(const chat::settings& of, std::span<const std::string_view> also) {
  const chat::settings defaults = default_settings();
  std::string out = "# The configuration of parlance serve. All other keys: parlance serve --print-config\n";
  print_keys(out, of, [&](const key& k) {
    return std::ranges::find(also, k.name) != also.end() || k.get(of) != k.get(defaults);
  });
  each_entry_table([&](const auto& table) { print_entries(out, table, of); });
  return out;
}

}  // namespace parlance::cli
