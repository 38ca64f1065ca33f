#include <fmt/core.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>
#include <utility>

#include <parlance/chat/core/audit.hpp>
#include <parlance/chat/store/record_kinds.hpp>
#include <parlance/chat/store/store.hpp>

namespace parlance::chat {
namespace {

using nlohmann::json;

constexpr const record_kind& kind = record_kinds::audit;
/// Bytes of each text.
constexpr std::size_t longest = 512;

std::string_view ring_of(const deed& d) { return d.is_operators ? "operators" : "others"; }

std::string to_record(const deed& d) {
  const auto cut = [](const std::string& text) { return text.substr(0, longest); };
  return json({{"id", d.id},
               {"time", d.time},
               {"who", cut(d.who)},
               {"as", cut(d.as)},
               {"from", cut(d.from)},
               {"does", cut(d.does)},
               {"to", cut(d.to)}})
      .dump(-1, ' ', false, json::error_handler_t::replace);
}

std::optional<deed> from_record(std::string_view text) try {
  const json in = json::parse(text);
  const auto word = [&](const char* name) { return in.at(name).get<std::string>(); };
  return deed{.id = in.at("id").get<entry_id>(),
              .time = in.at("time").get<std::uint64_t>(),
              .who = word("who"),
              .as = word("as"),
              .from = word("from"),
              .does = word("does"),
              .to = word("to")};
} catch (const json::exception&) {
  return {};
}

/// Which of a ring is the next: its number is kept beside.
std::size_t take_place(store& in, const std::string& ring) {
  const std::optional<std::string> kept = in.get(kind, ring);
  const json number = kept ? json::parse(*kept, nullptr, false) : json();
  const std::size_t next = number.is_number_unsigned() ? number.get<std::size_t>() : 0;
  in.put(kind, ring, std::to_string(next + 1));
  return next % most_deeds;
}

void tell_operators(hub& of, const deed& d) {
  if (of.people().present.operators == 0) return;
  const std::string as = d.as.empty() || d.as == d.who ? std::string() : fmt::format(" ({})", d.as);
  const std::string text = fmt::format("*** {}{} from {}: {} {}", d.who, as, d.from, d.does, d.to);
  for (const auto& [nick, who] : of.people().all()) {
    if (!who->present() || !who->modes.has('s') || !who->may(permission::inspect)) continue;
    event told{event::kind::notice, {.prefix = of.configured().server.name}, who->nick(), text};
    told.time = d.time;
    of.turn().tell(*who, told);
  }
}

}  // namespace

void audit(hub& of, deed what) {
  what.id = of.clock().next_id();
  what.time = of.clock().milliseconds();
  try {
    const std::string ring(ring_of(what));
    // Of a width that sorts as numbers do.
    of.kept().put(kind, fmt::format("{} {:05}", ring, take_place(of.kept(), ring)), to_record(what));
    of.turn().wake();
  } catch (const store_error&) {
    of.count.store_errors.add();  // it holds up nobody
  }
  tell_operators(of, what);
}

std::vector<deed> deeds(store& in) {
  std::vector<deed> all;
  for (const bool is_operators : {true, false})
    in.each(kind, fmt::format("{} ", ring_of({.is_operators = is_operators})),
            [&](std::string_view, std::string_view text) {
              std::optional<deed> one = from_record(text);
              if (!one) return;
              one->is_operators = is_operators;
              all.push_back(*std::move(one));
            });
  std::ranges::sort(all, {}, &deed::id);
  return all;
}

}  // namespace parlance::chat
