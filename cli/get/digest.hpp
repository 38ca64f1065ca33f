// SHA-256 of what passes by.
#pragma once

#include <memory>
#include <string>
#include <string_view>

struct evp_md_ctx_st;

namespace parlance::cli {

class sha256 {
 public:
  sha256();
  void add(std::string_view bytes);
  /// Of all that was added, in hexadecimal; nothing can be added afterwards.
  std::string finish();

 private:
  std::unique_ptr<evp_md_ctx_st, void (*)(evp_md_ctx_st*)> state_;
};

}  // namespace parlance::cli
