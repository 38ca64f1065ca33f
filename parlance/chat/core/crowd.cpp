#include <fmt/core.h>

#include <nlohmann/json.hpp>

#include <parlance/chat/core/correspondence.hpp>
#include <parlance/chat/core/crowd.hpp>
#include <parlance/chat/store/record_kinds.hpp>

namespace parlance::chat {
namespace {

using nlohmann::json;

std::string key_of(entry_id crowd, std::string_view identity) {
  return fmt::format("{} {}", crowd, identity);
}

std::string key_of(entry_id crowd, const person& who) {
  const std::string key = key_of(crowd, identity_of(who));
  return who.account.empty() ? key : fmt::format("{} {}", key, who.serial);
}

void put(store& in, std::string_view key, unsigned char ranks, entry_id since) {
  in.put(record_kinds::crowd, key, fmt::format(R"({{"ranks":{},"since":{}}})", ranks, since));
}

/// With no ranks, and here since the last start, when it is damaged: that opens the least.
room::absentee absentee_of(std::string_view identity, std::string_view text) {
  const json kept = json::parse(text, nullptr, false);
  const auto number = [&](const char* name) -> std::uint64_t {
    return kept.is_object() && kept.contains(name) && kept[name].is_number_unsigned()
               ? kept[name].get<std::uint64_t>()
               : 0;
  };
  return {std::string(identity), static_cast<unsigned char>(number("ranks") & every_rank), number("since")};
}

}  // namespace

void keep_in_crowd(store& in, entry_id crowd, const person& who, unsigned char ranks) {
  put(in, key_of(crowd, who), ranks, 0);
}

void keep_in_crowd(store& in, entry_id crowd, const room::absentee& who) {
  put(in, key_of(crowd, who.identity), who.ranks, who.since);
}

void erase_from_crowd(store& in, entry_id crowd, const person& who) {
  in.erase(record_kinds::crowd, key_of(crowd, who));
}

void erase_from_crowd(store& in, entry_id crowd, std::string_view identity) {
  in.erase(record_kinds::crowd, key_of(crowd, identity));
}

std::vector<room::absentee> read_crowd(store& in, entry_id crowd) {
  std::vector<room::absentee> all;
  const std::string prefix = key_of(crowd, std::string_view());
  in.each(record_kinds::crowd, prefix, [&](std::string_view key, std::string_view text) {
    key.remove_prefix(prefix.size());
    room::absentee one = absentee_of(key.substr(0, key.find(' ')), text);
    // Several people of one account stand behind each other.
    if (all.empty() || all.back().identity != one.identity)
      all.push_back(std::move(one));
    else
      all.back().ranks |= one.ranks;
  });
  return all;
}

}  // namespace parlance::chat
