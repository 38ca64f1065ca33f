#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <system_error>

#include <parlance/io/error.hpp>
#include <parlance/net/address.hpp>

#include <cli/base/verb.hpp>
#include <cli/serve/certificates.hpp>
#include <cli/serve/motd_file.hpp>
#include <cli/serve/named_things.hpp>

namespace parlance::cli {
namespace {

namespace fs = std::filesystem;

/// Empty when the server could keep its files there.
std::string why_not_kept_in(const std::string& folder) {
  fs::path at = folder;
  std::error_code ignored;
  while (!fs::exists(at, ignored)) {
    const fs::path above = at.has_parent_path() && at.parent_path() != at ? at.parent_path() : ".";
    if (above == at) break;
    at = above;
  }
  if (!fs::is_directory(at, ignored)) return fmt::format("{} is no folder", at.string());
  if (::access(at.c_str(), W_OK | X_OK) == 0) return {};
  return fmt::format("cannot write to {}: {}", at.string(), std::system_category().message(errno));
}

/// Also where the same is written in two ways.
std::vector<std::string> named_twice(const std::vector<std::string>& addresses) {
  std::vector<std::string> seen, twice;
  for (const std::string& a : addresses) {
    const net::address parsed = net::address::parse(a);
    const bool is_any_port = !parsed.is_unix() && parsed.port == 0;
    std::string whole = parsed.to_string();
    if (!is_any_port && std::ranges::find(seen, whole) != seen.end())
      twice.push_back(fmt::format("server.listen: {} is named twice", a));
    seen.push_back(std::move(whole));
  }
  return twice;
}

bool listens_at(const chat::settings& at, unsigned port) {
  return std::ranges::any_of(at.server.listen, [&](const std::string& a) {
    const net::address parsed = net::address::parse(a);
    return !parsed.is_unix() && parsed.port == port;
  });
}

}  // namespace

std::vector<std::string> unusable_things(const chat::settings& named) {
  std::vector<std::string> found = named_twice(named.server.listen);
  if (named.tls.sts.port != 0 && !listens_at(named, named.tls.sts.port))
    found.push_back(fmt::format("tls.sts.port: nothing of server.listen is at port {}", named.tls.sts.port));
  try {
    chat::settings with_motd = named;
    read_motd_file(with_motd);
  } catch (const complaint& e) {
    found.push_back(fmt::format("server.motd_file: {}", e.what()));
  }
  if (!named.tls.certificate.empty()) try {
      open_certificates(named);
    } catch (const io::error& e) {
      found.push_back(fmt::format("tls.certificate: {}", e.what()));
    }
  if (!named.store.folder.empty())
    if (const std::string why = why_not_kept_in(named.store.folder); !why.empty())
      found.push_back(fmt::format("store.folder: {}", why));
  return found;
}

}  // namespace parlance::cli
