// Nobody gets in without the right answer, whatever they send in whatever order, and what is kept is bounded.
//
// Each line of the input is one turn: the parameter of an AUTHENTICATE, or after a '>' a message that is put
// into base64, or after a '!' an answer to what was asked.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

#include <parlance/chat/base/base64.hpp>
#include <parlance/chat/base/names.hpp>
#include <parlance/chat/irc/sasl.hpp>
#include <parlance/net/base64.hpp>

namespace {

using namespace parlance::chat;
using namespace parlance::chat::irc;
using kind = sasl_step::kind;

constexpr std::string_view right_password = "pencil";
constexpr std::string_view account = "user";

void require(bool holds) {
  if (!holds) std::abort();
}

const scram_credentials& credentials() {
  static const auto made = derive_scram(right_password, "0123456789abcdef", min_scram_iterations);
  return made;
}

class caller {
 public:
  void turn(std::string_view line) {
    if (line.starts_with('!')) return answer(line.substr(1));
    if (!line.starts_with('>')) return look(sasl_.receive(line));
    for (const auto& chunk : sasl_chunks(line.substr(1))) look(sasl_.receive(chunk));
  }

 private:
  void look(const sasl_step& step) {
    require((step.what == kind::send) != step.chunks.empty());
    for (const auto& chunk : step.chunks) require(!chunk.empty() && chunk.size() <= sasl_chunk);
    if (step.what == kind::success) {
      require(allowed_ && same_name(step.name, account));
      allowed_ = false;
    }
    if (step.ticket != 0) {
      require(step.ticket > asked_.ticket);
      asked_ = step;
      allowed_ = false;
    }
    const bool over = step.what >= kind::success;
    require(!over || !sasl_.in_progress());
    if (step.what == kind::check_password)
      require(!step.password.empty() && step.password.size() <= max_password);
  }

  /// As a server would, for the question that was asked last, which may be settled.
  void answer(std::string_view how) {
    const bool known = same_name(asked_.name, account);
    switch (how.empty() ? '\0' : how.front()) {
      case 'p': {
        const bool right = known && asked_.password == right_password;
        allowed_ = right && asked_.what == kind::check_password;
        return look(sasl_.answer_password(asked_.ticket, right));
      }
      case 's':
        allowed_ = known && asked_.what == kind::find_scram;
        return look(
            sasl_.answer_scram(asked_.ticket, known ? std::optional(credentials()) : std::nullopt, "secret"));
      case 'c':
        allowed_ = (known || asked_.name.empty()) && asked_.what == kind::find_certificate;
        return look(sasl_.answer_certificate(asked_.ticket, std::string(account)));
      case 'o': {  // to another question than the last
        const auto step = sasl_.answer_password(asked_.ticket - 1, true);
        return require(step.what == kind::nothing);
      }
      default:
        return look(sasl_.answer_certificate(asked_.ticket, std::nullopt));
    }
  }

  sasl_exchange sasl_{{.external = true, .longest = 2000, .nonce = "server"}};
  sasl_step asked_;
  bool allowed_ = false;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view bytes(reinterpret_cast<const char*>(data), size);
  caller who;
  while (!bytes.empty()) {
    const std::size_t end = std::min(bytes.find('\n'), bytes.size());
    who.turn(bytes.substr(0, end));
    bytes.remove_prefix(std::min(end + 1, bytes.size()));
  }
  // What libsodium and OpenSSL are given to read may be anything, too.
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto decoded = base64_decode(text)) require(parlance::net::base64_encode(*decoded) == text);
  if (const auto kept = scram_credentials::parse(text))
    require(scram_credentials::parse(kept->text()) == kept);
  return 0;
}
