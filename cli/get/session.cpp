#include <fmt/core.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <utility>

#include <parlance/http/base/grammar.hpp>
#include <parlance/http/base/kept_file.hpp>
#include <parlance/io/error.hpp>

#include <CLI/CLI.hpp>
#include <cli/base/user_folder.hpp>
#include <cli/base/verb.hpp>
#include <cli/get/session.hpp>

namespace parlance::cli {
namespace {

using nlohmann::json;

constexpr std::size_t max_size = 16 << 20;

/// Where those of a host are.
std::filesystem::path folder_of(const http::url& target) {
  const std::filesystem::path folder = data_folder();
  if (folder.empty())
    throw complaint(usage, "--session: HOME is not set; give the session as a path: ./NAME.json");
  // A port is part of the name, and a colon, as in an IPv6 address, stays off file names.
  std::string host(target.authority());
  std::ranges::replace(host, ':', '_');
  return folder / "sessions" / host;
}

/// What is said of one request alone (as HTTPie has it).
bool is_of_one_request(const http::field& said) {
  const std::string small = http::lower(said.name);
  return small.starts_with("content-") || small.starts_with("if-") || small == "range" || small == "host" ||
         small == "cookie" || small == "authorization";
}

json to_json(const http::cookie& one) {
  json made = {{"name", one.name},          {"value", one.value},   {"domain", one.domain},
               {"path", one.path},          {"secure", one.secure}, {"host_only", one.host_only},
               {"http_only", one.http_only}};
  if (one.expires) made["expires"] = one.expires->time_since_epoch().count();
  return made;
}

http::cookie cookie_of(const json& from) {
  http::cookie one{.name = from.at("name"),
                   .value = from.at("value"),
                   .domain = from.at("domain"),
                   .path = from.at("path"),
                   .host_only = from.at("host_only"),
                   .secure = from.at("secure"),
                   .http_only = from.at("http_only")};
  if (from.contains("expires"))
    one.expires = http::wall_time(std::chrono::seconds(from.at("expires").get<std::int64_t>()));
  return one;
}

}  // namespace

void add_session(CLI::App& verb, get_session_options& into) {
  CLI::Option* name =
      verb.add_option(
              "--session", into.name,
              "Keep fields (-H), cookies and the login for the next time, in a file of that name for\n"
              "the host of the URL ($XDG_DATA_HOME or ~/.local/share, parlance/sessions), or at this path")
          ->type_name("NAME|PATH")
          ->configurable(false);  // its login would go to whomever is asked
  verb.add_flag("--session-read-only", into.read_only, "Use the session, and leave it as it is")
      ->needs(name)
      ->configurable(false);
}

std::optional<get_session> get_session::open(const get_session_options& said,
                                             const std::vector<http::url>& targets) {
  if (said.name.empty()) return std::nullopt;
  for (const http::url& target : targets)
    if (target.authority() != targets.front().authority())
      throw complaint(usage, "--session is for URLs of one host");
  get_session made;
  made.read_only_ = said.read_only;
  made.is_over_tls_ =
      std::ranges::all_of(targets, [](const http::url& one) { return one.scheme() == "https"; });
  if (said.name.contains('/')) {
    made.path_ = said.name;
  } else {
    if (said.name.starts_with('.') || http::has_control(said.name))
      throw complaint(usage, "--session: a name does not begin with a dot; a path has a slash in it");
    made.path_ = folder_of(targets.front()) / (said.name + ".json");
  }
  made.read();
  return made;
}

void get_session::read() {
  const auto broken = [this] {
    return complaint(usage, fmt::format("{}: is no session; move it away to begin anew", path_));
  };
  try {
    const auto text = http::read_kept_file(path_, max_size);
    if (!text) return;
    const json all = json::parse(*text);
    if (all.value("over_tls", false) && !is_over_tls_)
      throw complaint(
          usage,
          fmt::format("{}: is of an https:// address; by http:// anybody on the way could read what it has",
                      path_));
    for (const json& field : all.at("fields")) kept_.fields.emplace_back(field.at(0), field.at(1));
    if (all.contains("login")) {
      const json& login = all.at("login");
      kept_.who.user = login.value("user", "");
      kept_.who.bearer = login.value("bearer", "");
      kept_.who.digest = login.value("digest", false);
    }
    for (const json& one : all.at("cookies")) kept_.cookies.push_back(cookie_of(one));
  } catch (const json::exception&) {
    throw broken();
  } catch (const io::error& e) {
    throw complaint(usage, e.what());
  }
}

void get_session::give(http::field_list& fields, get_credentials& who, http::cookie_jar& jar) {
  std::vector<std::pair<std::string, std::string>> said;
  for (const http::field f : fields)
    if (!is_of_one_request(f)) said.emplace_back(f.name, f.value);
  for (const auto& [name, value] : std::exchange(kept_.fields, {})) {
    if (fields.contains(name)) continue;
    if (!fields.try_append(name, value)) throw complaint(usage, path_ + ": has a field that cannot be sent");
    said.emplace_back(name, value);
  }
  kept_.fields = std::move(said);
  if (who.user.empty() && who.bearer.empty()) {
    who.user = kept_.who.user;
    who.bearer = kept_.who.bearer;
    who.digest = who.digest || kept_.who.digest;
  } else {
    ask_for_password(who);
    kept_.who = who;
  }
  for (http::cookie& one : kept_.cookies) jar.put(std::move(one));
}

void get_session::keep(const http::cookie_jar& jar) const {
  if (read_only_) return;
  json all = {{"over_tls", is_over_tls_}, {"fields", kept_.fields}, {"cookies", json::array()}};
  for (const http::cookie& one : jar.all()) all["cookies"].push_back(to_json(one));
  if (!kept_.who.user.empty()) all["login"] = {{"user", kept_.who.user}, {"digest", kept_.who.digest}};
  if (!kept_.who.bearer.empty()) all["login"] = {{"bearer", kept_.who.bearer}};
  // What has a login is nobody else's to read, whoever made the file.
  struct stat there{};
  if (all.contains("login") && ::stat(path_.c_str(), &there) == 0 && S_ISREG(there.st_mode))
    ::chmod(path_.c_str(), there.st_mode & 0700);
  try {
    if (const auto folder = std::filesystem::path(path_).parent_path(); !folder.empty())
      std::filesystem::create_directories(folder);
    // What is not UTF-8 cannot be in JSON.
    http::replace_kept_file(path_, all.dump(2, ' ', false, json::error_handler_t::replace) + '\n');
  } catch (const std::filesystem::filesystem_error& e) {
    throw complaint(failure, fmt::format("write {}: {}", path_, e.code().message()));
  } catch (const io::error& e) {
    throw complaint(failure, e.what());
  }
}

}  // namespace parlance::cli
