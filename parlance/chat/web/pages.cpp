#include <fmt/core.h>

#include <string_view>

#include <parlance/chat/base/network.hpp>
#include <parlance/chat/web/called_host.hpp>
#include <parlance/chat/web/page_files.hpp>
#include <parlance/chat/web/pages.hpp>
#include <parlance/http/server/refusal.hpp>
#include <parlance/http/url/url.hpp>

namespace parlance::chat {
namespace {

/// Not by a page whose name was made to lead to this machine. Programs may call it what they like elsewhere.
bool is_asked_by_name(const hub& of, const http::server_request& asked) {
  if (!is_out_of_reach(asked.local(), {}) || asked.host().empty()) return true;
  const auto url = http::url::parse(fmt::format("http://{}/", asked.host()));
  return url && may_be_called(url->host(), of.configured().server.name);
}

io::task<void> tell_health(hub& of, http::server_response& response, bool in_full) {
  const bool well = of.turn().is_keeping();
  response.status(well ? 200 : 503);
  if (!in_full) co_return co_await response.send(well ? "ok\n" : "failing\n");
  co_await response.json(fmt::format(R"({{"status":"{}","people":{},"rooms":{},"store":"{}"}})"
                                     "\n",
                                     well ? "ok" : "failing", of.people().all().size(),
                                     of.rooms().all().size(),
                                     !well                                ? "cannot keep what is said"
                                     : of.kept().options().folder.empty() ? "memory"
                                                                          : "keeps"));
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
  std::string text =
      page_files().empty()
          ? "This is a Parlance chat, not a web site. Join it from a terminal:\n\n"
          : "This is a Parlance chat. Open this address in a browser, or join from a terminal:\n\n";
  if (at.tls.only) return text + fmt::format("  {}\n", how_to_join_by_tls(here));
  text += here.family() == AF_UNIX ? fmt::format("  nc -U {}\n", here.path())
                                   : fmt::format("  nc {} {}\n", here.address(), here.port());
  return text + fmt::format("  parlance chat {}\n", here.to_string());
}

io::task<void> answer_page(hub& of, const std::optional<network>& peer, http::server_request& asked,
                           http::server_response& response) {
  const std::string_view path = asked.path();
  const settings::metrics_group& metrics = of.configured().metrics;
  const bool is_metrics = path == "/metrics" && metrics.enabled;
  const page_file* const file = find_page_file(path);
  response.fields().append("X-Content-Type-Options", "nosniff");
  const bool is_file = file != nullptr && (path != "/" || takes_html(asked.head()));
  // Who wants one thing has it, and its place is another's; a page wants its files.
  if (!is_file) response.fields().append("Connection", "close");
  if (path != "/" && path != "/health" && !is_metrics && file == nullptr) {
    response.fields().append("Cache-Control", "no-store");
    co_return co_await response.status(404).send(how_to_join(of.configured(), asked.local()));
  }
  if (asked.method() != "GET" && asked.method() != "HEAD")
    throw http::refusal(405, "there are only GET and HEAD here", {{"Allow", "GET, HEAD"}});
  if (is_file) {
    const std::vector<std::string> framed_by =
        of.configured().page.frame_ancestors;  // it may be changed meanwhile
    co_return co_await send_page_file(*file, framed_by, asked, response);
  }
  response.fields().append("Cache-Control", "no-store");
  if (path == "/") co_return co_await response.send(how_to_join(of.configured(), asked.local()));
  const bool may = of.named().metrics.contain(peer) && is_asked_by_name(of, asked);
  if (path == "/health") co_return co_await tell_health(of, response, may);
  if (!may) throw http::refusal(403, "not from your address, or not by that name");
  co_await response.send(render_metrics(of), metrics::content_type);
}

}  // namespace parlance::chat
