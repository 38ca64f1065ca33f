#include <fcntl.h>
#include <fmt/core.h>
#include <sys/file.h>

#include <cerrno>
#include <filesystem>
#include <sstream>
#include <stdexcept>
#include <utility>

#include <parlance/http/base/kept_file.hpp>
#include <parlance/http/base/open_file.hpp>
#include <parlance/io/error.hpp>

#include <cli/base/toml.hpp>
#include <cli/chat/model/memory.hpp>

namespace parlance::cli {
namespace {

constexpr std::size_t largest_file = std::size_t{1024} * 1024;

}  // namespace

struct chat_memory::contents {
  toml::table table;

  const toml::table* network(const std::string& address) const {
    const toml::table* const networks = table["networks"].as_table();
    return networks ? (*networks)[address].as_table() : nullptr;
  }
  /// Made where it is not.
  toml::table& network_to_change(const std::string& address) {
    if (!table["networks"].is_table()) table.insert_or_assign("networks", toml::table());
    toml::table& networks = *table["networks"].as_table();
    if (!networks[address].is_table()) networks.insert_or_assign(address, toml::table());
    return *networks[address].as_table();
  }
};

chat_memory::chat_memory(std::string path) : path_(std::move(path)), all_(std::make_unique<contents>()) {
  read();
}

chat_memory::~chat_memory() = default;

void chat_memory::read() {
  if (path_.empty()) return;
  const std::optional<std::string> text = http::read_kept_file(path_, largest_file);
  if (!text) return;
  try {
    all_->table = toml::parse(*text, path_);
  } catch (const toml::parse_error& e) {
    throw std::runtime_error(fmt::format("{}:{}: {}", path_, e.source().begin.line, e.description()));
  }
}

std::vector<std::string> chat_memory::to_start() const {
  std::vector<std::string> addresses;
  if (const toml::table* const networks = all_->table["networks"].as_table())
    for (const auto& [address, node] : *networks)
      if (const toml::table* const one = node.as_table(); one && (*one)["start"].value_or(false))
        addresses.emplace_back(address.str());
  return addresses;
}

std::string chat_memory::text(const std::string& address, const std::string& key) const {
  const toml::table* const one = all_->network(address);
  return one ? (*one)[key].value_or(std::string()) : std::string();
}

std::string chat_memory::nick(const std::string& address) const {
  const std::string own = text(address, "nick");
  return own.empty() ? all_->table["nick"].value_or(std::string()) : own;
}

std::vector<std::string> chat_memory::texts(const std::string& address, const std::string& key) const {
  std::vector<std::string> all;
  const toml::table* const one = all_->network(address);
  const toml::array* const list = one ? (*one)[key].as_array() : nullptr;
  if (!list) return all;
  for (const toml::node& node : *list)
    if (const auto* const text = node.as_string()) all.push_back(text->get());
  return all;
}

bool chat_memory::logs(const std::string& address) const {
  const toml::table* const one = all_->network(address);
  return one && (*one)["log"].value_or(false);
}

std::optional<std::uint16_t> chat_memory::tls_port(const std::string& address, wall_time now) const {
  const toml::table* const one = all_->network(address);
  if (!one || (*one)["encrypted-until"].value_or(std::int64_t{0}) * 1000 <= now) return {};
  const std::int64_t port = (*one)["encrypted-port"].value_or(std::int64_t{0});
  if (port <= 0 || port > 65535) return {};
  return static_cast<std::uint16_t>(port);
}

void chat_memory::set_nick(const std::string& address, const std::string& nick) {
  if (this->nick(address) == nick) return;
  change([&](contents& all) { all.network_to_change(address).insert_or_assign("nick", nick); });
}

void chat_memory::set_rooms(const std::string& address, const std::vector<std::string>& rooms) {
  set_texts(address, "rooms", rooms);
}

void chat_memory::set_ignored(const std::string& address, const std::vector<std::string>& masks) {
  set_texts(address, "ignore", masks);
}

void chat_memory::set_texts(const std::string& address, const std::string& key,
                            const std::vector<std::string>& all) {
  if (texts(address, key) == all) return;
  toml::array list;
  for (const std::string& one : all) list.push_back(one);
  change([&](contents& to) { to.network_to_change(address).insert_or_assign(key, std::move(list)); });
}

void chat_memory::set_start(const std::string& address, bool starts) {
  change([&](contents& all) { all.network_to_change(address).insert_or_assign("start", starts); });
}

void chat_memory::set_logs(const std::string& address, bool logs) {
  if (this->logs(address) == logs) return;
  change([&](contents& all) { all.network_to_change(address).insert_or_assign("log", logs); });
}

void chat_memory::set_tls_port(const std::string& address, std::uint16_t port, wall_time until) {
  // Each connection says it anew; a day more or less is not worth a write.
  constexpr wall_time day = 86'400;
  const toml::table* const one = all_->network(address);
  const wall_time seconds = until / 1000;
  const wall_time before = one ? (*one)["encrypted-until"].value_or(std::int64_t{0}) : 0;
  if (before == seconds || (seconds > before && seconds - before < day && before != 0)) return;
  change([&](contents& all) {
    toml::table& to = all.network_to_change(address);
    to.insert_or_assign("encrypted-until", std::int64_t{seconds});
    to.insert_or_assign("encrypted-port", std::int64_t{port});
  });
}

/// As others have left the file, changed and written.
void chat_memory::change(const std::function<void(contents&)>& how) {
  if (path_.empty()) return how(*all_);
  const std::string folder = std::filesystem::path(path_).parent_path();
  std::error_code failed;
  std::filesystem::create_directories(folder, failed);
  // Two clients at once would each write over what the other has just changed.
  const http::open_file lock(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  // Some network file systems lock no folder.
  if (lock.get() < 0 || (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK))
    throw io::error(io::from_errno(errno), "write " + path_);
  read();
  contents changed = *all_;
  how(changed);
  std::ostringstream text;
  text << "# parlance chat keeps here where one is; comments of others do not stay.\n"
       << changed.table << "\n";
  http::replace_kept_file(path_, text.str());
  *all_ = std::move(changed);
}

}  // namespace parlance::cli
