#include <fmt/core.h>

#include <string_view>

#include <parlance/chat/called_host.hpp>
#include <parlance/chat/door.hpp>
#include <parlance/chat/network.hpp>
#include <parlance/chat/pages.hpp>
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

std::string respond_with(http::page shown, const http::request_head& asked) {
  shown.fields.append("Cache-Control", "no-store");
  return http::write_response(shown, asked.method, http::after::close);
}

/// Not by a page whose name was made to lead to this machine. Programs may call it what they like elsewhere.
bool is_asked_by_name(const server& of, const http::request_head& asked, const io::endpoint& here) {
  if (!is_out_of_reach(here, {}) || asked.fields.count("Host") == 0) return true;
  const auto url = http::url::parse(fmt::format("http://{}/", *asked.fields.get("Host")));
  return url && may_be_called(url->host(), of.configured().server.name);
}

std::string health(server& of, const http::request_head& asked, bool in_full) {
  const bool well = of.chat().is_keeping();
  std::string body = well ? "ok\n" : "failing\n";
  if (in_full)
    body = fmt::format(R"({{"status":"{}","people":{},"rooms":{},"store":"{}"}})"
                       "\n",
                       well ? "ok" : "failing", of.chat().people().size(), of.chat().rooms().size(),
                       well ? "keeps" : "cannot keep what is said");
  return respond_with({.status = well ? 200U : 503U,
                       .content_type = in_full ? "application/json" : "text/plain; charset=utf-8",
                       .body = body},
                      asked);
}

}  // namespace

std::string how_to_join_by_tls(const io::endpoint& here) {
  if (here.family() == AF_UNIX) return fmt::format("openssl s_client -quiet -unix {}", here.path());
  return fmt::format("openssl s_client -quiet -connect {}", here.to_string());
}

std::string how_to_join(const server& at, const io::endpoint& here) {
  const bool is_path = here.family() == AF_UNIX;
  if (at.configured().tls.only)
    return fmt::format("This is a Parlance chat, not a web site. Join it from a terminal:\n\n  {}\n",
                       how_to_join_by_tls(here));
  return how_to_join(
      is_path ? fmt::format("-U {}", here.path()) : fmt::format("{} {}", here.address(), here.port()),
      here.to_string());
}

std::string answer_page(server& of, const http::request_head& asked, const io::endpoint& here,
                        const std::optional<network>& peer) {
  const std::string_view path = path_of(asked.target);
  const settings::metrics_group& metrics = of.configured().metrics;
  const bool is_metrics = path == "/metrics" && metrics.enabled;
  if (path != "/" && path != "/health" && !is_metrics)
    return http_answer(asked.method, how_to_join(of, here));
  if (asked.method != "GET" && asked.method != "HEAD") {
    http::page refused{.status = 405, .body = "there are only GET and HEAD here\n"};
    refused.fields.append("Allow", "GET, HEAD");
    return respond_with(std::move(refused), asked);
  }
  const std::string join = how_to_join(of, here);
  if (path == "/") return respond_with({.body = join}, asked);
  const bool may = networks(metrics.allow).contain(peer) && is_asked_by_name(of, asked, here);
  if (path == "/health") return health(of, asked, may);
  if (!may)
    return respond_with({.status = 403, .body = "not from your address, or not by that name\n"}, asked);
  const std::string body = of.render_metrics();
  return respond_with({.content_type = metrics::content_type, .body = body}, asked);
}

}  // namespace parlance::chat
