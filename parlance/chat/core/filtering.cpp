#include <fmt/core.h>

#include <algorithm>
#include <optional>
#include <utility>

#include <parlance/chat/core/audit.hpp>
#include <parlance/chat/core/filtering.hpp>
#include <parlance/io/loop.hpp>

namespace parlance::chat {
namespace {

using action = filter::action;

bool is_above_filters(const person& who) { return who.is_console || who.may(permission::filters); }

std::string_view place_of(char in) {
  return std::ranges::find(filters::places, in, &filters::letter::is)->about;
}

/// Who says it.
struct sayer {
  std::string nick, prefix, address;
  bool is_operator = false, has_account = false;
};

sayer sayer_of(const person& who) {
  return {.nick = who.nick(),
          .prefix = who.prefix(),
          .address = who.address,
          .is_operator = who.is_operator(),
          .has_account = !who.account.empty()};
}

/// Those who want to know (+s) and may; whoever runs the server by its log. So many, that who says it again and again does not
/// fill either.
void tell_of(hub& of, const filter& its, const sayer& by, char in, std::string_view target) {
  filters& all = of.filters();
  if (!all.told.take(1, io::loop::current().now())) {
    ++all.untold;
    return;
  }
  const std::uint64_t untold = std::exchange(all.untold, 0);
  if (of.on_filtered) of.on_filtered(by.nick, by.address, its, place_of(in), untold);
  if (of.people().present.operators == 0) return;
  const std::string text =
      fmt::format("*** filter {} ({}): {} of {} [{}]{}{}{}", its.number, filters::name_of(its.does),
                  place_of(in), by.prefix, by.address, target.empty() ? "" : " to ", target,
                  untold == 0 ? "" : fmt::format(" ({} before it were not told)", untold));
  for (const auto& [nick, who] : of.people().all()) {
    if (!who->present() || !who->modes.has('s') || !who->may(permission::filters)) continue;
    event told{event::kind::notice, {.prefix = of.configured().server.name}, who->nick(), text};
    told.time = of.clock().milliseconds();
    of.turn().tell(*who, told);
  }
}

/// False: there is nothing to ban, or it is exempt; it is put out all the same.
bool ban_address(hub& of, const filter& its, const person& by) {
  const std::optional<network> from = of.share_of(by);
  return from && of.add_ban(server_ban::kind::address, from->text(), its.reason,
                            fmt::format("filter {}", its.number), its.length);
}

void keep_deed(hub& of, const filter& its, const person& by, bool is_banned) {
  audit(of, {.who = fmt::format("filter {}", its.number),
             .as = its.set_by,
             .from = by.address,
             .does = is_banned ? "ban" : "kill",
             .to = fmt::format("{} {}", by.prefix(), its.reason)});
}

std::string farewell(const filter& its) { return fmt::format("Filtered: {}", its.reason); }

void put_out(hub& of, const filter& its, person& by) {
  const std::string why = farewell(its);
  const bool is_banned = its.does == action::ban && ban_address(of, its, by);
  keep_deed(of, its, by, is_banned);
  of.remove(by, why);
  if (is_banned) of.enforce_bans(why, nullptr);
}

const filter* found_in(hub& of, const sayer& by, char in, std::string_view text, std::string_view target) {
  const filter* const its = of.filters().find(
      {.in = in, .text = text, .is_operators = by.is_operator, .has_account = by.has_account});
  if (!its) return nullptr;
  of.count.filtered.add();
  tell_of(of, *its, by, in, target);
  return its;
}

const filter* found_in(hub& of, const person& by, char in, std::string_view text, std::string_view target) {
  if (of.filters().empty() || is_above_filters(by)) return nullptr;
  return found_in(of, sayer_of(by), in, text, target);
}

}  // namespace

ruling weigh(hub& of, person& by, char in, std::string_view text, std::string_view target) {
  const filter* const its = found_in(of, by, in, text, target);
  if (!its || its->does == action::warn) return ruling::passes;
  of.filters().why = its->reason;
  if (its->does == action::silent) return ruling::unheard;
  if (its->does != action::block) put_out(of, *its, by);
  return ruling::refused;
}

ruling weigh_for_hook(hub& of, std::string_view nick, std::string_view address, std::string_view text,
                      std::string_view target) {
  if (of.filters().empty()) return ruling::passes;
  const filter* const its = found_in(
      of, {.nick = std::string(nick), .prefix = of.prefix_of_hook(nick), .address = std::string(address)},
      'p', text, target);
  if (!its || its->does == action::warn) return ruling::passes;
  of.filters().why = its->reason;
  return its->does == action::silent ? ruling::unheard : ruling::refused;
}

std::string_view weigh_reason(hub& of, client& by, char in, std::string_view why) {
  person& who = *by.who();
  const filter* const its = found_in(of, who, in, why, {});
  if (!its || its->does == action::warn) return why;
  // Who leaves the server need not be put out.
  const bool is_last = in == 'q';
  if (is_last && its->does == action::ban && ban_address(of, *its, who)) {
    keep_deed(of, *its, who, true);
    of.enforce_bans(farewell(*its), &by);
  } else if (!is_last && its->does >= action::kill) {
    put_out(of, *its, who);
  }
  return {};
}

std::string weigh_newcomer(hub& of, const client& by, std::string_view realname, bool has_account) {
  const person& who = *by.who();
  if (of.filters().empty()) return {};
  for (const auto& [in, text] : {std::pair{'k', std::string_view(who.nick())}, std::pair{'g', realname},
                                 std::pair{'a', std::string_view(by.away)}}) {
    const filter* const its = of.filters().find({.in = in, .text = text, .has_account = has_account});
    if (!its) continue;
    of.count.filtered.add();
    tell_of(of, *its, sayer_of(who), in, {});
    if (its->does == action::warn) continue;
    // Others from there are put out when they come again, or say it, too.
    if (its->does == action::ban && ban_address(of, *its, who)) keep_deed(of, *its, who, true);
    return farewell(*its);
  }
  return {};
}

}  // namespace parlance::chat
