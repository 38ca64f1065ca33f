#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>
#include <unordered_set>
#include <utility>
#include <vector>

#include <parlance/chat/web/upload_folder.hpp>
#include <parlance/http/server/files.hpp>
#include <parlance/http/server/refusal.hpp>
#include <parlance/io/blocking.hpp>

namespace parlance::chat {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view partial = "part";
constexpr std::size_t letters_of_token = 24;  // random_token's

[[noreturn]] void fail(const fs::path& at) {
  throw std::system_error(errno, std::system_category(), at.string());
}

/// Of a name that only this gives: somebody may have put other things there.
bool is_ours(std::string_view name) {
  const std::string_view token = name.substr(0, name.find('.'));
  return token.size() == letters_of_token &&
         token.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") ==
             token.npos;
}

/// Where nobody is left who waits, a file is closed, and removed, beside the loop.
void end_on_worker(partial_upload* file) noexcept {
  try {
    io::run_on_worker([file] { delete file; });
  } catch (...) {
    delete file;
  }
}

}  // namespace

partial_upload::partial_upload(fs::path folder, std::string token)
    : folder_(std::move(folder)), path_(folder_ / (token + '.' + std::string(partial))) {
  if (fs::create_directory(folder_)) fs::permissions(folder_, fs::perms::owner_all);
  fd_ = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd_ < 0) fail(path_);
}

partial_upload::~partial_upload() {
  if (!kept_) ::unlink(path_.c_str());
  if (fd_ >= 0) ::close(fd_);
}

void partial_upload::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(fd_, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) fail(path_);
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
}

void partial_upload::keep_as(const std::string& name, durability keeps) {
  if (keeps == durability::power && ::fdatasync(fd_) != 0) fail(path_);
  const fs::path whole = folder_ / name;
  fs::rename(path_, whole);
  path_ = whole;
  kept_ = true;
}

upload_folder::upload_folder(const fs::path& store) : path_(store.empty() ? store : store / uploads_folder) {}

void upload_folder::tidy(uploads& known) const {
  if (path_.empty()) return;
  std::unordered_set<std::string> expected;
  for (const auto& [token, one] : known.all()) expected.insert(one.file());
  std::unordered_set<std::string> there;
  std::error_code none;
  for (const auto& each : fs::directory_iterator(path_, none)) {
    std::string name = each.path().filename().string();
    if (!is_ours(name) || !each.is_regular_file()) continue;
    if (expected.contains(name))
      there.insert(std::move(name));
    else
      fs::remove(each.path());
  }
  std::vector<std::string> gone;
  for (const auto& [token, one] : known.all())
    if (!there.contains(one.file())) gone.push_back(token);
  for (const std::string& token : gone) known.remove(token);
  known.take_removed();
}

io::task<std::shared_ptr<partial_upload>> upload_folder::begin(std::string token) const {
  co_return co_await io::blocking([folder = path_, token = std::move(token)] {
    return std::shared_ptr<partial_upload>(new partial_upload(folder, token), end_on_worker);
  });
}

io::task<void> upload_folder::send(const upload& what, http::server_request& asked,
                                   http::server_response& answer) {
  std::error_code none;
  if (!files_ && fs::is_directory(path_, none))
    files_ = http::files(path_, {.cache_control = "private, max-age=31536000, immutable",
                                 .precompressed = false,
                                 .fresh = io::duration::zero()});
  if (!files_) throw http::refusal(404, "there is no such file");
  const std::string name = what.file();
  const http::server_handler& files = files_;
  asked.set_rest(name);
  co_await files(asked, answer);
}

void upload_folder::remove(const std::vector<std::string>& names) const {
  if (names.empty() || path_.empty()) return;
  io::run_on_worker([folder = path_, names] {
    for (const std::string& name : names) ::unlink((folder / name).c_str());
  });
}

}  // namespace parlance::chat
