// Passwords that many callers share, as the server's and a gateway's: once one was right, the next caller who
// gives the same need not be worked for (argon2id takes 64 MiB and a tenth of a second).
//
//   const auto mark = proven.mark_of(given);
//   if (proven.has(hash, mark)) ...                                  // it was right before
//   if (verify_password(hash, given)) proven.add(hash, mark);
//
// What is kept is in memory only, and of no use without a key that never leaves it. One thread.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include <parlance/chat/accounts/password.hpp>

namespace parlance::chat {

class proven_passwords {
 public:
  sha256_digest mark_of(std::string_view password) const { return hmac_sha256(key_, password); }
  /// Whether the password of that mark was right for that hash.
  bool has(std::string_view hash, const sha256_digest& mark) const noexcept {
    const auto known = by_hash_.find(hash);
    return known != by_hash_.end() && same_digest(known->second, mark);
  }
  /// It was.
  void add(std::string hash, const sha256_digest& mark) {
    // The hashes are those of a configuration, which is read anew now and then.
    constexpr std::size_t most = 256;
    if (by_hash_.size() >= most) by_hash_.clear();
    by_hash_.insert_or_assign(std::move(hash), mark);
  }

 private:
  const std::string key_ = random_bytes(32);
  std::map<std::string, sha256_digest, std::less<>> by_hash_;
};

}  // namespace parlance::chat
