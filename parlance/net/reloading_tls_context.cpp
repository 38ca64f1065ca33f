#include <sys/stat.h>

#include <utility>

#include <parlance/net/reloading_tls_context.hpp>

namespace parlance::net {

// Looked at before they are read: what changes in between will look changed.
reloading_tls_context::reloading_tls_context(tls_server_options options)
    : options_(std::move(options)), read_(look()), current_(tls_context::server(options_)) {}

std::shared_ptr<tls_context> reloading_tls_context::current() const {
  const std::scoped_lock lock(mutex_);
  return current_;
}

bool reloading_tls_context::changed() const {
  const stamps now = look();
  const std::scoped_lock lock(mutex_);
  return now != read_;
}

// Of several at once, the one that began last has read what is newest, whoever ends first.
void reloading_tls_context::reload() {
  const std::uint64_t number = [&] {
    const std::scoped_lock lock(mutex_);
    return ++begun_;
  }();
  const stamps now = look();
  {
    const std::scoped_lock lock(mutex_);
    if (number == begun_) read_ = now;
  }
  for (const std::string& file : files()) expect_regular(file);
  std::shared_ptr<tls_context> made = tls_context::server(options_);
  const std::scoped_lock lock(mutex_);
  if (number < number_) return;
  number_ = number;
  current_.swap(made);
}

reloading_tls_context::stamps reloading_tls_context::look() const {
  stamps all;
  for (const std::string& file : files()) all.push_back(stamp_of(file));
  return all;
}

std::vector<std::string> reloading_tls_context::files() const {
  std::vector<std::string> all{options_.ca_file};
  for (const tls_certificate& one : options_.certificates) {
    all.push_back(one.cert_file);
    all.push_back(one.key_file);
  }
  return all;
}

/// A pipe without a writer would keep the thread waiting, and what it had to say it has said.
void reloading_tls_context::expect_regular(const std::string& file) {
  struct stat about;
  if (!file.empty() && ::stat(file.c_str(), &about) == 0 && !S_ISREG(about.st_mode))
    throw io::error(io::from_errno(EINVAL), "read " + file + " again", "it is not a regular file");
}

/// All zeros for a file that is not there.
reloading_tls_context::stamp reloading_tls_context::stamp_of(const std::string& file) {
  struct stat about;
  if (file.empty() || ::stat(file.c_str(), &about) != 0) return {};
  return {static_cast<std::int64_t>(about.st_dev),
          static_cast<std::int64_t>(about.st_ino),
          about.st_size,
          about.st_mtim.tv_sec,
          about.st_mtim.tv_nsec,
          about.st_ctim.tv_sec,
          about.st_ctim.tv_nsec};
}

}  // namespace parlance::net
