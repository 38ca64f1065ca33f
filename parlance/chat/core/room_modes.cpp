#include <algorithm>
#include <array>
#include <charconv>

#include <parlance/chat/core/ban.hpp>
#include <parlance/chat/core/hub.hpp>
#include <parlance/chat/core/room_modes.hpp>

namespace parlance::chat {
namespace {

using read_parameter = std::expected<std::string, refused_parameter>;

read_parameter refuse(std::string_view why) { return std::unexpected(refused_parameter{why}); }

/// One that JOIN can give.
read_parameter read_key(const hub&, const person&, const room&, std::string_view given) {
  const bool is_fit = std::ranges::all_of(given, [](char c) { return c > ' ' && c <= '~' && c != ','; });
  if (!is_fit || given.empty() || given.size() > most_key || given.starts_with(':'))
    return refuse("Invalid key");
  return std::string(given);
}

read_parameter read_limit(const hub&, const person&, const room&, std::string_view given) {
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(given.data(), given.data() + given.size(), number);
  if (error != std::errc() || end != given.data() + given.size() || number == 0)
    return refuse("Invalid limit; it is a number above 0");
  return std::to_string(number);
}

/// Seconds, at most six hours.
read_parameter read_slow(const hub& of, const person& by, const room& in, std::string_view given) {
  constexpr std::size_t longest = 6 * 3600;
  auto seconds = read_limit(of, by, in, given);
  if (!seconds || seconds->size() > 5 || std::stoul(*seconds) > longest)
    return refuse("Invalid time; it is a number of seconds from 1 to 21600");
  return seconds;
}

/// A room that one may send people to.
read_parameter read_forward(const hub& of, const person& by, const room& in, std::string_view given) {
  const room* const to = of.rooms().find(given);
  if (!to || to == &in || !to->is_known_to(by)) return refuse("No such channel");
  if (!to->has_at_least(by, channel_operator))
    return std::unexpected(refused_parameter{.why = {}, .is_no_operator_in = to});
  return to->name();
}

read_parameter read_mask(const hub&, const person&, const room&, std::string_view given) {
  const std::optional<std::string> mask = normalise_ban(given);
  return mask ? read_parameter(*mask) : refuse("Invalid mask");
}

constexpr room_mode flag(char letter, std::string_view about, closing closes = closing::nothing) {
  return {.letter = letter, .kind = mode_kind::flag, .parameter = {}, .about = about, .closes = closes};
}

constexpr room_mode list(char letter, std::string_view about, room_mode::masks masks,
                         std::string_view kept_as, closing closes = closing::nothing) {
  return {.letter = letter,
          .kind = mode_kind::list,
          .parameter = "mask",
          .about = about,
          .closes = closes,
          .value = masks,
          .kept_as = kept_as,
          .read = read_mask};
}

constexpr room_mode prefix(char letter, std::string_view about, rank least) {
  return {.letter = letter, .kind = mode_kind::prefix, .parameter = "nick", .about = about, .least = least};
}

constexpr auto table = std::to_array<room_mode>({
    list('I', "may come in without being invited", &room::invitations, "invitations"),
    list('b', "may neither come in nor speak; m:mask may only not speak, a:account is an account",
         &room::bans, "bans", closing::history),
    list('e', "may in spite of a ban", &room::exceptions, "exceptions"),
    {.letter = 'k',
     .kind = mode_kind::always_parameter,
     .parameter = "key",
     .about = "only who gives the key comes in",
     .closes = closing::joining,
     .value = &room::password,
     .kept_as = "key",
     .read = read_key,
     .is_secret = true},
    {.letter = 'W',
     .kind = mode_kind::set_parameter,
     .parameter = "seconds",
     .about = "those without a rank say something once in so many seconds",
     .value = &room::slow,
     .kept_as = "slow",
     .read = read_slow},
    {.letter = 'f',
     .kind = mode_kind::set_parameter,
     .parameter = "room",
     .about = "who may not come in goes there instead",
     .value = &room::forward,
     .kept_as = "forward",
     .read = read_forward},
    {.letter = 'l',
     .kind = mode_kind::set_parameter,
     .parameter = "number",
     .about = "so many people fit in",
     .value = &room::limit,
     .kept_as = "limit",
     .read = read_limit},
    flag('C', "nothing asks its people's clients (CTCP); /me works"),
    flag('K', "nobody asks to be invited (KNOCK)"),
    flag('M', "only who is logged in, or has a rank, speaks"),
    flag('R', "only who is logged in comes in", closing::joining),
    flag('U', "what those without a rank say is for half-operators and above"),
    flag('i', "only who is invited comes in", closing::joining),
    flag('m', "only those with a rank speak"),
    flag('n', "only who is in it speaks"),
    flag('s', "only who is in it knows of it", closing::history),
    flag('t', "only half-operators and above set the topic"),
    flag('u', "those without a rank see only those with one"),
    prefix('q', "founder: may do everything", founder),
    prefix('o', "operator: changes modes, kicks, sets the topic", channel_operator),
    prefix('h', "half-operator: kicks, invites, sets the topic, gives voice", channel_operator),
    prefix('v', "voice: speaks while others may not", half_operator),
});
static_assert(std::ranges::count(table, mode_kind::prefix, &room_mode::kind) ==
              static_cast<std::ptrdiff_t>(rank_letters.size()));

struct has_value {
  const room& r;
  bool operator()(std::monostate) const { return false; }
  bool operator()(room_mode::number of) const { return r.*of != 0; }
  bool operator()(auto of) const { return !(r.*of).empty(); }
};

}  // namespace

std::span<const room_mode> room_modes() noexcept { return table; }

const room_mode* find_room_mode(char letter) noexcept {
  const auto* const found = std::ranges::find(table, letter, &room_mode::letter);
  return found == table.end() ? nullptr : found;
}

std::string letters_of(mode_kind kind) {
  std::string letters;
  for (const room_mode& mode : table)
    if (mode.kind == kind) letters += mode.letter;
  return letters;
}

bool is_set(const room& r, const room_mode& mode) noexcept {
  if (mode.kind == mode_kind::flag) return r.modes.has(mode.letter);
  return std::visit(has_value{r}, mode.value);
}

std::string value_of(const room& r, const room_mode& mode) {
  if (const auto* const text = std::get_if<room_mode::text>(&mode.value)) return r.**text;
  const auto* const number = std::get_if<room_mode::number>(&mode.value);
  return number && r.**number != 0 ? std::to_string(r.**number) : std::string();
}

void set_value(room& r, const room_mode& mode, std::string_view value) {
  if (const auto* const text = std::get_if<room_mode::text>(&mode.value)) r.** text = value;
  if (const auto* const number = std::get_if<room_mode::number>(&mode.value)) {
    r.** number = 0;
    std::from_chars(value.data(), value.data() + value.size(), r.**number);
  }
}

std::string modes_of(const room& r, bool with_secrets) {
  std::string letters = "+" + r.modes.letters(), values;
  for (const room_mode& mode : table) {
    const std::string value = value_of(r, mode);
    if (value.empty()) continue;
    letters += mode.letter;
    (values += ' ') += mode.is_secret && !with_secrets ? "*" : value;
  }
  return letters + values;
}

}  // namespace parlance::chat
