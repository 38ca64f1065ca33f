// MODE for rooms (https://modern.ircdocs.horse/#channel-modes): what is allowed there, who has which rank,
// and for whom bans, exceptions and invitations are meant.
#include <fmt/core.h>

#include <algorithm>

#include <parlance/chat/core/ban.hpp>
#include <parlance/chat/core/room_modes.hpp>
#include <parlance/chat/irc/channels.hpp>
#include <parlance/chat/irc/commands.hpp>

namespace parlance::chat::irc {
namespace {

constexpr std::size_t most_shown = 64;  // bytes of a bad parameter that is told back

/// How a list of masks is told.
struct list_replies {
  char letter;
  numeric entry, end;
  std::string_view name;
};
constexpr auto all_list_replies = std::to_array<list_replies>({
    {'b', numeric::RPL_BANLIST, numeric::RPL_ENDOFBANLIST, "End of channel ban list"},
    {'e', numeric::RPL_EXCEPTLIST, numeric::RPL_ENDOFEXCEPTLIST, "End of channel exception list"},
    {'I', numeric::RPL_INVEXLIST, numeric::RPL_ENDOFINVEXLIST, "End of channel invite exception list"},
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

void show_list(irc_client& to, const room& r, const room_mode& which) {
  const auto& how = *std::ranges::find(all_list_replies, which.letter, &list_replies::letter);
  for (const list_entry& e : r.*std::get<room_mode::masks>(which.value))
    to.reply(how.entry, {r.name(), e.mask, e.set_by, std::to_string(e.set_at)});
  to.reply(how.end, {r.name(), how.name});
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
    const room_mode* const mode = find_room_mode(letter);
    if (!mode) return refuse_letter(letter);
    switch (mode->kind) {
      case mode_kind::list:
        return set_mask(*mode);
      case mode_kind::always_parameter:
      case mode_kind::set_parameter:
        return set_parameter(*mode);
      case mode_kind::flag:
        return set_flag(*mode);
      case mode_kind::prefix:
        return set_rank(*mode);
    }
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

  void set_flag(const room_mode& mode) {
    if (!may(mode.least) || in_.modes.has(mode.letter) == on_) return;
    in_.modes.set(mode.letter, on_);
    is_changed(mode);
  }

  void set_parameter(const room_mode& mode) {
    const std::string before = value_of(in_, mode);
    if (!on_) {
      const bool takes_one = mode.kind == mode_kind::always_parameter;
      // Some clients give it, some do not.
      if (takes_one && has_parameter()) take_parameter();
      if (!may(mode.least) || before.empty()) return;
      set_value(in_, mode, {});
      return is_changed(mode, !takes_one ? "" : mode.is_secret ? "*" : before);
    }
    std::string_view given;
    if (!take_parameter(mode.letter, given) || !may(mode.least)) return;
    const std::optional<std::string> value = read(mode, given);
    if (!value || *value == before) return;
    set_value(in_, mode, *value);
    is_changed(mode, *value);
  }

  /// Nothing: it is refused.
  std::optional<std::string> read(const room_mode& mode, std::string_view given) {
    auto value = mode.read(by_.chat(), *by_.who(), in_, given);
    if (value) return *std::move(value);
    if (const room* other = value.error().is_no_operator_in)
      by_.explain(outcome::no_rights, other->name());
    else
      refuse_parameter(mode.letter, mode.is_secret ? "*" : given, value.error().why);
    return {};
  }

  void is_changed(const room_mode& mode, std::string_view parameter = {}) {
    if (on_ && mode.closes == closing::joining) in_.expect_nobody();
    changed_.add(on_, mode.letter, parameter);
  }

  void set_rank(const room_mode& mode) {
    std::string_view nick;
    if (!take_parameter(mode.letter, nick)) return;
    const rank given = rank_of(mode.letter);
    person* const whom = by_.chat().people().find(nick);
    // Everybody may lay down what they have.
    const bool is_own = !on_ && whom == by_.who();
    if (!is_own && !may(mode.least)) return;
    if (!whom) return by_.explain(outcome::no_such_person, nick);
    if (!whom->is_in(in_))
      return by_.reply(numeric::ERR_USERNOTINCHANNEL,
                       {whom->nick(), in_.name(), "They aren't on that channel"});
    const unsigned char had = in_.ranks_of(*whom);
    if (((had & given) != 0) == on_) return;
    by_.chat().rooms().try_ranks(in_, *whom, static_cast<unsigned char>(on_ ? had | given : had & ~given));
    is_changed(mode, whom->nick());
    ranks_ = in_.ranks_of(*by_.who());
  }

  void set_mask(const room_mode& mode) {
    if (!has_parameter()) {
      // Each once, or a short line would have a long answer.
      if (listed_.contains(mode.letter)) return;
      listed_ += mode.letter;
      return show_list(by_, in_, mode);
    }
    std::string_view text;
    if (!take_parameter(mode.letter, text) || !may(mode.least)) return;
    const std::optional<std::string> mask = read(mode, text);
    if (!mask) return;
    std::vector<list_entry>& masks = in_.*std::get<room_mode::masks>(mode.value);
    const auto there =
        std::ranges::find_if(masks, [&](const list_entry& e) { return same_name(e.mask, *mask); });
    if ((there != masks.end()) == on_) return;
    if (!on_) {
      is_changed(mode, there->mask);
      masks.erase(there);
      return;
    }
    if (masks.size() >= by_.bounds().list_modes)
      return by_.reply(numeric::ERR_BANLISTFULL,
                       {in_.name(), std::string_view(&mode.letter, 1), "Channel list is full"});
    const entry_id id = by_.chat().clock().next_id();
    masks.push_back({.mask = *mask,
                     .set_by = by_.who()->prefix(),
                     .set_at = by_.chat().clock().seconds(),
                     .id = id,
                     .its = author_of(by_.who()->as_source(), id)});
    is_changed(mode, *mask);
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
  to.answer_lines(fmt::format(":{} 324 {} {} {}\r\n", to.chat().configured().server.name, to.nick(), r.name(),
                              modes_of(r, to.who()->is_in(r))));
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
