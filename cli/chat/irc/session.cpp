#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <string_view>
#include <utility>

#include <parlance/chat/base/names.hpp>
#include <parlance/chat/base/words.hpp>

#include <cli/chat/irc/session.hpp>

namespace parlance::cli {
namespace {

constexpr std::array wanted = {"account-notify",
                               "account-tag",
                               "away-notify",
                               "batch",
                               "chghost",
                               "draft/chathistory",
                               "draft/event-playback",
                               "draft/message-redaction",
                               "draft/multiline",
                               "draft/read-marker",
                               "echo-message",
                               "extended-join",
                               "extended-monitor",
                               "invite-notify",
                               "labeled-response",
                               "message-tags",
                               "multi-prefix",
                               "sasl",
                               "server-time",
                               "setname",
                               "soju.im/search",
                               "standard-replies"};

constexpr std::size_t longest_name = 30;
constexpr int most_names = 9;
/// Of what a server says that it can do (CAP, RPL_ISUPPORT): more fills no memory.
constexpr std::size_t most_told = 500, longest_told = 1024;

void keep_told(std::map<std::string, std::string, std::less<>>& in, std::string_view name,
               std::string_view value) {
  if (name.size() + value.size() > longest_told || (in.size() >= most_told && !in.contains(name))) return;
  in.insert_or_assign(std::string(name), std::string(value));
}

bool is_wanted(std::string_view capability) { return std::ranges::find(wanted, capability) != wanted.end(); }

/// Of "port=6697,duration=300".
std::optional<std::uint64_t> number_in(std::string_view value, std::string_view key) {
  while (!value.empty()) {
    std::string_view one = chat::take_item(value, ',');
    if (chat::take_item(one, '=') != key) continue;
    std::uint64_t number = 0;
    const auto [end, wrong] = std::from_chars(one.data(), one.data() + one.size(), number);
    if (wrong == std::errc() && end == one.data() + one.size()) return number;
  }
  return {};
}

bool has_item(std::string_view list, std::string_view item) {
  const auto items = chat::items_of(list, ',');
  return std::ranges::find(items, item) != items.end();
}

}  // namespace

void irc_session::begin(const irc_identity& who, bool secure, bool by_tls) {
  end();
  identity_ = who;
  framing_ = chat::irc::line_framing(longest_line);
  secure_ = secure;
  by_tls_ = by_tls;
  over_ = false;
  nick_ = who.nick;
  names_tried_ = 0;
  requests_ = 0;
  negotiated_ = plain_may_follow_ = false;
  offered_.clear();
  isupport_.clear();
  enabled_.clear();
  account_.clear();
  send({"CAP", "LS", "302"});
  if (!who.server_password.empty()) send({"PASS", who.server_password});
  send({"NICK", nick_});
  std::string user;
  for (const char c : nick_)
    if (std::isalnum(static_cast<unsigned char>(c))) user += c;
  send({"USER", user.empty() ? "user" : user, "0", "*", who.real_name.empty() ? nick_ : who.real_name});
}

void irc_session::end() {
  ready_ = false;
  over_ = true;
  output_.clear();
  batches_.clear();
  sasl_.reset();
  for (auto& [label, then] : std::exchange(waiting_, {})) then({});
  for (history_request& one : std::exchange(histories_, {})) one.then({});
}

void irc_session::take(std::string_view bytes) {
  framing_.feed(bytes);
  while (!over_) {
    const auto next = framing_.next();
    if (!next) return;
    if (next->what == chat::irc::line_framing::line::kind::text) line(next->text);
  }
}

std::string_view irc_session::value_of(std::string_view capability) const {
  const auto found = offered_.find(capability);
  return found == offered_.end() ? std::string_view() : std::string_view(found->second);
}

std::string_view irc_session::supports(std::string_view token) const {
  const auto found = isupport_.find(token);
  return found == isupport_.end() ? std::string_view() : std::string_view(found->second);
}

std::string irc_session::fold(std::string_view name) const {
  if (supports("UTF8MAPPING") == "rfc8265") return chat::folded(name);
  const std::string_view mapping = supports("CASEMAPPING");
  const bool is_ascii = mapping == "ascii";
  std::string folded(name);
  for (char& c : folded) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    if (is_ascii) continue;
    if (c >= '[' && c <= ']') c = static_cast<char>(c - '[' + '{');
    if (c == '^' && mapping != "rfc1459-strict" && mapping != "strict-rfc1459") c = '~';
  }
  return folded;
}

bool irc_session::is_room(std::string_view name) const {
  const std::string_view types = has_support("CHANTYPES") ? supports("CHANTYPES") : "#&";
  return !name.empty() && types.contains(name.front());
}

std::pair<std::string_view, std::string_view> irc_session::ranks() const {
  std::string_view prefix = supports("PREFIX");
  if (!prefix.starts_with('(')) return {"ov", "@+"};
  prefix.remove_prefix(1);
  const std::string_view letters = chat::take_item(prefix, ')');
  return letters.size() == prefix.size() ? std::pair(letters, prefix)
                                         : std::pair(std::string_view("ov"), std::string_view("@+"));
}

void irc_session::send(const std::vector<std::string>& words, const irc_tags& tags) {
  if (over_) return;
  output_ +=
      format_line(words, has("message-tags") || has("labeled-response") || has("batch") ? tags : irc_tags());
}

void irc_session::send_raw(std::string_view line) {
  std::string clean(line.substr(0, longest_line));
  std::ranges::replace_if(clean, [](char c) { return c == '\r' || c == '\n' || c == '\0'; }, ' ');
  if (!over_) output_ += clean + "\r\n";
}

bool irc_session::log_in(const std::string& account, const std::string& password) {
  identity_.account = account;
  identity_.password = password;
  const std::string with = has("sasl") ? mechanism() : std::string();
  if (with.empty()) return false;
  begin_sasl(with);
  return true;
}

std::string irc_session::new_label() { return fmt::format("p{}", ++label_); }

void irc_session::expect(std::string label, answer then) { waiting_[std::move(label)] = std::move(then); }

void irc_session::ask_history(std::vector<std::string> words, answer then) {
  if (over_) return then({});
  if (has("labeled-response")) {
    std::string label = new_label();
    expect(label, std::move(then));
    return send(words, {{"label", label}});
  }
  histories_.push_back({words.size() > 2 && words[1] != "TARGETS" ? fold(words[2]) : "", std::move(then)});
  send(words);
}

void irc_session::line(std::string_view text) {
  std::optional<irc_line> parsed = parse_line(text);
  if (!parsed) return;
  auto whole = batches_.take(std::move(*parsed));
  if (!whole) return;
  if (const irc_line* one = std::get_if<irc_line>(&*whole)) {
    settle(one->tag("label"), {*one});
    return obey(*one);
  }
  const irc_batch& batch = std::get<irc_batch>(*whole);
  // History is for who asked; what else a batch holds has happened now.
  const bool is_history = batch.type.contains("chathistory") || batch.type.contains("search");
  if (!is_history)
    for (const irc_line& one : batch.lines) obey(one);
  settle(batch.opened.tag("label"), batch.lines);
  if (is_history && !batch.opened.has_tag("label")) take_history(batch);
}

void irc_session::settle(std::string_view label, const std::vector<irc_line>& lines) {
  if (label.empty()) return;
  const auto found = waiting_.find(label);
  if (found == waiting_.end()) return;
  const answer then = std::move(found->second);
  waiting_.erase(found);
  then(lines);
}

void irc_session::take_history(const irc_batch& batch) {
  const std::string target = fold(batch.opened.param(2));
  const auto found = std::ranges::find(histories_, target, &history_request::target);
  if (found == histories_.end()) return;
  const answer then = std::move(found->then);
  histories_.erase(found);
  then(batch.lines);
}

void irc_session::obey(const irc_line& line) {
  if (over_) return;
  const std::string& command = line.command;
  if (command == "PING") return send({"PONG", std::string(line.last_param())});
  if (command == "CAP") return capabilities(line);
  if (command == "AUTHENTICATE") {
    if (!sasl_) return;
    for (std::string& chunk : sasl_->answer(line.param(0))) send({"AUTHENTICATE", std::move(chunk)});
    return;
  }
  if (command == "900") account_ = line.param(2);
  if (command == "901") account_.clear();
  if (command == "ACCOUNT" && is_me(line.nick())) account_ = line.param(0) == "*" ? "" : line.param(0);
  if (!ready_ && register_with(line)) return;
  if (ready_ && sasl_) sasl_ended(line);
  if (command == "FAIL" && line.param(0) == "CHATHISTORY" && !line.has_tag("label") && !histories_.empty()) {
    const answer then = std::move(histories_.front().then);
    histories_.pop_front();
    then({line});
  }
  if (command == "005") {
    for (std::size_t i = 1; i + 1 < line.params.size(); ++i) {
      std::string_view value = line.params[i];
      const std::string_view key = chat::take_item(value, '=');
      if (key.starts_with('-'))
        isupport_.erase(std::string(key.substr(1)));
      else
        keep_told(isupport_, key, value);
    }
  }
  if (command == "NICK" && is_me(line.nick())) {
    owner_.received(line);
    nick_ = line.param(0);
    return;
  }
  owner_.received(line);
  if ((command == "376" || command == "422") && !ready_) {
    ready_ = true;
    owner_.welcomed();
  }
}

/// What only matters until one is in. True: there is no more to say of it.
bool irc_session::register_with(const irc_line& line) {
  const std::string& command = line.command;
  if (command == "001") {
    nick_ = line.param(0);
    negotiated_ = true;
  }
  if (command == "903") {
    if (sasl_ && !sasl_->server_is_proven()) {
      refuse(refusal::account, "the server did not prove that it knows the password");
      return true;
    }
    sasl_.reset();
    send({"CAP", "END"});
    return true;
  }
  if (command == "902" || command == "904" || command == "905" || command == "906") {
    sasl_failed(std::string(line.last_param()));
    return true;
  }
  if (command == "433" || command == "437" || command == "436") {
    if (names_tried_ == most_names)
      refuse(refusal::name, std::string(line.last_param()));
    else
      another_nick();
    return true;
  }
  if (command == "432") refuse(refusal::name, std::string(line.last_param()));
  if (command == "464") refuse(refusal::server_password, std::string(line.last_param()));
  if (command == "465" || command == "ERROR") {
    // ngIRCd says so in words alone.
    const std::string why(line.last_param());
    const bool is_password = why.contains("password") || why.contains("Password");
    refuse(is_password ? refusal::server_password : refusal::other, why);
  }
  if (command == "FAIL")
    refuse(line.param(1) == "ACCOUNT_REQUIRED" ? refusal::account : refusal::other,
           std::string(line.last_param()));
  return over_;
}

void irc_session::refuse(refusal what, const std::string& why) {
  over_ = true;
  output_.clear();
  owner_.refused(what, why);
}

void irc_session::another_nick() {
  const std::string end = names_tried_ == 0 ? "_" : fmt::format("_{}", names_tried_ + 1);
  ++names_tried_;
  nick_ = identity_.nick.substr(0, longest_name - end.size()) + end;
  send({"NICK", nick_});
}

void irc_session::capabilities(const irc_line& line) {
  const std::string_view what = line.param(1);
  const std::string_view words = line.last_param();
  if (what == "LS" || what == "NEW") {
    offered(words);
    if (over_ || (what == "LS" && line.param(2) == "*")) return;
    std::vector<std::string> names;
    for (const char* const name : wanted)
      if (offered_.contains(name) && !enabled_.contains(name) &&
          (ready_ ? std::string_view(name) != "sasl" : true))
        names.emplace_back(name);
    if (!names.empty()) return request(names);
    if (what == "LS") answered();
  } else if (what == "DEL") {
    for (const std::string_view word : chat::items_of(words, ' ')) {
      offered_.erase(std::string(word));
      enabled_.erase(std::string(word));
    }
  } else if (what == "ACK" || what == "NAK") {
    requests_ = std::max(0, requests_ - 1);
    const auto names = chat::items_of(words, ' ');
    if (what == "ACK") {
      for (const std::string_view name : names) {
        if (name.starts_with('-'))
          enabled_.erase(std::string(name.substr(1)));
        else if (is_wanted(name))
          enabled_.emplace(name);
      }
    } else if (names.size() > 1 && names.size() <= wanted.size()) {
      // One of them it will not do: which?
      for (const std::string_view name : names)
        if (is_wanted(name)) request({std::string(name)});
    }
    if (requests_ == 0 && !ready_) answered();
  }
}

void irc_session::offered(std::string_view words) {
  for (std::string_view word : chat::items_of(words, ' ')) {
    const std::string_view name = chat::take_item(word, '=');
    keep_told(offered_, name, word);
    if (name == "sts" && heed_sts(word)) return;
  }
}

bool irc_session::heed_sts(std::string_view value) {
  if (by_tls_) {
    if (const auto seconds = number_in(value, "duration")) owner_.stays_encrypted(*seconds);
    return false;
  }
  const auto port = number_in(value, "port");
  if (!port || *port == 0 || *port > 65535) return false;
  over_ = true;
  output_.clear();
  owner_.must_encrypt(static_cast<std::uint16_t>(*port));
  return true;
}

void irc_session::request(const std::vector<std::string>& names) {
  std::string list;
  for (const std::string& name : names) list += (list.empty() ? "" : " ") + name;
  ++requests_;
  send({"CAP", "REQ", list});
}

/// All that was asked for is answered.
void irc_session::answered() {
  if (std::exchange(negotiated_, true)) return;
  if (!identity_.password.empty() || identity_.has_certificate)
    log_in();
  else
    send({"CAP", "END"});
}

void irc_session::log_in() {
  if (!has("sasl")) {
    // Without TLS a certificate says nothing; a password that was given is meant to be used.
    if (!identity_.password.empty()) return refuse(refusal::account, "the server has no log-in (SASL)");
    return send({"CAP", "END"});
  }
  const std::string_view mechanisms = value_of("sasl");
  const bool any = mechanisms.empty();
  if (!identity_.password.empty()) {
    const std::string with = mechanism();
    if (with.empty() && (any || has_item(mechanisms, "PLAIN")))
      return refuse(refusal::encryption,
                    "it wants the password in clear, and the connection is not encrypted");
    if (with.empty())
      return refuse(refusal::account, fmt::format("it knows only {} for logging in", mechanisms));
    return begin_sasl(with);
  }
  if (any || has_item(mechanisms, "EXTERNAL")) return begin_sasl("EXTERNAL");
  send({"CAP", "END"});
}

/// With a password, which is told to nobody but the server; empty: there is none.
std::string irc_session::mechanism() const {
  const std::string_view mechanisms = value_of("sasl");
  if (has_item(mechanisms, "SCRAM-SHA-256")) return "SCRAM-SHA-256";
  const bool plain = mechanisms.empty() || has_item(mechanisms, "PLAIN");
  return plain && secure_ ? "PLAIN" : "";
}

/// Of a log-in when one was in already.
void irc_session::sasl_ended(const irc_line& line) {
  constexpr std::array ends = {"903", "902", "904", "905", "906"};
  if (std::ranges::find(ends, line.command) != ends.end()) sasl_.reset();
}

void irc_session::begin_sasl(std::string mechanism) {
  const bool external = mechanism == "EXTERNAL";
  const auto mechanisms = value_of("sasl");
  plain_may_follow_ = !ready_ && mechanism == "SCRAM-SHA-256" && secure_ && has_item(mechanisms, "PLAIN");
  const bool named = external || !identity_.account.empty();
  sasl_ = std::make_unique<sasl_client>(mechanism, named ? identity_.account : identity_.nick,
                                        identity_.password);
  send({"AUTHENTICATE", std::move(mechanism)});
}

void irc_session::sasl_failed(const std::string& why) {
  // Some keep a password in a form that only the other mechanism can check.
  if (std::exchange(plain_may_follow_, false)) return begin_sasl("PLAIN");
  sasl_.reset();
  if (identity_.password.empty()) return send({"CAP", "END"});  // a certificate that nobody there knows
  refuse(refusal::account, why);
}

}  // namespace parlance::cli
