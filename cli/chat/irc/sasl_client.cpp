#include <utility>

#include <parlance/chat/accounts/password.hpp>
#include <parlance/chat/base/base64.hpp>
#include <parlance/chat/irc/sasl.hpp>

#include <cli/chat/irc/sasl_client.hpp>

namespace parlance::cli {

sasl_client::sasl_client(std::string mechanism, std::string account, std::string password)
    : mechanism_(std::move(mechanism)), account_(std::move(account)), password_(std::move(password)) {
  if (mechanism_ == "SCRAM-SHA-256") scram_.emplace(account_, password_);
}

sasl_client::~sasl_client() { chat::wipe(password_); }

std::vector<std::string> sasl_client::answer(std::string_view parameter) {
  constexpr std::size_t longest = 16 * 1024;
  if (parameter != "+") buffer_ += parameter;
  if (buffer_.size() > longest) return {"*"};
  if (parameter.size() == chat::irc::sasl_chunk) return {};
  const std::optional<std::string> message = chat::base64_decode(std::exchange(buffer_, {}));
  const std::optional<std::string> replied = message ? reply(*message) : std::nullopt;
  if (!replied) return {"*"};
  return chat::irc::sasl_chunks(*replied);
}

std::optional<std::string> sasl_client::reply(std::string_view message) {
  const int step = step_++;
  if (mechanism_ == "EXTERNAL") return step == 0 ? std::optional(account_) : std::nullopt;
  if (!scram_) {
    using namespace std::string_literals;
    return step == 0 ? std::optional("\0"s + account_ + "\0"s + password_) : std::nullopt;
  }
  if (step == 0) return scram_->first();
  if (step == 1) return scram_->answer(message);
  proven_ = step == 2 && scram_->finish(message);
  return proven_ ? std::optional(std::string()) : std::nullopt;
}

}  // namespace parlance::cli
