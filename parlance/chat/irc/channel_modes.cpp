// MODE for rooms (https://modern.ircdocs.horse/#channel-modes): what is allowed there, who has which rank,
// and for whom bans, exceptions and invitations are meant.
#include <fmt/core.h>

#include <algorithm>
#include <charconv>

#include <parlance/chat/core/ban.hpp>
#include <parlance/chat/irc/channels.hpp>
#include <parlance/chat/irc/commands.hpp>

namespace parlance::chat::irc {
namespace {

constexpr std::size_t most_shown = 64;  // bytes of a bad parameter that is told back

/// A list of masks: its letter and how it is told.
struct list_mode {
  char letter;
  std::vector<list_entry> room::* masks;
  numeric entry, end;
  std::string_view name;
};
constexpr auto list_modes = std::to_array<list_mode>({
    {'b', &room::bans, numeric::RPL_BANLIST, numeric::RPL_ENDOFBANLIST, "End of channel ban list"},
    {'e', &room::exceptions, numeric::RPL_EXCEPTLIST, numeric::RPL_ENDOFEXCEPTLIST,
     "End of channel exception list"},
    {'I', &room::invitations, numeric::RPL_INVEXLIST, numeric::RPL_ENDOFINVEXLIST,
     "End of channel invite exception list"},
});

/// What one command has changed, told in as few lines as it fits in.
class changes {
 public:
  changes(irc_client& by, room& in) : by_(by), in_(in) {}

  void add(bool on, char letter, std::string_view parameter = {}) {
    const std::size_t frame =
        by_.who()->prefix().size() + in_.name().size() + 9;  // ":", " MODE ", " ", CR LF
    const std::size_t more = parameter.size() + 3;
    if (frame + letters_.size() + parameters_.size() + more > by_.bounds().irc_line) tell();
    const char sign = on ? '+' : '-';
    if (sign_ != sign) letters_ += sign_ = sign;
    letters_ += letter;
    if (!parameter.empty()) (parameters_ += ' ') += parameter;
  }

  void tell() {
    if (letters_.empty()) return;
    by_.chat().announce_modes(by_.who()->as_source(), in_, letters_ + parameters_);
    letters_.clear();
    parameters_.clear();
    sign_ = 0;
  }

 private:
  irc_client& by_;
  room& in_;
  std::string letters_, parameters_;
  char sign_ = 0;
};

void show_list(irc_client& to, const room& r, const list_mode& which) {
  for (const list_entry& e : r.*which.masks)
    to.reply(which.entry, {r.name(), e.mask, e.set_by, std::to_string(e.set_at)});
  to.reply(which.end, {r.name(), which.name});
}

/// One MODE command: its letters from left to right, each with its parameter.
class mode_command {
 public:
  mode_command(irc_client& by, room& in, const message& m)
      : by_(by), in_(in), words_(m), ranks_(in.ranks_of(*by.who())), changed_(by, in) {}

  void run() {
    for (const char c : words_.param(1)) {
      if (c == '+' || c == '-')
        on_ = c == '+';
      else
        take(c);
    }
    changed_.tell();
  }

 private:
  void take(char letter) {
    if (room_flags.find(letter) != std::string_view::npos) return set_flag(letter);
    if (letter == 'k') return set_key();
    if (letter == 'l') return set_limit();
    if (letter == 'f') return set_forward();
    if (rank_letters.find(letter) != std::string_view::npos) return set_rank(letter);
    const auto found = std::ranges::find(list_modes, letter, &list_mode::letter);
    if (found != list_modes.end()) return set_mask(*found);
    refuse_letter(letter);
  }

  /// Once, whatever there is in one line.
  void refuse_letter(char letter) {
    if (refused_.find(letter) != std::string::npos) return;
    refused_ += letter;
    const bool is_fit = letter > ' ' && letter <= '~' && letter != ':';
    by_.reply(numeric::ERR_UNKNOWNMODE,
              {is_fit ? std::string_view(&letter, 1) : "?", "is unknown mode char to me"});
  }

  void refuse_parameter(char letter, std::string_view given, std::string_view why) {
    const bool is_fit = !given.empty() && given.size() <= most_shown && !given.starts_with(':') &&
                        given.find(' ') == std::string_view::npos;
    by_.reply(numeric::ERR_INVALIDMODEPARAM,
              {in_.name(), std::string_view(&letter, 1), is_fit ? given : std::string_view("*"), why});
  }

  bool has_parameter() const { return next_ < words_.param_count(); }
  std::string_view take_parameter() { return words_.param(next_++); }
  /// For what must have one. False: there is none, or there were too many already, which are dropped.
  bool take_parameter(char letter, std::string_view& into) {
    if (!has_parameter()) {
      refuse_parameter(letter, {}, "You must specify a parameter for this mode");
      return false;
    }
    into = take_parameter();
    return ++parameters_ <= most_modes;
  }

  bool may(unsigned char least) {
    if (ranks_ >= least) return true;
    if (!std::exchange(is_told_, true))
      by_.explain(by_.who()->is_in(in_) ? outcome::no_rights : outcome::not_in_room, in_.name());
    return false;
  }

  void set_flag(char letter) {
    if (!may(channel_operator) || in_.modes.has(letter) == on_) return;
    in_.modes.set(letter, on_);
    if (on_ && (letter == 'i' || letter == 'R')) in_.expect_nobody();
    changed_.add(on_, letter);
  }

  void set_key() {
    std::string_view key;
    if (!on_) {
      // Some clients give it, some do not.
      if (has_parameter()) take_parameter();
      if (!may(channel_operator) || in_.password.empty()) return;
      in_.password.clear();
      return changed_.add(false, 'k', "*");
    }
    if (!take_parameter('k', key) || !may(channel_operator)) return;
    // One that JOIN can give.
    const bool is_fit = std::ranges::all_of(key, [](char c) { return c > ' ' && c <= '~' && c != ','; });
    if (!is_fit || key.empty() || key.size() > most_key || key.starts_with(':'))
      return refuse_parameter('k', "*", "Invalid key");
    if (key == in_.password) return;
    in_.password = key;
    in_.expect_nobody();
    changed_.add(true, 'k', key);
  }

  void set_limit() {
    if (!on_) {
      if (!may(channel_operator) || in_.limit == 0) return;
      in_.limit = 0;
      return changed_.add(false, 'l');
    }
    std::string_view text;
    if (!take_parameter('l', text) || !may(channel_operator)) return;
    std::uint32_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size() || number == 0)
      return refuse_parameter('l', text, "Invalid limit; it is a number above 0");
    if (in_.limit == number) return;
    in_.limit = number;
    changed_.add(true, 'l', std::to_string(number));
  }

  /// To a room that one may send people to.
  void set_forward() {
    if (!on_) {
      if (!may(channel_operator) || in_.forward.empty()) return;
      in_.forward.clear();
      return changed_.add(false, 'f');
    }
    std::string_view name;
    if (!take_parameter('f', name) || !may(channel_operator)) return;
    const room* const to = by_.chat().find_room(name);
    if (!to || to == &in_ || !may_know(*by_.who(), *to))
      return refuse_parameter('f', name, "No such channel");
    if (!to->has_at_least(*by_.who(), channel_operator)) return by_.explain(outcome::no_rights, to->name());
    if (in_.forward == to->name()) return;
    in_.forward = to->name();
    changed_.add(true, 'f', in_.forward);
  }

  void set_rank(char letter) {
    std::string_view nick;
    if (!take_parameter(letter, nick)) return;
    const rank given = rank_of(letter);
    person* const whom = by_.chat().find(nick);
    // Everybody may lay down what they have.
    const bool is_own = !on_ && whom == by_.who();
    const rank least = given == voice ? half_operator : std::max(given, channel_operator);
    if (!is_own && !may(least)) return;
    if (!whom) return by_.explain(outcome::no_such_person, nick);
    if (!whom->is_in(in_))
      return by_.reply(numeric::ERR_USERNOTINCHANNEL,
                       {whom->nick(), in_.name(), "They aren't on that channel"});
    const unsigned char had = in_.ranks_of(*whom);
    if (((had & given) != 0) == on_) return;
    by_.chat().give_ranks(in_, *whom, static_cast<unsigned char>(on_ ? had | given : had & ~given));
    changed_.add(on_, letter, whom->nick());
    ranks_ = in_.ranks_of(*by_.who());
  }

  void set_mask(const list_mode& which) {
    if (!has_parameter()) {
      // Each once, or a short line would have a long answer.
      if (listed_.find(which.letter) != std::string::npos) return;
      listed_ += which.letter;
      return show_list(by_, in_, which);
    }
    std::string_view text;
    if (!take_parameter(which.letter, text) || !may(channel_operator)) return;
    const std::optional<std::string> mask = normalise_ban(text);
    if (!mask) return refuse_parameter(which.letter, text, "Invalid mask");
    std::vector<list_entry>& masks = in_.*which.masks;
    const auto there =
        std::ranges::find_if(masks, [&](const list_entry& e) { return same_name(e.mask, *mask); });
    if ((there != masks.end()) == on_) return;
    if (!on_) {
      changed_.add(false, which.letter, there->mask);
      masks.erase(there);
      return;
    }
    if (masks.size() >= by_.bounds().list_modes)
      return by_.reply(numeric::ERR_BANLISTFULL,
                       {in_.name(), std::string_view(&which.letter, 1), "Channel list is full"});
    masks.push_back({*mask, by_.who()->prefix(), time_of_entry()});
    changed_.add(true, which.letter, *mask);
  }

  /// Now, but later than the start, even in its second: who is expected, or will be, since then is meant, too.
  std::int64_t time_of_entry() const {
    return std::max(by_.chat().clock().seconds(), by_.chat().started() + 1);
  }

  irc_client& by_;
  room& in_;
  const message& words_;
  unsigned char ranks_;
  changes changed_;
  std::size_t next_ = 2, parameters_ = 0;
  std::string listed_, refused_;
  bool on_ = true, is_told_ = false;
};

void show_modes(irc_client& to, const room& r) {
  std::string line = fmt::format(":{} 324 {} {} +{}", to.chat().configured().server.name, to.nick(), r.name(),
                                 r.modes.letters());
  if (!r.password.empty()) line += 'k';
  if (r.limit != 0) line += 'l';
  if (!r.forward.empty()) line += 'f';
  if (!r.password.empty()) (line += ' ') += to.who()->is_in(r) ? r.password : "*";
  if (r.limit != 0) (line += ' ') += std::to_string(r.limit);
  if (!r.forward.empty()) (line += ' ') += r.forward;
  to.answer_lines(line + "\r\n");
  to.reply(numeric::RPL_CREATIONTIME, {r.name(), std::to_string(r.created)});
}

void channel_mode(irc_client& by, const message& m) {
  room* const in = known_room(by, m.param(0));
  if (!in) return;
  if (m.param(1).empty()) return show_modes(by, *in);
  mode_command(by, *in, m).run();
}

}  // namespace

void mode(irc_client& by, const message& m) {
  m.param(0).starts_with('#') ? channel_mode(by, m) : user_mode(by, m);
}

}  // namespace parlance::chat::irc
