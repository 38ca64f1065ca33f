#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <optional>
#include <set>
#include <stdexcept>
#include <string_view>
#include <utility>
#include <vector>

#include <parlance/http/base/grammar.hpp>
#include <parlance/http/base/kept_file.hpp>
#include <parlance/http/base/secret_fields.hpp>
#include <parlance/io/error.hpp>

#include <CLI/CLI.hpp>
#include <cli/base/toml.hpp>
#include <cli/base/user_folder.hpp>
#include <cli/base/verb.hpp>
#include <cli/get/configuration.hpp>
#include <cli/get/curl_options.hpp>
#include <cli/get/options.hpp>

namespace parlance::cli {
namespace {

constexpr std::size_t largest_file = std::size_t{1} << 20;

/// What the command line says of the second leaves no sense in what the file says of the first.
constexpr std::array<std::pair<std::string_view, std::string_view>, 18> overruled = {{
    {"key", "cert"},
    {"proxy-user", "proxy"},
    {"proxy-cacert", "proxy"},
    {"proxy-capath", "proxy"},
    {"proxy-pinnedpubkey", "proxy"},
    {"proxy-insecure", "proxy"},
    {"print", "include"},
    {"print", "dump-header"},
    {"include", "print"},
    {"fail", "fail-with-body"},
    {"fail-with-body", "fail"},
    {"form", "json"},
    {"multipart", "json"},
    {"json", "form"},
    {"json", "multipart"},
    {"no-proxy", "proxy"},
    {"unix-socket", "proxy"},
    {"max-redirects", "location"},
}};

bool takes_no_value(const CLI::Option& option) {
  return option.get_expected_max() == 0 || option.get_type_size() == 0;
}

std::optional<std::string> text_of(const toml::node& node) {
  if (const auto* text = node.as_string()) return text->get();
  if (const auto* number = node.as_integer()) return std::to_string(number->get());
  if (const auto* number = node.as_floating_point()) return fmt::format("{}", number->get());
  return std::nullopt;
}

bool is_one_of(std::string_view name, std::initializer_list<std::string_view> names) {
  return std::ranges::any_of(names,
                             [&](std::string_view one) { return http::equals_ignoring_case(name, one); });
}

std::string shown(const std::string& key) { return http::has_control(key) ? http::in_quotes(key) : key; }

/// Puts one file into a command.
class configuring {
 public:
  configuring(CLI::App& verb, get_command& into, const std::string& path)
      : verb_(verb), command_(into), path_(path) {
    for (const CLI::Option* option : verb.get_options())
      if (option->count() > 0) given_.insert(option);
  }

  void apply(const toml::table& all) {
    for (const auto& [key, node] : all) {
      line_ = key.source().begin.line;
      const std::string name(key.str());
      if (name == "sites")
        set_sites(node);
      else if (name == "header")
        add_fields(name, node, command_.limits.usual.all, true);
      else if (name == "user-agent")
        add_field(name, "User-Agent", only_text(name, node), command_.limits.usual.all);
      else
        set_option(name, node);
    }
    for (const auto& [option, line] : set_) {
      line_ = line;
      check_others(*option);
    }
  }

  bool has_secret() const noexcept { return has_secret_; }

 private:
  [[noreturn]] void refuse(std::string_view name, std::string_view why) const {
    throw complaint(usage, fmt::format("{}:{}: {}{}: {}", path_, line_, site_, name, why));
  }

  /// One, or each of a list.
  std::vector<std::string> texts(const std::string& name, const toml::node& node) const {
    std::vector<std::string> all;
    const auto add = [&](const toml::node& one) {
      auto text = text_of(one);
      if (!text) refuse(name, "must be a text or a number, or a list of them");
      all.push_back(*std::move(text));
    };
    if (const auto* list = node.as_array())
      for (const toml::node& one : *list) add(one);
    else
      add(node);
    return all;
  }

  std::string only_text(const std::string& name, const toml::node& node) const {
    const auto* text = node.as_string();
    if (!text || text->get().empty()) refuse(name, "must be a text that is not empty");
    return text->get();
  }

  bool truth(const std::string& name, const toml::node& node) const {
    const auto* value = node.as_boolean();
    if (!value) refuse(name, "must be true or false");
    return value->get();
  }

  // --- fields

  void add_field(const std::string& key, std::string_view name, std::string_view value,
                 http::field_list& to) const {
    if (!to.try_append(name, value)) refuse(key, "must be 'Name: value' in one line");
  }

  void add_fields(const std::string& key, const toml::node& node, http::field_list& to, bool for_all) {
    for (const std::string& line : texts(key, node)) {
      const std::size_t colon = std::min(line.find(':'), line.size());
      const std::string_view name = std::string_view(line).substr(0, colon);
      const std::string_view value =
          http::trim(std::string_view(line).substr(std::min(colon + 1, line.size())));
      if (value.empty()) refuse(key, "must be 'Name: value' in one line");
      if (is_one_of(name, {"Host", "Content-Length", "Transfer-Encoding", "Connection", "Range"}))
        refuse(key, fmt::format("{} is of one request", name));
      if (http::equals_ignoring_case(name.substr(0, 8), "Content-"))
        refuse(key, fmt::format("{} tells of one request's body", name));
      if (is_one_of(name, {"Authorization", "Cookie", "Proxy-Authorization"}))
        refuse(key, for_all ? fmt::format(
                                  "{} would go to everybody; put user or bearer into [sites.\"https://...\"]",
                                  name)
                            : "say it by user or bearer, so that the command line can say otherwise");
      if (for_all && http::tells_secret(name))
        refuse(key, fmt::format("{} would go to everybody; put it into [sites.\"https://...\"]", name));
      has_secret_ = has_secret_ || !for_all;
      add_field(key, name, value, to);
    }
  }

  // --- options

  const CLI::Option* option_of(std::string_view name) const {
    return verb_.get_option_no_throw(fmt::format("--{}", name));
  }

  bool is_overruled(const CLI::Option& option) const {
    const auto is_given = [&](const CLI::Option* one) { return given_.contains(one); };
    const auto excluded = option.get_excludes();
    return is_given(&option) || std::ranges::any_of(excluded, is_given) ||
           std::ranges::any_of(overruled, [&](const auto& pair) {
             return option_of(pair.first) == &option && is_given(option_of(pair.second));
           });
  }

  void set_option(const std::string& name, const toml::node& node) {
    CLI::Option* option = verb_.get_option_no_throw("--" + name);
    if (!option && std::exchange(curl_options_wait, false)) {
      add_curl_options(verb_, command_);
      option = verb_.get_option_no_throw("--" + name);
    }
    if (is_one_of(name, {"user", "bearer", "digest"}))
      refuse(name, "a login is of one origin; put it into [sites.\"https://...\"]");
    if (!option) refuse(shown(name), fmt::format("there is no such option of parlance {}", command_.verb));
    if (!option->get_configurable()) refuse(name, "is for the command line alone");
    if (name == "cookie" &&
        std::ranges::any_of(texts(name, node), [](const auto& one) { return one.contains('='); }))
      refuse(name, "a cookie would go to everybody; a file of cookies may stand here");
    const bool is_flag = takes_no_value(*option);
    if (is_flag && !truth(name, node)) return;
    const std::vector<std::string> values = is_flag ? std::vector<std::string>{"true"} : texts(name, node);
    has_secret_ =
        has_secret_ || std::ranges::any_of(values, [&](const std::string& value) {
          return (name == "proxy-user" && value.contains(':')) || (name == "proxy" && value.contains('@'));
        });
    if (is_overruled(*option)) return;
    try {
      // Each at once, for those that are told of each.
      for (const std::string& value : values) {
        option->add_result(value);
        option->run_callback();
      }
    } catch (const CLI::Error& e) {
      refuse(name, e.what());
    }
    set_.emplace_back(option, line_);
  }

  /// Once all are set.
  void check_others(const CLI::Option& option) const {
    const std::string name = option.get_name().substr(2);
    for (const CLI::Option* other : option.get_excludes())
      if (other->count() > 0) refuse(name, fmt::format("does not go with {}", other->get_name()));
    for (const CLI::Option* other : option.get_needs())
      if (other->count() == 0) refuse(name, fmt::format("needs {}", other->get_name()));
  }

  // --- sites

  void set_sites(const toml::node& node) {
    const auto* all = node.as_table();
    if (!all) refuse("sites", "must be tables, as [sites.\"https://api.example.com\"]");
    for (const auto& [key, site] : *all) {
      line_ = key.source().begin.line;
      const std::string name = fmt::format("sites.{}", http::url_in_quotes(key.str()));
      const auto at = http::url::parse(key.str());
      if (!at || at->has_credentials() || at->target() != "/" || at->fragment())
        refuse(name, "must be an origin, as \"https://api.example.com\"");
      if (!site.is_table()) refuse(name, "must be a table");
      if (!sites_.insert(http::origin::of(*at)).second) refuse(name, "is there twice");
      site_ = name + '.';
      set_site(http::origin::of(*at), *site.as_table());
      site_.clear();
    }
  }

  void set_site(const http::origin& of, const toml::table& site) {
    get_login login;
    for (const auto& [key, node] : site) {
      line_ = key.source().begin.line;
      const std::string name(key.str());
      if (name == "header")
        add_fields(name, node, command_.limits.usual.of[of], false);
      else if (name == "user")
        login.user = only_text(name, node);
      else if (name == "bearer")
        login.bearer = only_text(name, node);
      else if (name == "digest")
        login.digest = truth(name, node);
      else
        refuse(shown(name), "of one origin there can be header, user, bearer and digest");
    }
    has_secret_ = has_secret_ || !login.bearer.empty() || login.user.contains(':');
    if (login.digest && login.user.empty()) refuse("digest", "needs user");
    if (login.empty()) return;
    if (!login.user.empty() && !login.bearer.empty()) refuse("bearer", "does not go with user");
    try {
      http::credentials().add(of, login_of(login));
    } catch (const std::invalid_argument& e) {
      refuse(login.user.empty() ? "bearer" : "user", e.what());
    }
    command_.policies.who.configured.insert_or_assign(of, std::move(login));
  }

  CLI::App& verb_;
  get_command& command_;
  const std::string& path_;
  std::set<const CLI::Option*> given_;  // on the command line
  std::vector<std::pair<const CLI::Option*, toml::source_index>> set_;
  std::set<http::origin> sites_;
  std::string site_;
  toml::source_index line_ = 0;
  bool has_secret_ = false;
};

/// Whoever could have put something there could have requests sent as they like.
void check_owner(const std::string& path, const struct stat& of) {
  if (of.st_uid != ::geteuid() && of.st_uid != 0)
    throw complaint(usage, path + ": belongs to somebody else; leave it out with --no-config");
  if ((S_ISREG(of.st_mode) || S_ISFIFO(of.st_mode)) && (of.st_mode & (S_IWGRP | S_IWOTH)) != 0)
    throw complaint(usage, fmt::format("{}: others may write it; chmod go-w {}", path, path));
}

void check_readers(const std::string& path, const struct stat& of) {
  if (S_ISREG(of.st_mode) && (of.st_mode & (S_IRGRP | S_IROTH)) != 0)
    throw complaint(usage, fmt::format("{}: others may read what is secret in it; chmod 600 {}", path, path));
}

}  // namespace

void add_configuration_options(CLI::App& verb, configuration_file& into) {
  CLI::Option* file =
      verb.add_option("--config", into.path,
                      "Take what holds for every request from this file (TOML) instead of get.toml in\n"
                      "$XDG_CONFIG_HOME/parlance or ~/.config/parlance")
          ->type_name("FILE")
          ->configurable(false);
  verb.add_flag("--no-config", into.none, "Take it from none")->excludes(file)->configurable(false);
}

void apply_configuration(CLI::App& verb, get_command& command) {
  const configuration_file& said = command.configuration;
  if (said.path.empty() && verb.get_option("--config")->count() > 0)
    throw complaint(usage, "--config: wants the name of a file");
  std::string path = said.path;
  if (path.empty()) {
    const std::string folder = configuration_folder();
    if (said.none || folder.empty()) return;
    path = folder + "/get.toml";
  }
  try {
    struct stat status{};
    if (said.path.empty() && ::stat(path.c_str(), &status) != 0) return;
    const auto text = http::read_kept_file(path, largest_file, &status);
    if (!text) throw complaint(usage, fmt::format("--config: there is no file {}", http::in_quotes(path)));
    check_owner(path, status);
    configuring from(verb, command, path);
    from.apply(toml::parse(*text));
    if (from.has_secret()) check_readers(path, status);
  } catch (const io::error& e) {
    throw complaint(usage, e.what());
  } catch (const toml::parse_error& e) {
    throw complaint(usage, fmt::format("{}:{}: {}", path, e.source().begin.line, e.description()));
  }
}

}  // namespace parlance::cli
