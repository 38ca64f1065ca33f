#include <fmt/core.h>

#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include <parlance/chat/accounts/password.hpp>
#include <parlance/chat/accounts/suspension.hpp>
#include <parlance/chat/base/pause.hpp>
#include <parlance/chat/core/filtering.hpp>
#include <parlance/chat/core/lockdown.hpp>
#include <parlance/chat/plain/command.hpp>
#include <parlance/chat/plain/history.hpp>
#include <parlance/chat/plain/plain.hpp>
#include <parlance/chat/plain/plain_handler.hpp>
#include <parlance/chat/plain/search.hpp>
#include <parlance/chat/store/store.hpp>
#include <parlance/io/blocking.hpp>

namespace parlance::chat {
namespace {

constexpr unsigned most_failures = 5;
constexpr std::string_view too_many_failures = "too many logins have failed; try again later";
constexpr std::string_view too_busy = "the server is busy with other passwords; try again later";

}  // namespace

void plain_client::dismissed(std::string_view why) {
  write(plain_notice(fmt::format("You are put out: {}", why)));
}

void plain_client::not_kept(event::kind, std::string_view) {
  write(plain_notice("the server cannot keep messages now, so what you said was not said; try again later"));
}

void plain_client::hear(bool itself, bool only_talk) {
  echoes = itself;
  reshape(form(dialect::plain, {}, framing::lines, only_talk));
}

plain_handler::plain_handler(hub& chat, connection& by, caller from)
    : client_(chat, by, std::move(from)), framing_(chat.configured().limits.line) {}

std::optional<std::string> plain_handler::carried() const {
  if (working_ || !client_.who() || client_.is_ending() || !framing_.begun()) return {};
  nlohmann::json going = {{"newline_seen", framing_.newline_seen()},
                          {"is_quiet", is_quiet_},
                          {"asked_for", asked_for_},
                          {"failures", failures_},
                          {"secrets", secrets_}};
  if (wants_login_) going["wants_login"] = *wants_login_;
  return going.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

bool plain_handler::go_on(std::string_view carried, person& whom) try {
  const nlohmann::json kept = nlohmann::json::parse(carried);
  if (kept.at("newline_seen").get<bool>()) framing_.go_on_behind_newline();
  asked_for_ = kept.at("asked_for");
  failures_ = kept.at("failures");
  secrets_ = kept.at("secrets");
  if (kept.contains("wants_login")) wants_login_ = kept.at("wants_login").get<std::string>();
  client_.chat().go_on(client_, whom);
  is_quiet_ = kept.at("is_quiet");
  hear();
  return true;
} catch (const nlohmann::json::exception&) {
  return false;
}

void plain_handler::feed(std::string_view bytes) {
  framing_.set_limit(client_.chat().configured().limits.line);  // which may be another by now
  framing_.feed(bytes);
}

bool plain_handler::next() {
  const std::optional<plain_framing::message> said = framing_.next();
  if (const std::string refused = framing_.take_telnet_answer(); !refused.empty()) client_.write(refused);
  if (!said) return false;
  take(*said);
  return true;
}

io::duration plain_handler::patience() {
  if (client_.is_ending() || !framing_.wants_pause()) return io::unlimited;
  return patience_behind(framing_.kept(), weigh({}), client_.chat().configured().limits);
}

void plain_handler::pause() {
  if (weigh({}) == pause_means::more) return give_up();
  if (const auto said = framing_.pause()) take(*said);
}

pause_means plain_handler::weigh(std::string_view more) const { return framing_.weigh(more); }

void plain_handler::end(std::string_view why) {
  if (const auto last = framing_.end(); last && why.empty()) take(*last);
  give_up_waiting();
  client_.chat().leave(client_, why);
}

/// Does what it asks for, and answers when the store refuses.
template <class Part> void plain_handler::attempt(Part part) {
  const hub::command now(client_);
  try {
    part();
  } catch (const store_error&) {
    // Another program may have the database locked, or the disk fails: that is this message's misfortune
    // alone.
    client_.chat().count.store_errors.add();
    client_.write(plain_notice("the server cannot look that up or keep it now; try again later"));
  }
}

/// A program that never sends a newline takes the next thing that it reads for the answer to its message.
void plain_handler::hear() { client_.hear(!framing_.newline_seen(), !framing_.newline_seen() || is_quiet_); }

void plain_handler::greet() {
  attempt([&] { enter({}); });
}

void plain_handler::give_up() {
  leave(
      plain_notice("that began like a login, a command, or a line of IRC or HTTP, and its end did not come; "
                   "it was not said"));
}

void plain_handler::take(const plain_framing::message& said) {
  if (!client_.is_ending()) attempt([&] { obey(said); });
}

void plain_handler::obey(const plain_framing::message& said) {
  using kind = plain_framing::message::kind;
  const plain_command its = said.what == kind::text ? parse_plain(said.text) : plain_command();
  const bool asks_for_quiet = its.what == plain_command::verb::quiet;
  is_quiet_ |= asks_for_quiet;
  hear();
  if (!client_.who()) {
    enter(its.what == plain_command::verb::nick || asks_for_quiet ? its.target : std::string_view());
    if (client_.is_ending()) return;
  }
  if (asks_for_quiet) return;
  if (said.what == kind::too_long)
    return client_.write(plain_too_long(client_.chat().configured().limits.line));
  if (said.what == kind::unreadable) return client_.write(plain_unreadable());
  if (said.what == kind::login) {
    secrets_ = secrets_behind(said.text);
    return client_.write(secrets_ == 0 ? plain_not_said() : plain_nor_the_next());
  }
  if (goes_on_with_login(said) || may_be_secret(said.text)) return;
  const plain_answer answer = respond(client_, said.text);
  if (answer.search) return search(*answer.search);
  if (answer.leaves) return leave(answer.text);
  if (!answer.text.empty()) client_.write(answer.text);
  tell_past(answer.past);
}

/// A /login, or the rest of one that lacked words, which is nothing to be said. False: something else.
bool plain_handler::goes_on_with_login(const plain_framing::message& said) {
  using verb = plain_command::verb;
  asked_for_.clear();
  const plain_command typed = login_in(said.text);
  if (typed.what != verb::say) secrets_ = 0;
  if (typed.what == verb::login) return wants_login_.reset(), log_in(typed.target, typed.text), true;
  if (typed.what == verb::login_name) return ask_for_login(std::string(typed.target)), true;
  const std::optional<std::string> account = std::exchange(wants_login_, std::nullopt);
  if (!account) return false;
  // Of what begins with a slash, only a command that there is says that it was thought better of.
  const verb what = parse_plain(said.text).what;
  if (what != verb::say && what != verb::unknown) return false;
  const std::string whole = fmt::format("/login {} {}", *account, said.text);
  const plain_command meant = login_in(whole);
  if (meant.what == verb::login_name) return ask_for_login(std::string(meant.target)), true;
  asked_for_ = meant.target;
  log_in(asked_for_, meant.text);
  return true;
}

/// A login of another protocol that lacks its password, or that, alone on its line: none is said.
bool plain_handler::may_be_secret(const std::string& text) {
  const unsigned expected = std::exchange(secrets_, secrets_behind(text));
  if (secrets_ != 0) return client_.write(plain_nor_the_next()), true;
  if (expected == 0 || parse_plain(text).what != plain_command::verb::say || begins_like_login(text))
    return false;
  secrets_ = expected - 1;
  client_.write(plain_may_be_secret());
  return true;
}

void plain_handler::ask_for_login(std::string account) {
  const std::string what = account.empty() ? "the account and its password" : "the password of " + account;
  wants_login_ = std::move(account);
  client_.write(plain_notice("now " + what + ", which nobody hears"));
}

/// Comes into the lobby, if it may under the name that it wants; a person is greeted.
void plain_handler::enter(std::string_view wanted) {
  hub& chat = client_.chat();
  const bool is_free = !wanted.empty() && chat.may_have(wanted, {}) == outcome::done;
  outcome how = is_free ? chat.claim(client_, wanted) : outcome::bad_name;
  if (how != outcome::done && how != outcome::full) how = chat.claim(client_, chat.next_guest());
  if (how == outcome::done)
    if (const server_ban* ban = chat.ban_on(client_, "guest", {}))
      return leave(plain_notice(fmt::format("you are banned from this server: {}", ban->reason)));
  if (const std::string why = how == outcome::done ? why_locked(chat, false) : std::string(); !why.empty())
    return leave(plain_notice(why));
  if (const std::string why = how == outcome::done ? why_too_soon(chat, client_) : std::string();
      !why.empty())
    return leave(plain_notice(why));
  if (const std::string why = how == outcome::done ? why_listed(chat, client_, false) : std::string();
      !why.empty())
    return leave(plain_notice(why));
  if (const std::string why = how == outcome::done ? weigh_newcomer(chat, client_, {}, false) : std::string();
      !why.empty())
    return leave(plain_notice(why));
  if (how == outcome::done) how = chat.enter(client_);
  if (how != outcome::done) return leave(plain_notice("the server is full; try again later"));
  tell_of_listed(chat, client_);
  const outcome in_lobby = chat.join(*client_.who(), lobby, {}, &client_);
  if (client_.echoes || is_quiet_) return;
  person& who = *client_.who();
  client_.write(plain_greeting(who, explain(in_lobby, lobby, chat.configured())));
  if (who.speaks_in) tell_past(plain_replay(client_, *who.speaks_in));
}

/// What was said in this turn may turn out not to be kept.
void plain_handler::tell_past(const std::string& lines) {
  if (!lines.empty()) client_.write_past([&](std::string& out) { out += lines; }, {});
}

void plain_handler::log_in(std::string_view account, std::string_view password) {
  if (working_) return client_.write(plain_notice("one login at a time"));
  if (!client_.who()->account.empty()) return client_.write(plain_notice("you are logged in already"));
  logins& tried = client_.chat().logins();
  const auto its = client_.chat().accounts().find(account);
  const bool is_none = !its || password.size() > max_password;
  if (!(is_none ? tried.may_try(client_.from(), account) : tried.may_ask(client_.from(), account)))
    return failed(too_many_failures);
  if (is_none) return logged_in(account, {}, false);
  working_ = true;
  done_.reset();
  asker_->gives_up.reset();
  client_.chat().spawn(check(its->hash, its->name, std::string(password)));
}

io::task<void> plain_handler::check(std::string hash, std::string account, std::string password) {
  const std::shared_ptr<password_work::asker> asker = asker_;
  hub& chat = client_.chat();
  const caller from = client_.from();
  const auto is_wanted = [&] { return asker->is_here && !client_.is_ending() && client_.who(); };
  const std::optional<password_work::turn> turn = co_await chat.logins().turn_to_work(from, account, asker);
  bool is_right = false;
  const bool is_turn = turn && is_wanted();
  const bool has_tried = is_turn && chat.logins().may_try(from, account);
  if (has_tried)
    is_right = co_await io::blocking([hash, password = std::move(password)]() mutable {
      const bool right = verify_password(hash, password);
      wipe(password);
      return right;
    });
  const bool is_checked = has_tried && is_wanted();
  if ((has_tried && !is_checked) || (!is_turn && asker->gives_up.is_set()))
    chat.logins().was_left(from, account, has_tried);
  if (!asker->is_here) co_return;
  working_ = false;
  if (is_checked)
    attempt([&] { logged_in(account, hash, is_right); });
  else if (is_wanted())
    attempt([&] { failed(is_turn ? too_many_failures : too_busy); });
  done_.set();
}

void plain_handler::failed(std::string_view why) {
  if (++failures_ >= most_failures) return client_.chat().dismiss(client_, "too many failed logins");
  if (asked_for_.empty()) return client_.write(plain_notice(why));
  // Who meant it as one tries again, and may not think of the command.
  wants_login_ = asked_for_;
  client_.write(plain_notice(
      fmt::format("{}; the next line is taken for the password of {}, but for a command", why, asked_for_)));
}

void plain_handler::logged_in(std::string_view account, std::string_view hash, bool is_right) {
  person& who = *client_.who();
  // Another account may have taken its place meanwhile, or another password.
  const auto its = is_right ? client_.chat().accounts().find(account) : std::nullopt;
  if (!its || its->hash != hash) {
    client_.chat().logins().was_wrong(client_.from(), account, "wrong password");
    return failed("that is no account, or not its password");
  }
  client_.chat().logins().was_right(client_.from(), account);
  if (const suspension* const why = suspension_of(*its, client_.chat().clock().seconds()))
    return client_.write(plain_notice(explain(*why)));
  if (const server_ban* const ban = client_.chat().ban_on_account(its->name))
    return client_.write(plain_notice(fmt::format("you are banned from this server: {}", ban->reason)));
  client_.chat().count.logins.add();
  client_.chat().log_in(who, account);
  const bool has_the_name = same_name(who.nick(), account);
  client_.chat().collect(client_);
  // It is one person, whichever way it has come.
  if (const std::optional<plain_answer> joined =
          has_the_name ? std::nullopt : join_own_person(client_, account)) {
    client_.write(plain_notice(fmt::format("you are logged in as {}", account)));
    client_.write(joined->text);
    return tell_past(joined->past);
  }
  client_.write(plain_notice(
      has_the_name ? fmt::format("you are logged in as {}", account)
                   : fmt::format("you are logged in as {}; /nick {} takes that name", account, account)));
  if (client_.missed_since != 0) tell_past(plain_missed(client_));
}

void plain_handler::search(search_question what) {
  working_ = true;
  done_.reset();
  client_.chat().spawn(look_for(std::move(what)));
}

io::task<void> plain_handler::look_for(search_question what) {
  const std::shared_ptr<password_work::asker> asker = asker_;
  const search_answer found =
      co_await search_messages(client_.chat(), std::move(what), [this, asker]() -> person* {
        return asker->is_here && !client_.is_ending() ? client_.who() : nullptr;
      });
  if (!asker->is_here) co_return;
  working_ = false;
  if (client_.who() && !client_.is_ending())
    attempt([&] {
      if (const std::string lines = plain_found(client_.chat(), found); !lines.empty())
        tell_past(lines);
      else
        client_.write(plain_not_found(found));
    });
  done_.set();
}

void plain_handler::leave(std::string_view last_words) {
  client_.write(last_words);
  client_.chat().finish(client_);
}

}  // namespace parlance::chat
