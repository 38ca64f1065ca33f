#include <fmt/core.h>

#include <utility>

#include <parlance/chat/accounts/devices.hpp>
#include <parlance/chat/accounts/password.hpp>
#include <parlance/chat/accounts/suspension.hpp>
#include <parlance/chat/irc/authentication.hpp>
#include <parlance/chat/irc/commands.hpp>
#include <parlance/chat/irc/sasl.hpp>

namespace parlance::chat::irc {
namespace {

constexpr unsigned most_failures = 5;

sasl_options options_for(const irc_client& by) { return {.external = !by.from().certificate.empty()}; }

struct login final : irc_client::extension {
  explicit login(const irc_client& one) : exchange(options_for(one)), by(one) {}
  login(const login&) = delete;
  login& operator=(const login&) = delete;
  ~login() {
    leave_exchange();
    if (checked) by.chat().logins().was_left(by.from(), *checked, true);
  }
  /// What the exchange tries comes to nothing.
  void leave_exchange() {
    if (!claimed.empty()) by.chat().logins().was_left(by.from(), claimed, has_tried);
    claimed.clear();
    has_tried = false;
  }

  sasl_exchange exchange;
  const irc_client& by;
  std::string claimed;                 // the account whose password the exchange is about
  std::string known;                   // what was kept of that password when it began
  bool has_tried = false;              // and has paid for (logins::may_try)
  std::optional<std::string> checked;  // the account whose password `check` has paid for
  std::string device;                  // by whose token it is logged in
  std::string proof;  // the same of the account that it is logged in to, before it is somebody
  unsigned failures = 0;
  bool is_admitted = false;  // gave the server's password
};

login& login_of(irc_client& by) {
  if (!by.sasl) by.sasl = std::make_unique<login>(by);
  return static_cast<login&>(*by.sasl);
}

/// "nick!user@host", as far as it is known.
std::string mask_of(const irc_client& by) {
  if (by.is_registered()) return by.who()->prefix();
  return fmt::format("{}!{}@{}", by.nick(), by.brought().user.empty() ? "*" : by.brought().user,
                     by.from().address);
}

bool is_same_account(const irc_client& by, const person& whom) {
  return !by.brought().account.empty() && same_name(by.brought().account, whom.account);
}

/// Whether it can become one more client of that person; who is without any can always be come back to.
bool may_join_its_own(irc_client& by, const person& whom) {
  if (!is_same_account(by, whom)) return false;
  const std::optional<account> its = by.chat().accounts().find(by.brought().account);
  return its && (its->multiclient || whom.clients().empty());
}

void succeed(irc_client& by, std::string_view name) {
  const std::optional<account> its = by.chat().accounts().find(name);
  if (!its) return by.reply(numeric::ERR_SASLFAIL, {"SASL authentication failed"});
  if (const auto why = log_in(by, its->name))
    return by.reply(numeric::ERR_SASLFAIL, {fmt::format("SASL authentication failed: {}", *why)});
  by.reply(numeric::RPL_SASLSUCCESS, {"SASL authentication successful"});
}

/// Nobody has looked at its password, for want of time or memory, or it waits for that no more.
void not_tried(irc_client& by, std::string_view account, bool has_paid) {
  if (has_paid) by.chat().logins().not_tried(by.from(), account);
  if (by.has_given_up_waiting()) by.chat().logins().was_left(by.from(), account, false);
}

/// The exchange has failed, without a look at its password.
void refuse_exchange(irc_client& by, verdict how) {
  login_of(by).exchange.abort();
  login_of(by).claimed.clear();
  by.reply(numeric::ERR_SASLFAIL, {fmt::format("SASL authentication failed: {}", explain(how))});
  if (how != verdict::busy) count_failure(by);
}

/// Whether the exchange may go on with that account; else it has failed.
bool may_ask(irc_client& by, const std::string& account) {
  if (by.chat().logins().may_ask(by.from(), account)) {
    login_of(by).claimed = account;
    return true;
  }
  refuse_exchange(by, verdict::refused);
  return false;
}

/// Whether its password may be looked at now, which is paid for.
bool may_try(irc_client& by) {
  login& its = login_of(by);
  return its.has_tried = by.chat().logins().may_try(by.from(), its.claimed);
}

/// What its exchange has tried.
void was_right(irc_client& by) {
  login& its = login_of(by);
  if (std::exchange(its.has_tried, false)) by.chat().logins().was_right(by.from(), its.claimed);
}

void go_on(irc_client& by, sasl_step step);

void check_password(irc_client& by, sasl_step step) {
  const std::optional<account> its = by.chat().accounts().find(step.name);
  if (!may_ask(by, step.name)) return;
  if (!its)
    return may_try(by) ? go_on(by, login_of(by).exchange.answer_password(step.ticket, false))
                       : refuse_exchange(by, verdict::refused);
  login_of(by).known = its->hash;
  const auto is_refused = std::make_shared<bool>(false);
  by.later(
      step.name,
      [hash = its->hash, password = std::move(step.password)]() mutable {
        const bool is_right = verify_password(hash, password);
        wipe(password);
        return is_right;
      },
      [&by, ticket = step.ticket, name = step.name, is_refused](std::optional<bool> is_right) {
        if (*is_refused) return refuse_exchange(by, verdict::refused);
        if (!is_right) {
          not_tried(by, name, std::exchange(login_of(by).has_tried, false));
          return refuse_exchange(by, verdict::busy);
        }
        // Another account may have taken its place meanwhile, or another password.
        const std::optional<account> now = by.chat().accounts().find(name);
        const bool is_same = now && now->hash == login_of(by).known;
        go_on(by, login_of(by).exchange.answer_password(ticket, *is_right && is_same));
      },
      [&by, is_refused] { return !(*is_refused = !may_try(by)); });
}

/// Which takes no time.
void check_token(irc_client& by, const sasl_step& step) {
  hub& chat = by.chat();
  if (!may_ask(by, step.name)) return;
  if (!may_try(by)) return refuse_exchange(by, verdict::refused);
  const std::optional<account> its = chat.accounts().find(step.name);
  const auto found = its ? find_device(chat.kept(), *its, step.password) : std::nullopt;
  if (found) {
    login_of(by).known = its->hash;
    device_is_seen(chat.kept(), *its, found->id, chat.clock().now());
    chat.turn().wake();
  }
  go_on(by, login_of(by).exchange.answer_token(step.ticket, found.has_value()));
  if (found && same_name(account_of(by), its->name)) login_of(by).device = found->id;
}

void go_on(irc_client& by, sasl_step step) {
  using kind = sasl_step::kind;
  account_registry& accounts = by.chat().accounts();
  sasl_exchange& exchange = login_of(by).exchange;
  const auto fail = [&](numeric how, std::string_view text) {
    by.reply(how, {text});
    const std::string claimed = std::exchange(login_of(by).claimed, {});
    if (std::exchange(login_of(by).has_tried, false))
      by.chat().logins().was_wrong(by.from(), claimed, text);
    else
      by.chat().logins().failed(by.from(), claimed, text);
    count_failure(by);
  };
  switch (step.what) {
    case kind::nothing:
      return;
    case kind::send:
      for (const std::string& chunk : step.chunks) by.answer("AUTHENTICATE", {chunk});
      return;
    case kind::check_password:
      return check_password(by, std::move(step));
    case kind::check_token:
      return check_token(by, step);
    case kind::find_scram: {
      const std::optional<account> its = accounts.find(step.name);
      if (!may_ask(by, step.name)) return;
      login_of(by).known = its ? its->scram : std::string();
      return go_on(
          by, exchange.answer_scram(step.ticket, its ? scram_credentials::parse(its->scram) : std::nullopt,
                                    accounts.mock_secret()));
    }
    case kind::find_certificate:
      return go_on(by, exchange.answer_certificate(step.ticket, accounts.owner_of(by.from().certificate)));
    case kind::success: {
      const std::string known = std::exchange(login_of(by).known, {});
      const std::optional<account> now = accounts.find(step.name);
      if (same_name(login_of(by).claimed, step.name)) {
        // The exchange may have begun with what was another's of that name, or with an older password.
        if (!now || (now->scram != known && now->hash != known))
          return fail(numeric::ERR_SASLFAIL, "SASL authentication failed");
        was_right(by);
      }
      login_of(by).claimed.clear();
      return succeed(by, step.name);
    }
    case kind::failed:
      return fail(numeric::ERR_SASLFAIL, "SASL authentication failed");
    case kind::aborted:
      login_of(by).leave_exchange();
      return by.reply(numeric::ERR_SASLABORTED, {"SASL authentication aborted"});
    case kind::too_long:
      return fail(numeric::ERR_SASLTOOLONG, "SASL message too long");
    case kind::unknown_mechanism:
      by.reply(numeric::RPL_SASLMECHS, {exchange.mechanisms(), "are available SASL mechanisms"});
      return fail(numeric::ERR_SASLFAIL, "SASL authentication failed");
  }
}

void refuse_password(irc_client& by, std::string_view why) {
  by.reply(numeric::ERR_PASSWDMISMATCH, {why});
  by.close_link(why);
}

/// What PASS gave was not right, so it does not come in.
void refuse_password(irc_client& by, verdict how) {
  refuse_password(by, how == verdict::wrong ? std::string_view("Password incorrect") : explain(how));
}

/// PASS as the server's password. False: that is being found out.
bool is_admitted(irc_client& by) {
  const std::string& hash = by.chat().configured().server.password;
  if (hash.empty() || login_of(by).is_admitted) return true;
  std::string given = std::exchange(by.bring().password, {});
  check_hash(by, {}, hash, given, [&by](verdict how) {
    if (how != verdict::right) return refuse_password(by, how);
    login_of(by).is_admitted = true;
    by.try_to_register();
  });
  wipe(given);
  return false;
}

/// PASS as "account:password", for clients without SASL. False: that is being found out.
bool is_logged_in_by_pass(irc_client& by) {
  std::string given = std::exchange(by.bring().password, {});
  const std::size_t colon = given.find(':');
  if (!by.brought().account.empty() || colon == std::string::npos) return true;
  const std::string name = given.substr(0, colon);
  if (!by.chat().accounts().exists(name)) return true;
  check_password(by, name, given.substr(colon + 1), [&by, name](verdict how) {
    if (how != verdict::right) return refuse_password(by, how);
    if (const auto its = by.chat().accounts().find(name))
      if (const auto why = log_in(by, its->name)) return refuse_password(by, *why);
    by.try_to_register();
  });
  wipe(given);
  return false;
}

/// Gives it the nick that it asked for, or the person who has it when they are one. False: it may not have
/// it, was told so, and has none.
bool has_its_nick(irc_client& by) {
  hub& chat = by.chat();
  std::string wanted = std::exchange(by.bring().wanted, {});
  if (std::exchange(by.bring().waits_for_nick, false)) {
    if (person* const holder = chat.people().find(wanted); holder && may_join_its_own(by, *holder)) {
      chat.attach(by, *holder);
      return true;
    }
    if (const outcome how = chat.claim(by, wanted); how != outcome::done) {
      by.explain(how, wanted);
      by.bring().wanted = std::move(wanted);
      return false;
    }
  }
  wanted = by.nick();
  const outcome how = chat.may_have(wanted, by.brought().account);
  if (how == outcome::done) return true;
  chat.leave(by);
  by.explain(how, wanted);
  by.bring().wanted = std::move(wanted);
  return false;
}

}  // namespace

std::string sasl_mechanisms(const irc_client& to) { return sasl_exchange(options_for(to)).mechanisms(); }

void authenticate(irc_client& by, const message& m) {
  login& its = login_of(by);
  const bool shows_proof = its.exchange.expects_proof();
  sasl_step step = its.exchange.receive(m.param(0));
  // A proof is paid for when it has come, and before it is told whether it is right: what takes no time here
  // is not to keep out others for as long as clients take.
  if (shows_proof && (step.what == sasl_step::kind::send || step.what == sasl_step::kind::failed)) {
    if (!may_try(by)) return refuse_exchange(by, verdict::refused);
    if (step.what == sasl_step::kind::send) was_right(by);
  }
  // Too long is one message; what never ends is a failure like any other.
  if (step.what == sasl_step::kind::too_long && m.param(0).size() <= sasl_chunk)
    step.what = sasl_step::kind::failed;
  go_on(by, std::move(step));
}

bool may_register(irc_client& by) {
  if (by.sasl && login_of(by).exchange.in_progress()) {
    login_of(by).exchange.abort();
    login_of(by).leave_exchange();
    by.reply(numeric::ERR_SASLABORTED, {"SASL authentication aborted"});
  }
  if (!is_admitted(by) || !is_logged_in_by_pass(by)) return false;
  // The account may have gone since it logged in, or been suspended, and another of that name may have come; or the
  // device may have gone.
  if (!by.brought().account.empty()) {
    const std::optional<account> its = by.chat().accounts().find(by.brought().account);
    const std::string& device = login_of(by).device;
    if (!its || its->hash != login_of(by).proof || suspension_of(*its, by.chat().clock().seconds()) ||
        (!device.empty() && !has_device(by.chat().kept(), *its, device)))
      by.bring().account.clear();
  }
  if (by.chat().configured().accounts.require_sasl && by.brought().account.empty()) {
    by.fail("*", "ACCOUNT_REQUIRED", {}, "You must log in to an account to come in");
    by.close_link("You must log in to an account");
    return false;
  }
  return has_its_nick(by);
}

bool may_become_its_own(const irc_client& by, std::string_view nick) {
  const person* const holder = by.chat().people().find(nick);
  if (!by.brought().account.empty()) return holder && is_same_account(by, *holder);
  const bool may_log_in = by.brought().negotiating || by.brought().password.find(':') != std::string::npos;
  // One who is not there yet may be the same person's other client, which logs in at the same time.
  return may_log_in && (!holder || !holder->account.empty());
}

std::string_view account_of(const irc_client& by) {
  return by.is_registered() && by.who() ? std::string_view(by.who()->account) : by.brought().account;
}

std::optional<std::string> log_in(irc_client& by, std::string_view account) {
  // The others have not proved that they are that.
  if (by.is_registered() && by.who()->clients().size() > 1 && !same_name(by.who()->account, account))
    return "Other clients share your nick; they must leave first";
  const auto its = by.chat().accounts().find(account);
  if (const suspension* const why = its ? suspension_of(*its, by.chat().clock().seconds()) : nullptr)
    return chat::explain(*why);
  if (const server_ban* const ban = by.chat().ban_on_account(account))
    return fmt::format("You are banned from this server: {}", ban->reason);
  by.reply(numeric::RPL_LOGGEDIN,
           {mask_of(by), account, fmt::format("You are now logged in as {}", account)});
  if (!by.is_registered()) by.bring().account = account;
  login_of(by).device.clear();
  if (its) login_of(by).proof = its->hash;
  by.chat().count.logins.add();
  if (!by.is_registered()) return {};
  by.chat().log_in(*by.who(), account);
  by.chat().collect(by);
  if (by.missed_since != 0) tell_missed(by);
  return {};
}

std::string_view device_of(const irc_client& by) {
  return by.sasl ? std::string_view(static_cast<const login&>(*by.sasl).device) : std::string_view();
}

void go_on_by_device(irc_client& as, std::string device) {
  if (!device.empty()) login_of(as).device = std::move(device);
}

void log_out(irc_client& by) {
  if (!by.is_registered()) by.bring().account.clear();
  login_of(by).device.clear();
  by.reply(numeric::RPL_LOGGEDOUT, {mask_of(by), "You are now logged out"});
  if (!by.is_registered()) return;
  hub& chat = by.chat();
  chat.log_in(*by.who(), {});
  // A nick that belongs to the account goes back to it.
  if (const std::string nick(by.nick()); chat.may_have(nick, {}) != outcome::done)
    chat.rename(*by.who(), chat.next_guest());
}

std::string_view explain(verdict how) noexcept {
  switch (how) {
    case verdict::right:
      return "right";
    case verdict::wrong:
      return "Wrong account or password";
    case verdict::refused:
      return "Too many failed logins; try again later";
    case verdict::busy:
      return "The server is busy with other passwords; try again later";
  }
  return {};
}

namespace {

/// `is_of_account`: the hash must still be that account's when it is known to fit. Another one may have taken
/// its place meanwhile, or another password.
void check(irc_client& by, std::string_view account, std::string hash, std::string_view password,
           bool is_of_account, std::function<void(verdict)> then) {
  const auto tell = [&by, account = std::string(account), then = std::move(then)](verdict how) {
    if (how == verdict::right) by.chat().logins().was_right(by.from(), account);
    if (how == verdict::wrong) by.chat().logins().was_wrong(by.from(), account, "wrong password");
    then(how);
    if ((how == verdict::wrong || how == verdict::refused) && !by.is_ending()) count_failure(by);
  };
  chat::logins& logins = by.chat().logins();
  if (!logins.may_ask(by.from(), account)) return tell(verdict::refused);
  std::optional<sha256_digest> shared;  // of what many callers give
  if (!is_of_account) shared = logins.proven.mark_of(password);
  const bool is_proven = shared && logins.proven.has(hash, *shared);
  const bool is_none = hash.empty() || password.empty() || password.size() > max_password;
  if (is_proven || is_none) {
    if (!logins.may_try(by.from(), account)) return tell(verdict::refused);
    return tell(is_none ? verdict::wrong : verdict::right);
  }
  const auto is_refused = std::make_shared<bool>(false);
  by.later(
      account,
      [hash, given = std::string(password)]() mutable {
        const bool is_right = verify_password(hash, given);
        wipe(given);
        return is_right;
      },
      [&by, tell, hash, shared, is_of_account, is_refused,
       name = std::string(account)](std::optional<bool> is_right) {
        const bool has_paid = std::exchange(login_of(by).checked, {}).has_value();
        if (*is_refused) return tell(verdict::refused);
        if (!is_right) {
          not_tried(by, name, has_paid);
          return tell(verdict::busy);
        }
        if (*is_right && shared) by.chat().logins().proven.add(hash, *shared);
        if (*is_right && is_of_account) {
          const auto now = by.chat().accounts().find(name);
          is_right = now && now->hash == hash;
        }
        tell(*is_right ? verdict::right : verdict::wrong);
      },
      [&by, is_refused, name = std::string(account)] {
        *is_refused = !by.chat().logins().may_try(by.from(), name);
        if (!*is_refused) login_of(by).checked = name;
        return !*is_refused;
      });
}

}  // namespace

void check_password(irc_client& by, std::string_view account, std::string_view password,
                    std::function<void(verdict)> then) {
  const auto its = by.chat().accounts().find(account);
  check(by, account, its ? its->hash : std::string(), password, true, std::move(then));
}

void check_hash(irc_client& by, std::string_view account, std::string hash, std::string_view password,
                std::function<void(verdict)> then) {
  check(by, account, std::move(hash), password, false, std::move(then));
}

void count_failure(irc_client& by) {
  if (++login_of(by).failures == most_failures) by.close_link("Too many failed logins");
}

}  // namespace parlance::chat::irc
