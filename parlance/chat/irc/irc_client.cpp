#include <fmt/core.h>

#include <array>
#include <utility>

#include <parlance/chat/base/words.hpp>
#include <parlance/chat/irc/authentication.hpp>
#include <parlance/chat/irc/commands.hpp>
#include <parlance/chat/irc/encode.hpp>
#include <parlance/chat/irc/irc_client.hpp>
#include <parlance/chat/irc/line_builder.hpp>
#include <parlance/chat/store/store.hpp>
#include <parlance/io/blocking.hpp>
#include <parlance/io/loop.hpp>

namespace parlance::chat::irc {
namespace {

io::time_point now() noexcept { return io::loop::current().now(); }

/// RFC 2812, section 5.2: those from 400 to 599.
bool is_error(numeric n) noexcept {
  return static_cast<unsigned>(n) >= 400 && static_cast<unsigned>(n) < 600;
}

/// Ends the line with the last of the parameters.
void end_with(line_builder& line, irc_client::words parameters) {
  const auto last = parameters.end() - 1;
  for (auto word = parameters.begin(); word != last; ++word) line.param(*word);
  line.end(*last);
}

/// A line whose tags begin with one more.
void append_tagged(std::string& out, std::string_view tag, std::string_view line) {
  out += '@';
  out += tag;
  if (line.starts_with('@')) {
    out += ';';
    line.remove_prefix(1);
  } else {
    out += ' ';
  }
  out += line;
}

bool is_in_batch(std::string_view line) {
  return line.starts_with('@') && line.substr(0, line.find(' ')).find("batch=") != std::string_view::npos;
}

/// "x" of ":server BATCH +x TYPE", with tags or without; empty when it is something else.
std::string_view batch_of(std::string_view line, char sign) {
  if (line.starts_with('@')) take_word(line);
  if (line.starts_with(':')) take_word(line);
  if (!line.starts_with("BATCH ") || line.size() < 8 || line[6] != sign) return {};
  line.remove_prefix(7);
  return line.substr(0, line.find_first_of(" \r"));
}

}  // namespace

irc_client::irc_client(hub& of, connection& by, caller from) : client(of, by, std::move(from)) {
  reshape(form(dialect::irc, {}, this->from().framed));
  arm(io::after(connected(), bounds().registration_time));
  ++chat().people().present.strangers;
}

irc_client::~irc_client() {
  if (asker_) asker_->is_here = false;
  go_on_to(phase::over);
}

const irc_client::newcomer& irc_client::brought() const noexcept {
  static const newcomer nothing;
  return newcomer_ ? *newcomer_ : nothing;
}

irc_client::newcomer& irc_client::bring() {
  if (!newcomer_) newcomer_ = std::make_unique<newcomer>();
  return *newcomer_;
}

const std::shared_ptr<password_work::asker>& irc_client::asker() {
  if (!asker_) {
    asker_ = std::make_shared<password_work::asker>();
    if (has_given_up_) asker_->gives_up.set();
  }
  return asker_;
}

void irc_client::go_on_to(phase next) noexcept {
  if (std::exchange(phase_, next) == phase::registering) --chat().people().present.strangers;
  if (next != phase::over) return;
  give_up_waiting();
  disarm();
}

// --- what it sends

void irc_client::obey(std::string_view line) {
  if (is_ending()) return;
  pinged_.reset();
  has_given_up_ = false;
  if (asker_) asker_->gives_up.reset();
  const std::expected<message, parse_error> parsed =
      parse(line, {.tags = bounds().irc_tags - 2, .rest = bounds().irc_line - 2});
  if (!parsed) {
    const bool is_long =
        parsed.error() == parse_error::too_long || parsed.error() == parse_error::tags_too_long;
    if (is_long) return line_too_long();
    // What has no command is for nobody (RFC 1459, section 2.3); a NUL or CR may have been meant to be read.
    if (line.find_first_of(std::string_view("\0\r", 2)) != line.npos)
      reply(numeric::ERR_UNKNOWNERROR, {"*", "A message cannot have a NUL or a CR in it"});
    return;
  }
  const message& m = *parsed;
  const tag* const label = has(capability::labeled_response) ? m.find_tag("label") : nullptr;
  if (label && !label->escaped.empty() && valid_utf8(label->escaped)) begin_label(label->escaped);
  // UTF8ONLY: a standard reply for every command, because no numeric says it.
  if (valid_utf8(line))
    attempt([&] { dispatch(m); });
  else
    fail(valid_utf8(m.command) ? m.command : "*", "INVALID_UTF8", {}, "Message rejected: it is not UTF-8");
  if (!working_) end_label();
}

template <class Part> void irc_client::attempt(Part part) {
  const hub::command now(*this);
  try {
    part();
  } catch (const store_error&) {
    // Another program may have the database locked, or the disk fails: that is this command's misfortune
    // alone.
    chat().count.store_errors.add();
    fail(obeyed_ ? obeyed_->name : "*", "TEMPORARILY_UNAVAILABLE", {},
         "The server cannot read or keep that now; try again later");
  } catch (...) {
    rest_.clear();
    capture(nullptr);
    response_.reset();
    throw;
  }
}

void irc_client::dispatch(const message& m) {
  const command* const c = find_command(m.verb());
  if (!c) {
    if (!is_registered()) return reply(numeric::ERR_NOTREGISTERED, {"You have not registered"});
    return reply(numeric::ERR_UNKNOWNCOMMAND, {m.command, "Unknown command"});
  }
  if (c->needs_registration && !is_registered())
    return reply(numeric::ERR_NOTREGISTERED, {"You have not registered"});
  if (m.param_count() < c->least_parameters)
    return reply(numeric::ERR_NEEDMOREPARAMS, {c->name, "Not enough parameters"});
  obeyed_ = c;
  c->obey(*this, m);
}

bool irc_client::may_search(std::size_t among, std::size_t bytes_of_masks) {
  if (who()->may(permission::inspect)) return true;
  const double cost = static_cast<double>(among) * (1 + static_cast<double>(bytes_of_masks) / 8);
  const io::time_point now = io::loop::current().now();
  const std::optional<chat::network> from = chat().share_of(*who());
  budget& own = who()->own().searches;
  return own.has_any(now) && chat().searches.take(from, cost, now) && own.take(cost, now);
}

void irc_client::line_too_long() { reply(numeric::ERR_INPUTTOOLONG, {"Input line was too long"}); }

void irc_client::gone(std::string_view why) {
  go_on_to(phase::over);
  chat().leave(*this, why);
}

// --- what it is told

/// Adds lines as the client takes them; what is captured is not framed yet.
void irc_client::add(std::string& out, std::string_view lines) const {
  if (from().framed == framing::lines || is_capturing())
    out += lines;
  else
    append_framed(out, lines, from().framed);
}

void irc_client::put(std::string_view lines) {
  if (is_capturing()) response_->otherwise += lines;
  write([&](std::string& out) { add(out, lines); });
}

void irc_client::answer_past(std::string_view lines, std::string_view instead) {
  std::string otherwise;
  add(otherwise, instead);
  write_past([&](std::string& out) { add(out, lines); }, std::move(otherwise));
}

void irc_client::reply(numeric what, words parameters) {
  if (is_error(what)) chat().count.refused_commands.add();
  std::string out;
  line_builder line(out);
  line.source(chat().configured().server.name).numeric(what, nick());
  end_with(line, parameters);
  put(out);
}

void irc_client::answer(std::string_view command, words parameters) {
  answer_as(chat().configured().server.name, command, parameters);
}

void irc_client::answer_as(std::string_view source, std::string_view command, words parameters) {
  std::string out;
  line_builder line(out);
  line.source(source).command(command);
  end_with(line, parameters);
  put(out);
}

std::string irc_client::standard_reply(std::string_view type, std::string_view command, std::string_view code,
                                       words about, std::string_view text) const {
  std::string out;
  line_builder line(out);
  line.source(chat().configured().server.name).command(type).param(command).param(code);
  for (const std::string_view word : about) line.param(word);
  line.end(text);
  return out;
}

void irc_client::explain(outcome how, std::string_view what) {
  switch (how) {
    case outcome::done:
    case outcome::already_so:
      return;
    case outcome::bad_name:
      return reply(numeric::ERR_ERRONEUSNICKNAME, {what, "Erroneous nickname"});
    case outcome::name_taken:
      return reply(numeric::ERR_NICKNAMEINUSE, {what,
                                                "Nickname is already in use; take another, or, if it is "
                                                "yours, log in first: /msg NickServ IDENTIFY PASSWORD"});
    case outcome::name_reserved:
      return reply(numeric::ERR_NICKNAMEINUSE,
                   {what, fmt::format("Nickname is reserved: it is an account's. If that is yours, log in: "
                                      "/msg NickServ IDENTIFY {} PASSWORD",
                                      what)});
    case outcome::looks_alike:
      return what.starts_with('#')
                 ? reply(numeric::ERR_NOSUCHCHANNEL, {what, "That looks like the name of another channel"})
                 : reply(numeric::ERR_NICKNAMEINUSE, {what, "Nickname looks like somebody else's"});
    case outcome::bad_room_name:
    case outcome::no_such_room:
      return reply(numeric::ERR_NOSUCHCHANNEL, {what, "No such channel"});
    case outcome::not_in_room:
    case outcome::in_no_room:
      return reply(numeric::ERR_NOTONCHANNEL, {what, "You're not on that channel"});
    case outcome::kept_for_later:
      return reply(numeric::RPL_AWAY,
                   {what, "is not connected; your message is kept, and shown when they log in"});
    case outcome::no_such_person:
      return reply(numeric::ERR_NOSUCHNICK,
                   {what, "No such nick/channel; /who lists who is where you are, /list the channels"});
    case outcome::too_many_rooms:
      return reply(numeric::ERR_TOOMANYCHANNELS, {what, "You have joined too many channels"});
    case outcome::full:
      return reply(numeric::ERR_UNKNOWNERROR, {what, "The server is full"});
    case outcome::room_is_full:
      return reply(numeric::ERR_CHANNELISFULL, {what, "Cannot join channel (+l)"});
    case outcome::invite_only:
      return reply(numeric::ERR_INVITEONLYCHAN, {what, "Cannot join channel (+i)"});
    case outcome::banned:
      return reply(numeric::ERR_BANNEDFROMCHAN, {what, "Cannot join channel (+b)"});
    case outcome::wrong_key:
      return reply(numeric::ERR_BADCHANNELKEY, {what, "Cannot join channel (+k)"});
    case outcome::too_many_keys:
      return reply(numeric::ERR_BADCHANNELKEY,
                   {what, "Cannot join channel (+k): too many wrong keys; try again later"});
    case outcome::registered_only:
      return what.starts_with('#')
                 ? reply(numeric::ERR_NEEDREGGEDNICK,
                         {what,
                          "You must be logged in to an account for that channel: /msg NickServ IDENTIFY "
                          "ACCOUNT PASSWORD; /msg NickServ REGISTER PASSWORD makes one"})
                 : reply(numeric::ERR_NEEDREGGEDNICK,
                         {what,
                          "You must be logged in to an account to message this user: /msg NickServ IDENTIFY "
                          "ACCOUNT PASSWORD; /msg NickServ REGISTER PASSWORD makes one"});
    case outcome::no_requests:
      return reply(numeric::ERR_CANTSENDTOUSER, {what, "This user takes no CTCP requests (+T)"});
    case outcome::cannot_speak:
      return reply(numeric::ERR_CANNOTSENDTOCHAN, {what, "Cannot send to channel"});
    case outcome::too_soon:
      return reply(numeric::ERR_CANNOTSENDTOCHAN, {what, "Cannot send to channel (+W): wait a little"});
    case outcome::filtered:
      return reply(what.contains('#') ? numeric::ERR_CANNOTSENDTOCHAN : numeric::ERR_CANTSENDTOUSER,
                   {what, fmt::format("Your message has been blocked: {}", chat().filters().why)});
    case outcome::name_filtered:
      return reply(numeric::ERR_ERRONEUSNICKNAME,
                   {what, fmt::format("That nickname has been blocked: {}", chat().filters().why)});
    case outcome::purged:
      return reply(numeric::ERR_NOSUCHCHANNEL, {what, "That channel was closed by operators"});
    case outcome::no_rights:
    case outcome::has_others_history:
      return reply(numeric::ERR_CHANOPRIVSNEEDED, {what, "You're not a channel operator"});
  }
}

std::string irc_client::closing_line(std::string_view why) const {
  // Whoever runs the server may give longer reasons than clients can.
  const std::string begin = fmt::format("ERROR :Closing link: ({}) [", from().address);
  const std::string_view fits =
      truncate_utf8(why, max_line - std::string_view("]\r\n").size() - begin.size());
  const std::string line = fmt::format("{}{}]\r\n", begin, fits);
  std::string framed;
  add(framed, line);
  return framed;
}

void irc_client::dismissed(std::string_view why) {
  go_on_to(phase::over);
  write(closing_line(why));
}

void irc_client::close_link(std::string_view why) {
  go_on_to(phase::over);
  write(closing_line(why));
  chat().finish(*this, why);
}

std::string irc_client::loss(event::kind what, std::string_view target) const {
  const std::string_view command = what == event::kind::notice ? "NOTICE"
                                   : what == event::kind::tags ? "TAGMSG"
                                                               : "PRIVMSG";
  return standard_reply("FAIL", command, "MESSAGE_NOT_KEPT", {target},
                        "The server cannot keep messages now; nobody has received it");
}

void irc_client::not_kept(event::kind what, std::string_view target) { put(loss(what, target)); }

/// A labelled command is told so in its response.
bool irc_client::prepares_for_loss(event::kind what, std::string_view target) {
  if (!is_capturing()) return false;
  response_->otherwise += loss(what, target);
  response_->may_be_lost = true;
  return true;
}

void irc_client::settings_changed(const settings& before) { tell_changed_capabilities(*this, before); }

// --- labels and batches

void irc_client::begin_label(std::string_view label) {
  response_ = std::make_unique<response>();
  response_->label = label;
  capture(&response_->told);
}

std::string irc_client::take_label() {
  if (!has_label()) return {};
  capture(nullptr);
  return std::move(std::exchange(response_, nullptr)->label);
}

void irc_client::give_label(const std::string& label) {
  if (label.empty()) return;
  take_label();
  begin_label(label);
}

/// A labelled command has one response (IRCv3 labeled-response): a line, a batch of lines, or an
/// acknowledgement.
std::string irc_client::labelled(std::string_view label, std::string_view lines) {
  const std::string tag = fmt::format("label={}", label);
  const std::string& server = chat().configured().server.name;
  std::string out;
  const std::size_t first = lines.find("\r\n") + 2;
  const std::size_t last = lines.size() < 2 ? 0 : lines.rfind("\r\n", lines.size() - 3);
  if (lines.empty()) {
    out = fmt::format("@{} :{} ACK\r\n", tag, server);
  } else if (first == lines.size()) {
    append_tagged(out, tag, lines);
  } else if (const std::string_view whole = batch_of(lines, '+');
             !whole.empty() && batch_of(lines.substr(last + 2), '-') == whole) {
    append_tagged(out, tag, lines);
  } else {
    const std::string reference = fmt::format("r{}", ++batches_);
    out = fmt::format("@{} :{} BATCH +{} labeled-response\r\n", tag, server, reference);
    while (!lines.empty()) {
      const std::string_view line = lines.substr(0, lines.find("\r\n") + 2);
      lines.remove_prefix(line.size());
      if (is_in_batch(line) || !batch_of(line, '-').empty())
        out += line;
      else
        append_tagged(out, "batch=" + reference, line);
    }
    out += fmt::format(":{} BATCH -{}\r\n", server, reference);
  }
  return out;
}

void irc_client::end_label() {
  if (!has_label()) return;
  capture(nullptr);
  const std::unique_ptr<response> whole = std::exchange(response_, nullptr);
  const std::string& label = whole->label;
  const std::string out = labelled(label, whole->told.lines);
  if (whole->may_be_lost) return answer_past(out, labelled(label, whole->otherwise));
  if (!whole->told.instead) return put(out);
  std::string instead;
  if (!whole->told.instead->empty()) append_tagged(instead, "label=" + label, *whole->told.instead);
  answer_past(out, instead);
}

std::string irc_client::open_batch(std::string_view type, words parameters) {
  if (!has(capability::batch)) return {};
  std::string reference = fmt::format("b{}", ++batches_);
  std::string out;
  line_builder line(out);
  line.source(chat().configured().server.name).command("BATCH").param("+" + reference);
  if (parameters.size() == 0) {
    line.end(type);
  } else {
    line.param(type);
    end_with(line, parameters);
  }
  put(out);
  return reference;
}

void irc_client::close_batch(const std::string& reference) {
  if (!reference.empty()) answer("BATCH", {"-" + reference});
}

// --- what takes long

void irc_client::run_later(std::string_view whose, std::function<void()> slow, std::function<void()> then,
                           std::function<bool()> may_begin) {
  std::string label = begin_work();
  chat().spawn(
      work(std::string(whose), {std::move(may_begin), std::move(slow), std::move(then), std::move(label)}));
}

void irc_client::wait_for(io::task<void> work, std::function<void()> then) {
  std::string label = begin_work();
  chat().spawn(finish(std::move(work), std::move(then), std::move(label)));
}

std::function<person*()> irc_client::presence() {
  return [this, asker = asker()]() -> person* {
    return asker->is_here && phase_ != phase::over && !is_ending() ? who() : nullptr;
  };
}

/// Makes the client wait, and gives the label that its answers will have.
std::string irc_client::begin_work() {
  working_ = true;
  done_.reset();
  // What was said in this turn is answered with it, for it may not be kept; what follows goes without the label.
  if (has_label() && response_->may_be_lost) end_label();
  if (!has_label()) return {};
  capture(nullptr);
  return response_->label;
}

/// Of a client that is still there.
void irc_client::end_work(std::string label, const std::function<void()>& then) {
  working_ = false;
  if (phase_ != phase::over) {
    if (!label.empty()) {
      if (!response_) response_ = std::make_unique<response>();
      response_->label = std::move(label);
      capture(&response_->told);
    }
    go_on(then);
  }
  if (working_) return;
  rest_.clear();
  done_.set();
}

io::task<void> irc_client::finish(io::task<void> work, std::function<void()> then, std::string label) {
  const std::shared_ptr<password_work::asker> asker = this->asker();
  co_await std::move(work);
  if (asker->is_here) end_work(std::move(label), then);
}

io::task<void> irc_client::work(std::string whose, slow_work what) {
  const std::shared_ptr<password_work::asker> asker = this->asker();
  const std::optional<password_work::turn> turn =
      co_await chat().logins().turn_to_work(from(), std::move(whose), asker);
  try {
    if (turn && asker->is_here && phase_ != phase::over && (!what.may_begin || what.may_begin()))
      co_await io::blocking(std::move(what.slow));
  } catch (const std::runtime_error&) {  // no memory, or no randomness: it was not done
  }
  if (asker->is_here) end_work(std::move(what.label), what.then);
}

/// The command that worked goes on, with what remains of it.
void irc_client::go_on(const std::function<void()>& then) {
  attempt(then);
  while (!working_ && !is_ending() && !rest_.empty()) {
    const std::function<void()> next = std::move(rest_.front());
    rest_.erase(rest_.begin());
    attempt(next);
  }
  if (!working_) end_label();
}

// --- silence

void irc_client::ask(capability c, bool on) {
  asked_.set(c, on);
  if (c == capability::echo_message) echoes = on;
  reshape(form(dialect::irc, asked_, from().framed));
}

void irc_client::try_to_register() {
  if (phase_ != phase::registering || is_ending() || brought().user.empty() || brought().negotiating ||
      working_)
    return;
  if ((!who() && !brought().waits_for_nick) || !may_register(*this)) return;
  go_on_to(phase::registered);
  welcome(*this);
  newcomer_.reset();
  if (is_ending()) return;
  arm_for_silence();
}

void irc_client::go_on(person& whom) {
  chat().go_on(*this, whom);
  go_on_to(phase::registered);
  newcomer_.reset();
  heard = now();
  arm_for_silence();
}

/// When it is asked whether it is there; and once it was asked, when it is dropped, counted from then: this
/// process, or the whole machine, may have stood still before.
io::time_point irc_client::end_of_patience() const {
  return pinged_ ? io::after(*pinged_, bounds().ping_timeout - bounds().idle_ping)
                 : io::after(heard, bounds().idle_ping);
}

void irc_client::arm_for_silence() { arm(std::max(end_of_patience(), now())); }

void irc_client::expire() noexcept {
  // This process, or the machine, stood still: what arrived meanwhile may be with another thread yet.
  constexpr io::duration late = std::chrono::seconds(1);
  if (now() >= io::after(when(), late)) return arm(io::after(now(), late));
  try {
    if (!is_registered()) {
      // It is we who keep it waiting.
      if (working_) return arm(io::after(now(), std::chrono::seconds(1)));
      chat().count.dropped_silent.add();
      return close_link("Registration timed out");
    }
    if (now() < end_of_patience()) return arm_for_silence();
    if (pinged_) {
      chat().count.dropped_silent.add();
      return close_link(
          fmt::format("Ping timeout: {} seconds",
                      std::chrono::duration_cast<std::chrono::seconds>(bounds().ping_timeout).count()));
    }
    pinged_ = now();
    put(fmt::format("PING :{}\r\n", chat().configured().server.name));
    arm_for_silence();
  } catch (const std::exception&) {
    chat().dismiss(*this, "Out of memory");
  }
}

}  // namespace parlance::chat::irc
