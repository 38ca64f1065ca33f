#include <sodium.h>

#include <algorithm>
#include <utility>

#include <parlance/chat/base/base64.hpp>
#include <parlance/chat/base/names.hpp>
#include <parlance/chat/base/words.hpp>
#include <parlance/chat/irc/sasl.hpp>
#include <parlance/http/base/charset.hpp>
#include <parlance/net/base64.hpp>

namespace parlance::chat::irc {
namespace {

using kind = sasl_step::kind;

constexpr std::string_view plain_name = "PLAIN";
constexpr std::string_view external_name = "EXTERNAL";
constexpr std::string_view scram_name = "SCRAM-SHA-256";
constexpr std::string_view bearer_name = "OAUTHBEARER";

constexpr std::size_t longest_token = 1024;

sasl_step say(std::string_view message) { return {.what = kind::send, .chunks = sasl_chunks(message)}; }

}  // namespace

std::vector<std::string> sasl_chunks(std::string_view message) {
  const std::string text = net::base64_encode(message);
  std::vector<std::string> chunks;
  for (std::size_t at = 0; at < text.size(); at += sasl_chunk) chunks.push_back(text.substr(at, sasl_chunk));
  // Without a shorter one at the end, the other side would wait for more.
  if (text.size() % sasl_chunk == 0) chunks.emplace_back("+");
  return chunks;
}

sasl_exchange::~sasl_exchange() { wipe(); }

std::string sasl_exchange::mechanisms() const {
  std::string list;
  const auto add = [&](bool offered, std::string_view name) {
    if (!offered) return;
    if (!list.empty()) list += ',';
    list += name;
  };
  add(options_.external, external_name);
  add(options_.scram, scram_name);
  add(options_.plain, plain_name);
  add(options_.bearer, bearer_name);
  return list;
}

sasl_step sasl_exchange::receive(std::string_view parameter) {
  if (parameter == "*") return end(kind::aborted);
  if (state_ == state::idle) return begin(parameter);
  if (state_ >= state::checking_password || parameter.empty()) return end(kind::failed);
  if (parameter.size() > sasl_chunk) return end(kind::too_long);
  if (parameter != "+") {
    if (buffer_.size() + parameter.size() > options_.longest) return end(kind::too_long);
    buffer_ += parameter;
    if (parameter.size() == sasl_chunk) return {};
  }
  auto message = base64_decode(buffer_);
  wipe();
  if (!message) return end(kind::failed);
  auto step = take(*message);
  chat::wipe(*message);
  return step;
}

sasl_step sasl_exchange::begin(std::string_view mechanism) {
  if (options_.plain && same_name(mechanism, plain_name)) {
    state_ = state::plain;
  } else if (options_.external && same_name(mechanism, external_name)) {
    state_ = state::external;
  } else if (options_.bearer && same_name(mechanism, bearer_name)) {
    state_ = state::bearer;
  } else if (options_.scram && same_name(mechanism, scram_name)) {
    state_ = state::scram_first;
    scram_.emplace(options_.nonce.empty() ? random_token() : options_.nonce);
  } else {
    return end(kind::unknown_mechanism);
  }
  return say({});
}

sasl_step sasl_exchange::take(std::string_view message) {
  switch (state_) {
    case state::plain:
      return take_plain(message);
    case state::external:
      if (!http::is_utf8(message) || message.find('\0') != std::string_view::npos) return end(kind::failed);
      name_ = message;
      return ask(state::finding_certificate, {.what = kind::find_certificate});
    case state::bearer:
      return take_bearer(message);
    case state::scram_first:
      return take_scram_first(message);
    case state::scram_final:
      return take_scram_final(message);
    case state::scram_done:
      return end(message.empty() ? kind::success : kind::failed);
    default:
      return end(kind::failed);
  }
}

sasl_step sasl_exchange::take_plain(std::string_view message) {
  // [authzid] NUL authcid NUL passwd
  const std::size_t first = message.find('\0');
  const std::size_t second = first == std::string_view::npos ? first : message.find('\0', first + 1);
  if (second == std::string_view::npos || !http::is_utf8(message)) return end(kind::failed);
  const std::string_view authzid = message.substr(0, first);
  const std::string_view authcid = message.substr(first + 1, second - first - 1);
  const std::string_view password = message.substr(second + 1);
  if (authcid.empty() || (!authzid.empty() && !same_name(authzid, authcid)) || password.empty() ||
      password.size() > max_password || password.find('\0') != std::string_view::npos)
    return end(kind::failed);
  name_ = authcid;
  return ask(state::checking_password, {.what = kind::check_password, .password = std::string(password)});
}

/// Of what else may stand between the separators nothing matters here: host and port.
sasl_step sasl_exchange::take_bearer(std::string_view message) {
  constexpr std::string_view begin = "n,a=", scheme = "bearer ", field = "auth=";
  const std::size_t comma = message.find(',', begin.size());
  if (!http::is_utf8(message) || !message.starts_with(begin) || comma == message.npos ||
      !message.ends_with("\x01\x01"))
    return end(kind::failed);
  name_ = message.substr(begin.size(), comma - begin.size());
  message.remove_prefix(comma + 1);
  std::string_view token;
  while (!message.empty()) {
    const std::string_view one = take_item(message, '\x01');
    if (one.starts_with(field)) token = one.substr(field.size());
  }
  if (name_.empty() || token.size() > longest_token || !same_name(token.substr(0, scheme.size()), scheme))
    return end(kind::failed);
  token.remove_prefix(scheme.size());
  return ask(state::checking_token, {.what = kind::check_token, .password = std::string(token)});
}

sasl_step sasl_exchange::take_scram_first(std::string_view message) {
  if (!scram_->begin(message)) return end(kind::failed);
  name_ = scram_->name();
  return ask(state::finding_scram, {.what = kind::find_scram});
}

sasl_step sasl_exchange::take_scram_final(std::string_view message) {
  const auto proof = scram_->finish(message);
  if (!proof || !known_) return end(kind::failed);
  state_ = state::scram_done;
  return say(*proof);
}

sasl_step sasl_exchange::ask(state next, sasl_step question) {
  state_ = next;
  question.ticket = ++ticket_;
  question.name = name_;
  return question;
}

bool sasl_exchange::answers(state expected, std::uint64_t ticket) const noexcept {
  return state_ == expected && ticket_ == ticket;
}

sasl_step sasl_exchange::answer_password(std::uint64_t ticket, bool right) {
  if (!answers(state::checking_password, ticket)) return {};
  return end(right ? kind::success : kind::failed);
}

/// Who is refused is told why first, and says that it has read it (RFC 7628, section 3.2.2).
sasl_step sasl_exchange::answer_token(std::uint64_t ticket, bool right) {
  if (!answers(state::checking_token, ticket)) return {};
  if (right) return end(kind::success);
  state_ = state::bearer_refused;
  return say(R"({"status":"invalid_token"})");
}

sasl_step sasl_exchange::answer_scram(std::uint64_t ticket,
                                      const std::optional<scram_credentials>& credentials,
                                      std::string_view mock_secret) {
  if (!answers(state::finding_scram, ticket)) return {};
  known_ = credentials.has_value();
  state_ = state::scram_final;
  return say(scram_->challenge(credentials ? *credentials : mock_scram(mock_secret, name_)));
}

sasl_step sasl_exchange::answer_certificate(std::uint64_t ticket, const std::optional<std::string>& account) {
  if (!answers(state::finding_certificate, ticket)) return {};
  // Whom it wants to be, if it says so, must be whom the certificate belongs to.
  if (!account || (!name_.empty() && !same_name(name_, *account))) return end(kind::failed);
  name_ = *account;
  return end(kind::success);
}

sasl_step sasl_exchange::end(kind how) {
  sasl_step last{.what = how};
  if (how == kind::success) last.name = name_;
  abort();
  return last;
}

void sasl_exchange::abort() noexcept {
  state_ = state::idle;
  wipe();
  name_.clear();
  scram_.reset();
  known_ = false;
}

void sasl_exchange::wipe() noexcept {
  sodium_memzero(buffer_.data(), buffer_.size());
  buffer_.clear();
}

}  // namespace parlance::chat::irc
