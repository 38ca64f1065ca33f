// A server's certificate that can be renewed while it runs.
//
//   net::reloading_tls_context certificates(
//       {.certificates = {{.cert_file = "fullchain.pem", .key_file = "privkey.pem"}}});
//   stream = co_await net::tls_accept(std::move(stream), certificates.current());
//
//   // on SIGHUP, or now and then:
//   if (certificates.changed()) try { certificates.reload(); } catch (const io::error& e) { log(e.what()); }
//
// Handshakes that begin after `reload` show what is new; conversations that are there keep what they have.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <parlance/net/tls.hpp>

namespace parlance::net {

/// For any number of threads at once.
class reloading_tls_context {
 public:
  /// Throws as tls_context::server does.
  explicit reloading_tls_context(tls_server_options options);

  std::shared_ptr<tls_context> current() const;

  /// Whether the files, the authorities' too, are others than those that were read last, or tried to: by
  /// device, inode, size and the times of the last changes, behind symbolic links. So a failure is met with
  /// once, not at each look. Never when the options name no files.
  bool changed() const;
  /// Reads the files again. Throws as tls_context::server does, and io::error (EINVAL) when one is not a
  /// regular file by now, and then `current` stays as it was. Blocks while it reads. Of several at once, the
  /// one that began last wins.
  void reload();

 private:
  using stamp = std::array<std::int64_t, 7>;
  using stamps = std::vector<stamp>;
  static stamp stamp_of(const std::string& file);
  static void expect_regular(const std::string& file);
  std::vector<std::string> files() const;
  stamps look() const;

  const tls_server_options options_;
  mutable std::mutex mutex_;
  stamps read_;
  std::shared_ptr<tls_context> current_;
  std::uint64_t begun_ = 0, number_ = 0;  // reloads, and which of them made that
};

}  // namespace parlance::net
