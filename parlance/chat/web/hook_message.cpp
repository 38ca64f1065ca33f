#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include <parlance/chat/base/words.hpp>
#include <parlance/chat/web/hook_message.hpp>
#include <parlance/http/base/media_type.hpp>
#include <parlance/http/base/percent.hpp>

namespace parlance::chat {
namespace {

using nlohmann::json;

/// A text or a number there; empty for anything else.
std::string text_at(const json& in, const char* key) {
  if (!in.is_object()) return {};
  const auto its = in.find(key);
  if (its == in.end()) return {};
  if (its->is_string()) return its->get<std::string>();
  return its->is_number() ? its->dump() : std::string();
}

const json& list_at(const json& in, const char* key) {
  static const json none = json::array();
  if (!in.is_object()) return none;
  const auto its = in.find(key);
  return its != in.end() && its->is_array() ? *its : none;
}

const json& object_at(const json& in, const char* key) {
  static const json none = json::object();
  if (!in.is_object()) return none;
  const auto its = in.find(key);
  return its != in.end() && its->is_object() ? *its : none;
}

void add_line(std::string& to, std::string_view line) {
  if (line.empty()) return;
  if (!to.empty()) to += '\n';
  to += line;
}

/// "a: b", or that of them which is there.
std::string pair_of(std::string_view name, std::string_view value) {
  if (name.empty() || value.empty()) return std::string(name.empty() ? value : name);
  return fmt::format("{}: {}", name, value);
}

/// "a (link)", or that of them which is there.
std::string with_link(std::string_view text, std::string_view link) {
  if (text.empty() || link.empty() || text == link) return std::string(text.empty() ? link : text);
  return fmt::format("{} ({})", text, link);
}

/// What stands there for a character that means something in a text of Slack's; else the character itself.
std::pair<char, std::size_t> unescaped(std::string_view text) {
  constexpr auto escapes =
      std::to_array<std::pair<std::string_view, char>>({{"&lt;", '<'}, {"&gt;", '>'}, {"&amp;", '&'}});
  for (const auto& [name, c] : escapes)
    if (text.starts_with(name)) return {c, name.size()};
  return {text.front(), 1};
}

void add_unescaped(std::string& to, std::string_view text) {
  while (!text.empty()) {
    const auto [c, size] = unescaped(text);
    to += c;
    text.remove_prefix(size);
  }
}

/// What is between < and > in a text of Slack's: a link with its label, or whom it is for.
std::string shown_of(std::string_view inner) {
  const std::size_t bar = inner.find('|');
  const std::string_view target = inner.substr(0, bar);
  const std::string_view label = bar == inner.npos ? std::string_view() : inner.substr(bar + 1);
  if (target.starts_with('!')) return fmt::format("@{}", target.substr(1, target.find('^') - 1));
  if (target.starts_with('@') || target.starts_with('#')) return std::string(label.empty() ? target : label);
  return with_link(label, target);
}

/// As people read it (https://api.slack.com/reference/surfaces/formatting).
std::string plain_of(std::string_view text) {
  std::string plain;
  while (!text.empty()) {
    const std::size_t open = text.find('<');
    add_unescaped(plain, text.substr(0, open));
    if (open == text.npos) break;
    text.remove_prefix(open + 1);
    const std::size_t close = text.find_first_of("<>\n");
    if (close == text.npos || text[close] != '>') {
      plain += '<';
      continue;
    }
    add_unescaped(plain, shown_of(text.substr(0, close)));
    text.remove_prefix(close + 1);
  }
  return plain;
}

std::string plain_at(const json& in, const char* key) { return plain_of(text_at(in, key)); }

void add_attachment(std::string& to, const json& one) {
  std::string all;
  add_line(all, plain_at(one, "pretext"));
  add_line(all, text_at(one, "author_name"));
  add_line(all, with_link(plain_at(one, "title"), text_at(one, "title_link")));
  add_line(all, plain_at(one, "text"));
  for (const json& field : list_at(one, "fields"))
    add_line(all, pair_of(plain_at(field, "title"), plain_at(field, "value")));
  add_line(to, all.empty() ? plain_at(one, "fallback") : all);
}

void add_embed(std::string& to, const json& one) {
  add_line(to, text_at(object_at(one, "author"), "name"));
  add_line(to, with_link(text_at(one, "title"), text_at(one, "url")));
  add_line(to, text_at(one, "description"));
  for (const json& field : list_at(one, "fields"))
    add_line(to, pair_of(text_at(field, "name"), text_at(field, "value")));
  add_line(to, text_at(object_at(one, "footer"), "text"));
}

/// https://api.slack.com/reference/block-kit/blocks
void add_block(std::string& to, const json& one) {
  add_line(to, plain_at(object_at(one, "text"), "text"));
  for (const json& field : list_at(one, "fields")) add_line(to, plain_at(field, "text"));
  for (const json& element : list_at(one, "elements")) add_line(to, plain_at(element, "text"));
}

/// https://prometheus.io/docs/alerting/latest/configuration/#webhook_config
void add_alert(std::string& to, const json& one) {
  const json &labels = object_at(one, "labels"), &notes = object_at(one, "annotations");
  std::string status = text_at(one, "status");
  std::ranges::transform(status, status.begin(),
                         [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
  std::string about = text_at(notes, "summary");
  for (const char* key : {"description", "message"})
    if (about.empty()) about = text_at(notes, key);
  std::string name = text_at(labels, "alertname");
  if (const std::string instance = text_at(labels, "instance"); !instance.empty())
    name += fmt::format(" {}", instance);
  if (!status.empty()) name = fmt::format("[{}]{}{}", status, name.empty() ? "" : " ", name);
  add_line(to, with_link(pair_of(name, about), text_at(one, "generatorURL")));
}

std::expected<hook_message, std::string> read_object(const json& in) {
  if (!in.is_object()) return std::unexpected("that is JSON, but no object");
  hook_message all{.text = plain_at(in, "text"), .username = text_at(in, "username")};
  if (all.text.empty())
    for (const json& one : list_at(in, "blocks")) add_block(all.text, one);
  add_line(all.text, text_at(in, "content"));
  for (const json& one : list_at(in, "attachments")) add_attachment(all.text, one);
  for (const json& one : list_at(in, "embeds")) add_embed(all.text, one);
  if (!all.text.empty()) return all;
  for (const json& one : list_at(in, "alerts")) add_alert(all.text, one);
  if (!all.text.empty()) return all;
  add_line(all.text, text_at(in, "title"));
  add_line(all.text, text_at(in, "message"));
  if (all.text.empty())
    return std::unexpected("there is no text, content, attachments, embeds, alerts, title or message in it");
  return all;
}

std::optional<json> parse(std::string_view text) {
  json all = json::parse(text, nullptr, false);
  return all.is_discarded() ? std::nullopt : std::optional(std::move(all));
}

std::string decode_form(std::string_view text) {
  std::string spaced(text);
  std::ranges::replace(spaced, '+', ' ');
  return http::percent_decode(spaced);
}

/// curl -d sends whatever it is given as a form.
std::expected<hook_message, std::string> read_form(std::string_view body) {
  hook_message all;
  bool is_form = false;
  for (const std::string_view pair : items_of(body, '&')) {
    const std::string_view key = pair.substr(0, pair.find('='));
    if (key.size() == pair.size()) continue;
    std::string value = decode_form(pair.substr(key.size() + 1));
    if (key == "payload") {
      const auto its = parse(value);
      if (!its) return std::unexpected("the payload is no JSON");
      return read_object(*its);
    }
    if (key != "text" && key != "username") continue;
    (key == "text" ? all.text : all.username) = std::move(value);
    is_form |= key == "text";
  }
  if (is_form) return all;
  return hook_message{.text = std::string(body), .username = {}};
}

}  // namespace

std::expected<hook_message, std::string> read_hook_message(std::string_view content_type,
                                                           std::string_view body) {
  const auto type = http::media_type::parse(content_type);
  const bool is_json = type && type->is_json();
  if (is_json || body.substr(std::min(body.find_first_not_of(" \t\r\n"), body.size())).starts_with('{')) {
    const auto in = parse(body);
    if (in) return read_object(*in);
    if (is_json) return std::unexpected("that is no JSON");
  }
  if (type && type->essence() == "application/x-www-form-urlencoded") return read_form(body);
  if (type && !type->is_text()) return std::unexpected("a hook takes JSON, a form, or text");
  return hook_message{.text = std::string(body), .username = {}};
}

}  // namespace parlance::chat
