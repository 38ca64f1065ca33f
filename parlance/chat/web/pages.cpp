#include <fmt/core.h>

#include <string_view>

#include <parlance/chat/base/network.hpp>
#include <parlance/chat/web/called_host.hpp>
#include <parlance/chat/web/pages.hpp>
#include <parlance/http/response_writer.hpp>
#include <parlance/http/url.hpp>

namespace parlance::chat {
namespace {

/// Of a target in origin form or absolute form (RFC 9112, section 3.2).
std::string_view path_of(std::string_view target) {
  if (const std::size_t scheme = target.find("://"); scheme != target.npos && !target.starts_with('/')) {
    target.remove_prefix(scheme + 3);
    const std::size_t slash = target.find('/');
    target = slash == target.npos ? std::string_view("/") : target.substr(slash);
  }
  return target.substr(0, target.find('?'));
}

std::string respond_with(http::page shown, std::string_view method) {
  shown.fields.append("Cache-Control", "no-store");
  return http::write_response(shown, method, http::after::close);
}

/// Not by a page whose name was made to lead to this machine. Programs may call it what they like elsewhere.
bool is_asked_by_name(const hub& of, const http::request_head& asked, const io::endpoint& here) {
  if (!is_out_of_reach(here, {}) || asked.fields.count("Host") == 0) return true;
  const auto url = http::url::parse(fmt::format("http://{}/", *asked.fields.get("Host")));
  return url && may_be_called(url->host(), of.configured().server.name);
}

std::string health(hub& of, const http::request_head& asked, bool in_full) {
  const bool well = of.turn().is_keeping();
  std::string body = well ? "ok\n" : "failing\n";
  if (in_full)
    body = fmt::format(R"({{"status":"{}","people":{},"rooms":{},"store":"{}"}})"
                       "\n",
                       well ? "ok" : "failing", of.people().all().size(), of.rooms().all().size(),
                       well ? "keeps" : "cannot keep what is said");
  return respond_with({.status = well ? 200U : 503U,
                       .content_type = in_full ? "application/json" : "text/plain; charset=utf-8",
                       .body = body},
                      asked.method);
}

std::string render_metrics(hub& of) {
  metrics& m = of.count;
  m.members.set(static_cast<std::int64_t>(of.people().all().size()));
  m.rooms.set(static_cast<std::int64_t>(of.rooms().all().size()));
  try {
    m.history_rows.set(static_cast<std::int64_t>(of.kept().measure().entries));
  } catch (const store_error&) {
    m.store_errors.add();
  }
  std::string page;
  m.render(page);
  render_process(page);
  return page;
}

}  // namespace

std::string how_to_join_by_tls(const io::endpoint& here) {
  if (here.family() == AF_UNIX) return fmt::format("openssl s_client -quiet -unix {}", here.path());
  return fmt::format("openssl s_client -quiet -connect {}", here.to_string());
}

std::string how_to_join(const settings& at, const io::endpoint& here) {
  std::string text = "This is a Parlance chat, not a web site. Join it from a terminal:\n\n";
  if (at.tls.only) return text + fmt::format("  {}\n", how_to_join_by_tls(here));
  text += here.family() == AF_UNIX ? fmt::format("  nc -U {}\n", here.path())
                                   : fmt::format("  nc {} {}\n", here.address(), here.port());
  return text + fmt::format("  parlance chat {}\n", here.to_string());
}

std::string answer_nothing_here(std::string_view method, const settings& at, const io::endpoint& here) {
  // 404 is true of every target and method: there is no such resource here. 426 would have to name a protocol
  // that this very connection could be upgraded to (RFC 9110, section 15.5.22), and there is none.
  return respond_with({.status = 404, .body = how_to_join(at, here)}, method);
}

std::string answer_page(hub& of, const http::request_head& asked, const io::endpoint& here,
                        const std::optional<network>& peer) {
  const std::string_view path = path_of(asked.target);
  const settings::metrics_group& metrics = of.configured().metrics;
  const bool is_metrics = path == "/metrics" && metrics.enabled;
  if (path != "/" && path != "/health" && !is_metrics)
    return answer_nothing_here(asked.method, of.configured(), here);
  if (asked.method != "GET" && asked.method != "HEAD") {
    http::page refused{.status = 405, .body = "there are only GET and HEAD here\n"};
    refused.fields.append("Allow", "GET, HEAD");
    return respond_with(std::move(refused), asked.method);
  }
  const std::string join = how_to_join(of.configured(), here);
  if (path == "/") return respond_with({.body = join}, asked.method);
  const bool may = networks(metrics.allow).contain(peer) && is_asked_by_name(of, asked, here);
  if (path == "/health") return health(of, asked, may);
  if (!may)
    return respond_with({.status = 403, .body = "not from your address, or not by that name\n"},
                        asked.method);
  const std::string body = render_metrics(of);
  return respond_with({.content_type = metrics::content_type, .body = body}, asked.method);
}

}  // namespace parlance::chat
